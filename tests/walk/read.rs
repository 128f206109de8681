//! Decoding the chain's accounts into a [`State`], without the program's own conversions.

use holdfast_client::holdfast::state::{
    ChainHealth, MarginAccount, Market, MonitorState, OrderState, PoolRequest, PositionState,
    ProviderTimesState, SideState, Silo,
};
use holdfast_risk::account::ledger::{AccountBalances, Ledger};
use holdfast_risk::account::order::{Order, Trigger};
use holdfast_risk::account::position::Position;
use holdfast_risk::chain::fuse::{Blow, Blows, Fuses};
use holdfast_risk::chain::health::{Monitor, ProviderTimes, State as ChainState};
use holdfast_risk::chain::rate_limit::RateLimitWindow;
use holdfast_risk::market::accrual::Accruals;
use holdfast_risk::market::belief::StoredPrice;
use holdfast_risk::market::carry::Funding;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::market::price::PricePoint;
use holdfast_risk::market::reference::Reference;
use holdfast_risk::market::volatility::Volatility;
use holdfast_risk::pool::request::Closure;
use holdfast_risk::{CarryIndex, HourlyRate, Millis, Price, SignedSize, Size, Usd};
use holdfast_testkit::tokens;

use crate::cast::Cast;
use crate::state::MARKETS;
use crate::state::{Account, Draws, MarketBooks, RECENT, Request, State, Tokens, Waiting};

/// What the chain holds now.
pub fn state(cast: &Cast) -> State {
    let silo = cast.venue.silo_state();
    let health = cast.venue.chain_health();
    let (ledger, open) = (ledger(&silo), Usd(silo.open_notional));
    State {
        monitor: monitor(&health.monitor),
        families: health.fuse.families,
        blows: blows(&health),
        closure: Closure { from: Millis(health.closed_ms), until: Millis(health.recovered_ms) },
        published: published(&health),
        ledger,
        open,
        shares: [silo.liquidity_shares, silo.insurance_shares],
        unheld: [silo.unheld_liquidity_shares, silo.unheld_insurance_shares],
        draws: Draws {
            since: Millis(silo.draws.since_ms),
            start: Usd(silo.draws.start),
            drawn: silo.draws.drawn,
        },
        counted: [silo.ledger.in_liquidity_vault, silo.ledger.in_insurance_vault],
        markets: core::array::from_fn(|index| market(&cast.venue.market(index))),
        accounts: cast.accounts.iter().map(|address| account(cast, address)).collect(),
        requests: cast.requests.iter().map(|address| request(cast, address)).collect(),
        tokens: balances(cast),
    }
}

fn ledger(silo: &Silo) -> Ledger {
    let books = &silo.ledger;
    Ledger {
        collateral: Usd(books.collateral),
        liquidity: Usd(books.liquidity),
        insurance: Usd(books.insurance),
        protocol: Usd(books.protocol),
        queued: Usd(books.queued),
        pending_profit: Usd(books.pending_profit),
        debt: Usd(books.debt),
    }
}

fn balances(cast: &Cast) -> Tokens {
    let cluster = cast.cluster();
    Tokens {
        wallets: cast.people.iter().map(|who| tokens::balance(cluster, &who.wallet)).collect(),
        shares: cast.shares.iter().map(|held| tokens::balance(cluster, held)).collect(),
        vaults: cast.vaults().map(|vault| tokens::balance(cluster, &vault)),
        supply: cast.mints().map(|mint| tokens::supply(cluster, &mint)),
    }
}

fn blows(health: &ChainHealth) -> Blows {
    Blows(core::array::from_fn(|index| {
        let (blow, fuses) = (health.fuse.blows[index], health.fuse.blown[index]);
        let (from, until) = (Millis(blow.from_ms), Millis(blow.until_ms));
        Blow { from, until, fuses: Fuses::from_bits(fuses) }
    }))
}

/// The one provider's: nobody else publishes here.
fn published(health: &ChainHealth) -> ProviderTimes {
    let [unset, pyth, others @ ..] = &health.published;
    let silent = others.iter().chain([unset]).all(|times| *times == ProviderTimesState::default());
    assert!(silent, "a provider published that has no feed here");
    let (newest, other) = (Millis(pyth.newest_ms), Millis(pyth.other_ms));
    ProviderTimes { feed: pyth.feed, newest, other }
}

fn monitor(state: &MonitorState) -> Monitor {
    Monitor {
        state: ChainState::from_code(state.state),
        since: Millis(state.since_ms),
        until: Millis(state.until_ms),
        unrest: Millis(state.unrest_ms),
        last_disruption: Millis(state.last_disruption_ms),
        proven: state.proven == 1,
        seen: Millis(state.seen_ms),
        lead: Millis(state.lead_ms),
        slot: state.slot,
        restart_slot: Some(state.restart_slot),
        window_start: Millis(state.window_start_ms),
        window_slot: state.window_slot,
        window_us: state.window_us,
        baseline_us: state.baseline_us,
    }
}

