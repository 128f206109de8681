//! Events out of a transaction's logs.

use anchor_lang::Event;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The events of this kind, in the order in which they were emitted.
pub fn all<E: Event>(logs: &[String]) -> impl Iterator<Item = E> {
    let data = logs.iter().filter_map(|line| line.strip_prefix("Program data: "));
    data.filter_map(|text| STANDARD.decode(text).ok())
        .filter_map(|bytes| E::try_from_slice(bytes.strip_prefix(E::DISCRIMINATOR)?).ok())
}
