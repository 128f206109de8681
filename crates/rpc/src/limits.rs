//! The numbers of asking and sending: one set for the keeper, the commands, the migrations and
//! local clusters.

use std::time::Duration;

use holdfast_risk::Millis;

/// An endpoint that does not answer within this time counts as not answering.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The same for all accounts of a large venue.
pub const SNAPSHOT_WITHIN: Duration = Duration::from_secs(300);
/// The same for a part of a snapshot: the endpoint looks through all of the program's accounts for it.
pub const PART_WITHIN: Duration = Duration::from_secs(45);

/// Bytes of an answer that are read. The largest ordinary answer is a hundred accounts.
pub const MOST_BYTES: usize = 64 << 20;
/// The same for all accounts of a large venue.
pub const MOST_SNAPSHOT_BYTES: usize = 4 << 30;
/// The same for a part of a snapshot: some ten thousand margin accounts.
pub const MOST_PART_BYTES: usize = 32 << 20;

/// Accounts that endpoints answer for in one request.
pub const MOST_ACCOUNTS: usize = 100;
/// Transactions whose status endpoints answer for in one request.
pub const MOST_STATUSES: usize = 256;
/// Transactions that are handed to an endpoint at once.
pub const AT_ONCE: usize = 32;

/// How often a transaction that has not landed is sent again as it is.
pub const RESEND: Millis = Millis(1_000);
/// Pauses between two looks at transactions: the first ones short, then always the last.
pub const LOOKS: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];
/// Without a new block for this long nobody knows what becomes of a transaction.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What endpoints do not agree on by then is not known: one that says that its blockhashes live for ever keeps
/// nobody waiting longer.
pub const FOLLOWED: Duration = Duration::from_secs(1_800);
/// Blocks after a blockhash's last one before a transaction counts as expired: heights are those
/// just made, landings those confirmed.
pub const SPARE_BLOCKS: u64 = 8;
/// Blocks after a blockhash's last one for which nodes remember what landed with it, even without a
/// history: they keep the statuses of 300 slots, and a blockhash lives for 150.
pub const REMEMBERED_BLOCKS: u64 = 150;
/// How often something is signed, each time with a later blockhash, before it counts as failed.
pub const MOST_SIGNED: usize = 6;
/// Trials of a transaction whose blockhash the endpoint does not know: a node that is just
/// starting, or several behind one address, may not know its own yet. Half a minute's.
pub const MOST_TRIALS: usize = 75;

/// The most compute units that a transaction may ask for.
pub const MOST_UNITS: u32 = 1_400_000;
/// Lamports for each signature.
pub const SIGNATURE_FEE: u64 = 5_000;

/// Requests that an endpoint may turn away as too many before a request fails.
pub const MOST_TURNED_AWAY: u32 = 4;
/// The pause after an endpoint turned a request away without saying for how long; it doubles with
/// each further one, up to the longest.
pub const TURNED_AWAY: Duration = Duration::from_millis(500);
/// The longest pause that an endpoint may ask for.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(120);
