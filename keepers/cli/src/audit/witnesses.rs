//! Whose word an audit is: what several endpoints show of the same books, compared.

use futures_util::future::join_all;
use holdfast_client::Pubkey;
use holdfast_client::audit::{Check, reconcile};
use holdfast_rpc::Endpoint;

use super::{Seen, off, see};
use crate::preflight::OLD;

/// What one endpoint shows.
pub struct Witness {
    /// Where it is, without keys.
    pub name: String,
    /// Everything of the silo.
    pub seen: Seen,
    /// Its sums.
    pub lines: Vec<Check>,
    /// What is off by them.
    pub off: Option<String>,
}

/// What all of them come to.
pub struct Hearing {
    /// Who shows what most show, the newest first.
    pub agree: Vec<Witness>,
    /// Who contradicts them or is behind, each with why.
    pub wrong: Vec<String>,
    /// What those said that show nothing.
    pub silent: Vec<String>,
}

/// Asks all endpoints at once.
pub async fn hear(endpoints: &[Endpoint], silo: Pubkey) -> Hearing {
    let asked = endpoints.iter().map(async |endpoint| {
        let seen = see(endpoint, silo).await;
        let slot = endpoint.epoch().await.map_or(0, |(slot, _)| slot);
        (endpoint.address.to_string(), seen, slot)
    });
    let answers = join_all(asked).await;
    let newest = answers.iter().map(|(.., slot)| *slot).max().unwrap_or_default();
    let (mut witnesses, mut wrong, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    for (name, seen, _) in answers {
        match seen {
            Err(reason) if silent.contains(&reason) => {}
            Err(reason) => silent.push(reason),
            Ok(seen) if seen.slot.saturating_add(OLD) < newest => {
                let behind = newest - seen.slot;
                wrong.push(format!("{name} shows the silo as it was {behind} slots ago"));
            }
            Ok(seen) => {
                let lines = reconcile(&seen.walk);
                let off = off(&seen, &lines);
                witnesses.push(Witness { name, seen, lines, off });
            }
        }
    }
    let agree = most(witnesses, &mut wrong);
    Hearing { agree, wrong, silent }
}

/// Those who say what most say. The others contradict them; where no side is larger, all do.
fn most(witnesses: Vec<Witness>, wrong: &mut Vec<String>) -> Vec<Witness> {
    let count = |of: &Witness| witnesses.iter().filter(|other| other.off == of.off).count();
    let sides: Vec<_> = witnesses.iter().map(count).collect();
    let total = witnesses.len();
    let (mut agree, mut others) = (Vec::new(), Vec::new());
    for (witness, side) in witnesses.into_iter().zip(sides) {
        if side * 2 > total { agree.push(witness) } else { others.push(witness) }
    }
    wrong.extend(others.iter().map(|witness| {
        let says = witness.off.as_deref().unwrap_or("every sum is as it should be");
        format!("{} says that {says}", witness.name)
    }));
    agree.sort_by_key(|witness| core::cmp::Reverse(witness.seen.slot));
    agree
}
