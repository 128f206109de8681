#![expect(clippy::result_large_err, reason = "the error of figment's own Jail")]

use std::path::Path;

use figment::Jail;
use holdfast_client::Pubkey;
use holdfast_keeper_core::posting::Sources;
use serde_json::{Value, json};

use super::{Address, Addresses, Config, EXAMPLE, Flags, LogForm, load, parse};

/// Runs with an empty home and working directory.
fn alone(test: impl FnOnce(&mut Jail) -> figment::error::Result<()>) {
    Jail::expect_with(|jail| {
        jail.clear_env();
        let home = jail.directory().to_owned();
        jail.set_env("HOME", home.display());
        test(jail)
    });
}

fn hosts(config: &Config) -> Vec<String> {
    config.rpc.0.iter().map(Address::to_string).collect()
}

#[test]
fn the_example_is_the_default() {
    alone(|jail| {
        jail.create_file("example.toml", EXAMPLE)?;
        let read = load(Some(Path::new("example.toml")), &Flags::default())?;
        assert_eq!(read, Config::default());
        assert_eq!(load(None, &Flags::default())?, Config::default());
        assert_eq!(parse(EXAMPLE)?, Config::default());
        Ok(())
    });
}

#[test]
fn flags_come_before_environment_before_file_before_the_solana_cli() {
    alone(|jail| {
        jail.create_dir(".config/solana/cli")?;
        let cli = "json_rpc_url: http://cli\nwebsocket_url: ''\nkeypair_path: /cli.json\n";
        jail.create_file(".config/solana/cli/config.yml", cli)?;
        let read = |flags: &Flags| load(None, flags).map_err(figment::Error::from);
        let config = read(&Flags::default())?;
        assert_eq!(
            (hosts(&config), config.keypair),
            (vec!["http://cli".into()], "/cli.json".into())
        );
        jail.create_file("holdfast.toml", "rpc = ['http://file', 'http://other']\nsilo = 1\n")?;
        let config = read(&Flags::default())?;
        assert_eq!(hosts(&config), ["http://file", "http://other"]);
        jail.set_env("HOLDFAST_RPC", "http://one,http://two");
        jail.set_env("HOLDFAST_FEES__PERCENTILE", "75");
        let config = read(&Flags::default())?;
        assert_eq!(hosts(&config), ["http://one", "http://two"]);
        assert_eq!((config.fees.percentile, config.silo), (75, 1));
        let flags =
            Flags { rpc: vec!["http://flag".into()], log: Some(LogForm::Json), ..Flags::default() };
        let config = read(&flags)?;
        assert_eq!(
            (hosts(&config), config.log, config.silo),
            (vec!["http://flag".into()], LogForm::Json, 1)
        );
        Ok(())
    });
}

#[test]
fn the_solana_clis_stream_goes_with_its_endpoint() {
    alone(|jail| {
        jail.create_dir(".config/solana/cli")?;
        let cli = "json_rpc_url: http://cli\nwebsocket_url: ws://cli\n";
        jail.create_file(".config/solana/cli/config.yml", cli)?;
        let streams = |flags: &Flags| {
            let config = load(None, flags).map_err(figment::Error::from)?;
            let streams = config.streams().into_iter().map(|stream| stream.0).collect::<Vec<_>>();
            Ok::<_, figment::Error>(streams.join(" "))
        };
        assert_eq!(streams(&Flags::default())?, "ws://cli");
        let flags = Flags { rpc: vec!["http://flag".into()], ..Flags::default() };
        assert_eq!(streams(&flags)?, "ws://flag/", "another endpoint has another stream");
        jail.create_file("holdfast.toml", "rpc = ['http://file']\n")?;
        assert_eq!(streams(&Flags::default())?, "ws://file/");
        Ok(())
    });
}

