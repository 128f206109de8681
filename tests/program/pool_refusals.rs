//! `request_pool`, `execute_pool_request`, `cancel_pool_request`: every refusal.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::{address, instruction};
use holdfast_risk::Usd;
use holdfast_risk::pool::share::LEAST_SHARES;

use crate::pool::{Provider, pool_now};
use crate::world::{
    CALM, IN_USE, LIQUIDITY, SOL, TOKEN_MINT_MISMATCH, TOKEN_OWNER_MISMATCH, TOKENS_MISSING, World,
    stranger,
};

const AMOUNT: u64 = 1_000_000_007;

/// The time in which a request that is due can be executed.
fn lapse(world: &mut World) {
    for _ in 0..20 {
        world.pass_to(30_000, &CALM);
    }
}

/// Where the two flags of a request lie in its bytes, after the discriminator and the number.
const FLAGS: usize = 8 + 2;

#[test]
pub(crate) fn requesting() {
    for insurance in [false, true] {
        let mut world = World::new();
        let provider = Provider::new(&mut world, insurance, AMOUNT);
        for leaves in [false, true] {
            let none = provider.request(&world, leaves, 0, 1);
            world.refuses(&none, HoldfastError::ZeroAmount);
            let unlimited = provider.request(&world, leaves, 1, 0);
            world.refuses_argument(&unlimited, "least");
            let much = provider.request(&world, leaves, AMOUNT + 1, 1);
            world.other_refuses(&much, TOKENS_MISSING);
            let most = provider.request(&world, leaves, u64::MAX, 1);
            world.other_refuses(&most, TOKENS_MISSING);
            let sound = provider.request(&world, leaves, 1, 1);
            for destination in [world.silo, sound.accounts[4].pubkey, sound.accounts[6].pubkey] {
                let mut wrong = sound.clone();
                wrong.accounts[5].pubkey = destination;
                world.refuses(&wrong, HoldfastError::WrongTokenAccount);
            }
            let other = Provider::new(&mut world, !insurance, 1).request(&world, leaves, 1, 1);
            for slot in [6, 7] {
                let mut wrong = sound.clone();
                wrong.accounts[slot].pubkey = other.accounts[slot].pubkey;
                if wrong != sound {
                    world.refuses(&wrong, HoldfastError::WrongVault);
                }
            }
            // A flag that was left out turns a request around or takes it to the other pool: its
            // accounts do not fit that.
            for flag in [FLAGS, FLAGS + 1].into_iter().filter(|at| sound.data[*at] == 1) {
                let mut forgotten = sound.clone();
                forgotten.data[flag] = 0;
                world.fails(&forgotten);
            }
        }
        let mut foreign = provider.request(&world, false, 1, 1);
        foreign.accounts[4].pubkey =
            world.token_account("foreign", world.second.mint, provider.owner, 1);
        world.other_refuses(&foreign, TOKEN_MINT_MISMATCH);
        foreign.accounts[4].pubkey = world.token_account("stranger's", world.mint, stranger(), 1);
        world.other_refuses(&foreign, TOKEN_OWNER_MISMATCH);
        world.send(provider.request(&world, false, 1, 1));
        world.other_refuses(&provider.request(&world, false, 1, 1), IN_USE);
    }
}

#[test]
pub(crate) fn executing_too_early() {
    for insurance in [false, true] {
        let mut world = World::new();
        // More than a trifle beside the pool's cash.
        world.trader_with(10_000_000_000, &[(0, 100_000_000)]);
        let provider = Provider::new(&mut world, insurance, AMOUNT);
        world.send(provider.request(&world, false, AMOUNT, 1));
        let (early, rest) = if insurance { (86_390_000, 10_000) } else { (4_000, 1_000) };
        world.pass_to(early, &CALM);
        let join = provider.execute(&world, false);
        world.refuses(&join, HoldfastError::RequestNotDue);
        world.cluster.pass(rest);
        if !insurance {
            // Its time has come, but no price since.
            world.refuses(&join, HoldfastError::RequestNotDue);
            world.cluster.pass(31_000);
            world.refuses(&join, HoldfastError::StalePrice);
        }
        world.publish(&CALM).unwrap();
        let mut broken = world.fork();
        broken.break_chain();
        broken.refuses(&join, HoldfastError::ChainNotReady);
        world.send(join);

        let shares = world.balance(&provider.shares);
        world.send(provider.request(&world, true, shares, 1));
        world.pass_to(4_000, &CALM);
        let leave = provider.execute(&world, true);
        world.refuses(&leave, HoldfastError::RequestNotDue);
        if insurance {
            world.pass_to(86_390_000, &CALM);
            world.refuses(&leave, HoldfastError::RequestNotDue);
        }
        world.pass_to(6_000, &CALM);
        world.send(leave);
    }
}

