//! `apply_upgrade`: the program replaces itself through the loader, once a change of it has waited.

use anchor_lang::solana_program::bpf_loader_upgradeable as loader;
use holdfast_client::holdfast::ID;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::{ChangeApplied, UpgradeProposed};
use holdfast_client::holdfast::state::{ChangeKind, TimelockState};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::audit::Audit;
use holdfast_testkit::venue::{keypair, market_order};
use holdfast_testkit::{elf, events, with_units};
use solana_account::Account;
use solana_signer::Signer;

use super::guardian;
use crate::migration::resume::small_elf;
use crate::world::{CALM, World, stranger};

/// What an upgrade waits at the least.
pub const WEEK_MS: u64 = 7 * 86_400_000;

/// SHA-256, as an upgrade names it.
pub fn sha256(elf: &[u8]) -> [u8; 32] {
    solana_sha256_hasher::hash(elf).to_bytes()
}

impl World {
    /// Writes a program to a buffer of this name, hands it to the exchange, and says what to propose.
    pub fn frozen(&mut self, name: &str, elf: &[u8]) -> ChangeKind {
        let buffer = keypair(name, 0).pubkey();
        self.cluster.write_buffer(buffer, &address::exchange(), elf);
        ChangeKind::Upgrade { buffer, sha256: sha256(elf) }
    }

    /// An upgrade to a program that does nothing, small enough to be hashed unasked.
    pub fn small_upgrade(&mut self) -> u64 {
        let content = self.frozen("buffer", &small_elf(4_000));
        self.propose(content)
    }

    /// Applying an upgrade that waits.
    pub fn upgrade(&self, number: u64) -> Instruction {
        let change = self.change(number).expect("a change that waits");
        let ChangeKind::Upgrade { buffer, .. } = change.content else { panic!("no upgrade") };
        instruction::apply_upgrade(number, change.proposer, buffer)
    }

    /// Waits until an upgrade that was just proposed is ready, on a chain that is well and watched.
    pub fn wait_a_week(&mut self) {
        self.watch(WEEK_MS - 120_000).unwrap();
        self.calm(120);
    }

    /// What stands at the program's address, without its header.
    pub fn program_code(&self) -> Vec<u8> {
        self.cluster.get(&address::program_data()).unwrap().data[45..].to_vec()
    }

    /// Every account of the program but the changes.
    fn accounts(&self) -> Vec<(Pubkey, Account)> {
        let mut accounts = self.cluster.program_accounts(&ID);
        accounts.retain(|(address, _)| (0..9).all(|number| *address != address::change(number)));
        accounts
    }
}

