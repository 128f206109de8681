use holdfast_client::Pubkey;
use holdfast_keeper_core::fees::Fees;
use holdfast_keeper_core::keeper::{Keeper, KeeperConfig};
use holdfast_keeper_core::witness::Operators;
use holdfast_risk::Millis;
use solana_keypair::keypair_from_seed;

use super::{Counted, Landing, address, ask};
use crate::daemon::metrics;

#[test]
fn a_keepers_own_page_is_understood() {
    let orders = KeeperConfig {
        silo: Pubkey::default(),
        account: Pubkey::default(),
        wallet: keypair_from_seed(&[1; 32]).expect("32 bytes"),
        guardian: None,
        announced: None,
        keepers: Vec::new(),
        feeds: Vec::new(),
        fees: Fees::default(),
        posting: None,
        guard: None,
        dry_run: false,
        operators: Operators::separate(1, 1),
        genesis: None,
    };
    let mut report = Keeper::new(orders, Millis(0)).report(Millis(0));
    let counts = &mut report.counts;
    (counts.sent, counts.landed, counts.refused, counts.expired) = (9, 4, 2, 1);
    (counts.slots_to_land, counts.prices, report.flying) = (10, 4_002, 3);
    let counted = Counted::read(&metrics(&report, &Default::default())).expect("it is a keeper's");
    let expected =
        Counted { sent: 9, flying: 3, landed: 4, refused: 2, expired: 1, slots: 10, prices: 4_002 };
    assert_eq!(counted, expected);
    assert_eq!((counted.slots_to_land(), counted.price()), (25, 1_000));
    assert_eq!(Counted::default().slots_to_land(), 0);
    assert_eq!(Counted::read("HTTP/1.0 404 Not Found\r\n\r\n"), None);
}

#[test]
fn an_address_is_plain_http_with_or_without_saying_so() {
    let read = |text: &str| address(text).map(|url| url.to_string());
    assert_eq!(read("127.0.0.1:9464").as_deref(), Ok("http://127.0.0.1:9464/"));
    assert_eq!(read("http://keeper:9464").as_deref(), Ok("http://keeper:9464/"));
    for wrong in ["https://keeper:9464", "", "file:///etc"] {
        assert!(read(wrong).is_err_and(|said| said.contains("listen address")), "{wrong}");
    }
}

#[tokio::test]
async fn a_keeper_that_does_not_answer_is_said_so() {
    let nobody = address("127.0.0.1:1").expect("an address");
    assert!(matches!(ask(&nobody).await, Landing::Unanswered(_)));
}