#[test]
pub(crate) fn minimums_dust_and_use() {
    for insurance in [false, true] {
        let mut world = World::new();
        let provider = Provider::new(&mut world, insurance, AMOUNT);
        let shares = pool_now(&world, insurance, true).shares_for(Usd(AMOUNT)).unwrap();
        world.send(provider.request(&world, false, AMOUNT, shares + 1));
        provider.wait(&mut world, &CALM);
        world.refuses(&provider.execute(&world, false), HoldfastError::BelowMinimum);
        lapse(&mut world);
        world.send(provider.cancel(&world, provider.money));
        // A million shares at least.
        world.send(provider.request(&world, false, LEAST_SHARES - 1, 1));
        provider.wait(&mut world, &CALM);
        world.refuses(&provider.execute(&world, false), HoldfastError::DepositTooSmall);
        lapse(&mut world);
        world.send(provider.cancel(&world, provider.money));
        provider.join(&mut world, AMOUNT, &CALM);
        let shares = world.balance(&provider.shares);
        world.send(provider.request(&world, true, shares, AMOUNT + 1));
        world.pass_to(if insurance { 86_400_000 } else { 6_000 }, &CALM);
        world.refuses(&provider.execute(&world, true), HoldfastError::BelowMinimum);
    }
    // Positions of three times the liquidity left need all of it.
    let mut world = World::with(|_, terms| terms.account_share_bps = 10_000);
    let provider = Provider::new(&mut world, false, LIQUIDITY);
    provider.join(&mut world, LIQUIDITY, &CALM);
    let shares = world.balance(&provider.shares);
    let size = i64::try_from(LIQUIDITY * 2 / (SOL / 1_000_000) * 9 / 10).unwrap();
    for _ in 0..2 {
        world.trader_with(LIQUIDITY, &[(0, size)]);
    }
    world.send(provider.request(&world, true, shares, 1));
    world.pass_to(6_000, &CALM);
    world.refuses(&provider.execute(&world, true), HoldfastError::LiquidityInUse);
}

#[test]
pub(crate) fn wrong_accounts() {
    let mut world = World::new();
    let provider = Provider::new(&mut world, false, AMOUNT);
    world.send(provider.request(&world, false, AMOUNT, 1));
    world.pass_to(6_000, &CALM);
    let sound = provider.execute(&world, false);
    let replaced = |slot: usize, address| {
        let mut forged = sound.clone();
        forged.accounts[slot].pubkey = address;
        forged
    };
    world.refuses(&replaced(0, stranger()), HoldfastError::NotOwner);
    world.refuses(&replaced(2, world.second.silo), HoldfastError::WrongSilo);
    world.refuses(&replaced(4, provider.money), HoldfastError::WrongTokenAccount);
    let insurance = address::insurance_vault(&world.silo);
    world.refuses(&replaced(5, insurance), HoldfastError::WrongVault);
    world.refuses(&replaced(6, world.mint), HoldfastError::WrongVault);
    let [first, second] = [world.markets[0], world.markets[1]];
    let foreign = world.second.markets[1];
    for markets in [&[][..], &[first], &[second, first], &[first, foreign], &[first, second, first]]
    {
        let mut wrong = sound.clone();
        wrong.accounts.truncate(8);
        wrong.accounts.extend(
            markets.iter().map(|market| holdfast_client::AccountMeta::new_readonly(*market, false)),
        );
        world.refuses(&wrong, HoldfastError::MarketsMissing);
    }

    let sound = provider.cancel(&world, provider.money);
    let replaced = |slot: usize, address| {
        let mut forged = sound.clone();
        forged.accounts[slot].pubkey = address;
        forged
    };
    world.refuses(&sound, HoldfastError::RequestDue);
    lapse(&mut world);
    world.refuses(&provider.execute(&world, false), HoldfastError::RequestLapsed);
    world.refuses(&replaced(1, stranger()), HoldfastError::NotOwner);
    world.refuses(&replaced(3, world.second.silo), HoldfastError::WrongSilo);
    let vault = address::liquidity_vault(&world.silo);
    for refund in [provider.shares, vault, world.silo, stranger()] {
        world.refuses(&replaced(5, refund), HoldfastError::WrongTokenAccount);
    }
    world.refuses(&replaced(6, insurance), HoldfastError::WrongVault);
    world.refuses(&replaced(7, world.mint), HoldfastError::WrongVault);
    // Others return it to where it came from.
    let elsewhere = world.token_account("elsewhere", world.mint, provider.owner, 0);
    let mut other = replaced(0, stranger());
    other.accounts[5].pubkey = elsewhere;
    world.refuses(&other, HoldfastError::WrongTokenAccount);
    world.send(replaced(0, stranger()));
}

#[test]
pub(crate) fn tokens_in_the_other_vault_are_fetched_first() {
    let mut world = World::new();
    let provider = Provider::new(&mut world, true, AMOUNT);
    provider.join(&mut world, AMOUNT, &CALM);
    let shares = world.balance(&provider.shares);
    world.send(provider.request(&world, true, shares, 1));
    world.pass_to(86_400_000, &CALM);
    let mut silo = world.silo_state();
    silo.ledger.in_liquidity_vault += silo.ledger.in_insurance_vault - 1;
    silo.ledger.in_insurance_vault = 1;
    world.put(&silo);
    world.refuses(&provider.execute(&world, true), HoldfastError::ReconcileFirst);
}

#[test]
fn a_request_for_one_pool_is_not_one_for_the_other() {
    let mut world = World::new();
    let provider = Provider::new(&mut world, false, AMOUNT);
    let order = PoolOrder { insurance: true, leaves: false, amount: AMOUNT, least: 1 };
    let (owner, silo) = (provider.owner, world.silo);
    let (money, shares) = (provider.money, provider.shares);
    let mixed = instruction::request_pool(owner, silo, 0, money, shares, order);
    world.refuses(&mixed, HoldfastError::WrongTokenAccount);
}
