//! Deployment looks before it acts: it resumes after any step and does nothing twice.

mod checks;
mod idl;
mod listed;
mod metadata;
pub mod resume;
mod rpc;
mod upgrade;

use holdfast_migrations::{
    Deployment, Migration, Step, apply, deploy_program, local_program_keypair, plan,
};
use holdfast_testkit::venue::{LONE, Listing, Venue, keypair, silo_plan};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::world::{SOL, START_MS};

/// A migration by `authority` that replaces no program.
fn migration<'a>(authority: &'a Keypair, elf: &'a [u8], wanted: &'a Deployment) -> Migration<'a> {
    Migration {
        authority,
        program: None,
        elf,
        upgrade: false,
        wanted,
        feeds: &[],
        catalogue: None,
        idl: None,
    }
}

#[test]
fn every_step_once_and_the_rest_after_each() {
    let listings = [
        Listing { name: "A", price: SOL, providers: LONE },
        Listing { name: "B", price: SOL, providers: LONE },
    ];
    let silo = silo_plan(&listings);
    let mut venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let admin = venue.admin.insecure_clone();
    let wanted = venue.deployment(vec![silo]);
    let steps = [
        Step::CreateExchange,
        Step::CreateSilo(0),
        Step::ListMarket(0, 0),
        Step::ListMarket(0, 1),
        Step::HandOver,
        Step::Lock,
    ];
    for done in 0..steps.len() {
        assert_eq!(plan(&mut venue.cluster, &wanted).unwrap(), steps[done..]);
        apply(&mut venue.cluster, &admin, &wanted, steps[done]).unwrap();
    }
    assert_eq!(plan(&mut venue.cluster, &wanted).unwrap(), []);
    assert!(apply(&mut venue.cluster, &admin, &wanted, steps[1]).is_err());
    let program = local_program_keypair().unwrap();
    let deployed = deploy_program(&mut venue.cluster, &admin, &program, &[], |_| {});
    assert_eq!(deployed, Ok(false));
}

#[test]
fn a_silo_of_another_mint_a_locked_exchange_and_a_name_too_long_are_named() {
    let mut silo = silo_plan(&[Listing { name: "A", price: SOL, providers: LONE }]);
    let mut venue = Venue::install_silo(START_MS, silo.clone()).unwrap();
    let admin = venue.admin.insecure_clone();
    silo.mint = keypair("mint", 9).pubkey();
    let mut wanted = venue.deployment(vec![silo]);
    let error = plan(&mut venue.cluster, &wanted).unwrap_err();
    assert!(error.contains("silo 0 exists with another mint"), "{error}");
    let mut more =
        venue.deployment(vec![silo_plan(&[Listing { name: "A", price: SOL, providers: LONE }; 2])]);
    let error = plan(&mut venue.cluster, &more).unwrap_err();
    assert!(error.contains("propose a change for ListMarket(0, 1)"), "{error}");
    more.silos.clear();
    assert_eq!(plan(&mut venue.cluster, &more), Ok(vec![]));
    wanted.silos[0].markets[0].name = "a name of seventeen".to_owned();
    let step = Step::ListMarket(0, 0);
    let error = apply(&mut venue.cluster, &admin, &wanted, step).unwrap_err();
    assert!(error.contains("longer than 16 bytes"), "{error}");
}
