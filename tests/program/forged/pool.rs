//! Requests to join and leave the pools.

use holdfast_client::{address, instruction};

use super::Scenario;
use super::catalogue::Kind;
use super::setup::{
    ALICE, ends, execute_request, number, person, populated, request, request_instruction,
};
use crate::world::{CALM, World};

const AMOUNT: u64 = 10_000_000;

#[test]
fn joining_liquidity() {
    check(false, false);
}

#[test]
fn leaving_liquidity() {
    check(false, true);
}

#[test]
fn joining_insurance() {
    check(true, false);
}

#[test]
fn leaving_insurance() {
    check(true, true);
}

/// Requests, cancels and executes with forged accounts.
fn check(insurance: bool, leaves: bool) {
    let mut world = populated();
    let alice = person(ALICE);
    let instruction = request_instruction(&world, &alice, insurance, leaves, AMOUNT);
    Scenario {
        name: "request_pool",
        world: world.fork(),
        instruction,
        harmless: if leaves { TO_WALLET } else { TO_SHARES },
    }
    .check();
    request(&mut world, &alice, insurance, leaves, AMOUNT);
    let (money, shares) = ends(&world, &alice, insurance);
    let refund = if leaves { shares } else { money };
    let pending = address::pool_request(&world.silo, &alice, number(insurance, leaves));
    Scenario {
        name: "cancel_pool_request",
        world: world.fork(),
        instruction: instruction::cancel_pool_request(
            alice, world.silo, pending, refund, insurance,
        ),
        harmless: if leaves { REFUND_SHARES } else { REFUND_MONEY },
    }
    .check();
    wait(&mut world, insurance);
    let instruction = execute_request(&world, &alice, insurance, leaves);
    Scenario { name: "execute_pool_request", world, instruction, harmless: &[] }.check();
}

/// Insurance takes a day.
fn wait(world: &mut World, long: bool) {
    if long {
        world.watch(86_400_000).unwrap();
    }
    world.pass_to(6_000, &CALM);
}

const TO_SHARES: &[(usize, Kind, &str)] =
    &[(5, Kind::Shares, "the owner names who gets the shares")];
const TO_WALLET: &[(usize, Kind, &str)] = &[
    (5, Kind::Wallet, "the owner names who gets the tokens"),
    (5, Kind::Decoy, "the same"),
    (5, Kind::Vault, "the other vault too: a gift to the insurance fund"),
];
const REFUND_SHARES: &[(usize, Kind, &str)] =
    &[(5, Kind::Shares, "the owner names who gets the shares back")];
const REFUND_MONEY: &[(usize, Kind, &str)] = &[
    (5, Kind::Wallet, "the owner names who gets the tokens back"),
    (5, Kind::Decoy, "the same"),
    (5, Kind::Vault, "the other vault too: a gift to the insurance fund"),
];
