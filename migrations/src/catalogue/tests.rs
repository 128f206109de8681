use holdfast_client::market_hours::MarketHours;
use holdfast_risk::Millis;
use holdfast_rpc::{Address, loopback};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Catalogue, Closings};

const SHARES: &str = "America/New_York;0930-1600,0930-1600,0930-1600,0930-1600,0930-1600,C,C;";

fn row(byte: &str, symbol: &str, schedule: &Value, hours: &Value) -> Value {
    let attributes = json!({"asset_type": "Equity", "symbol": symbol, "schedule": schedule});
    json!({"id": byte.repeat(32), "attributes": attributes, "market_hours": hours})
}

fn list() -> Value {
    let closed = json!({"is_open": false, "next_open": 1_700_000_000, "next_close": 1_700_023_400});
    let open = json!({"is_open": true, "next_open": null, "next_close": null});
    json!([
        row("0a", "Equity.US.AAPL/USD", &json!(SHARES), &closed),
        row("0b", "Crypto.SOL/USD", &json!("America/New_York;O,O,O,O,O,O,O;"), &open),
        row("0c", "Crypto.ODD/USD", &json!("whenever"), &json!({"is_open": "yes"})),
        row("zz", "Crypto.NONE/USD", &json!(SHARES), &open),
        {"id": 7},
        null,
    ])
}

#[test]
fn feeds_are_read_and_what_has_another_form_is_left_out() {
    let catalogue = Catalogue::read(&list().to_string()).unwrap();
    let shares = catalogue.feed(&[0x0A; 32]).unwrap();
    assert_eq!(shares.symbol, "Equity.US.AAPL/USD");
    let (opens, closes) = (Some(Millis(1_700_000_000_000)), Some(Millis(1_700_023_400_000)));
    assert_eq!(shares.hours, Some(MarketHours { is_open: false, opens, closes }));
    assert_eq!(shares.closings, Closings::read(SHARES));
    let coin = catalogue.feed(&[0x0B; 32]).unwrap();
    assert_eq!(coin.hours.and_then(|hours| hours.is_closed(Millis(0))), Some(false));
    let odd = catalogue.feed(&[0x0C; 32]).unwrap();
    assert_eq!((odd.hours, odd.closings), (None, None));
    let known: Vec<_> = catalogue.hours().map(|(id, _)| id[0]).collect();
    assert_eq!(known, [0x0A, 0x0B]);
}

#[test]
fn what_is_no_list_of_feeds_is_refused() {
    for (said, reason) in
        [("", "no list"), ("{}", "no list"), ("[]", "no feed"), ("[1]", "no feed")]
    {
        let error = Catalogue::read(said).unwrap_err();
        assert!(error.contains(reason), "{said}: {error}");
    }
}

#[test]
fn a_host_is_asked_below_its_path_and_its_address_stays_secret() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let host = loopback::serve(|uri, _| match uri.path() {
            "/secret-key/v2/price_feeds" => loopback::page(200, list().to_string()),
            _ => loopback::page(404, "none"),
        });
        let host = host.await.address;
        assert_eq!(Catalogue::ask(&host).await, Catalogue::read(&list().to_string()));
        let elsewhere = Address(host.secret().replace("/secret-key", "/hidden-key"));
        let error = Catalogue::ask(&elsewhere).await.unwrap_err();
        assert_eq!(error, "HTTP status 404 Not Found");
        let nobody = Address("http://127.0.0.1:1/secret-key".to_owned());
        let error = Catalogue::ask(&nobody).await.unwrap_err();
        assert!(!error.contains("secret-key"), "{error}");
        let none = Address("no address".to_owned());
        assert_eq!(Catalogue::ask(&none).await, Err("its address is none".to_owned()));
    });
}
