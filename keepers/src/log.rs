//! The log: to standard error, for a person or for a machine. `RUST_LOG` filters it.

use tracing_subscriber::EnvFilter;

use crate::config::LogForm;

/// Starts logging.
pub fn start(form: LogForm) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match form {
        LogForm::Text => log.init(),
        LogForm::Json => log.json().init(),
    }
}
