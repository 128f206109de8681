//! Somebody at a command line, and the cluster they talk to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use holdfast_client::holdfast::state::{MarginAccount, PoolRequest};
use holdfast_client::{Instruction, Pubkey, address, decode, instruction, tokens};
use holdfast_testkit::node::{Node, pass_with_price, serve};
use holdfast_testkit::tokens::{balance, create_token_account};
use holdfast_testkit::venue::{LONE, Listing, keypair, silo_plan};
use holdfast_testkit::{Cluster, Venue};
use serde_json::{Value, json};
use solana_keypair::{Keypair, keypair_from_seed, write_keypair_file};
use solana_message::{Message, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

const NOW: u64 = 1_700_000_000_000;
const LAMPORTS: u64 = 1_000_000_000;
/// What the market costs.
pub const PRICE: u64 = 150_000_000;
/// A whole unit.
pub const ONE: u64 = 1_000_000;

/// How a method of an endpoint fails.
#[derive(Clone, Copy)]
pub enum Fault {
    /// The connection closes.
    Closes,
    /// There is never an answer.
    Hangs,
    /// Of the accounts it shows, those of traders are missing.
    LeavesAccountsOut,
    /// It is a million slots beyond the others, and shows no accounts.
    IsElsewhere,
    /// It would refuse every transaction.
    RefusesToTry,
}

/// An empty home, a wallet, and an endpoint.
pub struct Operator {
    pub home: PathBuf,
    pub wallet: Keypair,
    pub node: Arc<Mutex<Node>>,
    endpoint: SocketAddr,
}

impl Operator {
    /// On a venue without prices, where time stands still.
    pub fn new(name: &str) -> Self {
        Self::at(name, bare().cluster, |_| {})
    }

    /// On a venue with prices and liquidity, with tokens in the wallet. A slot passes with every
    /// request, and a keeper does what there is to do.
    pub fn on_a_living_venue(name: &str, whole_tokens: u64) -> Self {
        Self::on_a_venue(name, whole_tokens, |node| {
            pass_with_price(node, PRICE);
            keep(node);
        })
    }

    /// As [`Operator::on_a_living_venue`], with something else before every answer.
    pub fn on_a_venue(
        name: &str,
        whole_tokens: u64,
        before: impl Fn(&mut Node) + Send + 'static,
    ) -> Self {
        let mut venue = bare();
        venue.publish(&[PRICE]).expect("a price");
        venue.join_pool(false, 10_000_000 * ONE, &[PRICE]).expect("liquidity");
        let (mint, owner) = (venue.mint, wallet().pubkey());
        let account = tokens::address(&owner, &mint);
        create_token_account(&mut venue.cluster, account, mint, owner, whole_tokens * ONE);
        Self::at(name, venue.cluster, before)
    }

    fn at(name: &str, mut cluster: Cluster, before: impl Fn(&mut Node) + Send + 'static) -> Self {
        let wallet = wallet();
        cluster.fund(&wallet.pubkey(), LAMPORTS);
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        if home.exists() {
            // What an earlier run of the test left there is about another chain.
            std::fs::remove_dir_all(&home).expect("it can be removed");
        }
        std::fs::create_dir_all(&home).expect("a directory");
        write_keypair_file(&wallet, home.join("id.json")).expect("a file");
        let node = Arc::new(Mutex::new(Node::new(cluster)));
        let endpoint = serve(node.clone(), before).expect("a port");
        Self { home, wallet, node, endpoint }
    }

    /// Where the node answers; the path is secret.
    pub fn endpoint(&self) -> String {
        format!("http://{}/secret", self.endpoint)
    }

    /// Another endpoint of the same node, at which these methods fail.
    pub fn failing(&self, fault: Fault, methods: &'static [&'static str]) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let (own, node) = (listener.local_addr().expect("its address"), self.endpoint);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own affair.
                std::thread::spawn(move || drop(pass_on(stream, node, fault, methods)));
            }
        });
        format!("http://{own}/secret")
    }

    /// A command to run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.current_dir(&self.home).env_clear().env("HOME", &self.home);
        command.env("HOLDFAST_RPC", self.endpoint());
        command.env("HOLDFAST_KEYPAIR", self.home.join("id.json"));
        command.args(arguments);
        command
    }

    /// What becomes of a command.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary")
    }

    /// What a command that works prints.
    pub fn works(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// What a command that works tells a machine.
    pub fn tells(&self, arguments: &[&str]) -> Value {
        let said = self.works(&[&["--json"], arguments].concat());
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// The sentence of a command that refuses.
    pub fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} did not refuse");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(said.starts_with("error: ") && !said.contains("secret"), "{said}");
        said
    }

    /// What a command says that ends in failure after it did something.
    pub fn gives_up(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} did not give up");
        String::from_utf8(output.stderr).expect("text")
    }

    /// Changes the cluster behind everybody's back.
    pub fn change<T>(&self, what: impl FnOnce(&mut Cluster) -> T) -> T {
        what(&mut self.node.lock().expect("no panic").cluster)
    }

    /// Lets time pass.
    pub fn pass(&self, milliseconds: u64) {
        let mut node = self.node.lock().expect("no panic");
        node.cluster.pass(milliseconds);
        node.tick();
    }

    /// The wallet's margin account number zero.
    pub fn account(&self) -> Pubkey {
        address::margin_account(&address::silo(0), &self.wallet.pubkey(), 0)
    }

    /// What the wallet holds of a mint.
    pub fn holds(&self, mint: &Pubkey) -> u64 {
        let account = tokens::address(&self.wallet.pubkey(), mint);
        self.change(|cluster| balance(cluster, &account))
    }
}

