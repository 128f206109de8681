use holdfast_client::Pubkey;
use holdfast_client::holdfast::state::{ChangeKind, FeedSource, Feeds};
use holdfast_migrations::presets;
use serde_json::json;

use super::{fields, from_json, parse, to_json};

fn every_kind() -> Vec<ChangeKind> {
    let [first, second] = [3, 5].map(|byte| Pubkey::new_from_array([byte; 32]));
    let feeds = Feeds { sources: vec![FeedSource { provider: 2, id: [9; 32] }], quorum: 1 };
    let terms = presets::market(150);
    vec![
        ChangeKind::Guardian { leaves: None, joins: Some(first) },
        ChangeKind::Guardian { leaves: Some(second), joins: None },
        ChangeKind::Admin(first),
        ChangeKind::FeeReceiver(second),
        ChangeKind::Timelock(presets::timelock()),
        ChangeKind::Thresholds(presets::thresholds()),
        ChangeKind::MarketTerms { market: first, terms },
        ChangeKind::MarketFeeds { market: first, feeds: feeds.clone() },
        ChangeKind::SiloTerms { silo: second, terms: presets::silo() },
        ChangeKind::Silo { mint: first, terms: presets::silo() },
        ChangeKind::Market { silo: second, name: *b"SOL-PERP\0\0\0\0\0\0\0\0", terms, feeds },
        ChangeKind::Upgrade { buffer: first, sha256: [0xab; 32] },
        ChangeKind::FuseReset { silo: second },
    ]
}

#[test]
fn every_kind_of_change_is_read_back() {
    for content in every_kind() {
        let shown = to_json(&content);
        assert_eq!(parse(&shown.to_string()).as_ref(), Ok(&content), "{shown}");
    }
}

#[test]
fn fields_have_the_programs_names() {
    let content = ChangeKind::Upgrade { buffer: Pubkey::default(), sha256: [0xab; 32] };
    let rows = fields(&to_json(&content));
    assert_eq!(rows[0], ("Upgrade.buffer".to_owned(), Pubkey::default().to_string()));
    assert_eq!(rows[1], ("Upgrade.sha256".to_owned(), "ab".repeat(32)));
    let rows = fields(&to_json(&ChangeKind::Timelock(presets::timelock())));
    assert!(rows.contains(&("Timelock.wait_ms".to_owned(), "172800000".to_owned())), "{rows:?}");
}

#[test]
fn what_is_wrong_is_named() {
    let mut market = to_json(&every_kind()[10]);
    market["Market"]["name"] = json!("SOL-PERP");
    assert_eq!(from_json(&market).as_ref(), Ok(&every_kind()[10]), "short text is a name");
    let refused = |value: serde_json::Value| from_json(&value).unwrap_err();
    assert!(refused(json!({"Adnim": "x"})).contains("has no Adnim, but one of: Guardian, Admin"));
    assert!(refused(json!("Admin")).contains("an object with one of"));
    assert!(refused(json!({"Admin": "nobody"})).contains("content.Admin has to be a pubkey"));
    let mut silo = to_json(&every_kind()[8]);
    silo["SiloTerms"]["terms"]["maturity_ms"] = json!("soon");
    assert!(refused(silo.clone()).contains("content.SiloTerms.terms.maturity_ms has to be a u64"));
    silo["SiloTerms"]["terms"]["maturity"] = json!(1);
    assert!(refused(silo).contains("content.SiloTerms.terms has no maturity"));
    let mut feeds = to_json(&every_kind()[7]);
    feeds["MarketFeeds"]["feeds"]["sources"][0]["id"] = json!("a".repeat(65));
    assert!(refused(feeds).contains("sources.0.id has to be 32 bytes"));
    assert!(refused(json!({"Guardian": {"leaves": null}})).contains("joins is missing"));
    assert!(parse("{").unwrap_err().contains("it is not JSON"));
}
