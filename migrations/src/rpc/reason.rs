//! Why a request failed, without the address: it may carry a key.

use std::error::Error;

use solana_rpc_client_api::client_error::{self, ErrorKind};

/// What a client says went wrong, without the address it happened at.
pub fn reason(error: client_error::Error) -> String {
    match *error.kind {
        ErrorKind::Reqwest(error) => innermost(&error.without_url()),
        ErrorKind::Middleware(_) => "the request failed on its way".to_owned(),
        kind => kind.to_string(),
    }
}

/// The last of an error's causes: the one that says what happened.
fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
