use std::collections::BTreeSet;

use holdfast_client::Pubkey;
use holdfast_risk::Millis;

use super::super::parse;
use super::{GuardSettings, Hook, HookForm};

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let cases = [
        ("accounts = ['me']", "guard.accounts names me: write addresses in base 58"),
        ("source = 'purse'", "guard.source names purse"),
        ("warn_percent = 100", "guard.warn_percent is 100: at 100 an account can be liquidated"),
        ("top_up_percent = 150", "guard.budget is 0"),
        ("top_up_percent = 200\nbudget = 1", "raise guard.to_percent or lower the line"),
        ("reduce_percent = 250", "guard.reduce_percent is 250 and guard.to_percent 200"),
        ("budget_hours = 0", "guard.budget_hours is 0"),
        ("trail_bps = 10000", "guard.trail_bps is 10000"),
        ("slippage_bps = 20000", "guard.slippage_bps is 20000"),
        ("trail_step_bps = 0", "guard.trail_step_bps is 0"),
        ("webhooks = [{ form = 'slack', url = 'mailto:me' }]", "guard.webhooks.url names"),
        ("webhooks = [{ form = 'fax', url = 'http://a' }]", "fax"),
        ("webhooks = [{ form = 'telegram', url = 'http://a' }]", "Telegram needs the chat"),
        ("webhooks = [{ form = 'slack', url = 'http://a', chat = '1' }]", "only Telegram has"),
        ("top_up = 1", "top_up"),
    ];
    for (text, said) in cases {
        let error = parse(&format!("[guard]\n{text}\n")).unwrap_err();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn settings_become_the_guards_terms() {
    let (one, two) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
    let text = format!(
        "[guard]\naccounts = '{one}, {two}'\nsource = '{two}'\ntop_up_percent = 150\n\
         budget = 5000000\nbudget_hours = 2\ntrail_bps = 300\n\
         [[guard.webhooks]]\nform = 'discord'\nurl = 'https://host/secret'\n"
    );
    let guard = parse(&text).expect("it is fine").guard;
    assert_eq!(guard.source(), Ok(Some(two)));
    let terms = guard.terms(two).expect("addresses");
    assert_eq!(terms.accounts, BTreeSet::from([one, two]));
    assert_eq!((terms.top_up_percent, terms.budget, terms.source), (150, 5_000_000, two));
    assert_eq!((terms.period, terms.trail_bps), (Millis(7_200_000), 300));
    assert!(guard.places_orders() && !GuardSettings::default().places_orders());
    let [Hook { form: HookForm::Discord, url, chat: None }] = &guard.webhooks[..] else {
        panic!("{:?}", guard.webhooks)
    };
    assert_eq!(url.to_string(), "https://host");
    assert!(!format!("{guard:?}").contains("secret"));
}
