use holdfast_risk::chain::health::State;

use super::{allowed, spoken};

#[test]
fn every_state_says_what_is_left() {
    assert_eq!(allowed(State::Normal), "");
    let shelter = allowed(State::Shelter);
    for part in [
        "allowed now: deposit, close, cancel",
        "through `holdfast account exit request`: withdraw",
        "not now: open, withdraw beside positions",
    ] {
        assert!(shelter.contains(part), "{shelter}");
    }
    let strained = allowed(State::Strained);
    assert!(strained.contains("with more margin: open, withdraw beside positions"), "{strained}");
    for state in [State::Strained, State::Throttled, State::Thaw, State::Shelter] {
        assert!(allowed(state).contains("allowed now: deposit, close, cancel"), "{state:?}");
    }
}

#[test]
fn the_last_word_about_an_error_is_passed_on() {
    let logs = ["Program log: Instruction: Transfer", "Program log: Error: insufficient funds"];
    assert_eq!(spoken(&logs.map(str::to_owned)), Some("Error: insufficient funds"));
    assert_eq!(spoken(&[]), None);
}
