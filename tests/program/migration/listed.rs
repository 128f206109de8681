//! What Pyth's list of its feeds says of a plan: feeds that are not on it, and markets that close.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::{FeedSource, Market};
use holdfast_client::{address, pyth};
use holdfast_migrations::{Catalogue, Deployment, Migration, MigrationPlan, migrate, survey};
use holdfast_testkit::elf;
use holdfast_testkit::feed::{Published, post_pyth_update, pyth_update};
use holdfast_testkit::venue::{LONE, Listing, Venue, feed_id, silo_plan};

use super::migration;
use crate::world::{SOL, START_MS};

const HOUR: u64 = 3_600_000;
const ALWAYS: &str = "America/New_York;O,O,O,O,O,O,O;";
const NIGHTS: &str =
    "America/New_York;0930-1600,0930-1600,0930-1600,0930-1600,0930-1600,0930-1600,C;";
const HOLIDAYS: &str =
    "America/New_York;0930-1600,0930-1600,0930-1600,0930-1600,0930-1600,0930-1600,C;1225/C";
const SHARES: &str = "America/New_York;0930-1600,0930-1600,0930-1600,0930-1600,0930-1600,C,C;";

/// A venue that is not set up, and a plan with one market of one feed.
fn stage(count: usize) -> (Venue, Deployment) {
    let silo = silo_plan(&[Listing { name: "A", price: SOL, providers: LONE }].repeat(count));
    let venue = Venue::install_program(START_MS, silo.mint).unwrap();
    let wanted = venue.deployment(vec![silo]);
    (venue, wanted)
}

/// A list with one feed, and whether its market is open and for how long.
fn list(id: [u8; 32], schedule: &str, is_open: bool, changes_s: u64) -> Catalogue {
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let next = if is_open { "next_close" } else { "next_open" };
    let said = format!(
        r#"[{{"id": "{id}", "attributes": {{"symbol": "Equity.US.A/USD", "schedule": "{schedule}"}},
        "market_hours": {{"is_open": {is_open}, "{next}": {changes_s}}}}}]"#
    );
    Catalogue::read(&said).unwrap()
}

fn looked_at(venue: &mut Venue, wanted: &Deployment, list: &Catalogue) -> MigrationPlan {
    let (admin, elf) = (venue.admin.insecure_clone(), elf::read().unwrap());
    let feeds = [(0, 0, account())];
    let base = migration(&admin, &elf, wanted);
    let migration = Migration { feeds: &feeds, catalogue: Some(list), ..base };
    survey(&mut venue.cluster, &migration).unwrap()
}

/// The account of the market's feed.
fn account() -> Pubkey {
    pyth::price_feed_address(0, &feed_id(0))
}

/// Its price, published so long ago.
fn publish(venue: &mut Venue, age_ms: u64) {
    let at = venue.cluster.now_ms() - age_ms;
    let mut update = pyth_update(feed_id(0), Published::new(SOL, at), 1);
    update.write_authority = account();
    post_pyth_update(&mut venue.cluster, account(), &update);
}

/// Limits that fit accounts to which Pyth writes once a minute.
fn patient(wanted: &mut Deployment) {
    let terms = &mut wanted.silos[0].markets[0].terms;
    (terms.age_ms, terms.decide_within_ms) = (60_000, 10_000);
}

#[test]
fn feeds_that_close_for_a_while_or_are_not_listed_are_warned_of() {
    let (mut venue, mut wanted) = stage(1);
    patient(&mut wanted);
    publish(&mut venue, 0);
    let warned = |venue: &mut Venue, list: &Catalogue| {
        let found = looked_at(venue, &wanted, list);
        assert_eq!(found.refusals, [""; 0]);
        found.warnings
    };
    assert_eq!(warned(&mut venue, &list(feed_id(0), ALWAYS, true, 0)), [""; 0]);
    for (schedule, said) in [
        (NIGHTS, "A: Equity.US.A/USD is closed for up to 42 hours at a time"),
        (
            HOLIDAYS,
            "A: Equity.US.A/USD is closed for 42 hours at a time and, around holidays, for up to 66",
        ),
    ] {
        let found = warned(&mut venue, &list(feed_id(0), schedule, true, START_MS));
        assert!(found.len() == 1 && found[0].starts_with(said), "{found:?}");
    }
    let found = warned(&mut venue, &list([9; 32], ALWAYS, true, START_MS));
    assert!(found.len() == 1 && found[0].contains("it was retired"), "{found:?}");
}

