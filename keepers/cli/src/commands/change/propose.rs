//! Announcing a change.

use holdfast_client::holdfast::state::{Change, ChangeKind, Market};
use holdfast_client::{Pubkey, instruction};
use holdfast_keeper_core::scheduler::Kind;
use holdfast_risk::governance::Timelock;
use serde_json::json;

use super::present::present;
use super::queue::Queue;
use super::show::{differences, facts_of, hash, kind};
use super::{Standing, message};
use crate::change_file::{from_json, parse, to_json};
use crate::cli::{Form, ProposeTask};
use crate::commands::TraderSession;
use crate::config::Config;
use crate::output::{CommandOutput, Failure, joined};

/// Proposes what was asked for.
pub async fn run(config: &Config, task: ProposeTask) -> Result<CommandOutput, Failure> {
    let person = TraderSession::new(config).await?;
    let queue = person.any(async |endpoint| Queue::read(endpoint).await).await?;
    let (content, form) = content(&person, &queue, task).await?;
    content
        .check(&queue.exchange)
        .map_err(|error| format!("the program would refuse this: {error}"))?;
    let admin = queue.exchange.admin;
    let signer = form.signer.unwrap_or(admin);
    if signer != admin || (!form.print_message && person.owner() != admin) {
        let signer = if form.print_message { signer } else { person.owner() };
        return Err(format!(
            "only the admin {admin} proposes, and this would be signed by {signer}: name that key's \
             file with --keypair, or print the instruction with --print-message"
        )
        .into());
    }
    let before = person.any(async |endpoint| present(endpoint, &queue, &content).await).await?;
    let differences = differences(&before, &content);
    if differences.is_empty() {
        return Err("nothing would be different: change what is proposed".to_owned().into());
    }
    let number = queue.exchange.change_count;
    let propose = instruction::propose_change(admin, number, content.clone());
    if form.print_message {
        return Ok(message::print(&[propose], &signer, &content)?);
    }
    let submitted = person.submit(Kind::Observe, &[propose]).await?;
    let schedule = content.timelock(Timelock::from(&queue.exchange.timelock)).schedule(queue.now);
    let announced = Change {
        version: 0,
        bump: 0,
        number,
        proposer: admin,
        ready_ms: schedule.ready.0,
        expires_ms: schedule.expires.0,
        content,
    };
    let facts = facts_of(&announced, Standing::Waits(schedule.ready));
    let rows = differences.iter().map(|it| json!({"field": it.field, "then": it.then}));
    let facts = joined(facts, json!({"differences": rows.collect::<Vec<_>>()}));
    let done = format!(
        "change {number} ({}) is announced: `holdfast change show {number}` says what it does",
        kind(&announced.content)
    );
    Ok(submitted.said(&done, facts))
}

/// What is to be proposed.
async fn content(
    person: &TraderSession<'_>,
    queue: &Queue,
    task: ProposeTask,
) -> Result<(ChangeKind, Form), String> {
    Ok(match task {
        ProposeTask::Admin { key, form } => (ChangeKind::Admin(key), form),
        ProposeTask::FeeReceiver { key, form } => (ChangeKind::FeeReceiver(key), form),
        ProposeTask::Guardian { leaves, joins, form } => {
            (ChangeKind::Guardian { leaves, joins }, form)
        }
        ProposeTask::Timelock { settings, form } => {
            let now = ChangeKind::Timelock(queue.exchange.timelock);
            (with(&now, "Timelock", None, &settings.set)?, form)
        }
        ProposeTask::Thresholds { settings, form } => {
            let now = ChangeKind::Thresholds(queue.health.thresholds);
            (with(&now, "Thresholds", None, &settings.set)?, form)
        }
        ProposeTask::MarketTerms { market, settings, form } => {
            let (market, found): (Pubkey, Market) = person.market(&market).await?;
            let now = ChangeKind::MarketTerms { market, terms: found.terms };
            (with(&now, "MarketTerms", Some("terms"), &settings.set)?, form)
        }
        ProposeTask::SiloTerms { settings, form } => {
            let terms = person.silo().await?.terms;
            let now = ChangeKind::SiloTerms { silo: person.silo, terms };
            (with(&now, "SiloTerms", Some("terms"), &settings.set)?, form)
        }
        ProposeTask::Upgrade { buffer, build, form } => {
            (ChangeKind::Upgrade { buffer, sha256: hash(&build)? }, form)
        }
        ProposeTask::File { file, form } => {
            let shown = file.display();
            let text = std::fs::read_to_string(&file)
                .map_err(|error| format!("{shown} cannot be read ({error})"))?;
            (parse(&text).map_err(|reason| format!("{shown}: {reason}"))?, form)
        }
    })
}

/// A change to what is there now, with some settings replaced.
fn with(
    now: &ChangeKind,
    kind: &str,
    inner: Option<&str>,
    set: &[(String, String)],
) -> Result<ChangeKind, String> {
    let mut value = to_json(now);
    let settings = match inner {
        Some(inner) => &mut value[kind][inner],
        None => &mut value[kind],
    };
    for (name, new) in set {
        let known: Vec<_> = settings.as_object().into_iter().flat_map(|it| it.keys()).collect();
        if !known.contains(&name) {
            let known = known.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
            return Err(format!("there is no setting {name}; there are {known}: change --set"));
        }
        settings[name.as_str()] = serde_json::from_str(new).unwrap_or_else(|_| json!(new));
    }
    from_json(&value)
}

#[cfg(test)]
mod tests {
    use holdfast_client::Pubkey;
    use holdfast_client::holdfast::state::ChangeKind;
    use holdfast_migrations::presets;

    use super::with;

    #[test]
    fn settings_are_replaced_by_name_and_the_rest_stays() {
        let (market, terms) = (Pubkey::new_from_array([3; 32]), presets::market(150));
        let now = ChangeKind::MarketTerms { market, terms };
        let set = |name: &str, value: &str| {
            let set = [(name.to_owned(), value.to_owned())];
            with(&now, "MarketTerms", Some("terms"), &set)
        };
        let mut expected = terms;
        expected.taker_fee_bps = 8;
        let found = set("taker_fee_bps", "8");
        assert_eq!(found, Ok(ChangeKind::MarketTerms { market, terms: expected }));
        let error = set("taker_fee", "8").unwrap_err();
        assert!(error.contains("there is no setting taker_fee; there are "), "{error}");
        let error = set("taker_fee_bps", "eight").unwrap_err();
        assert!(error.contains("taker_fee_bps has to be a u16"), "{error}");
        let error = set("taker_fee_bps", "65536").unwrap_err();
        assert!(error.contains("taker_fee_bps has to be a u16"), "{error}");
    }
}
