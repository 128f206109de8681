//! Liquidation always has a way: in every situation of two positions, whatever their prices, their
//! markets, the flag and the chain, somebody can act on an account that fails as soon as one of its
//! markets has a newest price that decides. The program's own checks answer, and they decide alone:
//! anybody may send what they allow.

use bytemuck::Zeroable;
use holdfast_client::holdfast::checks::liquidation::{flaggable, liquidatable};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{MarginAccount, Market, MarketTermsState, Silo};
use holdfast_risk::account::liquidation::{flag_stands, is_liquidatable, size_allowed};
use holdfast_risk::account::position::Position;
use holdfast_risk::chain::fuse::Fuses;
use holdfast_risk::chain::health::{ChainSample, Monitor, State, Thresholds};
use holdfast_risk::market::belief::{PriceUse, StoredPrice};
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::{CarryIndex, Millis, Price, SignedSize, Usd};

const NOW: u64 = 1_700_000_000_000;
/// Long after any flag.
const SLOT: u64 = 1_000;
/// Where both positions were opened, millionths.
const ENTRY: u64 = 100_000_000;
/// The chain's last disruption.
const DISRUPTED: u64 = NOW - 60_000;
/// A position that matters, the smallest one, and one that is smaller, as after a change of terms:
/// millionths of a unit.
const LARGE: i64 = 1_000_000_000;
const SMALL: i64 = 100_000;
const DUST: i64 = 1_000;
/// How far a price went against its position, basis points: inside the band of a thousand.
const INSIDE: [i64; 3] = [0, 400, 800];
/// The same outside it.
const OUTSIDE: [i64; 2] = [-2_000, 2_000];
/// Collateral, native units: each fails with other positions.
const COLLATERAL: [u64; 3] = [6_000_000_000, 12_000_000_000, 17_000_000_000];

/// The prices of a market, by how far they went against the position.
#[derive(Clone, Copy, Debug)]
enum Prices {
    /// The newest decides.
    Timely(i64),
    /// The newest was stored late; the one before it decides.
    Late { decides: i64, newest: i64 },
    /// The newest is outside the band; the one before it decides.
    Doubted { decides: i64, newest: i64 },
    /// The newest is sudden: what is closed gets the better of it and the one before it.
    Sudden { before: i64, newest: i64 },
    /// The newest is past the age limit.
    Stale(i64),
}

/// What else keeps a market from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Open,
    /// Too few prices since the disruption.
    NotReady,
    Settled,
    /// The minute's notional of a thaw is used up.
    PacedOut,
}

#[derive(Clone, Copy, Debug)]
struct Leg {
    size: i64,
    prices: Prices,
    condition: Condition,
}

/// What somebody can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ways {
    /// Situations in which the account could be flagged.
    flag: u64,
    /// Or one of its positions liquidated.
    liquidate: u64,
    /// In which nothing has to be possible: for want of a price, or by the state of the chain.
    wait: u64,
}

/// What the presets ask, as far as liquidations do.
fn terms() -> MarketTermsState {
    MarketTermsState {
        initial_bps: 1_000,
        maintenance_bps: 500,
        penalty_bps: 150,
        first_share_bps: 1_000,
        last_share_bps: 5_000,
        band_bps: 1_000,
        thaw_pace_bps: 500,
        tier_volatility_ppm: 800,
        ramp_ms: 60_000,
        age_ms: 30_000,
        decide_within_ms: 5_000,
        flag_delay_ms: 3_000,
        smallest: SMALL.unsigned_abs(),
        ..MarketTermsState::default()
    }
}

/// Every kind of market that a position can be in.
fn markets() -> Vec<(Prices, Condition)> {
    let mut prices = Vec::new();
    for decides in INSIDE {
        prices.extend([Prices::Timely(decides), Prices::Stale(decides)]);
        prices.extend(INSIDE.map(|newest| Prices::Late { decides, newest }));
        prices.extend(INSIDE.map(|newest| Prices::Sudden { before: decides, newest }));
        prices.extend(OUTSIDE.map(|newest| Prices::Doubted { decides, newest }));
    }
    let mut markets: Vec<_> = prices.into_iter().map(|prices| (prices, Condition::Open)).collect();
    for condition in [Condition::NotReady, Condition::Settled, Condition::PacedOut] {
        markets.extend(INSIDE.map(|level| (Prices::Timely(level), condition)));
    }
    markets
}

