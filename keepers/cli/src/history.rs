//! `holdfast history run`: what happened at the venue, in a database and over HTTP.

use holdfast_history::{Settings, run as read_and_serve};
use holdfast_rpc::Endpoint;
use serde_json::json;

use crate::cli::HistoryForm;
use crate::config::Config;
use crate::daemon::stopped;
use crate::output::CommandOutput;
use crate::preflight;

/// Reads and serves until stopped, and says what there is then.
///
/// # Errors
/// A sentence when no endpoint answers, one is on another cluster, or file or port cannot be had.
pub async fn run(config: &Config, form: HistoryForm) -> Result<CommandOutput, String> {
    let endpoints = Endpoint::all(&config.rpc);
    let (genesis, _) = preflight::venue(config, &endpoints).await?;
    let HistoryForm { database, listen, page } = form;
    let place = database.display().to_string();
    let settings = Settings { endpoints, genesis, database, listen, page, silo: config.silo };
    let status = read_and_serve(settings, stopped()).await?;
    let text = format!(
        "{place} has {} events of {} transactions, slots {} to {}",
        status.events, status.transactions, status.first_slot, status.last_slot
    );
    let status = serde_json::to_value(&status).map_err(|error| error.to_string())?;
    Ok(CommandOutput::new(text, json!({"database": place, "history": status})))
}
