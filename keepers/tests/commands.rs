//! The `holdfast` binary, run as an operator runs it, against a node of the embedded cluster.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use holdfast_client::{Pubkey, address, holdfast};
use holdfast_sim::node::{Node, serve};
use holdfast_sim::venue::{LONE, Listing, silo_plan};
use holdfast_sim::{Cluster, Venue};
use solana_account::Account;
use solana_keypair::{Keypair, keypair_from_seed, write_keypair_file};
use solana_signer::Signer;

const NOW: u64 = 1_700_000_000_000;
const LAMPORTS: u64 = 1_000_000_000;

/// An operator: an empty home, a wallet, and an endpoint of a venue without prices.
struct Operator {
    home: PathBuf,
    wallet: Keypair,
    node: Arc<Mutex<Node>>,
    endpoint: SocketAddr,
}

impl Operator {
    fn new(name: &str) -> Self {
        let listing = Listing { name: "SOL-PERP", price: 150_000_000, providers: LONE };
        let mut cluster =
            Venue::install_silo(NOW, silo_plan(&[listing])).expect("cargo xtask build").cluster;
        let wallet = keypair_from_seed(&[3; 32]).expect("32 bytes are a seed");
        cluster.fund(&wallet.pubkey(), LAMPORTS);
        Self::at(name, wallet, cluster)
    }

    fn at(name: &str, wallet: Keypair, cluster: Cluster) -> Self {
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&home).expect("a directory");
        write_keypair_file(&wallet, home.join("id.json")).expect("a file");
        let node = Arc::new(Mutex::new(Node::new(cluster)));
        let endpoint = serve(node.clone(), |_| {}).expect("a port");
        Self { home, wallet, node, endpoint }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.current_dir(&self.home).env_clear().env("HOME", &self.home);
        command.env("HOLDFAST_RPC", format!("http://{}/secret", self.endpoint));
        command.env("HOLDFAST_KEYPAIR", self.home.join("id.json"));
        command.args(arguments).output().expect("the binary")
    }

    /// What a command that works prints.
    fn works(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The sentence of a command that refuses.
    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} did not refuse");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(said.starts_with("error: ") && !said.contains("secret"), "{said}");
        said
    }

    fn change(&self, what: impl FnOnce(&mut Cluster)) {
        what(&mut self.node.lock().expect("no panic").cluster);
    }
}

#[test]
fn an_operator_opens_an_account_and_looks_around() {
    let operator = Operator::new("looks");
    let said = operator.refuses(&["config", "check"]);
    assert!(said.contains("holdfast account open"), "{said}");
    let opened = operator.works(&["account", "open"]);
    let silo = address::silo(0);
    let account = address::margin_account(&silo, &operator.wallet.pubkey(), 0).to_string();
    assert!(opened.contains(&account), "{opened}");
    let said = operator.works(&["config", "check"]);
    assert!(said.contains("all is well") && said.contains(&account), "{said}");
    let said = operator.works(&["status"]);
    assert!(said.contains("SOL-PERP") && said.contains("normal"), "{said}");
    assert!(operator.works(&["silo", "show"]).contains(&silo.to_string()));
    assert!(operator.works(&["market", "show", "0"]).contains("SOL-PERP"));
    let said = operator.works(&["account", "show", &account]);
    assert!(said.contains(&operator.wallet.pubkey().to_string()), "{said}");
    assert!(operator.works(&["completions", "bash"]).contains("holdfast"));
}

#[test]
fn the_dashboard_is_printed_without_a_terminal_and_a_wallet() {
    let operator = Operator::new("dashboard");
    std::fs::remove_file(operator.home.join("id.json")).expect("it was there");
    let said = operator.works(&["top"]);
    for part in ["[normal]", "SOL-PERP", "--keeper URL", "http://127.0.0.1"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("secret") && !said.contains('\u{1b}'), "{said}");
    let said = operator.works(&["top", "--json", "--keeper", "127.0.0.1:1"]);
    let view: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(view["markets"][0]["name"], "SOL-PERP");
    assert!(view["landing"]["unanswered"].is_string(), "{said}");
    let said = operator.refuses(&["top", "--keeper", "https://keeper"]);
    assert!(said.contains("listen address"), "{said}");
}

#[test]
fn what_cannot_work_is_refused_with_what_to_change() {
    let operator = Operator::new("refused");
    let check = ["config", "check"];
    let with = |more: &[&'static str]| operator.refuses(&[&check[..], more].concat());
    assert!(with(&["--keypair", "nowhere.json"]).contains("set keypair"));
    std::fs::write(operator.home.join("torn.json"), "[1, 2").expect("a file");
    assert!(with(&["--keypair", "torn.json"]).contains("torn.json is no keypair"));
    assert!(with(&["--genesis", "elsewhere"]).contains("another cluster"));
    assert!(with(&["--silo", "7"]).contains("the program has no silo"));
    assert!(
        with(&["--rpc", "http://127.0.0.1:1/secret"])
            .contains("http://127.0.0.1:1 does not answer")
    );
    assert!(with(&["--rpc", "secret"]).contains("rpc names something unreadable"));
    let nobody = Pubkey::default().to_string();
    assert!(operator.refuses(&["account", "show", &nobody]).contains("is no margin account"));
    assert!(operator.refuses(&["market", "show", "9"]).contains("there is no market"));

    operator.works(&["account", "open"]);
    std::fs::write(operator.home.join("holdfast.toml"), "least_lamports = 5000000000\n")
        .expect("a file");
    assert!(with(&[]).contains("send it SOL"));
    std::fs::write(operator.home.join("holdfast.toml"), "least = 1\n").expect("a file");
    assert!(with(&[]).contains("holdfast.toml: unknown field: found `least`"), "{}", with(&[]));
    std::fs::remove_file(operator.home.join("holdfast.toml")).expect("it was there");

    operator.change(|cluster| {
        let mut silo = cluster.get(&address::silo(0)).expect("a silo");
        silo.data.push(0);
        cluster.set(address::silo(0), silo);
    });
    assert!(with(&[]).contains("the silo at"));
    operator.change(|cluster| cluster.set(holdfast::ID, Account::default()));
    assert!(with(&[]).contains("there is no program"));
}