#[test]
fn a_market_that_is_closed_for_longer_than_until_settlement_is_not_listed() {
    let (mut venue, wanted) = stage(1);
    let (admin, elf) = (venue.admin.insecure_clone(), elf::read().unwrap());
    let list = list(feed_id(0), SHARES, true, START_MS);
    let refusals = looked_at(&mut venue, &wanted, &list).refusals;
    let said = "A: Equity.US.A/USD is closed for 66 hours at a time";
    assert!(refusals.len() == 1 && refusals[0].starts_with(said), "{refusals:?}");
    let refused = Migration { catalogue: Some(&list), ..migration(&admin, &elf, &wanted) };
    let error = migrate(&mut venue.cluster, &refused, |_| {}).unwrap_err();
    assert!(error.contains("list a feed that trades at all hours"), "{error}");
    let market = address::market(&address::silo(0), 0);
    assert!(venue.cluster.get(&market).is_none(), "nothing was sent");
    // One that is there already is warned of.
    migrate(&mut venue.cluster, &migration(&admin, &elf, &wanted), |_| {}).unwrap();
    assert_eq!(venue.cluster.read::<Market>(&market).feed_count, 1);
    let found = looked_at(&mut venue, &wanted, &list);
    assert_eq!(found.refusals, [""; 0]);
    assert!(found.warnings.iter().any(|it| it.starts_with(said)), "{:?}", found.warnings);
}

#[test]
fn an_old_price_is_told_from_a_closed_market() {
    let (mut venue, mut wanted) = stage(1);
    patient(&mut wanted);
    publish(&mut venue, 26 * HOUR + HOUR / 2);
    let opens = venue.cluster.now_ms() / 1_000 + 3_600;
    let closed = looked_at(&mut venue, &wanted, &list(feed_id(0), ALWAYS, false, opens)).warnings;
    let said = "A: the market of Equity.US.A/USD is closed now";
    assert!(closed.len() == 1 && closed[0].starts_with(said), "{closed:?}");
    let open = looked_at(&mut venue, &wanted, &list(feed_id(0), ALWAYS, true, opens)).warnings;
    assert!(open.len() == 1 && open[0].contains("is 26 hours old: its market is"), "{open:?}");
    publish(&mut venue, HOUR / 2);
    let late = looked_at(&mut venue, &wanted, &list(feed_id(0), ALWAYS, true, opens)).warnings;
    assert!(late.len() == 1 && late[0].contains("somebody has to post more often"), "{late:?}");
}

#[test]
fn one_feed_of_two_markets_two_of_one_provider_and_feeds_apart_are_warned_of() {
    let (mut venue, mut wanted) = stage(2);
    patient(&mut wanted);
    publish(&mut venue, 0);
    let always = list(feed_id(0), ALWAYS, true, 0);
    let source = |provider: Provider, id| FeedSource { provider: provider as u8, id };
    let pyth = source(Provider::PythPull, feed_id(0));
    wanted.silos[0].markets[1].feeds.sources = vec![pyth];
    let found = looked_at(&mut venue, &wanted, &always).warnings.join("; ");
    assert!(found.contains("A: A lists the same feed, "), "{found}");
    wanted.silos[0].markets.truncate(1);
    let others = [source(Provider::Stork, [1; 32]), source(Provider::Stork, [2; 32])];
    let feeds = &mut wanted.silos[0].markets[0].feeds;
    (feeds.sources, feeds.quorum) = ([vec![pyth], others.to_vec()].concat(), 3);
    let found = looked_at(&mut venue, &wanted, &always).warnings.join("; ");
    assert!(found.contains("2 of its 3 feeds are Stork's"), "{found}");

    // Two accounts of Pyth's that do not agree.
    let second = pyth::price_feed_address(0, &[9; 32]);
    wanted.silos[0].markets[0].feeds.sources = vec![pyth, source(Provider::PythPull, [9; 32])];
    let mut update = pyth_update([9; 32], Published::new(SOL * 2, venue.cluster.now_ms()), 1);
    update.write_authority = second;
    post_pyth_update(&mut venue.cluster, second, &update);
    let (admin, elf) = (venue.admin.insecure_clone(), elf::read().unwrap());
    let feeds = [(0, 0, account()), (0, 0, second)];
    let both = Migration { feeds: &feeds, ..migration(&admin, &elf, &wanted) };
    let found = survey(&mut venue.cluster, &both).unwrap().warnings.join("; ");
    assert!(found.contains("further apart than divergence_bps"), "{found}");
}
