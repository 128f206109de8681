use holdfast_risk::chain::health::State;

use super::states;

#[test]
fn the_recorded_state_is_told_from_the_one_found_now() {
    assert_eq!(states(State::Normal, State::Normal), "normal");
    let found = states(State::Normal, State::Shelter);
    assert_eq!(found, "normal (recorded), shelter now: the chain was disrupted, nothing opens");
    assert_eq!(states(State::Thaw, State::Normal), "thaw (recorded), normal now");
}
