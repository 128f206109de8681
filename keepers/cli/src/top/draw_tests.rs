use holdfast_keeper_core::health::ChainCondition;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::State;
use holdfast_simulator::keeping::{Fault, KeeperWorld, WorldPlan};
use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::super::landing::{Counted, Landing};
use super::super::view::{
    Candidate, ChainView, Due, MarketStanding, MarketView, Places, Source, View,
};
use super::{Choice, Picture};

/// A venue in memory with one keeper, calm for a while.
fn world() -> KeeperWorld {
    let plan = WorldPlan { seed: 3, keepers: 1, endpoints: 2, streams: 1, traders: 2 };
    let mut world = KeeperWorld::new(plan).expect("cargo xtask build");
    world.pass(30_000);
    world
}

fn seen(world: &KeeperWorld) -> View {
    let places = Places {
        endpoints: vec!["http://one".to_owned(), "http://two".to_owned()],
        streams: vec!["ws://one".to_owned()],
    };
    View::new(&world.keepers[0], 0, &places, Landing::NotAsked, Millis(world.now))
}

fn text(view: &View) -> String {
    Picture { view, choice: Choice::default(), coloured: false }.text(120)
}

/// What a terminal of this size shows.
fn on_a_terminal(picture: &Picture, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a backend");
    let draws = |frame: &mut ratatui::Frame| picture.draw(frame.area(), frame.buffer_mut());
    terminal.draw(draws).expect("it draws");
    terminal.backend().to_string()
}

#[test]
fn the_venue_is_shown_as_it_is() {
    let mut world = world();
    let view = seen(&world);
    let traders: Vec<_> = world.traders.iter().map(|trader| trader.account.to_string()).collect();
    let calm = text(&view);
    for said in ["[normal]", "healthy", "SOL-PERP", "150", "ready", "--keeper", "http://one"] {
        assert!(calm.contains(said), "{said}:\n{calm}");
    }
    assert!(traders.iter().all(|trader| calm.contains(trader)), "{calm}");
    assert!(view.candidates.iter().all(|candidate| candidate.margin_bps() > 10_000));
    assert!(view.slot_us.is_some_and(|us| us.abs_diff(400_000) < 40_000), "{calm}");
    let said: serde_json::Value = serde_json::to_value(&view).expect("it is plain");
    assert_eq!(said["chain"]["state"], "normal");
    assert_eq!(said["class"], "healthy");
    assert_eq!(said["markets"][0]["standing"], "ready");

    world.price = world.price / 10 * 9;
    let fails =
        |world: &KeeperWorld| seen(world).candidates.iter().any(|one| one.margin_bps() < 10_000);
    let due = |world: &KeeperWorld| seen(world).due.iter().any(|due| due.what == "flag");
    assert!(world.until(20_000, |world| fails(world) && due(world)).is_some());
    world.fail(&[Fault::AllFrozen]);
    assert!(
        world.until(20_000, |world| world.keepers[0].class() == ChainCondition::RpcStale).is_some()
    );
    let blind = text(&seen(&world));
    assert!(blind.contains("rpc stale · not ready"), "{blind}");
}

#[test]
fn every_size_shows_what_it_has_room_for() {
    let view = seen(&world());
    let choice = Choice { market: Some(0), ..Choice::default() };
    let picture = Picture { view: &view, choice, coloured: true };
    let large = on_a_terminal(&picture, 200, 60);
    let usual = on_a_terminal(&picture, 80, 24);
    let small = on_a_terminal(&picture, 40, 10);
    for (shown, all) in [(&large, true), (&usual, true), (&small, false)] {
        for said in ["[normal]", "healthy", "SOL-PERP"] {
            assert!(shown.contains(said), "{said}:\n{shown}");
        }
        for said in ["seen from here", "landing", "nearest to liquidation in SOL-PERP"] {
            assert_eq!(shown.contains(said), all, "{said}:\n{shown}");
        }
    }
    assert!(large.contains("band") && !usual.contains("band"));
}

#[test]
fn without_colours_the_same_is_said() {
    let view = seen(&world());
    let colours = |coloured: bool| {
        let picture = Picture { view: &view, choice: Choice::default(), coloured };
        let buffer = picture.frame(Rect::new(0, 0, 120, 40));
        buffer.content.iter().filter(|cell| cell.fg != Color::Reset).count()
    };
    assert!(colours(true) > 0);
    assert_eq!(colours(false), 0);
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Z]{0,12}", any::<String>()]
}

