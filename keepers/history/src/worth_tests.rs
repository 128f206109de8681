use bytemuck::{Pod, Zeroable, bytes_of};
use holdfast_client::address;
use holdfast_client::decode::Kind;

use super::*;

const SILO: u16 = 3;

fn silo() -> Silo {
    let mut silo = Silo::zeroed();
    (silo.number, silo.market_count) = (SILO, 1);
    (silo.ledger.liquidity, silo.ledger.debt) = (1_000_000_000, 5_000_000);
    (silo.ledger.pending_profit, silo.ledger.insurance) = (3_000_000, 50_000_000);
    silo.liquidity_shares = 500_000_000;
    silo
}

/// Two whole units long, bought at 90 and worth 100, which owe six native units of carry.
fn market() -> Market {
    let mut market = Market::zeroed();
    market.silo = address::silo(SILO);
    market.prices[0].published_ms = 9_000;
    (market.prices[0].low, market.prices[0].high) = (100_000_000, 100_000_000);
    (market.longs.size, market.longs.entry) = (2_000_000, 180_000_000);
    market.carry_long = 3_000_000;
    market
}

fn data<T: Pod + Kind>(account: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytes_of(account)].concat()
}

fn seen(markets: &[Market]) -> Vec<PoolWorth> {
    let mut accounts = vec![(address::silo(SILO), data(&silo()))];
    accounts.extend(markets.iter().map(|market| (Pubkey::default(), data(market))));
    worths(&Snapshot { slot: 7, accounts })
}

#[test]
fn traders_gains_count_against_liquidity_and_what_they_owe_for_it() {
    let found = seen(&[market()]);
    let all: Vec<_> = found.iter().map(|it| (it.silo, it.pool, it.worth.clone())).collect();
    let liquidity = Worth::new(7, 9_000, 982_000_006, 500_000_000);
    assert_eq!(liquidity.share_price, Some(1_964_000));
    let insurance = Worth::new(7, 9_000, 50_000_000, 0);
    assert_eq!(insurance.share_price, None);
    assert_eq!(all, [(SILO, "liquidity", liquidity), (SILO, "insurance", insurance)]);
}

#[test]
fn a_settled_market_counts_at_its_settlement_price() {
    let settled = Market { settlement_price: 90_000_000, ..market() };
    assert_eq!(seen(&[settled])[0].worth.worth, 1_002_000_006);
}

#[test]
fn nothing_is_said_without_all_markets_or_without_any_price() {
    assert_eq!(seen(&[]), []);
    assert_eq!(seen(&[market(), Market { index: 1, ..market() }]), []);
    let mut unpriced = market();
    unpriced.prices[0].published_ms = 0;
    assert_eq!(seen(&[unpriced]), []);
}

#[test]
fn a_pool_that_owes_more_than_it_has_has_no_price_of_a_share() {
    assert_eq!(Worth::new(7, 9_000, -1_000_000, 5).share_price, None);
}
