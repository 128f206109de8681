//! Events out of a transaction's logs.

use anchor_lang::Event;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use litesvm::types::TransactionMetadata;

/// The first event of this kind that a transaction emitted.
pub fn find<E: Event>(landed: &TransactionMetadata) -> Option<E> {
    let data = landed.logs.iter().filter_map(|line| line.strip_prefix("Program data: "));
    data.filter_map(|text| STANDARD.decode(text).ok())
        .find_map(|bytes| E::try_from_slice(bytes.strip_prefix(E::DISCRIMINATOR)?).ok())
}
