use super::*;
use crate::{AccountData, AccountHead, Catalogue, Place, check_feeds};
use holdfast_client::Instruction;
use holdfast_client::holdfast::state::MarketTermsState;
use solana_keypair::Keypair;

/// A cluster without a single account, which nothing may be sent to.
struct Empty;

impl Cluster for Empty {
    fn place(&mut self) -> Result<Place, String> {
        Err("not asked".to_owned())
    }
    fn account(&mut self, _: &Pubkey) -> Result<Option<AccountData>, String> {
        Ok(None)
    }
    fn accounts_of(&mut self, _: &Pubkey, _: &[u8], _: usize) -> Result<Vec<AccountHead>, String> {
        Ok(vec![])
    }
    fn rent(&mut self, _: usize) -> Result<u64, String> {
        Err("not asked".to_owned())
    }
    fn next_slot(&mut self) -> Result<(), String> {
        Err("not asked".to_owned())
    }
    fn rehearse(&mut self, _: &[Instruction], _: &Pubkey) -> Result<(), String> {
        Err("not asked".to_owned())
    }
    fn send(&mut self, _: &[Instruction], _: &[&Keypair]) -> Result<(), String> {
        Err("not asked".to_owned())
    }
}

const EXAMPLE: &str = include_str!("../../deployment.example.toml");

/// Somebody's Switchboard feed.
const SWITCHBOARD: &str = "account = \"CGxZ79a9u1Xwa1kLJUZbvVQ5AZZSYUz4DqZ5QJyy2dwd\"
id = \"0x0101010101010101010101010101010101010101010101010101010101010101\"";

/// The example with addresses where it has none.
fn example() -> String {
    let named = [
        ("account = \"<address of your Switchboard feed>\"", SWITCHBOARD),
        ("<address of the fee receiver>", "11111111111111111111111111111112"),
        ("<address of guardian 1>", "11111111111111111111111111111113"),
        ("<address of guardian 2>", "11111111111111111111111111111114"),
        ("<address of guardian 3>", "11111111111111111111111111111115"),
    ];
    named.iter().fold(EXAMPLE.to_owned(), |text, (from, to)| text.replacen(from, to, 1))
}

#[test]
fn nobody_is_locked_in_who_was_not_named() {
    let mut text = EXAMPLE.to_owned();
    let people = ["the fee receiver", "guardian 1", "guardian 2", "guardian 3"];
    for who in people.into_iter().chain(["your Switchboard feed"]) {
        let missing = format!("<address of {who}>");
        let error = parse(&mut Empty, &text, Path::new("")).map(|_| ()).unwrap_err();
        assert!(error.contains(&format!("\"{missing}\" is no Solana address")), "{error}");
        text = text.replacen(&missing, &Pubkey::new_unique().to_string(), 1);
    }
    // Its id is read from the account.
    let error = parse(&mut Empty, &text, Path::new("")).map(|_| ()).unwrap_err();
    assert!(error.contains("there is no account"), "{error}");
    assert!(parse(&mut Empty, &example(), Path::new("")).is_ok());
}

#[test]
fn the_example_is_a_deployment() {
    let parsed = parse(&mut Empty, &example(), Path::new("")).unwrap();
    let DesiredState { deployment, feeds, .. } = parsed;
    assert_eq!(deployment.guardians.len(), 3);
    assert_eq!(deployment.timelock, presets::timelock());
    let silo = &deployment.silos[0];
    assert_eq!(silo.terms, presets::silo());
    let market = &silo.markets[0];
    assert_eq!(market.name, "SOL");
    let (taker_fee_bps, decide_within_ms) = (5, 10_000);
    let terms = MarketTermsState { taker_fee_bps, decide_within_ms, ..presets::market(150) };
    assert_eq!(market.terms, terms);
    let providers: Vec<_> = market.feeds.sources.iter().map(|feed| feed.provider).collect();
    assert_eq!(providers, [1, 4, 3]);
    assert_eq!(market.feeds.sources[2].id, [1; 32]);
    // Those that the manifest would not know from the ids.
    let places: Vec<_> = feeds.iter().map(|&(silo, market, _)| (silo, market)).collect();
    assert_eq!(places, [(0, 0); 3]);
}

