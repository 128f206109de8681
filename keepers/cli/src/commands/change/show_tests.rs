use holdfast_client::Pubkey;
use holdfast_client::holdfast::state::{ChangeKind, FeedSource, Feeds};
use holdfast_migrations::presets;

use super::{Build, Difference, differences};
use crate::change_file::{fields, to_json};

fn difference(field: &str, now: Option<&str>, then: &str) -> Difference {
    Difference { field: field.to_owned(), now: now.map(str::to_owned), then: then.to_owned() }
}

/// What there is, where it is as this change would make it.
fn present(now: &ChangeKind) -> Vec<(String, String)> {
    fields(&to_json(now))
}

#[test]
fn only_what_differs_is_shown() {
    let market = Pubkey::new_from_array([3; 32]);
    let terms = presets::market(150);
    let now = ChangeKind::MarketTerms { market, terms };
    assert_eq!(differences(&present(&now), &now), []);
    let mut then = terms;
    then.taker_fee_bps += 1;
    let found = differences(&present(&now), &ChangeKind::MarketTerms { market, terms: then });
    let (before, after) = (terms.taker_fee_bps.to_string(), then.taker_fee_bps.to_string());
    let expected = difference("MarketTerms.terms.taker_fee_bps", Some(&before), &after);
    assert_eq!(found, [expected]);
}

#[test]
fn feeds_that_go_and_things_that_are_created_are_shown_too() {
    let market = Pubkey::new_from_array([3; 32]);
    let sources = [1, 2].map(|provider| FeedSource { provider, id: [provider; 32] });
    let feeds = |count: usize| Feeds { sources: sources[..count].to_vec(), quorum: 1 };
    let now = ChangeKind::MarketFeeds { market, feeds: feeds(2) };
    let then = ChangeKind::MarketFeeds { market, feeds: feeds(1) };
    let found = differences(&present(&now), &then);
    let path = "MarketFeeds.feeds.sources.1";
    let gone = "02".repeat(32);
    let expected = [
        difference(&format!("{path}.provider"), Some("PythPriceAccount"), "none"),
        difference(&format!("{path}.id"), Some(&gone), "none"),
    ];
    assert_eq!(found.len(), 2);
    assert!(expected.iter().all(|it| found.contains(it)), "{found:?}");
    let created = ChangeKind::Silo { mint: market, terms: presets::silo() };
    let found = differences(&[], &created);
    assert!(found.iter().all(|it| it.now.is_none()));
    assert!(found.iter().any(|it| it.field == "Silo.terms.maturity_ms"));
}

#[test]
fn a_build_is_compared_with_what_was_announced() {
    let file = std::env::temp_dir().join(format!("holdfast-build-{}", std::process::id()));
    std::fs::write(&file, b"a program").unwrap();
    let sha256 = solana_sha256_hasher::hash(b"a program").to_bytes();
    let upgrade = |sha256| ChangeKind::Upgrade { buffer: Pubkey::default(), sha256 };
    let same = Build::compare(&file, &upgrade(sha256)).unwrap();
    assert!(same.matches && same.sentence().starts_with("the same"));
    let other = Build::compare(&file, &upgrade([0; 32])).unwrap();
    assert!(!other.matches && other.sentence().starts_with("ANOTHER PROGRAM"));
    let error = Build::compare(&file, &ChangeKind::Admin(Pubkey::default())).map(|_| ());
    assert!(error.unwrap_err().contains("no upgrade"));
    std::fs::remove_file(&file).unwrap();
    let error = Build::compare(&file, &upgrade(sha256)).map(|_| ()).unwrap_err();
    assert!(error.contains("check --build"), "{error}");
}
