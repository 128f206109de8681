use holdfast_client::Pubkey;
use holdfast_keeper_core::guard::{Alarm, Notice};
use holdfast_keeper_core::health::ChainCondition;
use holdfast_risk::chain::health::State;
use holdfast_rpc::Address;
use serde_json::json;

use super::{LONGEST, body, greeting, text};
use crate::config::{Hook, HookForm};

fn hook(form: HookForm) -> Hook {
    let chat = (form == HookForm::Telegram).then(|| "@me".to_owned());
    Hook { form, url: Address("https://host/key".to_owned()), chat }
}

fn notice(alarm: Alarm) -> Notice {
    Notice { number: 7, account: Some(Pubkey::default()), alarm }
}

#[test]
fn each_service_gets_its_form() {
    let added = notice(Alarm::ToppedUp { amount: 12_500_000 });
    let account = Pubkey::default().to_string();
    let (title, said) = (format!("Holdfast guard, account {account}"), "12.5 were added");
    let both = format!("{title}: {said}");
    let machine = json!({
        "title": title,
        "body": said,
        "type": "info",
        "event": "topped_up",
        "account": account,
        "number": 7,
    });
    for (form, asked) in [
        (HookForm::Slack, json!({"text": both})),
        (HookForm::Discord, json!({"content": both})),
        (HookForm::Telegram, json!({"chat_id": "@me", "text": both})),
        (HookForm::Json, machine),
    ] {
        assert_eq!(body(&hook(form), &added), asked);
    }
    assert!(
        greeting(&hook(HookForm::Json))["body"].as_str().is_some_and(|said| said.contains("test"))
    );
}

#[test]
fn the_chain_and_ones_own_endpoints_are_told_apart() {
    let halt = text(&Alarm::Chain { condition: ChainCondition::Halt });
    let own = text(&Alarm::Endpoints { condition: ChainCondition::RpcStale });
    assert!(halt.contains("the chain itself") && halt.ends_with("halt"), "{halt}");
    assert!(own.contains("your own endpoints") && own.contains("Check rpc"), "{own}");
}

#[test]
fn everything_says_what_it_is_about_and_nothing_is_too_long() {
    let alarms = [
        (Alarm::Margin { percent: 180, line: 200 }, "180 %"),
        (Alarm::Flagged { shortfall: 3_000_000 }, "A deposit of 3"),
        (Alarm::Unpriced, "old"),
        (Alarm::BudgetSpent { lacks: 5_000_000, left: 1_000_000 }, "needs 5 and the budget has 1"),
        (Alarm::Reducing { market: 2 }, "market 2"),
        (Alarm::StopMoved { market: 1, level: 90_500_000 }, "now at 90.5"),
        (Alarm::Failed { reason: "é".repeat(5_000) }, "did not succeed"),
        (Alarm::Missing, "guard.accounts"),
        (Alarm::Venue { state: State::Shelter }, "shelter"),
        (Alarm::Recovered, "well again"),
    ];
    for (alarm, asked) in alarms {
        let said = body(&hook(HookForm::Json), &notice(alarm))["body"].to_string();
        assert!(said.contains(asked), "{said}");
        assert!(said.chars().count() <= LONGEST + 3, "{said}");
    }
}
