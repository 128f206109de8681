use holdfast_cli::config::parse;

use crate::{Outcome, text};

/// A keeper's configuration, in TOML. What is read names addresses only.
pub fn config(data: &[u8]) -> Outcome {
    let read = text(data).and_then(parse);
    if let Ok(config) = &read {
        assert!(config.keepers().is_ok() && config.feeds().is_ok(), "an address was not checked");
        let guard = config.guard.source().map(Option::unwrap_or_default);
        let guard = guard.and_then(|source| config.guard.terms(source));
        assert!(guard.is_ok(), "an address of the guard's was not checked");
        // A wrong hash is refused when a guardian's keeper starts, and each endpoint has a stream or none.
        let _ = (config.announced(), config.streams());
    }
    Outcome::from(&read)
}
