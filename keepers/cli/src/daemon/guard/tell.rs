//! Telling webhooks what the guard tells of.

use holdfast_keeper_core::guard::Notice;
use tracing::{info, warn};

use super::super::reports::Reports;
use super::super::webhook::{AGAIN, client, post};
use super::words::{body, greeting};
use crate::config::Hook;

/// Tells a webhook of every notice, in their order, until the guard ends; what is not taken with a
/// status of success is told again, as long as it is among the newest.
pub async fn tell(hook: Hook, mut reports: Reports) {
    let client = match client() {
        Ok(client) => client,
        Err(reason) => {
            warn!(%reason, to = %hook.url, "this machine makes no connections: nobody is told");
            return;
        }
    };
    let mut told = 0;
    loop {
        let mut refused = false;
        for notice in newer(&mut reports, told) {
            if let Err(reason) = post(&client, &hook.url, &body(&hook, &notice)).await {
                warn!(%reason, to = %hook.url, number = notice.number, "a webhook did not take it");
                refused = true;
                break;
            }
            info!(to = %hook.url, number = notice.number, alarm = notice.alarm.name(), "told");
            told = notice.number;
        }
        if refused {
            tokio::time::sleep(AGAIN).await;
        } else if reports.changed().await.is_err() {
            return;
        }
    }
}

/// Tells a webhook that it is reached.
///
/// # Errors
/// A sentence when it is not taken.
pub async fn test(hook: &Hook) -> Result<(), String> {
    post(&client()?, &hook.url, &greeting(hook)).await
}

/// Notices that have not been told yet, the oldest first.
fn newer(reports: &mut Reports, told: u64) -> Vec<Notice> {
    let (_, report) = &*reports.borrow_and_update();
    let notices = report.guard.iter().flat_map(|guard| &guard.notices);
    notices.filter(|notice| notice.number > told).cloned().collect()
}

#[cfg(test)]
#[path = "tell_tests.rs"]
mod tests;
