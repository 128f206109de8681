use anchor_lang::Event as _;

use super::*;

fn liquidation(position: i64) -> PositionLiquidated {
    PositionLiquidated {
        account: Pubkey::new_from_array([1; 32]),
        market: 3,
        price: 9,
        published_ms: 1,
        closed: 5,
        position,
        realised: -7,
        reward: 1,
        to_insurance: 2,
        debt: 3,
        bad_debt: 4,
        insured: 4,
    }
}

fn refreshed(market: Pubkey) -> Vec<u8> {
    MarketRefreshed {
        market,
        low: 10,
        high: 12,
        published_ms: 5,
        feeds: 1,
        outliers: 0,
        believed: true,
        reference: 11,
        funding_rate: -1,
        carry_long: 2,
        carry_short: -2,
    }
    .data()
}

#[test]
fn a_transaction_is_a_silos_where_it_names_that_one_only() {
    let mut places = Places::default();
    let (first, second, other) = (address::silo(0), address::silo(5), Pubkey::default());
    assert_eq!(places.silo(&[other, second, second]), Some(5));
    assert_eq!(places.silo(&[first, second]), None);
    assert_eq!(places.silo(&[other]), None);
}

#[test]
fn what_closes_a_part_says_its_side_and_what_closes_all_does_not() {
    let mut places = Places::default();
    let mut side = |position| match places.row(&liquidation(position).data(), Some(0)).detail {
        Detail::Fill(fill) => (fill.kind, fill.side, fill.size, fill.position),
        other => panic!("{other:?}"),
    };
    assert_eq!(side(4), ("liquidation", -1, 5, 4));
    assert_eq!(side(-4), ("liquidation", 1, 5, -4));
    assert_eq!(side(0), ("liquidation", 0, 5, 0));
}

#[test]
fn a_price_is_kept_under_silo_and_index_of_its_market() {
    let mut places = Places::default();
    let market = address::market(&address::silo(2), 1);
    // Whether the transaction names one silo or several.
    for silo in [Some(2), None] {
        let row = places.row(&refreshed(market), silo);
        let Detail::Price(price) = row.detail else { panic!("{row:?}") };
        assert_eq!((price.silo, price.market, price.low, price.high), (2, 1, 10, 12));
        assert_eq!((row.kind, row.market, row.account), ("MarketRefreshed", Some(1), None));
    }
    let foreign = places.row(&refreshed(Pubkey::new_from_array([8; 32])), Some(2));
    assert_eq!((foreign.detail, foreign.market), (Detail::None, None));
}
