//! The log: to standard error, for a person or for a machine. `RUST_LOG` filters it.

use tracing_subscriber::EnvFilter;

use crate::config::LogForm;

/// Without `RUST_LOG`. That a leader cannot be reached is no news: it is counted.
const USUAL: &str = "info,solana_tpu_client_next=off";

/// Whatever the filter says, these do not go into detail: an address, with its keys, would be in it.
const DISCREET: &str = "solana_rpc_client=info,solana_pubsub_client=info,tungstenite=info,\
                        tokio_tungstenite=info,reqwest=info,hyper=info,hyper_util=info,h2=info";

/// Starts logging.
pub fn start(form: LogForm) {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).ok();
    let log = tracing_subscriber::fmt().with_env_filter(filter(asked)).with_writer(std::io::stderr);
    match form {
        LogForm::Text => log.init(),
        LogForm::Json => log.json().init(),
    }
}

fn filter(asked: Option<String>) -> EnvFilter {
    let asked = asked.filter(|asked| EnvFilter::try_new(asked).is_ok());
    let asked = asked.unwrap_or_else(|| USUAL.to_owned());
    // Of two directives for one target the later counts.
    EnvFilter::new(format!("{asked},{DISCREET}"))
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
