//! One fault at a time: it is found for what it is, nothing is found where nothing fails, and once it
//! is over the keeper does its work. Several at once: the keeper holds nothing that never was.

use holdfast_keeper_core::health::ChainCondition;
use holdfast_simulator::keeping::swarm::endure;
use holdfast_simulator::keeping::{Fault, Finding, Trial};

/// Tries a fault with a few seeds.
fn tried(fault: Fault, class: Option<ChainCondition>) -> Vec<Finding> {
    let trials = (0..2).map(|seed| Trial { seed, fault, class });
    let findings = trials.map(|trial| {
        let finding = trial.run().expect("cargo xtask build");
        println!("{fault:?} seed {}: {finding:?}", trial.seed);
        finding
    });
    findings.collect()
}

fn is_found(fault: Fault, class: impl Into<Option<ChainCondition>>, within: u64) {
    let class = class.into();
    for finding in tried(fault, class) {
        assert_eq!(finding.false_alarms, 0, "{fault:?}");
        let found = finding.found.unwrap_or_else(|| panic!("{fault:?} was not found"));
        assert!(found <= within, "{fault:?} was found after {found} ms");
        let done = finding.liquidated.is_some() || finding.sheltered;
        assert!(done, "{fault:?}: no liquidation afterwards");
    }
}

#[test]
fn frozen_endpoints() {
    is_found(Fault::AllFrozen, ChainCondition::RpcStale, 8_000);
    is_found(Fault::Frozen(0), None, 0);
}

#[test]
fn endpoints_that_refuse_or_talk_nonsense() {
    is_found(Fault::AllRefusing, ChainCondition::RpcStale, 8_000);
    is_found(Fault::Refusing(0), None, 0);
    is_found(Fault::Garbage(0), None, 0);
    is_found(Fault::Stale(0, 100), None, 0);
    is_found(Fault::Slow(3_000), None, 0);
}

#[test]
fn streams_that_fail() {
    is_found(Fault::Silent, ChainCondition::StreamSilent, 8_000);
    is_found(Fault::Duplicating, None, 0);
    is_found(Fault::Reordering(2_000), None, 0);
}

#[test]
fn a_chain_that_is_not_well() {
    is_found(Fault::Halt, ChainCondition::Halt, 12_000);
    is_found(Fault::Skipping, ChainCondition::HighSkip, 25_000);
    is_found(Fault::SlowSlots, ChainCondition::SlowSlots, 25_000);
    is_found(Fault::Forking(3), ChainCondition::ForkSwitch, 60_000);
}

#[test]
fn what_everybody_gets_from_elsewhere() {
    is_found(Fault::NoPrices, ChainCondition::OracleStale, 40_000);
    is_found(Fault::OneBlockhash, ChainCondition::BlockhashExpired, 35_000);
}

#[test]
fn several_at_once() {
    for seed in 0..30 {
        let endured = endure(seed).expect("cargo xtask build");
        assert_eq!(endured.violation, None, "seed {seed}: {:#?}", endured.spells);
    }
}