/// Sizes of both positions.
const SIZES: [[i64; 2]; 5] =
    [[LARGE, LARGE], [LARGE, SMALL], [SMALL, LARGE], [LARGE, DUST], [DUST, LARGE]];

/// Flags by when they were set, milliseconds ago: none, too young, due, and one that has run out.
const FLAGS: [Option<u64>; 4] = [None, Some(1_000), Some(10_000), Some(301_000)];

/// The chain's states, and how long ago they were entered, milliseconds.
fn chains() -> [Chain; 7] {
    let states = [
        (State::Normal, 60_000),
        (State::Strained, 60_000),
        (State::Throttled, 60_000),
        (State::Thaw, 1_000),
        (State::Thaw, 599_000),
        (State::Shelter, 10_000),
        (State::Shelter, 61_000),
    ];
    states.map(|(state, ago)| {
        let now = Millis(NOW);
        let first = ChainSample {
            slot: SLOT,
            clock: now,
            now,
            proven: now,
            restart_slot: Some(0),
            skipped: Some(0),
        };
        let (since, last_disruption) = (Millis(NOW - ago), Millis(DISRUPTED));
        let monitor = Monitor { state, since, last_disruption, ..Monitor::new(&first) };
        Chain {
            monitor,
            thresholds: Thresholds::default(),
            now,
            slot: SLOT,
            fuses: Fuses::default(),
        }
    })
}

impl Leg {
    fn price(self, against: i64) -> Price {
        let moved = if self.size > 0 { -against } else { against };
        Price(ENTRY / 10_000 * 10_000_u64.saturating_add_signed(moved))
    }

    fn market(self, index: u8) -> Market {
        let mut market = Market::zeroed();
        market.index = index;
        market.terms = terms();
        market.reference_price = ENTRY;
        let mut push = |ago: u64, against, lag, believed| {
            let published = Millis(NOW - ago);
            let point = PricePoint::exact(self.price(against), published);
            market.push_price(&StoredPrice { point, lag: Millis(lag), believed, sudden: false });
        };
        if self.condition != Condition::NotReady {
            [50_000, 49_000, 48_000].into_iter().for_each(|ago| push(ago, 0, 0, true));
        }
        match self.prices {
            Prices::Timely(against) => push(0, against, 0, true),
            Prices::Late { decides, newest } => {
                push(2_000, decides, 0, true);
                push(1_000, newest, 20_000, true);
            }
            Prices::Doubted { decides, newest } => {
                push(2_000, decides, 0, true);
                push(1_000, newest, 0, false);
            }
            Prices::Sudden { before, newest } => {
                push(2_000, before, 0, true);
                push(1_000, newest, 0, true);
            }
            Prices::Stale(against) => push(40_000, against, 0, true),
        }
        if matches!(self.prices, Prices::Sudden { .. }) {
            let newest = usize::from(market.newest);
            market.prices[newest].sudden = 1;
        }
        match self.condition {
            Condition::Open | Condition::NotReady => (),
            Condition::Settled => market.settlement_price = market.newest_price().low.0,
            Condition::PacedOut => {
                (market.thaw_since_ms, market.thaw_closed) = (NOW - 1_000, 1 << 60);
            }
        }
        market
    }

    fn position(self) -> Position {
        let entry = self.size.unsigned_abs() * ENTRY / 1_000_000;
        Position { size: SignedSize(self.size), entry: Usd(entry), carry: CarryIndex(0) }
    }
}

fn account(legs: [Leg; 2], collateral: u64, flag: Option<u64>) -> MarginAccount {
    let mut account = MarginAccount::zeroed();
    account.collateral = collateral;
    for (index, leg) in (0..).zip(legs) {
        account.set_position(index, &leg.position());
    }
    if let Some(ago) = flag {
        (account.flagged_ms, account.liquidatable_ms) = (NOW - ago, NOW - ago + 3_000);
    }
    account
}

