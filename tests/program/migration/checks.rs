//! What is refused before anything is sent.

use anchor_lang::solana_program::bpf_loader_upgradeable::get_program_data_address;
use holdfast_client::Pubkey;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::FeedSource;
use holdfast_client::pyth::price_feed_address;
use holdfast_migrations::{
    Deployment, Migration, MigrationPlan, Origin, Step, apply, local_program_keypair, migrate,
    survey,
};
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{LONE, Listing, Venue, feed_account, feed_id, keypair, silo_plan};
use holdfast_testkit::{elf, tokens};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::migration;
use crate::world::{SOL, START_MS};

const LISTING: Listing = Listing { name: "A", price: SOL, providers: LONE };

fn looked_at(venue: &mut Venue, wanted: &Deployment) -> Result<MigrationPlan, String> {
    let (admin, elf) = (venue.admin.insecure_clone(), elf::read().unwrap());
    let migration = migration(&admin, &elf, wanted);
    survey(&mut venue.cluster, &migration)
}

fn refused(venue: &mut Venue, wanted: &Deployment, part: &str) {
    let error = looked_at(venue, wanted).unwrap_err();
    assert!(error.contains(part), "{error}");
}

#[test]
fn a_mint_that_is_missing_or_of_another_kind() {
    let silo = silo_plan(&[LISTING]);
    let mut venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let mut wanted = venue.deployment(vec![silo]);
    wanted.silos[0].mint = keypair("mint", 9).pubkey();
    refused(&mut venue, &wanted, "there is no mint");
    tokens::create_mint(&mut venue.cluster, wanted.silos[0].mint, 9);
    refused(&mut venue, &wanted, "six decimals");
    wanted.silos[0].mint = venue.admin.pubkey();
    refused(&mut venue, &wanted, "classic token program");
}

#[test]
fn a_wallet_that_holds_too_little_and_one_that_is_not_the_authority() {
    let silo = silo_plan(&[LISTING]);
    let mut venue = Venue::bare(START_MS, silo.mint);
    let wanted = venue.deployment(vec![silo]);
    let elf = elf::read().unwrap();
    let poor = Keypair::new();
    let found = looked_at(&mut venue, &wanted).unwrap();
    venue.cluster.fund(&poor.pubkey(), found.cost - 1);
    let error = migrate(&mut venue.cluster, &migration(&poor, &elf, &wanted), |_| {}).unwrap_err();
    assert!(error.contains("send it the difference"), "{error}");
    // One lamport more, and the estimate is what it takes, or above.
    venue.cluster.fund(&poor.pubkey(), 1);
    let other = Keypair::new();
    let elsewhere = Migration { program: Some(&other), ..migration(&poor, &elf, &wanted) };
    let error = migrate(&mut venue.cluster, &elsewhere, |_| {}).unwrap_err();
    assert!(error.contains("--program-keypair is"), "{error}");
    migrate(&mut venue.cluster, &migration(&poor, &elf, &wanted), |_| {}).unwrap();
    // The venue's admin is not the upgrade authority there.
    let silos = vec![silo_plan(&[LISTING; 2])];
    let more = Deployment { silos, ..wanted.clone() };
    refused(&mut venue, &more, "propose a change");
    assert!(looked_at(&mut venue, &wanted).unwrap().is_done());
    let mut venue = Venue::install_program(START_MS, wanted.silos[0].mint).unwrap();
    venue.admin = poor;
    refused(&mut venue, &wanted, "may upgrade the program and set the exchange up");
}

#[test]
fn what_differs_is_named_and_never_locked() {
    let silo = silo_plan(&[LISTING]);
    let mut venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let admin = venue.admin.insecure_clone();
    let wanted = venue.deployment(vec![silo]);
    for step in [Step::CreateExchange, Step::CreateSilo(0), Step::ListMarket(0, 0)] {
        apply(&mut venue.cluster, &admin, &wanted, step).unwrap();
    }
    let other = || Pubkey::new_from_array([3; 32]);
    type Change = fn(&mut Deployment);
    let changes: [(Change, &str); 8] = [
        (|it| it.fee_receiver = Pubkey::new_from_array([3; 32]), "another fee receiver"),
        (|it| it.thresholds.thaw_ms += 1, "other chain-health thresholds"),
        (|it| it.silos.clear(), "1 silos, and 0 are wanted"),
        (|it| it.silos[0].terms.epoch_cap_bps = 1, "other terms of silo 0"),
        (|it| it.silos[0].markets.clear(), "1 markets in silo 0, and 0 are wanted"),
        (|it| it.silos[0].markets[0].name = "B".to_owned(), "another name of market 0 of silo 0"),
        (|it| it.silos[0].markets[0].terms.taker_fee_bps = 1, "other terms of market 0"),
        (|it| it.silos[0].markets[0].feeds.sources[0].id = [0; 32], "other feeds of market 0"),
    ];
    for (change, said) in &changes {
        let mut changed = wanted.clone();
        change(&mut changed);
        refused(&mut venue, &changed, said);
    }
    for step in [Step::HandOver, Step::Lock] {
        apply(&mut venue.cluster, &admin, &wanted, step).unwrap();
    }
    assert_eq!(looked_at(&mut venue, &wanted).unwrap().differences, [""; 0]);
    for (change, said) in changes {
        let mut changed = wanted.clone();
        change(&mut changed);
        let found = looked_at(&mut venue, &changed).unwrap().differences;
        assert!(found.len() == 1 && found[0].contains(said), "{found:?}");
    }
    let mut changed = wanted.clone();
    (changed.guardians[0], changed.timelock.wait_ms) = (other(), 1);
    let found = looked_at(&mut venue, &changed).unwrap().differences;
    assert_eq!(found, ["other guardians", "another timelock"]);
}

