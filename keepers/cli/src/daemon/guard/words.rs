//! What notices say, and the forms in which services take them.

use holdfast_keeper_core::guard::{Alarm, Notice, Severity};
use serde_json::{Value, json};

use crate::config::{Hook, HookForm};
use crate::render::{amount, state};

/// Letters of a message, at most: services refuse longer ones, and what a program says may be long.
const LONGEST: usize = 1_500;

/// A notice as a service takes it.
pub fn body(hook: &Hook, notice: &Notice) -> Value {
    let (title, text) = (title(notice), shortened(text(&notice.alarm)));
    let mut body = put(hook, &title, &text, kind(notice.alarm.severity()));
    if hook.form == HookForm::Json {
        body["event"] = json!(notice.alarm.name());
        body["account"] = json!(notice.account.map(|account| account.to_string()));
        body["number"] = json!(notice.number);
    }
    body
}

/// A message that says that a webhook is reached.
pub fn greeting(hook: &Hook) -> Value {
    put(hook, "Holdfast guard", "This is a test: messages reach you here.", kind(Severity::Info))
}

fn put(hook: &Hook, title: &str, text: &str, kind: &str) -> Value {
    let both = format!("{title}: {text}");
    match hook.form {
        HookForm::Slack => json!({"text": both}),
        HookForm::Discord => json!({"content": both}),
        HookForm::Telegram => json!({"chat_id": hook.chat, "text": both}),
        HookForm::Json => json!({"title": title, "body": text, "type": kind}),
    }
}

const fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "failure",
    }
}

fn title(notice: &Notice) -> String {
    let what = match notice.alarm.severity() {
        Severity::Info => "Holdfast guard",
        Severity::Warning => "Holdfast guard, warning",
        Severity::Critical => "Holdfast guard, act now",
    };
    match notice.account {
        Some(account) => format!("{what}, account {account}"),
        None => what.to_owned(),
    }
}

fn text(alarm: &Alarm) -> String {
    match alarm {
        Alarm::Margin { percent, line } => format!(
            "its equity is {percent} % of the maintenance margin, below your line of {line} %; at \
             100 % it can be liquidated. Add margin or reduce; both work in every state of the chain"
        ),
        Alarm::Flagged { shortfall } => format!(
            "it is flagged for liquidation. A deposit of {} clears the flag",
            amount(*shortfall)
        ),
        Alarm::Unpriced => {
            "a price that it depends on is old. Nothing is added or reduced until a \
                            current price is there"
                .to_owned()
        }
        Alarm::BudgetSpent { lacks, left } => format!(
            "it needs {} and the budget has {} left. Add margin yourself, or raise guard.budget",
            amount(*lacks),
            amount(*left)
        ),
        Alarm::ToppedUp { amount: added } => format!("{} were added", amount(*added)),
        Alarm::Reducing { market } => {
            format!("an order that reduces the position in market {market} waits for its price")
        }
        Alarm::StopMoved { market, level } => {
            format!("the stop in market {market} is now at {}", amount(*level))
        }
        Alarm::Failed { reason } => format!("what was to be done did not succeed: {reason}"),
        Alarm::Missing => "it does not exist any more: take it out of guard.accounts".to_owned(),
        Alarm::Venue { state: now } => {
            format!("the venue's state is {}; the page says what works now", state(*now))
        }
        Alarm::Chain { condition } => format!(
            "something is the matter with the chain itself or its prices, not with your endpoints: {}",
            condition.name()
        ),
        Alarm::Endpoints { condition } => format!(
            "your own endpoints are of no use or contradict one another, so nobody looks after your \
             accounts: {}. Check rpc and websocket",
            condition.name()
        ),
        Alarm::Recovered => "chain and endpoints are well again".to_owned(),
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
