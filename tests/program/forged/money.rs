//! Accounts, collateral, vaults and administration.

use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::{Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::venue::keypair;
use solana_account::Account;
use solana_signer::Signer;

use super::Scenario;
use super::catalogue::Kind;
use super::setup::{ALICE, BOB, MONEY, account, person, populated, trade, wallet};

/// Where program data names its upgrade authority: behind the kind, the slot and whether there is one.
const UPGRADE_AUTHORITY: usize = 4 + 8 + 1;

#[test]
fn opening_and_closing() {
    let world = populated();
    let (alice, bob, silo) = (person(ALICE), person(BOB), world.silo);
    let open = instruction::open_margin_account(bob, alice, silo, 2);
    let close = address::margin_account(&silo, &alice, 1);
    let close = instruction::close_margin_account(alice, close);
    Scenario {
        name: "open_margin_account",
        world: world.fork(),
        instruction: open,
        harmless: &[(0, Kind::Person, "anyone may pay the rent, with their signature")],
    }
    .check();
    Scenario {
        name: "close_margin_account",
        world,
        instruction: close,
        harmless: &[(1, Kind::ForeignAccount, "another empty account of the owner, who signs")],
    }
    .check();
}

#[test]
fn deposits() {
    let world = populated();
    let alice = person(ALICE);
    let (account, wallet) = (account(&world, &alice), wallet(&world.mint, &alice));
    let deposit = instruction::deposit(alice, wallet, world.silo, account, 1_000);
    Scenario {
        name: "deposit",
        world,
        instruction: deposit,
        harmless: &[(4, Kind::Account, "anyone may add margin to any account of the silo")],
    }
    .check();
}

#[test]
fn exits() {
    let mut world = populated();
    let alice = person(ALICE);
    let account = address::margin_account(&world.silo, &alice, 1);
    let wallet = wallet(&world.mint, &alice);
    world.send(instruction::deposit(alice, wallet, world.silo, account, 1_000));
    let request = instruction::request_exit(alice, world.silo, account, wallet, 400);
    Scenario {
        name: "request_exit",
        world: world.fork(),
        instruction: request.clone(),
        harmless: &[
            (5, Kind::Wallet, "the owner names any token account of the mint"),
            (5, Kind::Decoy, "the same"),
            (5, Kind::Vault, "the insurance vault too: a gift to the insurance fund"),
        ],
    }
    .check();
    world.send(request);
    let pay = instruction::pay_exit(world.silo, account, wallet);
    Scenario { name: "pay_exit", world: world.fork(), instruction: pay, harmless: &[] }.check();
    let cancel = instruction::cancel_exit(alice, account);
    Scenario { name: "cancel_exit", world, instruction: cancel, harmless: &[] }.check();
}

#[test]
fn withdrawals() {
    let world = populated();
    let alice = person(ALICE);
    let (account, wallet) = (account(&world, &alice), wallet(&world.mint, &alice));
    let markets = world.markets.clone();
    let withdraw = instruction::withdraw(alice, world.silo, account, wallet, 1_000, &markets);
    Scenario {
        name: "withdraw",
        world,
        instruction: withdraw,
        harmless: &[
            (5, Kind::Wallet, "the owner names any token account of the mint"),
            (5, Kind::Decoy, "the same"),
            (5, Kind::Vault, "the insurance vault too: a gift to the insurance fund"),
        ],
    }
    .check();
}

#[test]
fn vaults_and_fees() {
    let mut world = populated();
    let admin = world.admin.pubkey();
    let receiver = world.token_account("fees", world.mint, admin, 0);
    Scenario {
        name: "collect_fees",
        world: world.fork(),
        instruction: instruction::collect_fees(world.silo, receiver),
        harmless: &[],
    }
    .check();
    let instruction = instruction::reconcile_vaults(world.silo);
    Scenario { name: "reconcile_vaults", world, instruction, harmless: &[] }.check();
}

#[test]
fn profit() {
    let mut world = populated();
    let alice = person(ALICE);
    world.pass_to(3_000, &[170_000_000, 100_000_000_000]);
    super::setup::place(&mut world, &alice, 0, -20_000_000);
    world.pass_to(3_000, &[170_000_000, 100_000_000_000]);
    let account = account(&world, &alice);
    let number = world.account(&account).next_order - 1;
    world.execute(&account, number, &account).unwrap();
    for _ in 0..11 {
        world.pass_to(30_000, &[170_000_000, 100_000_000_000]);
    }
    let owner = alice;
    Scenario {
        name: "mature_profit",
        instruction: instruction::mature_profit(owner, world.silo, account),
        world,
        harmless: &[
            (0, Kind::Person, "anyone may mature what is not cut"),
            (0, Kind::Nothing, "the same"),
            (0, Kind::Copy, "the same"),
        ],
    }
    .check();
}

#[test]
fn bad_debt() {
    let mut world = populated();
    let account = account(&world, &person(ALICE));
    // As after a loss that took all there was and left a debt no position can pay.
    let (mut debtor, mut silo) = (world.account(&account), world.silo_state());
    silo.ledger.collateral -= debtor.collateral;
    silo.ledger.liquidity += debtor.collateral;
    debtor.collateral = 0;
    (debtor.debt, debtor.debts[0]) = (MONEY * 10, MONEY * 10);
    silo.ledger.debt += debtor.debt;
    world.cluster.write(account, &debtor);
    world.put(&silo);
    let instruction = instruction::write_off_debt(world.silo, account, &world.markets);
    Scenario { name: "write_off_debt", world, instruction, harmless: &[] }.check();
}

#[test]
fn administration() {
    let mut world = populated();
    trade(&mut world, &person(BOB), 0, 1_000_000);
    let admin = world.admin.pubkey();
    let (mint, terms) = (world.mint, presets::silo());
    let number = world.propose(ChangeKind::Silo { mint, terms });
    let feeds = Feeds { sources: vec![FeedSource { provider: 1, id: [1; 32] }], quorum: 1 };
    let content = ChangeKind::Market {
        silo: world.silo,
        name: [0; 16],
        terms: presets::market(150),
        feeds: feeds.clone(),
    };
    let listing = world.propose(content);
    world.wait();
    let create = instruction::create_silo(admin, 2, mint, terms);
    let create = instruction::with_change(create, number);
    Scenario { name: "create_silo", world: world.fork(), instruction: create, harmless: &[] }
        .check();
    let terms = presets::market(150);
    let list = instruction::list_market(admin, world.silo, 2, [0; 16], terms, feeds);
    let list = instruction::with_change(list, listing);
    Scenario { name: "list_market", world: world.fork(), instruction: list, harmless: &[] }.check();

    for address in [address::exchange(), address::chain_health()] {
        world.cluster.set(address, Account::default());
    }
    // The exchange is the upgrade authority by now; it is created by whoever was before.
    let mut program = world.cluster.get(&address::program_data()).unwrap();
    program.data[UPGRADE_AUTHORITY..][..32].copy_from_slice(admin.as_ref());
    world.cluster.set(address::program_data(), program);
    let receiver: Pubkey = keypair("receiver", 0).pubkey();
    let instruction = instruction::create_exchange(admin, receiver, presets::thresholds());
    Scenario { name: "create_exchange", world, instruction, harmless: &[] }.check();
}