fn market(market: &Market) -> MarketBooks {
    let ring = (0..RECENT)
        .map(|back| market.prices[(usize::from(market.newest) + RECENT - back) % RECENT]);
    let recent = ring.filter(|price| price.published_ms != 0).map(|price| StoredPrice {
        point: PricePoint {
            published: Millis(price.published_ms),
            low: Price(price.low),
            high: Price(price.high),
        },
        lag: Millis(u64::from(price.lag_ms)),
        believed: price.believed == 1,
        sudden: price.sudden == 1,
    });
    MarketBooks {
        longs: side(&market.longs),
        shorts: side(&market.shorts),
        accruals: accruals(market),
        recent: recent.collect(),
        believed: Price(market.believed_price),
        thaw: RateLimitWindow {
            since: Millis(market.thaw_since_ms),
            amount: Usd(market.thaw_closed),
        },
        reference: Reference {
            price: Price(market.reference_price),
            moved: Millis(market.reference_ms),
            remainder: market.reference_remainder,
            outside: Millis(market.outside_ms),
            outside_price: Price(market.outside_price),
            strayed: Millis(market.strayed_ms),
        },
        published: Millis(market.feeds[0].published_ms),
        seen: Millis(market.feeds[0].seen_ms),
    }
}

fn accruals(market: &Market) -> Accruals {
    Accruals {
        funding: Funding {
            rate: HourlyRate(market.funding_rate),
            rate_remainder: market.funding_rate_remainder,
            remainder: market.funding_remainder,
        },
        borrow_remainder: market.borrow_remainder,
        carry_long: CarryIndex(market.carry_long),
        carry_short: CarryIndex(market.carry_short),
        accrued: Millis(market.accrued_ms),
        volatility: Volatility {
            since: Millis(market.volatility_since_ms),
            price: Price(market.volatility_price),
            variance: market.variance,
        },
    }
}

fn side(side: &SideState) -> SideTotal {
    SideTotal {
        size: Size(side.size),
        entry: Usd(side.entry),
        carry_basis: i128::from_le_bytes(side.carry_basis),
    }
}

fn account(cast: &Cast, address: &holdfast_client::Pubkey) -> Option<Account> {
    cast.cluster().get(address)?;
    let state: MarginAccount = cast.cluster().read(address);
    let beyond = &state.positions[MARKETS..];
    assert!(beyond.iter().all(|held| *held == PositionState::default()), "no such market");
    Some(Account {
        balances: AccountBalances {
            collateral: Usd(state.collateral),
            pending_profit: Usd(state.pending_profit),
            debt: Usd(state.debt),
        },
        debts: state.debts,
        reserved: state.reserved_fees,
        reserved_margin: state.reserved_margin,
        profit_since: Millis(state.profit_since_ms),
        flagged: Millis(state.flagged_ms),
        flagged_slot: state.flagged_slot,
        liquidatable: Millis(state.liquidatable_ms),
        shortfall: state.shortfall,
        exit: state.exit(),
        exit_slot: state.exit_slot,
        next_order: state.next_order,
        positions: core::array::from_fn(|index| position(&state.positions[index])),
        changed: core::array::from_fn(|index| Millis(state.positions[index].changed_ms)),
        orders: state.orders.map(|order| waiting(&order)),
    })
}

fn position(state: &PositionState) -> Position {
    Position {
        size: SignedSize(state.size),
        entry: Usd(state.entry),
        carry: CarryIndex(state.carry),
    }
}

fn waiting(state: &OrderState) -> Option<Waiting> {
    if state.number == 0 {
        assert_eq!(*state, OrderState::default(), "a free slot is empty");
        return None;
    }
    let order = Order {
        delta: SignedSize(state.delta),
        limit: Price(state.limit),
        reduce_only: state.reduce_only != 0,
        any_price: state.any_price != 0,
        trigger: trigger(state.trigger, state.trigger_price),
        opens_up_to: Size(state.opens_up_to),
        earliest: Millis(state.earliest_ms),
        expires: Millis(state.expires_ms),
    };
    Some(Waiting {
        number: state.number,
        market: usize::from(state.market),
        fee: state.fee,
        margin: state.margin,
        requested: Millis(state.requested_ms),
        slot: state.slot,
        order,
    })
}

/// A trigger by its code.
fn trigger(code: u8, level: u64) -> Trigger {
    match code {
        0 => Trigger::AtOrAbove(Price(level)),
        1 => Trigger::AtOrBelow(Price(level)),
        2 => Trigger::Immediate,
        other => panic!("{other} is no trigger"),
    }
}

fn request(cast: &Cast, address: &holdfast_client::Pubkey) -> Option<Request> {
    cast.cluster().get(address)?;
    let state: PoolRequest = cast.cluster().read(address);
    Some(Request {
        leaves: state.leaves != 0,
        amount: state.amount,
        least: state.least,
        worth: state.worth_at_request,
        requested: Millis(state.requested_ms),
        due: Millis(state.due_ms),
        slot: state.slot,
    })
}
