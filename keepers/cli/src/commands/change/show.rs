//! What a change would make different.

use std::path::Path;

use holdfast_client::Pubkey;
use holdfast_client::decode::content_hash;
use holdfast_client::holdfast::state::{Change, ChangeKind};
use holdfast_risk::governance::UPGRADE_WAIT;
use serde_json::{Value, json};

use super::queue::{Queue, Standing};
use crate::change_file::{fields, to_json};
use crate::output::{CommandOutput, joined};
use crate::render;

/// A field before and after.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path in the change.
    pub field: String,
    /// What it is; nothing where it is created.
    pub now: Option<String>,
    /// What it would be.
    pub then: String,
}

/// The fields in which a change differs from what is there, by the path of each field.
pub fn differences(before: &[(String, String)], then: &ChangeKind) -> Vec<Difference> {
    let after = fields(&to_json(then));
    let gone = before.iter().filter(|(field, _)| after.iter().all(|(other, _)| other != field));
    let gone: Vec<_> = gone
        .map(|(field, value)| Difference {
            field: field.clone(),
            now: Some(value.clone()),
            then: "none".to_owned(),
        })
        .collect();
    let changed = after.into_iter().filter_map(|(field, then)| {
        let now = before.iter().find(|(other, _)| *other == field).map(|(_, value)| value.clone());
        (now.as_ref() != Some(&then)).then_some(Difference { field, now, then })
    });
    changed.chain(gone).collect()
}

/// A change in full.
pub fn show(
    queue: &Queue,
    change: &Change,
    standing: Standing,
    differences: &[Difference],
    build: Option<&Build>,
) -> CommandOutput {
    let (keys, anyone) = queue.cancellers(change, standing);
    let mut rows = vec![
        ("change", change.number.to_string()),
        ("kind", kind(&change.content)),
        ("hash", hex(&content_hash(&change.content))),
        ("stands", stands(standing, queue)),
        ("expires", at(change.expires_ms, queue)),
        ("proposer", change.proposer.to_string()),
        ("taken back by", if anyone { "anybody".to_owned() } else { listed(&keys) }),
    ];
    if let Some(build) = build {
        rows.push(("your build", build.sentence()));
    }
    let table = differences.iter().map(|it| {
        [it.field.clone(), it.now.clone().unwrap_or_else(|| "-".to_owned()), it.then.clone()]
    });
    let table = render::table(["field", "now", "then"], table);
    let nothing = if differences.is_empty() { "\nnothing would be different" } else { "" };
    let text = format!("{}\n{table}{nothing}", render::facts(&rows));
    let facts = json!({
        "differences": differences.iter().map(|it| json!({
            "field": it.field, "now": it.now, "then": it.then,
        })).collect::<Vec<_>>(),
        "taken_back_by": keys.iter().map(Pubkey::to_string).collect::<Vec<_>>(),
        "taken_back_by_anybody": anyone,
        "build_matches": build.map(|build| build.matches),
    });
    CommandOutput::new(text, joined(facts_of(change, standing), facts))
}

/// What a machine is told of a change.
pub fn facts_of(change: &Change, standing: Standing) -> Value {
    json!({
        "number": change.number,
        "kind": kind(&change.content),
        "hash": hex(&content_hash(&change.content)),
        "standing": standing.name(),
        "ready_ms": change.ready_ms,
        "waits_until_ms": match standing { Standing::Waits(until) => Some(until.0), _ => None },
        "expires_ms": change.expires_ms,
        "proposer": change.proposer.to_string(),
        "content": to_json(&change.content),
    })
}

/// The name of a change's kind.
pub fn kind(content: &ChangeKind) -> String {
    let shown = to_json(content);
    shown.as_object().and_then(|it| it.keys().next().cloned()).unwrap_or_default()
}

/// How a change stands, in words.
pub fn stands(standing: Standing, queue: &Queue) -> String {
    match standing {
        Standing::Waits(until) => format!("it waits: {} at the earliest", at(until.0, queue)),
        Standing::Ready => "ready: anyone may apply it".to_owned(),
        Standing::Expired => "it has expired: anyone may remove it".to_owned(),
        Standing::Superseded => "void: a newer change of the same target was proposed".to_owned(),
        Standing::Lapsed => "void: its proposer is no longer the admin".to_owned(),
    }
}

/// A moment of the cluster's clock, and how far it is.
fn at(moment: u64, queue: &Queue) -> String {
    let far = |ms: u64| {
        let minutes = ms.div_ceil(60_000);
        format!("{} d {} h {} min", minutes / 1_440, minutes / 60 % 24, minutes % 60)
    };
    match moment.checked_sub(queue.now.0) {
        Some(left) => format!("in {} ({moment})", far(left)),
        None => format!("{} ago ({moment})", far(queue.now.0 - moment)),
    }
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn listed(keys: &[Pubkey]) -> String {
    keys.iter().map(Pubkey::to_string).collect::<Vec<_>>().join(", ")
}

/// A build of one's own beside what an upgrade names.
pub struct Build {
    found: String,
    matches: bool,
}

impl Build {
    /// Compares a file with an upgrade.
    ///
    /// # Errors
    /// A sentence when the file cannot be read, or the change is no upgrade.
    pub fn compare(file: &Path, content: &ChangeKind) -> Result<Self, String> {
        let ChangeKind::Upgrade { sha256, .. } = content else {
            return Err("this change is no upgrade: leave out --build".to_owned());
        };
        let found = hash(file)?;
        Ok(Self { found: hex(&found), matches: found == *sha256 })
    }

    fn sentence(&self) -> String {
        let found = &self.found;
        if self.matches {
            return format!("the same, {found}");
        }
        let days = UPGRADE_WAIT.0 / 86_400_000;
        format!(
            "ANOTHER PROGRAM, {found}: a guardian takes this back within {days} days, or it runs"
        )
    }
}

/// SHA-256 of a file.
///
/// # Errors
/// A sentence when it cannot be read.
pub fn hash(file: &Path) -> Result<[u8; 32], String> {
    let bytes = std::fs::read(file)
        .map_err(|error| format!("{} cannot be read ({error}): check --build", file.display()))?;
    Ok(solana_sha256_hasher::hash(&bytes).to_bytes())
}

#[cfg(test)]
#[path = "show_tests.rs"]
mod tests;
