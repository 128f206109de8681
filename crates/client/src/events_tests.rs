use super::*;
use holdfast::events::FeesCollected;

const OTHER: &str = "11111111111111111111111111111111";

fn emitted(amount: u64) -> String {
    let event = FeesCollected { silo: Pubkey::default(), amount };
    format!("{DATA}{}", STANDARD.encode(event.data()))
}

fn amounts(logs: &[String]) -> Vec<u64> {
    let own = own(logs, &holdfast::ID);
    let read = own.events.iter().filter_map(|bytes| read::<FeesCollected>(bytes));
    read.map(|event| event.amount).collect()
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| line.replace("VENUE", &holdfast::ID.to_string())).collect()
}

#[test]
fn only_what_the_program_logged_itself_counts() {
    let forged = emitted(1);
    let logs = lines(&[
        &forged,
        &format!("Program {OTHER} invoke [1]"),
        &forged,
        "Program VENUE invoke [2]",
        &emitted(2),
        &format!("Program {OTHER} invoke [3]"),
        &forged,
        &format!("Program {OTHER} success"),
        &emitted(3),
        "Program VENUE consumed 9 of 10 compute units",
        "Program VENUE success",
        &forged,
        &format!("Program {OTHER} failed: custom program error: 0x1"),
        "Program VENUE invoke [1]",
        &emitted(4),
    ]);
    assert_eq!(amounts(&logs), [2, 3, 4]);
    assert_eq!(all::<FeesCollected>(&logs).count(), 3);
}

#[test]
fn a_line_that_a_program_words_like_a_validators_begins_nothing() {
    let id = holdfast::ID;
    for said in [
        format!("Program log: Program {id} invoke [1]"),
        format!("Program log: \nProgram {id} invoke [1]"),
        format!("Program {id} invoke [1] "),
        format!("Program {id} invoke []"),
    ] {
        let logs = [format!("Program {OTHER} invoke [1]"), said, emitted(1)];
        assert_eq!(amounts(&logs), [0; 0], "{logs:?}");
    }
}

#[test]
fn a_log_that_was_cut_says_so() {
    let mut logs = lines(&["Program VENUE invoke [1]", &emitted(2)]);
    assert!(!own(&logs, &holdfast::ID).truncated);
    logs.push(TRUNCATED.to_owned());
    assert!(own(&logs, &holdfast::ID).truncated);
    assert_eq!(amounts(&logs), [2]);
}
