//! Accounts with where they stand, computed by the program's own code: what the TypeScript client's
//! margin, liquidation prices and state of the chain are compared with.

use anyhow::{Result, anyhow};
use holdfast_client::holdfast::account_health::{Purpose, compute_account_health, valuation_price};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::state::{
    ChainHealth, MarginAccount, Market, MonitorState, PriceState,
};
use holdfast_client::standing;
use holdfast_migrations::presets;
use holdfast_risk::chain::fuse::Fuses;
use holdfast_risk::chain::health::{ChainSample, Monitor, State, Thresholds};
use holdfast_risk::chain::policy::{Action, Permit, permit};
use holdfast_risk::{Millis, Usd};
use serde::Serialize;

/// How many there are.
const CASES: u64 = 24;
/// Markets of each.
const MARKETS: u8 = 3;
/// When all of them are looked at, about; milliseconds.
const NOW: u64 = 1_800_000_000_000;

/// An account, its markets and the chain, and what the program makes of them. Numbers are text.
#[derive(Serialize)]
pub struct Case {
    health: Bytes,
    markets: Vec<Bytes>,
    account: Bytes,
    facts: Facts,
    expected: Expected,
}

/// An account's data without its discriminator: its length, and the bytes that are not zero, each run
/// with where it begins.
#[derive(Serialize)]
struct Bytes {
    length: usize,
    runs: Vec<(usize, String)>,
}

#[derive(Serialize)]
struct Facts {
    slot: String,
    clock_ms: String,
    last_restart_slot: Option<String>,
    skipped: Option<String>,
}

#[derive(Serialize)]
struct Expected {
    state: u8,
    now_ms: String,
    equity: String,
    maintenance: String,
    shortfall: String,
    initial: String,
    withdrawable: String,
    prices: Vec<String>,
    liquidation_prices: Vec<Option<String>>,
}

/// Different every time in the same way.
struct Random(u64);

impl Random {
    /// A number below `bound` (xorshift, as G. Marsaglia describes it).
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Every case.
///
/// # Errors
/// When the program's code refuses one.
pub fn all() -> Result<Vec<Case>> {
    (1..=CASES).map(|seed| one(&mut Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)))).collect()
}

fn one(random: &mut Random) -> Result<Case> {
    let mut health: ChainHealth = bytemuck::Zeroable::zeroed();
    health.thresholds = presets::thresholds();
    health.monitor = monitor(random);
    let seen = sample(random, &Monitor::from(&health.monitor));
    let (last, thresholds) = (Monitor::from(&health.monitor), Thresholds::from(&health.thresholds));
    let monitor = last.guard(&seen, &thresholds);
    let chain =
        Chain { monitor, thresholds, now: seen.now, slot: seen.slot, fuses: Fuses::default() };
    let markets: Vec<_> = (0..MARKETS).map(|index| market(random, index)).collect();
    let account = account(random, &markets);
    Ok(Case {
        expected: expected(&account, &markets, &chain)?,
        health: bytes(&health),
        markets: markets.iter().map(bytes).collect(),
        account: bytes(&account),
        facts: Facts {
            slot: seen.slot.to_string(),
            clock_ms: seen.clock.0.to_string(),
            last_restart_slot: seen.restart_slot.map(|slot| slot.to_string()),
            skipped: seen.skipped.map(|slots| slots.to_string()),
        },
    })
}

fn monitor(random: &mut Random) -> MonitorState {
    let ago = |random: &mut Random, most: u64| Millis(NOW - random.below(most));
    let seen = ago(random, 60_000);
    let disrupted = if random.below(2) == 0 { Millis(0) } else { ago(random, 1_200_000) };
    let monitor = Monitor {
        state: State::from_code(random.below(5) as u8),
        since: ago(random, 1_200_000),
        until: Millis(NOW + random.below(600_000)),
        unrest: ago(random, 120_000),
        last_disruption: disrupted,
        proven: random.below(2) == 0,
        seen,
        lead: Millis(random.below(3) * 4_000),
        slot: 400_000_000,
        restart_slot: Some(399_000_000).filter(|_| random.below(4) > 0),
        window_start: Millis(seen.0 - random.below(20_000)),
        window_slot: 399_999_960,
        window_us: random.below(600_000) as u32,
        baseline_us: 300_000 + random.below(200_000) as u32,
    };
    MonitorState::from(&monitor)
}

fn sample(random: &mut Random, last: &Monitor) -> ChainSample {
    let slots = random.below(200);
    let clock = Millis(last.seen.0 - last.lead.0 + slots * (300 + random.below(400)));
    let slot = last.slot + slots;
    ChainSample {
        slot,
        clock,
        now: last.now(clock, slot, Millis(0)),
        proven: Millis(0),
        restart_slot: Some(399_000_000 + random.below(8) / 7),
        skipped: Some(random.below(40)).filter(|_| random.below(4) > 0),
    }
}

