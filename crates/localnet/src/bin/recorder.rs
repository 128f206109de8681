//! `validator-recorder`: records what a validator's sysvars show while it is stopped, slowed down and
//! restarted. `crates/slotstall` has to reproduce it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Parser;
use holdfast_client::Pubkey;
use holdfast_localnet::validator::{Settings, Validator};
use serde_json::{Value, json};

/// Records how a validator's clock, slots and SlotHashes go while it is stopped with SIGSTOP, slowed
/// down, from its start too, killed and started again.
///
/// Takes about six minutes, and writes one JSON file a scenario, with one line for every slot that
/// was seen: when, when it was not seen yet, slot, clock, epoch's start, last restart, and the newest
/// slots of SlotHashes.
#[derive(Parser)]
struct Arguments {
    /// `solana-test-validator`
    #[arg(long)]
    validator: PathBuf,
    /// Where the files go
    #[arg(long, default_value = "crates/slotstall/tests/recorded")]
    to: PathBuf,
    /// The validator's RPC port; forty more are used after it
    #[arg(long, default_value_t = 19_899)]
    port: u16,
}

/// The sysvars looked at: Clock, SlotHashes, LastRestartSlot.
const SYSVARS: [&str; 3] = [
    "SysvarC1ock11111111111111111111111111111111",
    "SysvarS1otHashes111111111111111111111111111",
    "SysvarLastRestartS1ot1111111111111111111111",
];
/// Entries of SlotHashes that are written down.
const ENTRIES: usize = 6;
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(40);

/// What happens to a validator.
#[derive(Clone, Copy)]
enum Act {
    /// It comes to make blocks.
    Starts,
    /// It is left alone for this many seconds.
    Lives(u64),
    /// SIGSTOP, and SIGCONT this many seconds later.
    Stands(u64),
    /// For this many rounds it stands for 1.2 s and lives for 0.3 s.
    Stutters(u64),
    /// SIGKILL, and started again on its ledger this many seconds later.
    Restarts(u64),
}

/// What is recorded, from when the validator's process is launched on.
const SCENARIOS: [(&str, &[Act]); 5] = [
    ("halt", &[Act::Starts, Act::Lives(30), Act::Stands(15), Act::Lives(12)]),
    ("hidden_halt", &[Act::Starts, Act::Lives(4), Act::Stands(30), Act::Lives(30)]),
    ("slow_slots", &[Act::Starts, Act::Lives(15), Act::Stutters(10), Act::Lives(8)]),
    ("slow_start", &[Act::Stutters(40), Act::Starts, Act::Lives(15)]),
    ("restart", &[Act::Starts, Act::Lives(20), Act::Restarts(6), Act::Lives(12)]),
];

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.to)?;
    for (name, acts) in SCENARIOS {
        eprintln!("recording {name}");
        let samples = record(&arguments, name, acts).await.with_context(|| name)?;
        write(&arguments.to.join(format!("{name}.json")), &samples)?;
    }
    Ok(())
}

/// Plays a scenario on a new ledger, and returns what was seen.
async fn record(arguments: &Arguments, name: &str, acts: &[Act]) -> Result<Vec<Value>> {
    let home = std::env::temp_dir().join(format!("recorded-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&home)?;
    let settings = Settings {
        binary: arguments.validator.clone(),
        ledger: home.join("ledger"),
        log: home.join("validator.log"),
        rpc_port: arguments.port,
        mint: Pubkey::new_unique(),
        programs: Vec::new(),
        beginning: None,
    };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let url = format!("http://127.0.0.1:{}", arguments.port);
    let watcher = tokio::spawn(watch(url, Arc::clone(&seen)));
    let mut validator = Validator::launch(settings)?;
    for act in acts {
        match *act {
            Act::Starts => validator.ready().await?,
            Act::Lives(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            Act::Stands(seconds) => stand(&validator, Duration::from_secs(seconds)).await?,
            Act::Stutters(rounds) => {
                for _ in 0..rounds {
                    stand(&validator, Duration::from_millis(1_200)).await?;
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
            }
            Act::Restarts(seconds) => {
                validator.kill().await?;
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                validator.restart().await?;
            }
        }
    }
    watcher.abort();
    validator.stop().await?;
    std::fs::remove_dir_all(&home)?;
    Ok(std::mem::take(&mut seen.lock().unwrap_or_else(PoisonError::into_inner)))
}

async fn stand(validator: &Validator, time: Duration) -> Result<()> {
    validator.freeze()?;
    tokio::time::sleep(time).await;
    validator.thaw()
}

/// Writes down every slot that is seen, and when the newest look began that did not see it.
async fn watch(url: String, seen: Arc<Mutex<Vec<Value>>>) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).build();
    let Ok(client) = client else { return };
    let (mut last, mut unseen_ms) = (None, now_ms());
    loop {
        let (begun, begun_ms) = (Instant::now(), now_ms());
        if let Some(mut sample) = look(&client, &url).await {
            if last.as_ref() != Some(&sample["slot"]) {
                last = Some(sample["slot"].clone());
                sample["unseen_ms"] = json!(unseen_ms);
                sample["at_ms"] = json!(now_ms());
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
            }
            unseen_ms = begun_ms;
        }
        tokio::time::sleep(LOOK.saturating_sub(begun.elapsed())).await;
    }
}

/// Milliseconds since 1970.
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// What the validator's newest processed block shows, if it answers.
async fn look(client: &reqwest::Client, url: &str) -> Option<Value> {
    let config = json!({"commitment": "processed", "encoding": "base64"});
    let asked = json!({
        "jsonrpc": "2.0", "id": 1, "method": "getMultipleAccounts", "params": [SYSVARS, config],
    });
    let answer: Value = client.post(url).json(&asked).send().await.ok()?.json().await.ok()?;
    let data = |index: usize| {
        let text = answer["result"]["value"][index]["data"][0].as_str()?;
        BASE64_STANDARD.decode(text).ok()
    };
    let word =
        |data: &[u8], at: usize| Some(u64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?));
    let (clock, hashes, restart) = (data(0)?, data(1)?, data(2)?);
    // A slot and a hash each, after their number.
    let entries = usize::try_from(word(&hashes, 0)?).ok()?.min(ENTRIES);
    let newest: Option<Vec<_>> = (0..entries).map(|index| word(&hashes, 8 + 40 * index)).collect();
    Some(json!({
        "slot": word(&clock, 0)?,
        "epoch_start": word(&clock, 8)?,
        "clock": word(&clock, 32)?,
        "restart": word(&restart, 0)?,
        "hashes": newest?,
    }))
}

/// One sample a line.
fn write(file: &Path, samples: &[Value]) -> Result<()> {
    let lines: Vec<_> = samples.iter().map(Value::to_string).collect();
    std::fs::write(file, format!("[\n{}\n]\n", lines.join(",\n")))
        .with_context(|| file.display().to_string())
}
