extern crate std;
use std::format;
use std::vec::Vec;

use super::{Action, Permit, permit};
use crate::chain::fuse::{Fuses, permit_with};
use crate::chain::health::State;

/// The table of what may be done: one row per action, one column per state, loosest first.
#[test]
fn the_whole_table() {
    use Permit::{Allowed, DeeplyInsolvent, Queued, Refused, RisingLine, Stressed};
    let states = [State::Normal, State::Strained, State::Throttled, State::Thaw, State::Shelter];
    let always = [Allowed; 5];
    let opening = [Allowed, Stressed, Stressed, Refused, Refused];
    let table = [
        (Action::AddMargin, always),
        (Action::Cancel, always),
        (Action::RequestReduction, always),
        (Action::Reduce, always),
        (Action::RequestOpening, opening),
        (Action::Open, opening),
        (Action::WithdrawIdle, [Allowed, Allowed, Allowed, Queued, Queued]),
        (Action::WithdrawFree, [Allowed, Stressed, Stressed, Stressed, Refused]),
        (Action::Flag, always),
        (Action::Liquidate, [Allowed, Allowed, Allowed, RisingLine, DeeplyInsolvent]),
        (Action::RequestPool, always),
        (Action::ChangePool, [Allowed, Allowed, Allowed, Refused, Refused]),
        (Action::MatureProfit, [Allowed, Allowed, Refused, Refused, Refused]),
        (Action::ChangeInCalm, [Allowed, Refused, Refused, Refused, Refused]),
    ];
    assert_eq!(table.map(|(action, _)| action).as_slice(), Action::ALL);
    for (action, row) in table {
        assert_eq!(states.map(|state| permit(action, state)), row, "{action:?}");
        // A fuse refuses in every state, or changes nothing.
        let all = states.map(|state| permit_with(action, state, Fuses::ALL));
        let fused = if Fuses::ALL.take(action) { [Refused; 5] } else { row };
        assert_eq!(all, fused, "{action:?}");
        assert_eq!(states.map(|state| permit_with(action, state, Fuses::NONE)), row, "{action:?}");
    }
}

/// Names between two marks of a file, one a line, without comments.
fn names<'a>(file: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let list = file.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap_or_default();
    let lines = list.lines().map(str::trim).filter(|line| !line.starts_with("///"));
    let names = lines.map(|line| line.trim_matches([',', '\'']));
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_action_is_listed_in_its_order_here_and_in_the_typescript_client() {
    let all = Action::ALL.map(|action| format!("{action:?}"));
    assert_eq!(names(include_str!("policy.rs"), "pub enum Action {", "}"), all);
    let client = include_str!("../../../../clients/ts/src/risk.ts");
    assert_eq!(names(client, "export const ACTIONS = [", "]"), all);
}
