//! The log: to standard error, for a person or for a machine. `RUST_LOG` filters it.

use tracing_subscriber::EnvFilter;

use crate::config::LogForm;

/// Without `RUST_LOG`. That a leader cannot be reached is no news: it is counted.
const USUAL: &str = "info,solana_tpu_client_next=off";

/// Starts logging.
pub fn start(form: LogForm) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match form {
        LogForm::Text => log.init(),
        LogForm::Json => log.json().init(),
    }
}