/// What can be done, or has to be and cannot.
fn way(
    silo: &Silo,
    markets: &[Market; 2],
    account: &MarginAccount,
    chain: &Chain,
) -> Result<Ways, String> {
    let next = |index: u8| Ok(&markets[usize::from(index)]);
    let now = Millis(NOW);
    if !flag_stands(Millis(account.flagged_ms), now) {
        return match flaggable(account, chain, next) {
            Ok(_) => Ok(Ways { flag: 1, ..Ways::default() }),
            Err(error) if is_safe(&error) => Ok(Ways::default()),
            Err(error) => Err(format!("cannot be flagged: {error:?}")),
        };
    }
    let unflagged = MarginAccount { flagged_ms: 0, ..*account };
    let Ok(failing) = flaggable(&unflagged, chain, next) else { return Ok(Ways::default()) };
    let mut refused = Vec::new();
    for market in markets {
        match liquidatable(silo, account, market, chain, next) {
            Ok(found) => {
                let terms = market.terms.liquidation();
                size_allowed(&found.assessment.health, &found.leg, terms, found.most)
                    .map_err(|error| format!("allowed and then not done: {error:?}"))?;
                return Ok(Ways { liquidate: 1, ..Ways::default() });
            }
            Err(error) => refused.push(error),
        }
    }
    let reached = is_liquidatable(&failing.health, &chain.monitor, chain.thresholds.thaw, now);
    let usable = markets.iter().any(|market| is_usable(market, account, chain));
    if reached && usable {
        Err(format!("{refused:?}"))
    } else {
        Ok(Ways { wait: 1, ..Ways::default() })
    }
}

fn is_safe(error: &impl core::fmt::Debug) -> bool {
    format!("{error:?}").contains("AccountSafe")
}

/// Whether a market has a newest price that decides, from after the flag's delay, and takes
/// liquidations now.
fn is_usable(market: &Market, account: &MarginAccount, chain: &Chain) -> bool {
    let at = market.moment(chain.now, chain.monitor.last_disruption);
    let newest = market.newest_stored();
    let paced = chain.monitor.state == State::Thaw && market.thaw_closed > 0;
    at.allows(&newest, PriceUse::Decide)
        && newest.point.published.0 >= account.liquidatable_ms
        && market.is_ready(chain.monitor.last_disruption)
        && !market.is_settled()
        && !paced
}

/// All situations that share the first position's market.
fn situations_with(first: (Prices, Condition)) -> Ways {
    let mut silo = Silo::zeroed();
    silo.ledger.liquidity = 50_000_000_000_000;
    let (chains, mut ways) = (chains(), Ways::default());
    for second in markets() {
        for [one, other] in SIZES {
            for sides in [[1, 1], [1, -1], [-1, -1]] {
                let leg = |(prices, condition), size| Leg { size, prices, condition };
                let legs = [leg(first, one * sides[0]), leg(second, other * sides[1])];
                let markets = [legs[0].market(0), legs[1].market(1)];
                for (collateral, flag) in
                    COLLATERAL.iter().flat_map(|it| FLAGS.map(|flag| (*it, flag)))
                {
                    let account = account(legs, collateral, flag);
                    for chain in &chains {
                        let found = way(&silo, &markets, &account, chain).unwrap_or_else(|why| {
                            let state = chain.monitor.state;
                            panic!("nothing can be done: {legs:?}, {collateral}, {flag:?}, {state:?}: {why}")
                        });
                        ways.flag += found.flag;
                        ways.liquidate += found.liquidate;
                        ways.wait += found.wait;
                    }
                }
            }
        }
    }
    ways
}

#[test]
fn whoever_fails_can_be_flagged_or_liquidated_while_a_price_decides() {
    let firsts = markets();
    let half = firsts.len() / 2;
    let found = std::thread::scope(|scope| {
        let parts = [&firsts[..half], &firsts[half..]];
        let all = parts.map(|part| {
            scope
                .spawn(move || part.iter().map(|first| situations_with(*first)).collect::<Vec<_>>())
        });
        all.map(|part| part.join().expect("no situation without a way")).concat()
    });
    let sum = |of: fn(&Ways) -> u64| found.iter().map(of).sum::<u64>();
    let (flag, liquidate, wait) = (sum(|it| it.flag), sum(|it| it.liquidate), sum(|it| it.wait));
    println!("{flag} times flagged, {liquidate} times liquidated, {wait} times to wait");
    assert!(flag > 0 && liquidate > 0 && wait > 0);
}