fn market(random: &mut Random, index: u8) -> Market {
    let worth = 10_u64.pow(u32::from(index)) * 15;
    let price = worth * 1_000_000 + random.below(worth * 100_000);
    let mut market: Market = bytemuck::Zeroable::zeroed();
    market.index = index;
    market.terms = presets::market(worth);
    market.newest = random.below(32) as u8;
    let published_ms = NOW - random.below(60_000);
    for (back, published_ms) in [0, 1, 2].map(|back| (back, published_ms - 1_000 * back)) {
        let place = (u64::from(market.newest) + 32 - back) % 32;
        let low = price - random.below(price / 50) * back;
        let believed = u8::from(random.below(4) > 0);
        market.prices[place as usize] = PriceState {
            published_ms,
            low,
            high: low + random.below(price / 100),
            lag_ms: random.below(3_000) as u32,
            believed,
            sudden: random.below(2) as u8,
            padding: [0; 2],
        };
    }
    market.reference_price = price - random.below(price / 5) + random.below(price / 5);
    market.variance = random.below(4_000_000);
    market.carry_long = random.below(2_000_000) as i64 - 1_000_000;
    market.carry_short = -market.carry_long;
    market.settlement_price = if random.below(8) == 0 { price } else { 0 };
    market
}

fn account(random: &mut Random, markets: &[Market]) -> MarginAccount {
    let mut account: MarginAccount = bytemuck::Zeroable::zeroed();
    account.collateral = 10_000_000 + random.below(1_000_000_000);
    account.pending_profit = random.below(2) * random.below(50_000_000);
    account.reserved_margin = random.below(2) * random.below(80_000_000);
    for market in markets {
        if random.below(3) == 0 {
            continue;
        }
        let price = market.newest_price().low.0;
        let notional = 100_000_000 + random.below(3_000_000_000);
        let size = (notional * 1_000_000 / price) as i64;
        let position = &mut account.positions[usize::from(market.index)];
        position.size = if random.below(2) == 0 { size } else { -size };
        position.entry = notional - random.below(notional / 10);
        position.carry = random.below(1_000_000) as i64;
        account.open_markets |= 1 << market.index;
    }
    account
}

fn expected(account: &MarginAccount, markets: &[Market], chain: &Chain) -> Result<Expected> {
    let of = |index: u8| markets.get(usize::from(index));
    let sum = |purpose| {
        let balances = account.balances();
        let next = |index| of(index).ok_or_else(|| unreachable!("every market is known"));
        compute_account_health(account, &balances, None, chain, purpose, next, |_, _| ())
            .map_err(|refusal| anyhow!("{refusal:?}"))
    };
    let judged = sum(Purpose::Liquidation)?;
    // The withdrawal of somebody with positions: refused in shelter, where a calm chain's margin is
    // as good an answer as any.
    let stressed = permit(Action::WithdrawFree, chain.monitor.state) == Permit::Stressed;
    let mut asked =
        sum(Purpose::Margin(if stressed { Permit::Stressed } else { Permit::Allowed }))?;
    asked.initial.0 = asked.initial.0.saturating_add(account.reserved_margin);
    let price_of = |market: &Market| {
        valuation_price(&account.position(market.index), market, chain, Purpose::Liquidation)
    };
    let limit = |index| {
        let found = standing::liquidation_price(account, index, of, price_of);
        found.map_err(|refusal| anyhow!("{refusal:?}"))
    };
    let prices = account.open_indices().filter_map(of).map(|market| price_of(market).0.to_string());
    let limits = account.open_indices().map(limit).collect::<Result<Vec<_>>>()?;
    Ok(Expected {
        state: chain.monitor.state as u8,
        now_ms: chain.now.0.to_string(),
        equity: judged.equity.0.to_string(),
        maintenance: judged.maintenance.0.to_string(),
        shortfall: judged.shortfall().0.to_string(),
        initial: asked.initial.0.to_string(),
        withdrawable: asked.withdrawable(Usd(account.collateral)).0.to_string(),
        prices: prices.collect(),
        liquidation_prices: limits
            .into_iter()
            .map(|price| price.map(|price| price.0.to_string()))
            .collect(),
    })
}

fn bytes<T: bytemuck::NoUninit>(account: &T) -> Bytes {
    let all = bytemuck::bytes_of(account);
    let mut runs = Vec::<(usize, String)>::new();
    for (at, byte) in all.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        match runs.last_mut() {
            Some((begins, run)) if *begins + run.len() / 2 == at => {
                run.push_str(&format!("{byte:02x}"));
            }
            _ => runs.push((at, format!("{byte:02x}"))),
        }
    }
    Bytes { length: all.len(), runs }
}