#[test]
fn programs_of_solanas_own_toolchain_are_known_as_such() {
    let venue = Venue::bare(START_MS, silo_plan(&[]).mint);
    let official: Pubkey = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb".parse().unwrap();
    let data = venue.cluster.get(&get_program_data_address(&official)).unwrap().data;
    assert_eq!(Origin::detect(&data), Origin::PlatformTools);
    let ours = elf::read().unwrap();
    let library = b"target/sbpf/std/library/";
    if ours.windows(library.len()).any(|window| window == library) {
        assert_eq!(Origin::detect(&ours), Origin::Another);
    }
    assert_eq!(local_program_keypair().unwrap().pubkey(), holdfast_client::holdfast::ID);
}

#[test]
fn anchors_settings_name_the_program_and_the_migrations() {
    let settings = std::fs::read_to_string(elf::path().with_file_name("../../Anchor.toml"));
    let settings = settings.unwrap();
    let program = format!("[programs.localnet]\nholdfast = \"{}\"", holdfast_client::holdfast::ID);
    assert!(settings.contains(&program));
    assert!(settings.contains("cluster = \"localnet\""));
    assert!(settings.contains("--package holdfast-migrations --"));
}

/// What a survey warns of, where the market's feed account is named.
fn warned(venue: &mut Venue, wanted: &Deployment) -> Vec<String> {
    warned_of(venue, wanted, feed_account(0))
}

/// What a survey warns of, where this account is named as the market's feed.
fn warned_of(venue: &mut Venue, wanted: &Deployment, feed: Pubkey) -> Vec<String> {
    let (admin, elf) = (venue.admin.insecure_clone(), elf::read().unwrap());
    let feeds = [(0, 0, feed)];
    let migration = Migration { feeds: &feeds, ..migration(&admin, &elf, wanted) };
    survey(&mut venue.cluster, &migration).unwrap().warnings
}

#[test]
fn feeds_that_are_closed_unreadable_slow_or_others_are_warned_of() {
    let silo = silo_plan(&[LISTING]);
    let mut venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let wanted = venue.deployment(vec![silo]);
    let says = |warnings: Vec<String>, part: &str| {
        assert!(warnings.iter().any(|it| it.contains(part)), "{part}: {warnings:?}");
    };
    says(warned(&mut venue, &wanted), "there is no feed account");
    let update = |id, ms| {
        let mut update = pyth_update(id, Published::new(SOL, ms), 1);
        update.write_authority = feed_account(0);
        update
    };
    let now = venue.cluster.now_ms();
    post_pyth_update(&mut venue.cluster, feed_account(0), &update(feed_id(0), now));
    assert_eq!(warned(&mut venue, &wanted), Vec::<String>::new());
    post_pyth_update(&mut venue.cluster, feed_account(0), &update(feed_id(0), now - 90_000));
    says(warned(&mut venue, &wanted), "last posted to 9");
    post_pyth_update(&mut venue.cluster, feed_account(0), &update([9; 32], now));
    says(warned(&mut venue, &wanted), "not one of the feeds");
    tokens::set_owned(&mut venue.cluster, feed_account(0), vec![1; 99], venue.admin.pubkey());
    says(warned(&mut venue, &wanted), "no price that the program reads");
}

#[test]
fn accounts_of_pyth_that_can_be_closed_or_are_written_to_seldom_are_warned_of() {
    let silo = silo_plan(&[LISTING]);
    let mut venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let mut wanted = venue.deployment(vec![silo]);
    let shared = price_feed_address(0, &feed_id(0));
    let now = venue.cluster.now_ms();
    let mut update = pyth_update(feed_id(0), Published::new(SOL, now), 1);
    update.write_authority = venue.admin.pubkey();
    post_pyth_update(&mut venue.cluster, feed_account(0), &update);
    let said = warned(&mut venue, &wanted);
    let closes = format!("is written by {}, who can close it", venue.admin.pubkey());
    assert!(said.len() == 1 && said[0].contains(&closes), "{said:?}");
    assert!(said[0].contains(&shared.to_string()), "{said:?}");
    update.write_authority = shared;
    post_pyth_update(&mut venue.cluster, shared, &update);
    let said = warned_of(&mut venue, &wanted, shared);
    assert!(said.len() == 2 && said[0].contains("once a minute"), "{said:?}");
    assert!(said[1].contains("decide_within_ms, 5000 here"), "{said:?}");
    let terms = &mut wanted.silos[0].markets[0].terms;
    (terms.age_ms, terms.decide_within_ms) = (60_000, 10_000);
    assert_eq!(warned_of(&mut venue, &wanted, shared), [""; 0]);
}

#[test]
fn feeds_that_stop_together_are_warned_of() {
    let silo = silo_plan(&[LISTING]);
    let mut venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let mut wanted = venue.deployment(vec![silo]);
    let feeds = &mut wanted.silos[0].markets[0].feeds;
    let pyth = |provider: Provider| FeedSource { provider: provider as u8, id: [7; 32] };
    feeds.sources = vec![
        pyth(Provider::PythPull),
        pyth(Provider::PythPriceAccount),
        pyth(Provider::Switchboard),
    ];
    feeds.quorum = 2;
    let warnings = warned(&mut venue, &wanted).join("; ");
    assert!(warnings.contains("the same publishers"), "{warnings}");
    assert!(warnings.contains("when Pyth stops, 1 of 3 feeds are left"), "{warnings}");
    assert!(!warnings.contains("is retired"), "on a local cluster it is of use: {warnings}");
}