#[test]
fn the_feeds_of_the_example_fit_its_limits() {
    let list = r#"[{"id": "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d",
        "market_hours": {"is_open": true, "next_open": null, "next_close": null},
        "attributes": {"symbol": "Crypto.SOL/USD", "schedule": "America/New_York;O,O,O,O,O,O,O;"}}]"#;
    let list = Catalogue::read(list).unwrap();
    let DesiredState { deployment, feeds, .. } =
        parse(&mut Empty, &example(), Path::new("")).unwrap();
    let place = Place { genesis: "a public cluster's".to_owned(), near: false };
    let found = check_feeds(&mut Empty, &place, &deployment, &feeds, Some(&list)).unwrap();
    assert!(found.refusals.is_empty(), "{:?}", found.refusals);
    // On a cluster without accounts each feed lacks its own; two of them need somebody who posts.
    let lacking = found.warnings.iter().filter(|it| it.contains("there is no feed account"));
    let unwritten = found.warnings.iter().filter(|it| it.contains("nobody writes to a feed"));
    let counted = (lacking.count(), unwritten.count(), found.warnings.len());
    assert_eq!(counted, (3, 2, 5), "{:?}", found.warnings);
    // Pyth writes to the first one once a minute, and keepers bring prices within these times.
    let terms = &deployment.silos[0].markets[0].terms;
    assert!(terms.age_ms >= 30_000 && terms.decide_within_ms >= 10_000);
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let example = example();
    for (from, to, place, said) in [
        ("fee_receiver", "fees_receiver", "fee_receiver", "unknown field `fees_receiver`"),
        ("price = 150", "price = \"150\"", "price = 150", "expected u64"),
        ("\"EPj", "\"0Pj", "\"EPj", "is no Solana address"),
        ("1114\"", "1113\"", "guardians = [", "two to five different keys"),
        ("wait_ms = 172_800_000", "wait_ms = 172_800", "[timelock]", "1 to 30 days"),
        ("share_bps = 2_000", "share_bps = 9_900", "[[silo]]", "the silo's terms"),
        ("thaw_ms = 600_000", "thaw_ms = 59_999", "[thresholds]", "the thresholds leave"),
        ("insurance_share", "insurance", "insurance_share", "unknown field `insurance_bps`"),
        ("\"SOL\"", "\"a name of seventeen\"", "\"SOL\"", "1 to 16 bytes"),
        ("fee_bps = 5", "fee_bps = 500", "[[silo.market]]", "SOL leave the bounds"),
        ("quorum = 2", "quorum = 1", "[[silo.market]]", "SOL needs one to five"),
        ("\"switchboard\"", "\"other\"", "\"switchboard\"", "unknown variant `other`"),
        ("0xef0d", "0xeg0d", "0xef0d", "64 hexadecimal digits"),
        ("id = \"0x0101", "# ", "[[silo.market.feed]]", "there is no account CGxZ"),
        (
            "\"stork\"",
            "\"pyth-price-account\"",
            "[[silo.market.feed]]",
            "named by its account alone",
        ),
        ("id = \"0x1dcd", "# ", "[[silo.market.feed]]", "named by its id, its account, or both"),
        (
            "id = \"0x1dcd",
            "account = \"H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4AQJEG\"\nid = \"0x1dcd",
            "[[silo.market.feed]]",
            "leave it out",
        ),
    ] {
        let mistake = example.find(from).unwrap();
        // What is wrong with a whole section is named with the line of its heading.
        let heading = example[..mistake].rfind(place).filter(|_| place.starts_with('['));
        let at = heading.or_else(|| example.find(place)).unwrap();
        let line = example[..at].matches('\n').count() + 1;
        let text = example.replacen(from, to, 1);
        let error = parse(&mut Empty, &text, Path::new("")).map(|_| ()).unwrap_err();
        let is_there = error.contains(&format!("line {line}")) && error.contains(said);
        assert!(is_there, "{from}, line {line}: {error}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read(&mut Empty, Path::new("no/such/file.toml")).map(|_| ()).unwrap_err();
    assert!(error.contains("no/such/file.toml") && error.contains("--plan-file"), "{error}");
}

#[test]
fn a_market_has_the_preset_of_its_tier_and_its_history_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let row = |minute: u64| {
        let price = if minute.is_multiple_of(2) { "100.0" } else { "100.2" };
        format!("{},{price},{price},{price},{price},1\n", 1_700_000_000 + minute * 60)
    };
    let rows: String = (0..400).map(row).collect();
    let text = format!("time,open,high,low,close,volume\n{rows}");
    std::fs::write(folder.path().join("moves.csv"), text).unwrap();
    let with = |lines: &str| example().replacen("price = 150", &format!("price = 150\n{lines}"), 1);
    let read = |lines: &str| parse(&mut Empty, &with(lines), folder.path());

    let wild = read("tier = \"wild\"\nhistory = \"moves.csv\"").unwrap();
    let terms = wild.deployment.silos[0].markets[0].terms;
    let (taker_fee_bps, decide_within_ms) = (5, 10_000);
    let expected = MarketTermsState { taker_fee_bps, decide_within_ms, ..Tier::Wild.market(150) };
    assert_eq!(terms, expected);
    assert!(wild.warnings.is_empty());
    assert!(wild.tiers[0].contains("asks for tier wild"), "{:?}", wild.tiers);

    let calm = read("tier = \"calm\"\nhistory = \"moves.csv\"").unwrap();
    assert!(calm.tiers.is_empty() && calm.warnings[0].contains("tier wild"), "{:?}", calm.warnings);

    let missing = read("history = \"none.csv\"").unwrap_err();
    assert!(missing.starts_with("line ") && missing.contains("none.csv"), "{missing}");
    assert!(read("tier = \"mild\"").unwrap_err().contains("unknown variant"));
}
