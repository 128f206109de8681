//! What somebody about to ask for something is told, computed by the program's own code: what the
//! TypeScript client's trades, pools and exits are compared with.

use anyhow::{Result, anyhow};
use holdfast_client::holdfast::clock::Chain;
use holdfast_client::holdfast::pool_worth::add_estimate;
use holdfast_client::holdfast::state::{LedgerState, MarginAccount, Market, SideState, Silo};
use holdfast_risk::account::ledger::Ledger;
use holdfast_risk::chain::policy::{Action, permit};
use holdfast_risk::chain::rate_limit::payable;
use holdfast_risk::market::exposure::skew;
use holdfast_risk::market::fee::taker_fee;
use holdfast_risk::market::spread::{half_spread, trade_price};
use holdfast_risk::market::terms::MarketTerms;
use holdfast_risk::pool::PoolKind;
use holdfast_risk::pool::share::Pool;
use holdfast_risk::pool::worth::{self, TradersResult};
use holdfast_risk::{Bps, Overflow, SignedSize, Size, Usd};
use serde::Serialize;

use crate::standings::Random;

/// A whole share, in millionths.
const SHARE: u64 = 1_000_000;

/// Numbers are text.
#[derive(Serialize)]
pub struct Asked {
    trade: Trade,
    /// The deposit, or the shares given up.
    amount: String,
    pools: Vec<Worth>,
    exit_payable: String,
}

#[derive(Serialize)]
struct Trade {
    delta: String,
    price: String,
    spread: String,
    fee: String,
    size: String,
    entry: String,
    carry: String,
}

#[derive(Serialize)]
struct Worth {
    insurance: bool,
    leaves: bool,
    worth: String,
    per_share: String,
    gets: String,
}

/// All positions on a side of a market whose price is `price`.
pub fn side(random: &mut Random, price: u64) -> SideState {
    let entry = random.below(40_000_000_000_000);
    let size = (u128::from(entry) * 1_000_000 / u128::from(price)) as u64;
    let basis = i128::from(size) * (i128::from(random.below(2_000_000)) - 1_000_000);
    SideState { size, entry, carry_basis: basis.to_le_bytes() }
}

/// A silo with pools.
pub fn silo(random: &mut Random) -> Silo {
    let mut silo: Silo = bytemuck::Zeroable::zeroed();
    let mut money = || 1_000_000_000 + random.below(50_000_000_000_000);
    silo.ledger = LedgerState {
        collateral: money(),
        liquidity: money(),
        insurance: money(),
        pending_profit: money() / 100,
        debt: money() / 1_000,
        ..bytemuck::Zeroable::zeroed()
    };
    silo.liquidity_shares = money();
    silo.insurance_shares = money();
    silo
}

/// What is told of the first market, of both pools, and of the account's exit.
///
/// # Errors
/// When an amount does not fit.
pub fn asked(
    random: &mut Random,
    account: &MarginAccount,
    markets: &[Market],
    silo: &Silo,
    chain: &Chain,
) -> Result<Asked> {
    let told = || -> core::result::Result<Asked, Overflow> {
        let size = i64::try_from(1 + random.below(30_000_000_000)).unwrap_or(1);
        let delta = SignedSize(if random.below(2) == 0 { size } else { -size });
        let amount = 1_000_000 + random.below(900_000_000);
        let exit =
            payable(account.exit(), chain.now, permit(Action::WithdrawIdle, chain.monitor.state))?;
        let kinds = [PoolKind::Liquidity, PoolKind::Insurance];
        let ways = kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]);
        Ok(Asked {
            trade: trade(account, &markets[0], delta)?,
            amount: amount.to_string(),
            pools: ways
                .map(|(kind, leaves)| pool(silo, markets, chain, kind, leaves, amount))
                .collect::<core::result::Result<_, _>>()?,
            exit_payable: exit.0.to_string(),
        })
    };
    told().map_err(|Overflow| anyhow!("an amount does not fit"))
}

fn trade(
    account: &MarginAccount,
    market: &Market,
    delta: SignedSize,
) -> core::result::Result<Trade, Overflow> {
    let (side, terms) = (delta.side(), MarketTerms::from(&market.terms));
    let skewed = skew(Size(market.longs.size), Size(market.shorts.size))?;
    let spread = half_spread(terms.spread, skewed, delta, market.volatility().per_minute())?;
    let price = trade_price(market.newest_price().traded(side), side, spread)?;
    let trade = account.position(market.index).trade(delta, price, |side| market.carry(side))?;
    let fee = taker_fee(trade.notional, Bps(market.terms.taker_fee_bps))?;
    Ok(Trade {
        delta: delta.0.to_string(),
        price: price.0.to_string(),
        spread: spread.0.to_string(),
        fee: fee.0.to_string(),
        size: trade.position.size.0.to_string(),
        entry: trade.position.entry.0.to_string(),
        carry: trade.position.carry.0.to_string(),
    })
}

fn pool(
    silo: &Silo,
    markets: &[Market],
    chain: &Chain,
    kind: PoolKind,
    leaves: bool,
    amount: u64,
) -> core::result::Result<Worth, Overflow> {
    let ledger = Ledger::from(&silo.ledger);
    let worth = match kind {
        PoolKind::Insurance => worth::insurance(&ledger, !leaves)?,
        PoolKind::Liquidity => {
            let mut traders = TradersResult::default();
            for market in markets {
                add_estimate(&mut traders, market, chain.now, leaves)?;
            }
            worth::liquidity(&ledger, &traders, !leaves)?
        }
    };
    let pool = Pool { assets: worth.gain(), shares: silo.shares(kind) };
    let gets =
        if leaves { pool.amount_for(amount)?.0 } else { pool.founded().shares_for(Usd(amount))? };
    Ok(Worth {
        insurance: kind == PoolKind::Insurance,
        leaves,
        worth: worth.0.to_string(),
        per_share: pool.amount_for(SHARE)?.0.to_string(),
        gets: gets.to_string(),
    })
}
