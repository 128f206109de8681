//! `open_margin_account` and `close_margin_account`.

use anchor_lang::error::ErrorCode;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest};
use holdfast_client::holdfast::state::MarginAccount;
use holdfast_client::{address, instruction};
use holdfast_testkit::venue::market_order;
use solana_signer::Signer;

use crate::world::{CALM, IN_USE, START_MS, World, stranger};

#[test]
fn an_account_is_opened_empty_and_closed() {
    let mut world = World::new();
    let (payer, silo) = (world.admin.pubkey(), world.silo);
    let (owner, _) = world.person(0);
    let owner = owner.pubkey();
    for number in [0, 1, u16::MAX] {
        world.send(instruction::open_margin_account(payer, owner, silo, number));
        let address = address::margin_account(&silo, &owner, number);
        let state = world.account(&address);
        assert_eq!((state.version, state.number, state.next_order), (1, number, 1));
        assert_eq!((state.silo, state.owner), (silo, owner));
        assert!(state.is_empty());
        let before = world.cluster.get(&owner).unwrap().lamports;
        let rent = world.cluster.get(&address).unwrap().lamports;
        assert_eq!(rent, world.cluster.rent(8 + size_of::<MarginAccount>()));
        world.send(instruction::close_margin_account(owner, address));
        assert!(world.cluster.get(&address).is_none());
        assert_eq!(world.cluster.get(&owner).unwrap().lamports, before + rent);
    }
}

#[test]
fn opening_twice_or_at_another_address_is_refused() {
    let mut world = World::new();
    let trader = world.trader(0).unwrap();
    let (payer, owner) = (world.admin.pubkey(), trader.keypair.pubkey());
    world.other_refuses(&instruction::open_margin_account(payer, owner, world.silo, 0), IN_USE);
    let mut open = instruction::open_margin_account(payer, owner, world.silo, 1);
    open.accounts[3].pubkey = address::margin_account(&world.silo, &owner, 2);
    world.anchor_refuses(&open, ErrorCode::ConstraintSeeds);
    let mut open = instruction::open_margin_account(payer, owner, world.silo, 1);
    open.accounts[2].pubkey = world.markets[0];
    world.anchor_refuses(&open, ErrorCode::AccountDiscriminatorMismatch);
    let mut open = instruction::open_margin_account(payer, owner, world.silo, 1);
    open.accounts[1].is_signer = false;
    world.anchor_refuses(&open, ErrorCode::AccountNotSigner);
}

#[test]
pub(crate) fn closing_anything_but_an_empty_own_account_is_refused() {
    let mut world = World::new();
    let empty = world.trader(0).unwrap();
    let close = instruction::close_margin_account(stranger(), empty.account);
    world.refuses(&close, HoldfastError::NotOwner);

    let funded = world.trader(1).unwrap();
    let close = |trader: &holdfast_testkit::Trader| {
        instruction::close_margin_account(trader.keypair.pubkey(), trader.account)
    };
    world.refuses(&close(&funded), HoldfastError::AccountNotEmpty);
    let order = OrderRequest { effect: OrderEffect::Reduce, ..market_order(1, START_MS + 60_000) };
    world.place(&empty, 0, order).unwrap();
    world.refuses(&close(&empty), HoldfastError::AccountNotEmpty);
    let trader = world.trader_with(1_000_000_000, &[(0, 10_000_000)]);
    world.refuses(&close(&trader), HoldfastError::AccountNotEmpty);
    // Only pending profit is left.
    let owner = trader.keypair.pubkey();
    world.pass_to(3_000, &[170_000_000, CALM[1]]);
    world.trade(&trader, 0, -10_000_000, &[170_000_000, CALM[1]]).unwrap();
    let left = world.account(&trader.account).collateral;
    let withdraw =
        instruction::withdraw(owner, world.silo, trader.account, trader.wallet, left, &[]);
    world.send(withdraw);
    assert!(world.account(&trader.account).pending_profit > 0);
    world.refuses(&close(&trader), HoldfastError::AccountNotEmpty);
}
