//! Events out of a transaction's logs.

use anchor_lang::Event;
use anchor_lang::prelude::Pubkey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const DATA: &str = "Program data: ";
/// What a validator writes in place of all lines after the limit of a transaction's log.
const TRUNCATED: &str = "Log truncated";

/// What a program logged itself in a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The bytes of its events, in the order in which they were emitted.
    pub events: Vec<Vec<u8>>,
    /// Whether the log ends early: later events of the transaction are not there.
    pub truncated: bool,
}

/// The events of this kind that the venue's program emitted, in their order.
pub fn all<E: Event>(logs: &[String]) -> impl Iterator<Item = E> {
    own(logs, &holdfast::ID).events.into_iter().filter_map(|bytes| read(&bytes))
}

/// An event of this kind, out of its bytes.
pub fn read<E: Event>(bytes: &[u8]) -> Option<E> {
    E::try_from_slice(bytes.strip_prefix(E::DISCRIMINATOR)?).ok()
}

/// What `program` logged itself: any program can log the same bytes, so only those count that were logged
/// while it was the innermost one that ran.
pub fn own(logs: &[String], program: &Pubkey) -> Own {
    let program = program.to_string();
    let (mut running, mut own) = (Vec::new(), Own::default());
    for line in logs {
        if line == TRUNCATED {
            own.truncated = true;
        } else if let Some(text) = line.strip_prefix(DATA) {
            if running.last() == Some(&program.as_str())
                && let Ok(bytes) = STANDARD.decode(text)
            {
                own.events.push(bytes);
            }
        } else if let Some(begun) = invoked(line) {
            running.push(begun);
        } else if ended(line) {
            running.pop();
        }
    }
    own
}

/// The program that this line says has begun: `Program … invoke [1]`.
fn invoked(line: &str) -> Option<&str> {
    let (program, depth) = line.strip_prefix("Program ")?.split_once(" invoke [")?;
    let depth = depth.strip_suffix(']')?;
    let is_depth = !depth.is_empty() && depth.bytes().all(|byte| byte.is_ascii_digit());
    (is_depth && is_address(program)).then_some(program)
}

/// Whether this line says that a program has ended: `Program … success` or `Program … failed: why`.
fn ended(line: &str) -> bool {
    let Some((program, how)) = line.strip_prefix("Program ").and_then(|it| it.split_once(' '))
    else {
        return false;
    };
    is_address(program) && (how == "success" || how.starts_with("failed"))
}

/// Whether a word may be an address. What programs log themselves begins with another word and a colon.
fn is_address(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