fn sources() -> impl Strategy<Value = Vec<Source>> {
    let source = (names(), proptest::option::of(Just("frozen")));
    vec(source.prop_map(|(place, fault)| Source { place, fault }), 0..6)
}

fn chains() -> impl Strategy<Value = ChainView> {
    (0..5_u8, any::<[u64; 6]>(), any::<[u32; 2]>(), any::<Option<u64>>()).prop_map(
        |(state, times, slots, skipped)| ChainView {
            state: State::from_code(state),
            since_ms: times[0],
            until_ms: times[1],
            last_disruption_ms: times[2],
            observed_ms: times[3],
            lead_ms: times[4],
            baseline_us: slots[0],
            window_us: slots[1],
            skipped,
            restart_slot: Some(times[5]),
        },
    )
}

fn markets() -> impl Strategy<Value = Vec<MarketView>> {
    let standing = prop_oneof![
        Just(MarketStanding::Ready),
        Just(MarketStanding::Stale),
        Just(MarketStanding::Settled)
    ];
    let market = (any::<u8>(), names(), any::<[u64; 7]>(), standing);
    let market = market.prop_map(|(index, name, numbers, standing)| MarketView {
        index,
        name,
        price: numbers[0],
        published_ms: numbers[1],
        reference: numbers[2],
        band_low: numbers[3],
        band_high: numbers[4],
        longs: numbers[5],
        shorts: numbers[6],
        standing,
    });
    vec(market, 0..20)
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let candidate = (names(), any::<i64>(), any::<u64>(), any::<u64>(), vec(any::<u8>(), 0..3));
    let candidate = candidate.prop_map(|(account, equity, maintenance, flagged_ms, markets)| {
        Candidate { account, equity, maintenance, flagged_ms, markets }
    });
    vec(candidate, 0..60)
}

fn dues() -> impl Strategy<Value = Vec<Due>> {
    let due = (proptest::option::of(names()), any::<Option<u8>>());
    vec(due.prop_map(|(account, market)| Due { what: "liquidate", account, market }), 0..60)
}

fn landings() -> impl Strategy<Value = Landing> {
    let counted = any::<[u64; 7]>().prop_map(|numbers| {
        Landing::Counted(Counted {
            sent: numbers[0],
            flying: numbers[1],
            landed: numbers[2],
            refused: numbers[3],
            expired: numbers[4],
            slots: numbers[5],
            prices: numbers[6],
        })
    });
    prop_oneof![Just(Landing::NotAsked), names().prop_map(Landing::Unanswered), counted]
}

fn views() -> impl Strategy<Value = View> {
    let first = (any::<[u64; 2]>(), 0..ChainCondition::ALL.len(), sources(), sources());
    let here = (any::<Option<u64>>(), any::<Option<u64>>(), any::<u16>());
    let rest = (proptest::option::of(chains()), markets(), candidates(), dues(), landings());
    (first, here, rest).prop_map(|(first, here, rest)| View {
        silo: here.2,
        slot: first.0[0],
        now_ms: first.0[1],
        class: ChainCondition::ALL[first.1],
        ready: first.1 == 0,
        endpoints: first.2,
        streams: first.3,
        slot_us: here.0,
        skipped_bps: here.1,
        chain: rest.0,
        markets: rest.1,
        candidates: rest.2,
        due_in_all: rest.3.len(),
        due: rest.3,
        landing: rest.4,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_there_is_to_show_fits_any_terminal(
        view in views(),
        width in prop_oneof![0..3_u16, 1..250_u16],
        height in prop_oneof![0..3_u16, 1..90_u16],
        market in proptest::option::of(0..25_usize),
        coloured in any::<bool>(),
    ) {
        let choice = Choice { market, ..Choice::default() };
        let picture = Picture { view: &view, choice, coloured };
        for (width, height) in [(width, height), (80, 24), (40, 10), (200, 60)] {
            let buffer = picture.frame(Rect::new(0, 0, width, height));
            prop_assert_eq!(buffer.area, Rect::new(0, 0, width, height));
        }
        prop_assert!(picture.text(width.max(1)).contains('\n'));
    }
}