#[test]
fn what_kubernetes_says_of_services_is_no_setting_and_lists_are_written_one_way() {
    alone(|jail| {
        for (name, value) in [
            ("HOLDFAST_KEEPER_SERVICE_HOST", "10.0.0.9"),
            ("HOLDFAST_KEEPER_SERVICE_PORT", "9464"),
            ("HOLDFAST_KEEPER_SERVICE_PORT_METRICS", "9464"),
            ("HOLDFAST_KEEPER_PORT", "tcp://10.0.0.9:9464"),
            ("HOLDFAST_KEEPER_PORT_9464_TCP", "tcp://10.0.0.9:9464"),
            ("HOLDFAST_KEEPER_PORT_9464_TCP_ADDR", "10.0.0.9"),
            ("HOLDFAST_PORT", "tcp://10.0.0.9:9464"),
        ] {
            jail.set_env(name, value);
        }
        assert_eq!(load(None, &Flags::default())?, Config::default());
        jail.set_env("HOLDFAST_KEEPERS", format!("{}, {}", feed(1), feed(2)));
        jail.set_env("HOLDFAST_FEEDS", feed(3));
        let config = load(None, &Flags::default())?;
        assert_eq!((config.keepers, config.feeds), (vec![feed(1), feed(2)], vec![feed(3)]));
        jail.set_env("HOLDFAST_KEEPR", "a");
        let error = load(None, &Flags::default()).unwrap_err();
        assert!(error.contains("keepr"), "a setting that is none is one: {error}");
        Ok(())
    });
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    // A keypair in base 58, where its address belongs.
    let secret = format!("keepers = ['{}']", "5".repeat(88));
    let cases = [
        ("rpcs = []", "rpcs"),
        ("silo = 'first'", "silo"),
        ("[fees]\npercentile = 0", "fees.percentile is 0"),
        ("[fees]\nfloor = 200000", "above the cap"),
        ("rpc = []", "name at least one"),
        ("rpc = ['localhost']", "rpc names something unreadable"),
        ("rpc = ['ws://localhost']", "http://"),
        ("websocket = ['http://localhost']", "ws://"),
        ("rpc = ", "holdfast config example"),
        ("keepers = ['me']", "keepers names me: write addresses in base 58"),
        ("feeds = ['SOL']", "feeds names SOL"),
        ("[prices]\nhermes = ['ws://localhost']", "prices.hermes names ws://localhost: write"),
        ("[prices]\ncrossbar = ['ws://localhost']", "prices.crossbar names ws://localhost: write"),
        ("[prices]\nmoved_bps = 0", "prices.moved_bps is 0"),
        ("[prices]\nposts_a_minute = 0", "prices.posts_a_minute is 0"),
        ("[prices]\nlamports_an_hour = 0", "name no hosts in prices"),
        ("[prices]\nhost = 'a'", "host"),
        (secret.as_str(), "keepers names no address: write addresses"),
        // A key in a line that is none, and a keypair's file.
        ("silo = 0\nrpc = ['https://host/55555]", "TOML parse error at line 2"),
        ("[55555,55555,1]", "TOML parse error at line 1"),
        ("[guard]\nwebhooks = 'https://host/55555'", "found a text, expected"),
    ];
    alone(|jail| {
        for (text, said) in cases {
            jail.create_file("wrong.toml", text)?;
            let error = load(Some(Path::new("wrong.toml")), &Flags::default()).unwrap_err();
            assert!(error.contains(said) && !error.contains("55555"), "{text}: {error}");
        }
        let error = load(Some(Path::new("missing.toml")), &Flags::default()).unwrap_err();
        assert!(error.contains("missing.toml does not exist"), "{error}");
        Ok(())
    });
}

fn feed(number: u8) -> String {
    Pubkey::new_from_array([number; 32]).to_string()
}

/// What `holdfast-migrate` leaves of a program with two silos.
fn manifest(version: u8, program: &str) -> String {
    let market = |index: u8, feeds: &[&str]| json!({"index": index, "name": "MARKET", "address": "", "feeds": feeds});
    let first = [market(0, &[&feed(1), &feed(2)]), market(1, &[]), market(2, &[&feed(3)])];
    let silo = |number: u16, markets: &[Value]| json!({"number": number, "address": "", "mint": "", "markets": markets});
    let manifest = json!({
        "version": version,
        "genesis": "here",
        "program": program,
        "elf_sha256": "",
        "toolchain": "another toolchain",
        "exchange": "",
        "silos": [silo(0, &first), silo(3, &[market(0, &[&feed(4)])])],
    });
    manifest.to_string()
}

