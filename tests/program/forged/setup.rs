//! A world in which everybody has something.

use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::{Pubkey, address, instruction};
use holdfast_testkit::tokens::create_token_account;
use holdfast_testkit::venue::{keypair, market_order};
use solana_signer::Signer;

use crate::world::{CALM, World};

pub const MONEY: u64 = 2_000_000_000;
pub const ALICE: u64 = 100;
pub const BOB: u64 = 101;

/// Everybody: both trade and provide in both silos.
pub fn people() -> [Pubkey; 2] {
    [person(ALICE), person(BOB)]
}

pub fn person(number: u64) -> Pubkey {
    keypair("somebody", number).pubkey()
}

/// Requests everybody may make: join and leave, liquidity and insurance.
pub fn request_numbers() -> [u16; 4] {
    [0, 1, 2, 3]
}

/// Somebody's token account of a mint.
pub fn wallet(mint: &Pubkey, owner: &Pubkey) -> Pubkey {
    Pubkey::find_program_address(&[b"wallet", mint.as_ref(), owner.as_ref()], &Pubkey::default()).0
}

/// Everybody's first margin account has money and positions in both markets, the second nothing.
pub fn populated() -> World {
    let mut world = World::new();
    for person in people() {
        world.cluster.fund(&person, 1_000_000_000_000);
    }
    settle(&mut world);
    world.in_second(settle);
    world.pass_to(3_000, &CALM);
    world
}

fn settle(world: &mut World) {
    for person in people() {
        let (silo, mint) = (world.silo, world.mint);
        let wallet_address = wallet(&mint, &person);
        create_token_account(&mut world.cluster, wallet_address, mint, person, 10 * MONEY);
        for share_mint in [address::liquidity_mint(&silo), address::insurance_mint(&silo)] {
            let shares = wallet(&share_mint, &person);
            create_token_account(&mut world.cluster, shares, share_mint, person, 0);
        }
        for number in [0, 1] {
            world.send(instruction::open_margin_account(person, person, silo, number));
        }
        let account = address::margin_account(&silo, &person, 0);
        world.send(instruction::deposit(person, wallet_address, silo, account, MONEY));
    }
    for person in people() {
        join(world, &person);
        trade(world, &person, 0, 20_000_000);
        trade(world, &person, 1, 10_000);
    }
}

/// Somebody's first account in the first silo.
pub fn account(world: &World, person: &Pubkey) -> Pubkey {
    address::margin_account(&world.silo, person, 0)
}

/// Trades at calm prices, in everybody's first account.
pub fn trade(world: &mut World, person: &Pubkey, market: usize, delta: i64) {
    place(world, person, market, delta);
    world.pass_to(3_000, &CALM);
    let account = account(world, person);
    let number = world.account(&account).next_order - 1;
    world.execute(&account, number, &account).unwrap();
}

pub fn place(world: &mut World, person: &Pubkey, market: usize, delta: i64) {
    let request = market_order(delta, world.cluster.now_ms());
    let account = account(world, person);
    let market = world.markets[market];
    let markets = world.markets_of(&account, None);
    world.send(instruction::place_order(*person, account, market, request, &markets));
}

/// Puts money into both pools of the silo.
fn join(world: &mut World, person: &Pubkey) {
    for insurance in [false, true] {
        request(world, person, insurance, false, MONEY);
        world.pass_to(if insurance { 86_400_000 } else { 6_000 }, &CALM);
        let execute = execute_request(world, person, insurance, false);
        world.send(execute);
    }
}

/// The number under which a request of this kind is made.
pub fn number(insurance: bool, leaves: bool) -> u16 {
    u16::from(insurance) * 2 + u16::from(leaves)
}

pub fn request_instruction(
    world: &World,
    person: &Pubkey,
    insurance: bool,
    leaves: bool,
    amount: u64,
) -> holdfast_client::Instruction {
    let (money, shares) = ends(world, person, insurance);
    let (source, destination) = if leaves { (shares, money) } else { (money, shares) };
    let order = PoolOrder { insurance, leaves, amount, least: 1 };
    let number = number(insurance, leaves);
    instruction::request_pool(*person, world.silo, number, source, destination, order)
}

pub fn request(world: &mut World, person: &Pubkey, insurance: bool, leaves: bool, amount: u64) {
    let request = request_instruction(world, person, insurance, leaves, amount);
    world.send(request);
}

pub fn execute_request(
    world: &World,
    person: &Pubkey,
    insurance: bool,
    leaves: bool,
) -> holdfast_client::Instruction {
    let (money, shares) = ends(world, person, insurance);
    let destination = if leaves { money } else { shares };
    let request = address::pool_request(&world.silo, person, number(insurance, leaves));
    let markets = if insurance { &[][..] } else { &world.markets[..] };
    let silo = world.silo;
    instruction::execute_pool_request(*person, silo, request, destination, insurance, markets)
}

/// Somebody's token accounts of the collateral and of a pool's shares.
pub fn ends(world: &World, person: &Pubkey, insurance: bool) -> (Pubkey, Pubkey) {
    let silo = &world.silo;
    let mint =
        if insurance { address::insurance_mint(silo) } else { address::liquidity_mint(silo) };
    (wallet(&world.mint, person), wallet(&mint, person))
}
