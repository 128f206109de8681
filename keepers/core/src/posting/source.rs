//! Providers whose prices keepers can bring, and what their services offer.

use std::fmt;

use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::{Instruction, Pubkey, pyth, stork, switchboard};
use holdfast_risk::Millis;
use holdfast_risk::market::reading::Quote;
use holdfast_rpc::Budget;
use holdfast_rpc::limits::SIGNATURE_FEE;

/// A provider whose prices keepers can bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Pyth's pull oracle, from hosts of Hermes.
    Pyth,
    /// Switchboard On-Demand, from hosts of Crossbar.
    Switchboard,
    /// Stork, from hosts of its REST API.
    Stork,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pyth, Self::Switchboard, Self::Stork];

    /// The source of a provider's prices, by the provider's code; `None`: keepers bring none of them.
    pub fn of(provider: u8) -> Option<Self> {
        match Provider::from_code(provider).ok()? {
            Provider::PythPull => Some(Self::Pyth),
            Provider::Switchboard => Some(Self::Switchboard),
            Provider::Stork => Some(Self::Stork),
            Provider::PythPriceAccount => None,
        }
    }

    /// The code of its provider.
    pub const fn provider(self) -> u8 {
        match self {
            Self::Pyth => Provider::PythPull as u8,
            Self::Switchboard => Provider::Switchboard as u8,
            Self::Stork => Provider::Stork as u8,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pyth => "pyth",
            Self::Switchboard => "switchboard",
            Self::Stork => "stork",
        }
    }
}

/// A provider's name of a feed. It is shown in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId {
    /// Whose feed.
    pub source: Source,
    /// Which, as markets list it.
    pub id: [u8; 32],
}

impl fmt::Display for FeedId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.id.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for FeedId {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Sources whose prices are brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// [`Source::Pyth`].
    pub pyth: bool,
    /// [`Source::Switchboard`].
    pub switchboard: bool,
    /// [`Source::Stork`].
    pub stork: bool,
}

impl Sources {
    /// Whether prices of a source are brought.
    pub const fn has(self, source: Source) -> bool {
        match source {
            Source::Pyth => self.pyth,
            Source::Switchboard => self.switchboard,
            Source::Stork => self.stork,
        }
    }
}

/// One price that a service offers, with what the chain needs to believe it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The feed.
    pub feed: FeedId,
    /// What it says.
    pub quote: Quote,
    /// When it was signed.
    pub signed: Millis,
    proof: Proof,
}

#[derive(Clone, Debug, PartialEq)]
enum Proof {
    Pyth(pyth::SignedPrice),
    Switchboard(switchboard::SignedPrice),
    Stork(stork::SignedPrice),
}

/// The account that prices are drafted in by a wallet, for sources whose prices take two transactions.
pub fn draft_address(wallet: &Pubkey, feed: &FeedId) -> Option<Pubkey> {
    (feed.source == Source::Pyth).then(|| pyth::draft_address(wallet, &feed.id))
}

impl Offer {
    /// An offer of Switchboard's feed with this id, signed at a time.
    pub fn switchboard(id: [u8; 32], signed: Millis, price: switchboard::SignedPrice) -> Self {
        let feed = FeedId { source: Source::Switchboard, id };
        // Feeds keep whole seconds.
        let published = Millis(signed.0 - signed.0 % 1_000);
        Self { feed, quote: price.quote(published), signed, proof: Proof::Switchboard(price) }
    }

    /// An offer of Stork's; `None` where it is no price.
    pub fn stork(price: stork::SignedPrice) -> Option<Self> {
        let (feed, quote) = (FeedId { source: Source::Stork, id: price.id }, price.quote()?);
        Some(Self { feed, quote, signed: quote.published, proof: Proof::Stork(price) })
    }

    /// The first of two transactions; none where there is one only.
    pub(super) fn open(&self, wallet: Pubkey) -> Vec<Instruction> {
        match &self.proof {
            Proof::Pyth(price) => pyth::open(wallet, price),
            Proof::Switchboard(_) | Proof::Stork(_) => Vec::new(),
        }
    }

    /// The transaction that has the price stored, in the accounts of this shard where there are several.
    pub(super) fn post(&self, wallet: Pubkey, shard: u16) -> Vec<Instruction> {
        match &self.proof {
            Proof::Pyth(price) => pyth::post(wallet, shard, price),
            Proof::Switchboard(price) => switchboard::post(wallet, Budget::INSTRUCTIONS, price),
            Proof::Stork(price) => stork::post(wallet, price),
        }
    }

    /// Compute units that [`Self::post`] asks for, where that does not follow from its instructions.
    pub(super) fn units(&self) -> Option<u32> {
        match &self.proof {
            Proof::Pyth(price) => Some(pyth::post_units(price)),
            Proof::Switchboard(_) | Proof::Stork(_) => None,
        }
    }

    /// Lamports that storing it takes besides the fee for the keeper's own signature, as far as they are
    /// known beforehand: Switchboard's and Stork's programs ask for what they like.
    pub(super) fn fees(&self) -> u64 {
        match &self.proof {
            Proof::Pyth(_) | Proof::Stork(_) => 0,
            Proof::Switchboard(price) => price.signatures().saturating_mul(SIGNATURE_FEE),
        }
    }
}

impl From<pyth::SignedPrice> for Offer {
    fn from(price: pyth::SignedPrice) -> Self {
        let feed = FeedId { source: Source::Pyth, id: price.id };
        Self { feed, quote: price.quote, signed: price.signed, proof: Proof::Pyth(price) }
    }
}
