//! A real validator as a process.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use holdfast_client::Pubkey;
use nix::sys::signal::Signal;

use crate::cluster_client::ClusterClient;
use crate::process::Process;
use crate::wait::until;

/// How long a validator may take until it makes blocks.
const START: Duration = Duration::from_secs(120);

/// How long it may take to end.
const END: Duration = Duration::from_secs(20);

/// Ports for gossip, repair and transactions, from the RPC port on.
const DYNAMIC_PORTS: u16 = 40;

/// What a slot takes.
const SLOT: Duration = Duration::from_millis(400);

/// What a validator takes to make its first block, roughly.
const FIRST_BLOCK: Duration = Duration::from_secs(8);

/// What a validator is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `solana-test-validator`.
    pub binary: PathBuf,
    /// Where its ledger is.
    pub ledger: PathBuf,
    /// Where its output goes.
    pub log: PathBuf,
    /// The port of its RPC; the next one has the WebSocket.
    pub rpc_port: u16,
    /// Who has all its SOL.
    pub mint: Pubkey,
    /// Programs that stand there from the beginning: address and ELF file.
    pub programs: Vec<(Pubkey, PathBuf)>,
    /// What else stands there, if it is not empty.
    pub beginning: Option<Beginning>,
}

/// Where a validator takes over from another.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Files of accounts.
    pub accounts: PathBuf,
    /// Its first slot. An epoch begins with it: the chain's clock may lag behind the slots of an epoch
    /// by no more than a quarter, and would be set ahead by those that nobody made.
    pub slot: u64,
}

/// A validator, running or not.
pub struct Validator {
    settings: Settings,
    process: Option<Process>,
    /// The newest slot before it was killed. After that it replays its ledger, answering meanwhile.
    reached: u64,
}

impl Validator {
    /// Starts it on its ledger, on a new one if there is none, and waits until it makes new blocks.
    ///
    /// # Errors
    /// When it does not start, or not in two minutes.
    pub async fn start(settings: Settings) -> Result<Self> {
        let mut validator = Self::launch(settings)?;
        validator.ready().await?;
        Ok(validator)
    }

    /// Starts it as [`Self::start`] does, without waiting.
    ///
    /// # Errors
    /// When it does not start.
    pub fn launch(settings: Settings) -> Result<Self> {
        let mut validator = Self { settings, process: None, reached: 0 };
        validator.launch_again()?;
        Ok(validator)
    }

    /// Starts it again on its ledger, after [`Self::stop`] or [`Self::kill`].
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.launch_again()?;
        self.ready().await
    }

    fn launch_again(&mut self) -> Result<()> {
        let mut command = self.command();
        self.process = Some(Process::start("the validator", &mut command, &self.settings.log)?);
        Ok(())
    }

    /// Waits until it makes new blocks.
    ///
    /// # Errors
    /// When it does not in two minutes.
    pub async fn ready(&mut self) -> Result<()> {
        let chain = ClusterClient::new(&self.url());
        let reached = self.reached;
        let log = self.settings.log.display().to_string();
        let works = async || {
            self.must_run()?;
            // In slot 0 no program runs yet.
            Ok(chain.confirmed_slot().await.is_ok_and(|slot| slot > reached))
        };
        until("a block of the validator", START, works)
            .await
            .with_context(|| format!("see {log}"))?;
        Ok(())
    }

    /// An error that shows the end of its log, if it ended unasked.
    ///
    /// # Errors
    /// When it has ended.
    pub fn must_run(&mut self) -> Result<()> {
        self.process.as_mut().map_or(Ok(()), Process::must_run)
    }

    /// Where its RPC is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.settings.rpc_port)
    }

    /// Its process, if it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Stops every thread of it, as a machine that hangs would.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&self) -> Result<()> {
        self.running()?.signal(Signal::SIGSTOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&self) -> Result<()> {
        self.running()?.signal(Signal::SIGCONT)
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    /// When it does not run or answer.
    pub async fn kill(&mut self) -> Result<()> {
        self.reached = ClusterClient::new(&self.url()).slot().await?;
        self.process.take().context("the validator does not run")?.kill().map(|_| ())
    }

    /// Ends it, and starts one with a new ledger on the files of `accounts`. Its first slot, which this
    /// says, is what the chain would have come to since it was at `slot` at that moment.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn succeed(
        &mut self,
        ledger: PathBuf,
        accounts: PathBuf,
        (slot, then): (u64, Instant),
    ) -> Result<u64> {
        self.process.take().context("the validator does not run")?.stop(END).await?;
        let passed = (then.elapsed() + FIRST_BLOCK).as_millis() / SLOT.as_millis();
        let slot = slot.saturating_add(u64::try_from(passed)?);
        self.settings.ledger = ledger;
        self.settings.beginning = Some(Beginning { accounts, slot });
        self.reached = slot;
        self.restart().await?;
        Ok(slot)
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(process) = self.process.take() {
            process.stop(END).await?;
        }
        Ok(())
    }

    fn running(&self) -> Result<&Process> {
        self.process.as_ref().context("the validator does not run")
    }

    fn command(&self) -> Command {
        let Settings { binary, ledger, rpc_port, mint, programs, beginning, .. } = &self.settings;
        let (faucet, gossip, first) = (rpc_port + 2, rpc_port + 3, rpc_port + 4);
        let mut command = Command::new(binary);
        command.arg("--log").arg("--ledger").arg(ledger);
        command.args(["--bind-address", "127.0.0.1", "--limit-ledger-size", "100000"]);
        command.args(["--rpc-port", &rpc_port.to_string(), "--faucet-port", &faucet.to_string()]);
        command.args(["--gossip-port", &gossip.to_string()]);
        command.args(["--dynamic-port-range", &format!("{first}-{}", first + DYNAMIC_PORTS)]);
        command.args(["--mint", &mint.to_string()]);
        for (address, elf) in programs {
            command.args(["--upgradeable-program", &address.to_string()]).arg(elf).arg("none");
        }
        // A ledger that is there has them.
        if let Some(Beginning { accounts, slot }) = beginning.as_ref().filter(|_| !ledger.exists())
        {
            let slot = slot.to_string();
            command.arg("--account-dir").arg(accounts);
            command.args(["--slots-per-epoch", &slot, "--warp-slot", &slot]);
        }
        // Blocks and votes only: what the program logs is in the transactions.
        command.env("RUST_LOG", "warn");
        command
    }
}