/// Somebody trades, somebody waits in the pool's queue, and an order waits, while the program is
/// replaced by another file: every account is the same to the byte, and everything goes on.
#[test]
fn an_upgrade_under_load_keeps_every_byte() {
    let mut world = World::new();
    let trader = world.trader_with(1_000_000_000, &[(0, 20_000_000), (1, -10_000)]);
    let mut new = elf::read().unwrap();
    new.extend(b"another version");
    let content = world.frozen("buffer", &new);
    let (admin, number) = (world.admin.pubkey(), world.exchange().change_count);
    let propose = world.proposal(content);
    let sent = world.cluster.send_unsigned(&with_units(&[propose]), &admin).unwrap();
    let proposed: UpgradeProposed = events::find(&sent).unwrap();
    assert_eq!((proposed.number, proposed.sha256), (number, sha256(&new)));
    assert_eq!(proposed.buffer, keypair("buffer", 0).pubkey());
    let now = world.cluster.now_ms() / 1_000 * 1_000;
    assert_eq!(
        world.change(number).unwrap().ready_ms,
        now + WEEK_MS,
        "not the timelock's two days"
    );
    world.wait_a_week();
    world.ask_to_join(false, 1_000_000).unwrap();
    let order = market_order(-5_000_000, world.cluster.now_ms());
    let waiting = world.place(&trader, 0, order).unwrap();

    let before = (world.accounts(), lamports(&world));
    let upgrade = with_units(&[world.upgrade(number)]);
    let sent = world.cluster.send_unsigned(&upgrade, &stranger()).unwrap();
    assert_eq!(events::find::<ChangeApplied>(&sent).unwrap().number, number);
    assert_eq!(world.accounts(), before.0);
    assert!(lamports(&world) > before.1, "the buffer's rent and the change's return");
    assert_eq!(world.change(number), None);
    let code = world.program_code();
    assert!(code.starts_with(&new) && code[new.len()..].iter().all(|byte| *byte == 0));
    assert_eq!(world.program_authority(), Some(address::exchange()));

    // The new program runs, and knows everybody.
    world.cluster.pass(400);
    world.pass_to(3_000, &CALM);
    world.execute(&trader.account, waiting, &trader.account).unwrap();
    world.trade(&trader, 0, -15_000_000, &CALM).unwrap();
    world.trade(&trader, 1, 10_000, &CALM).unwrap();
    let (owner, silo) = (trader.keypair.pubkey(), world.silo);
    let all = world.account(&trader.account).collateral;
    let withdraw = instruction::withdraw(owner, silo, trader.account, trader.wallet, all, &[]);
    world.send(withdraw);
    assert_eq!(Audit::new(&world, &[trader.account]), Audit::default());
    // And it can be replaced in turn.
    let next = world.frozen("next", &small_elf(4_000));
    let number = world.propose(next);
    world.wait_a_week();
    world.send(world.upgrade(number));
    assert!(world.program_code().starts_with(&small_elf(4_000)));
}

fn lamports(world: &World) -> u64 {
    world.cluster.get(&world.admin.pubkey()).unwrap().lamports
}

impl World {
    fn program_authority(&self) -> Option<Pubkey> {
        let data = self.cluster.get(&address::program_data()).unwrap().data;
        (data[12] == 1).then(|| Pubkey::try_from(&data[13..45]).unwrap())
    }
}

/// A timelock that is longer than a week holds for upgrades too.
#[test]
fn the_longer_wait_counts() {
    let mut world = World::new();
    let timelock = TimelockState { wait_ms: 2 * WEEK_MS, ..presets::timelock() };
    world.change_to(ChangeKind::Timelock(timelock));
    let number = world.small_upgrade();
    let now = world.cluster.now_ms() / 1_000 * 1_000;
    assert_eq!(world.change(number).unwrap().ready_ms, now + 2 * WEEK_MS);
}

/// The lock is refused while the upgrade authority is anybody's but the exchange's, and while there is
/// none: a program that cannot be mended.
#[test]
pub(crate) fn no_lock_before_the_program_is_handed_over() {
    let mut world = World::set_up(|_, _| ());
    let keys = vec![guardian(0), guardian(1)];
    let admin = world.admin.pubkey();
    let lock = instruction::lock_exchange(admin, keys, presets::timelock(), 2);
    let handed_over = world.cluster.get(&address::program_data()).unwrap();
    for authority in [Some(admin), Some(stranger()), None] {
        let mut account = handed_over.clone();
        account.data[12] = u8::from(authority.is_some());
        account.data[13..45].copy_from_slice(authority.unwrap_or_default().as_ref());
        world.cluster.set(address::program_data(), account);
        world.refuses(&lock, HoldfastError::UpgradeAuthority);
    }
    world.cluster.set(address::program_data(), handed_over);
    world.send(lock);
    // Nobody takes it back: the loader wants the exchange's signature.
    for by in [admin, stranger(), guardian(0)] {
        for instruction in [
            loader::set_upgrade_authority(&ID, &by, Some(&by)),
            loader::set_upgrade_authority(&ID, &by, None),
            loader::close_any(&address::program_data(), &by, Some(&by), Some(&ID)),
        ] {
            let failure = world.fails(&instruction);
            assert!(failure.message.contains("IncorrectAuthority"), "{}", failure.message);
        }
    }
}