/// Hands one request to the node and its answer back.
fn pass_on(
    mut stream: TcpStream,
    node: SocketAddr,
    fault: Fault,
    methods: &[&str],
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let start = head.len();
        if reader.read_line(&mut head)? == 0 || head[start..].trim().is_empty() {
            break;
        }
        if let Some((name, value)) = head[start..].split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let faulty = request["method"].as_str().is_some_and(|method| methods.contains(&method));
    match fault {
        Fault::Closes if faulty => return Ok(()),
        Fault::Hangs if faulty => loop {
            std::thread::park();
        },
        _ => {}
    }
    let mut upstream = TcpStream::connect(node)?;
    // One exchange a connection: the next one's method has to be read too.
    write!(upstream, "{}\r\nconnection: close\r\n\r\n", head.trim_end())?;
    upstream.write_all(&body)?;
    let mut answer = String::new();
    upstream.read_to_string(&mut answer)?;
    if faulty {
        answer = forged(&answer, fault);
    }
    stream.write_all(answer.as_bytes())
}

/// An answer as a faulty endpoint gives it.
fn forged(answer: &str, fault: Fault) -> String {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let mut body: Value = serde_json::from_str(body).expect("an object");
    let result = &mut body["result"];
    match fault {
        Fault::Closes | Fault::Hangs => {}
        Fault::LeavesAccountsOut => {
            let length = (8 + size_of::<MarginAccount>()).div_ceil(3) * 4;
            let is_one =
                |kept: &Value| kept["account"]["data"][0].as_str().map(str::len) == Some(length);
            if let Some(accounts) = result["value"].as_array_mut() {
                accounts.retain(|kept| !is_one(kept));
            }
        }
        Fault::IsElsewhere => {
            if let Some(slot) = result["absoluteSlot"].as_u64() {
                result["absoluteSlot"] = (slot + 1_000_000).into();
            }
            if let Some(accounts) = result["value"].as_array_mut() {
                accounts.fill(Value::Null);
            }
        }
        Fault::RefusesToTry => {
            result["value"]["err"] = json!({"InstructionError": [0, {"Custom": 1}]});
        }
    }
    let body = body.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// The wallet of everybody here.
pub fn wallet() -> Keypair {
    keypair_from_seed(&[3; 32]).expect("32 bytes are a seed")
}

fn bare() -> Venue {
    let listing = Listing { name: "SOL-PERP", price: PRICE, providers: LONE };
    Venue::install_silo(NOW, silo_plan(&[listing])).expect("cargo xtask build")
}

/// Executes what waits.
pub fn keep(node: &mut Node) {
    let silo = address::silo(0);
    let markets = [address::market(&silo, 0)];
    let mut due = Vec::new();
    for (address, found) in node.cluster.program_accounts(&holdfast_client::holdfast::ID) {
        if let Ok(account) = decode::decode::<MarginAccount>(&found.data) {
            let orders = account.orders.iter().filter(|order| order.number != 0);
            due.extend(orders.map(|order| {
                instruction::execute_order(silo, markets[0], address, address, order.number, &[])
            }));
        } else if let Ok(request) = decode::decode::<PoolRequest>(&found.data) {
            let (owner, to) = (request.owner, request.destination);
            let (insurance, all) = (request.pool != 0, &markets[..]);
            let needed = if insurance { &[][..] } else { all };
            due.push(instruction::execute_pool_request(
                owner, silo, address, to, insurance, needed,
            ));
        }
    }
    for instruction in due {
        land(node, instruction);
    }
}

/// Lands what anyone may do in a block, if the program takes it.
pub fn land(node: &mut Node, instruction: Instruction) {
    let admin = keypair("admin", 0);
    if node.cluster.simulate(std::slice::from_ref(&instruction), &admin.pubkey()).is_ok() {
        let blockhash = node.cluster.blockhash();
        let message =
            Message::new_with_blockhash(&[instruction], Some(&admin.pubkey()), &blockhash);
        let message = VersionedMessage::Legacy(message);
        let transaction = VersionedTransaction::try_new(message, &[&admin]).expect("signed");
        node.send(transaction).expect("a living blockhash");
    }
}
