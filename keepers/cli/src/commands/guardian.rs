//! What a guardian does.

use holdfast_client::holdfast::state::Exchange;
use holdfast_client::{address, instruction};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_risk::Millis;
use holdfast_risk::governance::{TIGHTENINGS, check_length};
use serde_json::json;

use super::TraderSession;
use crate::cli::{GuardianTask, MinimumState};
use crate::config::Config;
use crate::output::{CommandOutput, Failure};

/// Does what was asked for.
pub async fn run(config: &Config, task: GuardianTask) -> Result<CommandOutput, Failure> {
    let GuardianTask::Tighten { minimum_state, minutes } = task;
    let lasts = Millis(minutes.saturating_mul(60_000));
    check_length(lasts).map_err(|_| {
        let (least, most) = (TIGHTENINGS.start().0 / 60_000, TIGHTENINGS.end().0 / 60_000);
        format!("a tightening lasts {least} to {most} minutes, not {minutes}: change --minutes")
    })?;
    let person = TraderSession::new(config).await?;
    let exchange: Exchange = person.read("exchange", &address::exchange()).await?;
    let guardian = person.owner();
    if !exchange.is_guardian(&guardian) {
        let all = exchange.guardians().iter().map(|known| known.key.to_string());
        let all = all.collect::<Vec<_>>().join(", ");
        return Err(format!(
            "{guardian} is no guardian: sign with a guardian's keypair (--keypair); they are {all}"
        )
        .into());
    }
    let shelter = minimum_state == MinimumState::Shelter;
    let tighten = instruction::tighten(guardian, shelter, lasts.0);
    let submitted = person.submit(Kind::Observe, &[tighten]).await?;
    let state = if shelter { "shelter" } else { "strained" };
    let facts = json!({"minimum_state": state, "lasts_ms": lasts.0});
    Ok(submitted.said(&format!("the venue is at least {state} for {minutes} minutes"), facts))
}
