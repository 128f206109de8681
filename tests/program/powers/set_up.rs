//! `lock_exchange`, and what waits for it.

use anchor_lang::error::ErrorCode;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::ExchangeLocked;
use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::holdfast::state::{ChangeKind, Silo, TimelockState};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::events;
use solana_signer::Signer;

use super::{READY_MS, WAIT_MS, guardian, newcomer};
use crate::world::{World, stranger};

fn lock(world: &World, guardians: &[Pubkey], timelock: TimelockState) -> Instruction {
    instruction::lock_exchange(world.admin.pubkey(), guardians.to_vec(), timelock, 2)
}

#[test]
fn the_lock_names_guardians_and_timelock_and_lets_money_in() {
    let mut world = World::set_up(|_, _| ());
    let admin = world.admin.pubkey();
    let keys = [0, 1, 2].map(guardian);
    let lock = lock(&world, &keys, presets::timelock());
    let sent = world.cluster.send_unsigned(&[lock], &admin);
    let event: ExchangeLocked = events::find(&sent.unwrap()).unwrap();
    assert_eq!((event.wait_ms, event.ready_ms), (WAIT_MS, READY_MS));
    let exchange = world.exchange();
    assert_eq!((exchange.locked, exchange.guardian_count), (1, 3));
    assert_eq!(exchange.timelock, presets::timelock());
    assert_eq!([0, 1, 2].map(|place| exchange.guardians()[place].key), keys);
    assert!(exchange.guardians().iter().all(|guardian| guardian.tightened_ms == [0; 3]));
    for number in [0, 1] {
        let silo: Silo = world.cluster.read(&address::silo(number));
        assert_eq!(silo.locked, 1);
    }
    world.trader(1_000_000).unwrap();
}

#[test]
pub(crate) fn no_money_before_the_lock() {
    let mut world = World::set_up(|_, _| ());
    let trader = world.trader(0).unwrap();
    let (giver, wallet) = world.person(1_000_000);
    let (giver, silo) = (giver.pubkey(), world.silo);
    let deposit = instruction::deposit(giver, wallet, silo, trader.account, 1_000_000);
    world.refuses(&deposit, HoldfastError::ExchangeNotLocked);
    for insurance in [false, true] {
        let mint = if insurance { address::insurance_mint } else { address::liquidity_mint };
        let shares = world.token_account("shares", mint(&silo), giver, 0);
        let order = PoolOrder { insurance, leaves: false, amount: 1_000, least: 1 };
        let request = instruction::request_pool(giver, silo, 0, wallet, shares, order);
        world.refuses(&request, HoldfastError::ExchangeNotLocked);
    }
    let early = world.proposal(ChangeKind::Admin(newcomer()));
    world.refuses(&early, HoldfastError::ExchangeNotLocked);
}

#[test]
pub(crate) fn locking_is_refused() {
    let mut world = World::set_up(|_, _| ());
    let keys = [0, 1].map(guardian);
    let sound = presets::timelock();
    let mut stolen = lock(&world, &keys, sound);
    stolen.accounts[0].pubkey = stranger();
    world.refuses(&stolen, HoldfastError::NotAdmin);
    let day = 86_400_000;
    for bad in [0, day - 1, 30 * day + 1, u64::MAX] {
        for timelock in
            [TimelockState { wait_ms: bad, ..sound }, TimelockState { ready_ms: bad, ..sound }]
        {
            world.refuses(&lock(&world, &keys, timelock), HoldfastError::TermsOutOfBounds);
        }
    }
    let six: Vec<_> = (0..6).map(|byte| Pubkey::new_from_array([byte + 1; 32])).collect();
    for set in [&[][..], &keys[..1], &[keys[0]; 2], &[keys[0], Pubkey::default()], &six] {
        world.refuses(&lock(&world, set, sound), HoldfastError::GuardianSet);
    }
    let whole = lock(&world, &keys, sound);
    let mut silos = vec![whole.clone(); 3];
    silos[0].accounts.pop();
    silos[1].accounts.swap(5, 6);
    silos[2].accounts[6] = silos[2].accounts[5].clone();
    world.refuses(&silos[0], HoldfastError::SilosMissing);
    world.refuses(&silos[1], HoldfastError::SilosMissing);
    world.refuses(&silos[2], HoldfastError::SilosMissing);
    let mut foreign = whole.clone();
    foreign.accounts[6].pubkey = world.markets[0];
    world.anchor_refuses(&foreign, ErrorCode::AccountDiscriminatorMismatch);
    world.send(whole.clone());
    world.refuses(&whole, HoldfastError::AlreadyLocked);
}
