//! Publishes prices on a local cluster: to accounts of Pyth's layout, through the program in
//! `programs/mock-oracle`, which has to stand at the address of Pyth's price program. Some it hands out
//! instead, as Hermes does, for keepers to bring.

mod board;
pub mod control;
pub mod feed;
pub mod hermes;
mod path;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use holdfast_client::Pubkey;
use holdfast_rpc::{Address, Blockhash, Budget, Endpoint, sign};
use solana_keypair::Keypair;
use solana_signer::Signer;
use tokio::time::MissedTickBehavior;

pub use board::{Board, FeedFault, FeedState, Sent, State};
pub use feed::feed_address;
pub use hermes::{Hermes, brought_account};
pub use path::{Motion, Path};

use board::Due;

/// What to publish, and where.
pub struct Settings {
    /// The cluster's RPC endpoint.
    pub url: String,
    /// Signs, pays, and is the writer of every feed.
    pub writer: Keypair,
    /// Feeds: their names and first prices, millionths.
    pub feeds: Vec<(String, u64)>,
    /// Feeds that are handed out for keepers to bring: likewise.
    pub offered: Vec<(String, u64)>,
    /// How prices move.
    pub motion: Motion,
    /// Seconds of the motion in a second.
    pub speed: f64,
    /// How often to publish.
    pub interval: Duration,
}

/// Publishes prices until it is told to stop, whatever becomes of the cluster meanwhile.
pub struct Publisher {
    endpoint: Endpoint,
    writer: Keypair,
    interval: Duration,
    board: Board,
    hermes: Hermes,
}

/// The cluster as it was just seen.
struct Seen {
    slot: u64,
    blockhash: Blockhash,
    /// Feed accounts that there are not yet.
    missing: Vec<Pubkey>,
    /// Lamports that one of them needs.
    rent: u64,
}

impl Publisher {
    /// Prepares; nothing is sent yet.
    ///
    /// # Errors
    /// A sentence when a feed's name is too long or there twice.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let Settings { url, writer, feeds, offered, motion, speed, interval } = settings;
        let brought: Vec<_> = offered.iter().map(|(name, _)| name.clone()).collect();
        let (names, starts): (Vec<String>, Vec<u64>) = feeds.into_iter().chain(offered).unzip();
        let mut lines: Vec<(String, Pubkey, Path)> = Vec::new();
        for (name, path) in names.into_iter().zip(motion.paths(&starts)) {
            let address = if brought.contains(&name) {
                brought_account(&name)
            } else {
                feed_address(&writer.pubkey(), &name)?
            };
            if lines.iter().any(|(other, ..)| *other == name) {
                return Err(format!("there are two feeds {name:?}: give each a name of its own"));
            }
            lines.push((name, address, path));
        }
        let endpoint = Endpoint::named_by("--url", Address(url));
        let (board, hermes) = (Board::new(lines, speed), Hermes::new(&brought));
        Ok(Self { endpoint, writer, interval, board, hermes })
    }

    /// Shows and changes what feeds say, also while [`Publisher::run`] publishes.
    pub fn board(&self) -> Board {
        self.board.clone()
    }

    /// Plays Hermes for the feeds that keepers bring, also while [`Publisher::run`] publishes.
    pub fn hermes(&self) -> Hermes {
        self.hermes.clone()
    }

    /// Publishes at every interval until `shutdown`. A price that cannot be published in time is
    /// left out: the next one is newer.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut ticks = tokio::time::interval(self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let publishing = async {
            loop {
                ticks.tick().await;
                self.offer(wall_ms());
                self.note(self.publish(wall_ms).await);
            }
        };
        tokio::select! {
            () = shutdown => {}
            () = publishing => {}
        }
    }

    /// Hands out the prices that keepers bring, whatever becomes of the cluster.
    fn offer(&self, now_ms: u64) {
        if self.hermes.is_empty() {
            return;
        }
        let due = self.board.due(now_ms);
        for due in due.iter().filter(|due| self.hermes.has(&due.address)) {
            self.board.sent(&due.address, due.published, 0);
        }
        self.hermes.offer(&due, now_ms);
    }

    /// Publishes once, with the time that `clock` shows after the cluster was looked at. Makes the
    /// accounts that are missing.
    ///
    /// # Errors
    /// A sentence when the cluster does not answer, or takes not all of the prices.
    pub async fn publish(&self, clock: impl Fn() -> u64) -> Result<(), String> {
        let seen = self.look().await?;
        let due = self.board.due(clock());
        let written = due.iter().filter(|due| !self.hermes.has(&due.address));
        let sent = join_all(written.map(|due| self.send(due, &seen))).await;
        let refused: Vec<String> = sent.into_iter().filter_map(Result::err).collect();
        if refused.is_empty() { Ok(()) } else { Err(refused.join("; ")) }
    }

    async fn look(&self) -> Result<Seen, String> {
        let mut addresses = vec![mock_oracle::ID];
        addresses.extend(self.board.addresses());
        let ((slot, blockhash), accounts, rent) = tokio::try_join!(
            self.endpoint.newest_blockhash(),
            self.endpoint.accounts(&addresses),
            self.endpoint.rent(feed::LENGTH),
        )?;
        let there = addresses.iter().zip(&accounts);
        let missing: Vec<_> =
            there.filter(|(_, account)| account.is_none()).map(|(address, _)| *address).collect();
        if missing.contains(&mock_oracle::ID) {
            return Err(format!(
                "no program holds prices: start the validator with `--upgradeable-program {} \
                 target/deploy/mock_oracle.so none`",
                mock_oracle::ID
            ));
        }
        Ok(Seen { slot, blockhash, missing, rent })
    }

    async fn send(&self, due: &Due, seen: &Seen) -> Result<(), String> {
        let Due { name, address, published } = due;
        let payer = self.writer.pubkey();
        let mut instructions = Vec::new();
        if seen.missing.contains(address) {
            instructions.push(feed::create(&payer, name, seen.rent)?);
        }
        let bytes = feed::encoded(*published, seen.slot);
        instructions.push(feed::write(&payer, address, 0, bytes));
        let hash = &seen.blockhash.hash;
        let transaction = sign(Budget::default(), &instructions, &[&self.writer], hash)?;
        // Sent once: later it would be an old price.
        let sent = self.endpoint.try_and_send(&transaction).await;
        sent.map_err(|reason| format!("{name} was not taken: {reason}"))?;
        self.board.sent(address, *published, seen.slot);
        Ok(())
    }

    /// Logs how publishing went when that changes.
    fn note(&self, went: Result<(), String>) {
        let trouble = went.err();
        if self.board.went(trouble.clone()) {
            match trouble {
                Some(reason) => tracing::warn!("no price was published: {reason}"),
                None => tracing::info!("prices are published again"),
            }
        }
    }
}

/// Milliseconds since 1970.
fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
