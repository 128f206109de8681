//! Events out of a transaction's logs.

use anchor_lang::Event;
use holdfast_client::events;
use litesvm::types::TransactionMetadata;

/// The first event of this kind that a transaction emitted.
pub fn find<E: Event>(landed: &TransactionMetadata) -> Option<E> {
    events::all(&landed.logs).next()
}
