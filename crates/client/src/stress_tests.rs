use bytemuck::Zeroable;
use holdfast::state::{MarginAccount, Market, SideState, Silo};
use holdfast_risk::account::position::Position;
use holdfast_risk::{CarryIndex, SignedSize, Usd};

use super::{Book, Prize};

/// One long of ten units at 100 dollars with 80 of margin.
fn world() -> (Silo, Market, MarginAccount) {
    let mut silo = Silo::zeroed();
    (silo.ledger.liquidity, silo.ledger.insurance) = (10_000_000_000, 50_000_000);
    let mut market = Market::zeroed();
    (market.terms.initial_bps, market.terms.maintenance_bps) = (1_000, 500);
    let size = 10_000_000;
    market.longs = SideState { size, entry: 1_000_000_000, ..SideState::default() };
    let mut account = MarginAccount::zeroed();
    account.collateral = 80_000_000;
    let position =
        Position { size: SignedSize(10_000_000), entry: Usd(1_000_000_000), carry: CarryIndex(0) };
    account.set_position(0, &position);
    (silo, market, account)
}

#[test]
fn a_book_loses_what_its_traders_gain_and_bends_where_they_are_broke() {
    let (silo, market, account) = world();
    let (markets, accounts) = ([market], [account]);
    let book = Book { silo: &silo, markets: &markets, accounts: &accounts };
    let risk = book.risk(&[100_000_000]).unwrap();
    assert_eq!((risk.delta, risk.gamma), (-10_000_000, 0));
    // Eight percent of the value is the margin, five more the insurance.
    assert_eq!(risk.fall_before_deficit, Some(140));
    assert_eq!(risk.rise_before_deficit, None);
    let at = |move_| *risk.curve.iter().find(|at| at.move_thousandths == move_).unwrap();
    assert_eq!((at(-100).deficit, at(-100).liquidity), (20_000_000, 80_000_000));
    assert_eq!((at(-20).failing, at(-40).failing), (0, 48_000_000));
    let near = book.risk(&[92_000_000]).unwrap();
    assert_eq!(near.gamma, -9_200_000);
    assert!(book.risk(&[]).is_err());
}

#[test]
fn disruption_pays_only_where_a_known_price_can_be_traded_on() {
    let prize = Prize {
        open: 20_000_000_000_000,
        minute_ppm: 800,
        penalty_bps: 150,
        option_ppm: 0,
        slot_ms: 400,
    };
    let with = |option_ppm| Prize { option_ppm, ..prize }.disruptions();
    let (without, option) = (with(0), with(50_000));
    for (one, other) in without.iter().zip(&option) {
        assert_eq!(one.crowding_costs, other.crowding_costs);
        assert!(one.gain < other.gain);
    }
    // 150 slots of 60 million units at 0.05 lamports are 0.45 SOL.
    assert_eq!(without[0].crowding_costs, 90_000_000);
    let open = Prize { open: 0, ..prize };
    assert!(open.disruptions().iter().all(super::Disruption::is_futile));
}
