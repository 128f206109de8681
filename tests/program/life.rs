//! One account's life: deposit, trade, liquidation.

use holdfast_client::instruction;
use holdfast_testkit::venue::{LONE, Listing, Venue};

const SOL: u64 = 150_000_000;
const START_MS: u64 = 1_760_000_000_000;
const LISTINGS: [Listing; 2] = [
    Listing { name: "SOL-PERP", price: SOL, providers: LONE },
    Listing { name: "BTC-PERP", price: 100_000_000_000, providers: LONE },
];

#[test]
fn a_long_is_liquidated_in_a_crash() {
    let mut venue = Venue::deploy(START_MS, &LISTINGS).unwrap();
    let calm = [SOL, 100_000_000_000];
    venue.publish(&calm).unwrap();
    venue.join_pool(false, 1_000_000_000_000, &calm).unwrap();
    venue.join_pool(true, 100_000_000_000, &calm).unwrap();
    let keeper = venue.trader(0).unwrap();
    let trader = venue.trader(1_000_000_000).unwrap();
    venue.trade(&trader, 0, 50_000_000, &calm).unwrap();
    assert_eq!(venue.account(&trader.account).positions[0].size, 50_000_000);

    let crash = [SOL * 905 / 1_000, 100_000_000_000];
    venue.cluster.pass(1_000);
    venue.publish(&crash).unwrap();
    let flag = instruction::flag(trader.account, &venue.markets_of(&trader.account, None));
    let meta = venue.cluster.send(&[flag], &[&venue.admin]).unwrap();
    println!("flag {}", meta.compute_units_consumed);
    venue.cluster.pass(4_000);
    venue.publish(&crash).unwrap();
    let liquidate =
        instruction::liquidate(venue.silo, venue.markets[0], trader.account, keeper.account, &[]);
    let meta = venue.cluster.send(&[liquidate], &[&venue.admin]).unwrap();
    println!("liquidate {}", meta.compute_units_consumed);
    println!("{:?}", venue.account(&trader.account).positions[0]);
    println!("{:?}", venue.silo_state().ledger);
    assert!(venue.account(&keeper.account).collateral > 0);
    assert!(venue.account(&trader.account).positions[0].size < 50_000_000);
}
