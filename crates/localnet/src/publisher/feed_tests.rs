use holdfast_client::feed::read;
use holdfast_client::holdfast::oracle::{PYTH_PRICE_PROGRAM, Provider};
use holdfast_risk::{Millis, Price};

use super::*;

#[test]
fn the_program_stands_where_pyths_does() {
    assert_eq!(mock_oracle::ID, PYTH_PRICE_PROGRAM);
}

#[test]
fn a_feed_has_an_address_of_its_own() {
    let [one, other] = [1, 2].map(|byte| Pubkey::new_from_array([byte; 32]));
    let sol = feed_address(&one, "SOL").unwrap();
    assert_eq!(sol, feed_address(&one, "SOL").unwrap());
    assert_ne!(sol, feed_address(&one, "BTC").unwrap());
    assert_ne!(sol, feed_address(&other, "SOL").unwrap());
    assert!(feed_address(&one, &"x".repeat(32)).is_ok());
    assert!(feed_address(&one, &"x".repeat(33)).unwrap_err().contains("at most 32"));
}

#[test]
fn the_venue_reads_what_is_encoded() {
    let published = Published { price: 150_123_456, confidence: 30_000, at_ms: 1_760_000_000_999 };
    let encoded = encoded(published, 77);
    let address = Pubkey::new_from_array([3; 32]);
    let mut data = encoded.clone();
    data.resize(LENGTH, 0);
    let reading = read(&address, &mock_oracle::ID, &data).unwrap();
    assert_eq!(reading.provider, Provider::PythPriceAccount as u8);
    assert_eq!(reading.id, address.to_bytes());
    assert_eq!(reading.quote.price, Price(150_123_456));
    assert_eq!(reading.quote.confidence, Price(30_000));
    assert_eq!(reading.quote.published, Millis(1_760_000_000_000));
    let account = pyth_sdk_solana::state::load_price_account::<32, ()>(&data).unwrap();
    assert_eq!(account.agg.pub_slot, 77);
    assert!(account.comp.iter().all(|component| component.latest.price == 0));
}
