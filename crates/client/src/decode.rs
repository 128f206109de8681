//! Decoding account data.

use std::fmt;

pub use anchor_lang::Discriminator as Kind;
use anchor_lang::{AnchorDeserialize as _, AnchorSerialize as _};
use bytemuck::Pod;
use holdfast::state::{Change, ChangeKind};

/// Why account data is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDecoded {
    /// Another kind of account, or none of this program's.
    WrongKind,
    /// Shorter or longer than the layout this client knows.
    WrongLength,
}

impl fmt::Display for NotDecoded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::WrongKind => "this is no account of the kind asked for: check the address",
            Self::WrongLength => "the program that wrote this has another layout: use its client",
        })
    }
}

impl std::error::Error for NotDecoded {}

/// Copies an account out of its data.
///
/// # Errors
/// When the discriminator or the length is not `T`'s.
pub fn decode<T: Pod + Kind>(data: &[u8]) -> Result<T, NotDecoded> {
    let body = data.strip_prefix(T::DISCRIMINATOR).ok_or(NotDecoded::WrongKind)?;
    bytemuck::try_pod_read_unaligned(body).map_err(|_| NotDecoded::WrongLength)
}

/// A change that waits.
///
/// # Errors
/// When this is no change that this client can read.
pub fn change(data: &[u8]) -> Result<Change, NotDecoded> {
    let body = data.strip_prefix(Change::DISCRIMINATOR).ok_or(NotDecoded::WrongKind)?;
    Change::try_from_slice(body).map_err(|_| NotDecoded::WrongLength)
}

/// What a change does, out of its bytes alone.
///
/// # Errors
/// When these are not the bytes of one, whole.
pub fn content(bytes: &[u8]) -> Result<ChangeKind, NotDecoded> {
    ChangeKind::try_from_slice(bytes).map_err(|_| NotDecoded::WrongLength)
}

/// What a change does, as the bytes that [`content`] reads.
pub fn content_bytes(content: &ChangeKind) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = content.serialize(&mut bytes);
    bytes
}

/// What a change is announced by, before it is proposed: an upgrade by the SHA-256 of its program,
/// anything else by that of [`content_bytes`].
pub fn content_hash(content: &ChangeKind) -> [u8; 32] {
    match content {
        ChangeKind::Upgrade { sha256, .. } => *sha256,
        other => solana_sha256_hasher::hash(&content_bytes(other)).to_bytes(),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