fn this_program() -> String {
    holdfast_client::holdfast::ID.to_string()
}

#[test]
fn a_manifest_gives_genesis_and_feeds_where_they_are_not_set() {
    alone(|jail| {
        jail.create_file("venue.json", &manifest(1, &this_program()))?;
        let read = |jail: &mut Jail, more: &str| {
            jail.create_file("holdfast.toml", &format!("deployment = 'venue.json'\n{more}"))?;
            let config = load(None, &Flags::default())?;
            Ok::<_, figment::Error>((config.genesis, config.feeds))
        };
        let here = Some("here".to_owned());
        let feeds = |numbers: &[u8]| numbers.iter().copied().map(feed).collect::<Vec<_>>();
        assert_eq!(read(jail, "")?, (here.clone(), feeds(&[1, 2, 3])));
        assert_eq!(read(jail, "silo = 3")?, (here.clone(), feeds(&[4])));
        let mine = format!("feeds = ['{}']\ngenesis = 'here'", feed(9));
        assert_eq!(read(jail, &mine)?, (here, feeds(&[9])));
        Ok(())
    });
}

#[test]
fn a_manifest_of_something_else_is_refused() {
    let cases = [
        (manifest(1, &this_program()), "genesis = 'there'", "change deployment or genesis"),
        (manifest(1, &this_program()), "silo = 7", "venue.json describes no silo 7"),
        (manifest(1, "other"), "", "describes the program other"),
        (manifest(2, &this_program()), "", "version 2, read is 1"),
        ("{}".to_owned(), "", "venue.json is no deployment manifest"),
    ];
    alone(|jail| {
        for (text, more, said) in cases {
            jail.create_file("venue.json", &text)?;
            jail.create_file("holdfast.toml", &format!("deployment = 'venue.json'\n{more}"))?;
            let error = load(None, &Flags::default()).unwrap_err();
            assert!(error.contains(said), "{said}: {error}");
        }
        jail.create_file("holdfast.toml", "deployment = 'nowhere.json'")?;
        let error = load(None, &Flags::default()).unwrap_err();
        assert!(error.contains("nowhere.json cannot be read"), "{error}");
        Ok(())
    });
}

#[test]
fn addresses_show_no_keys() {
    let address = Address("https://user:secret@rpc.example.com:8443/secret?key=secret".into());
    assert_eq!(format!("{address} {address:?}"), ["https://rpc.example.com:8443"; 2].join(" "));
    let config = Config { rpc: Addresses(vec![address]), ..Config::default() };
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn websockets_follow_from_rpc_addresses() {
    let derived = |text: &str| Address(text.into()).websocket().map(|found| found.0);
    assert_eq!(derived("http://127.0.0.1:8899").as_deref(), Some("ws://127.0.0.1:8900/"));
    assert_eq!(derived("https://rpc.example/key").as_deref(), Some("wss://rpc.example/key"));
}

#[test]
fn prices_are_brought_where_hosts_are_named() {
    alone(|jail| {
        let config = load(None, &Flags::default())?;
        assert_eq!(config.posting(), None);
        jail.create_file("holdfast.toml", "[prices]\nhermes = ['https://one/key']\nshard = 3\n")?;
        jail.set_env("HOLDFAST_PRICES__POSTS_A_MINUTE", "7");
        let config = load(None, &Flags::default())?;
        let terms = config.posting().expect("a host is named");
        assert_eq!((terms.shard, terms.moved_bps, terms.posts_a_minute), (3, 20, 7));
        jail.set_env("HOLDFAST_PRICES__HERMES", "https://two, https://three");
        assert_eq!(load(None, &Flags::default())?.prices.hermes.0.len(), 2);
        assert_eq!(terms.sources, Sources { pyth: true, ..Sources::default() });
        jail.set_env("HOLDFAST_PRICES__CROSSBAR", "https://four");
        let terms = load(None, &Flags::default())?.posting().expect("hosts are named");
        assert_eq!(terms.sources, Sources { pyth: true, switchboard: true, stork: false });
        Ok(())
    });
}
