//! A keeper that runs: its wallet, its home with keypair and settings, and the pages it serves.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use holdfast_client::{address, instruction};
use holdfast_testkit::Cluster;
use solana_keypair::{Keypair, keypair_from_seed, write_keypair_file};
use solana_signer::Signer;

/// What a keeper's wallet holds, lamports.
const LAMPORTS: u64 = 1_000_000_000;

/// The wallet of every keeper here.
pub fn wallet() -> Keypair {
    keypair_from_seed(&[3; 32]).expect("32 bytes are a seed")
}

/// Gives the wallet SOL, and a margin account for its rewards.
pub fn prepare(cluster: &mut Cluster, wallet: &Keypair) {
    let owner = wallet.pubkey();
    cluster.fund(&owner, LAMPORTS);
    let open = instruction::open_margin_account(owner, owner, address::silo(0), 0);
    cluster.send(&[open], &[wallet]).expect("an account");
}

/// A keeper that was started. It is killed when it is dropped.
pub struct RunningKeeper {
    process: Child,
    port: u16,
}

impl RunningKeeper {
    /// Starts a keeper in a home called `name`, with one endpoint and these settings besides.
    pub fn start(name: &str, endpoint: SocketAddr, settings: &str) -> Self {
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&home).expect("a directory");
        write_keypair_file(&wallet(), home.join("id.json")).expect("a file");
        let port = free_port();
        // First: what follows may begin a table.
        let settings = format!("listen = \"127.0.0.1:{port}\"\n{settings}");
        std::fs::write(home.join("holdfast.toml"), settings).expect("a file");
        let process = Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .current_dir(&home)
            .env_clear()
            .env("HOME", &home)
            .args(["--rpc", &format!("http://{endpoint}"), "--keypair", "id.json"])
            .args(["--log", "json", "keeper", "run"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        Self { process, port }
    }

    /// A page that it serves, with its head.
    pub fn page(&self, page: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let request = format!("GET /{page} HTTP/1.1\r\nhost: keeper\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// Asks it to stop. How it ended, and all that it logged.
    pub fn stop(mut self) -> (ExitStatus, String) {
        let asked = Command::new("kill").arg(self.process.id().to_string()).status();
        assert!(asked.expect("kill").success());
        let mut log = Vec::new();
        let mut errors = self.process.stderr.take().expect("its log");
        errors.read_to_end(&mut log).expect("its log");
        let ended = self.process.wait().expect("it ends");
        (ended, String::from_utf8_lossy(&log).into_owned())
    }
}

impl Drop for RunningKeeper {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}
