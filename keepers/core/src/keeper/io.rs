//! Between the keeper and the world.

use std::sync::Arc;

use holdfast_client::Pubkey;
use holdfast_rpc::{Look, Part, Shown, Simulation};
use solana_message::Hash;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use crate::Hours;
use crate::health::Progress;
use crate::posting::Offer;

/// Events that wait to be heard, at most. A stream that overflows it is closed and opened anew.
pub const WAITING: usize = 16_384;
/// Events heard between two decisions, at most.
pub const BATCH: usize = 4_096;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// An endpoint answered a probe.
    Progress {
        /// Which endpoint.
        endpoint: usize,
        /// What it shows.
        progress: Progress,
        /// Fees paid lately on the accounts that are written, micro-lamports per compute unit.
        fees: Vec<u64>,
        /// The blockhash it was asked about, if it knows it.
        vouched: Option<Hash>,
    },
    /// An endpoint did not answer a probe, or not with anything that makes sense.
    NoProgress {
        /// Which endpoint.
        endpoint: usize,
    },
    /// A part of a snapshot came.
    Part {
        /// From which endpoint.
        endpoint: usize,
        /// Which part.
        part: Part,
        /// The slot it was so in.
        slot: u64,
        /// Its accounts; of those that were named, the ones that are there.
        shown: Vec<Shown>,
    },
    /// A part of a snapshot did not come.
    NoPart {
        /// From which endpoint.
        endpoint: usize,
        /// Which part.
        part: Part,
        /// Whether it is more than is read at once.
        too_long: bool,
    },
    /// A stream is open: what happens from now on, it tells.
    Opened {
        /// Which stream.
        stream: usize,
    },
    /// A stream ended, or could not be opened.
    Closed {
        /// Which stream.
        stream: usize,
    },
    /// A stream told of a slot.
    Slot {
        /// Which stream.
        stream: usize,
        /// The slot.
        slot: u64,
        /// The slot before it on its fork.
        parent: u64,
    },
    /// A stream showed an account.
    Shown {
        /// Which stream.
        stream: usize,
        /// The account.
        shown: Shown,
    },
    /// An endpoint showed accounts that were asked for.
    Looked {
        /// Which endpoint.
        endpoint: usize,
        /// As they were there; empty data: there is none.
        shown: Vec<Shown>,
    },
    /// A simulation ended, or will not.
    Simulated {
        /// Which one.
        simulation: u64,
        /// On which endpoint.
        endpoint: usize,
        /// What came of it; `None`: nobody knows.
        result: Option<Simulation>,
    },
    /// An endpoint showed where transactions are.
    Fates {
        /// Which endpoint.
        endpoint: usize,
        /// What it shows of each that was asked for.
        looks: Vec<(Signature, Look<String>)>,
    },
    /// An endpoint did not say what became of transactions.
    NoFates {
        /// Which endpoint.
        endpoint: usize,
    },
    /// What the wallet was seen to hold.
    Wallet {
        /// Lamports.
        lamports: u64,
    },
    /// A host offers prices.
    Offered {
        /// Which of those of its source that are asked.
        host: usize,
        /// The prices.
        prices: Vec<Arc<Offer>>,
    },
    /// Hosts say when the markets behind feeds are open; what they said before is forgotten.
    Hours(Hours),
}

/// Something to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Ask an endpoint where it is, and what was paid on the accounts: [`Event::Progress`] or
    /// [`Event::NoProgress`].
    Probe {
        /// Which endpoint.
        endpoint: usize,
        /// Accounts whose recent fees are wanted.
        accounts: Vec<Pubkey>,
        /// A blockhash that another endpoint gave: does this one know it?
        other: Option<Hash>,
    },
    /// Fetch a part of a snapshot: [`Event::Part`] or [`Event::NoPart`].
    Part {
        /// From which endpoint.
        endpoint: usize,
        /// Which part.
        part: Part,
    },
    /// Open a stream: [`Event::Opened`] or [`Event::Closed`]. One that is open is closed first.
    Open {
        /// Which stream.
        stream: usize,
        /// The feed accounts.
        feeds: Vec<Pubkey>,
    },
    /// Run a transaction without sending it: [`Event::Simulated`], always.
    Simulate {
        /// On which endpoint.
        endpoint: usize,
        /// Which one it is in the answer.
        simulation: u64,
        /// Not on accounts older than this slot.
        since: u64,
        /// The transaction.
        transaction: VersionedTransaction,
    },
    /// Send a transaction.
    Send {
        /// To which endpoints.
        endpoints: Vec<usize>,
        /// The transaction.
        transaction: VersionedTransaction,
    },
    /// Fetch accounts that streams may not have told of: [`Event::Looked`], or nothing.
    Look {
        /// At which endpoint.
        endpoint: usize,
        /// Their addresses; at most [`MOST_ACCOUNTS`](holdfast_rpc::limits::MOST_ACCOUNTS).
        accounts: Vec<Pubkey>,
    },
    /// Ask where transactions are: [`Event::Fates`] or [`Event::NoFates`].
    Fates {
        /// Which endpoint.
        endpoint: usize,
        /// Their signatures, and the last block height that each may land at.
        transactions: Vec<(Signature, u64)>,
    },
}

/// Carries commands out. What comes of one is an [`Event`], later.
pub trait Io {
    /// Begins to carry a command out.
    fn begin(&mut self, command: Command);
}
