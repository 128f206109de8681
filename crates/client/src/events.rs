//! Events out of a transaction's logs.

use anchor_lang::Event;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The events of this kind that the venue's program emitted, in their order. Only what it wrote itself
/// counts: any program can log the same bytes.
pub fn all<E: Event>(logs: &[String]) -> impl Iterator<Item = E> {
    let program = holdfast::ID.to_string();
    let mut running: Vec<&str> = Vec::new();
    let data = logs.iter().filter_map(move |line| {
        let said = line.strip_prefix("Program ")?;
        if let Some(data) = said.strip_prefix("data: ") {
            return running.last().is_some_and(|it| *it == program).then_some(data);
        }
        // What a program logs of its own begins with `log:`, and says whatever the program wants.
        let (who, what) = said.split_once(' ').filter(|(who, _)| !who.ends_with(':'))?;
        if what.starts_with("invoke [") {
            running.push(who);
        } else if what == "success" || what.starts_with("failed") {
            running.pop();
        }
        None
    });
    data.filter_map(|text| STANDARD.decode(text).ok())
        .filter_map(|bytes| E::try_from_slice(bytes.strip_prefix(E::DISCRIMINATOR)?).ok())
}

#[cfg(test)]
mod tests {
    use anchor_lang::Event as _;
    use anchor_lang::prelude::Pubkey;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use holdfast::events::OrderRemoved;

    use super::all;

    const OTHER: Pubkey = Pubkey::new_from_array([7; 32]);

    fn event(number: u64) -> String {
        let removed = OrderRemoved { account: OTHER, number, reason: 1 };
        format!("Program data: {}", STANDARD.encode(removed.data()))
    }

    /// The numbers of the orders that these lines tell of.
    fn told(lines: &[String]) -> Vec<u64> {
        all::<OrderRemoved>(lines).map(|removed| removed.number).collect()
    }

    fn begins(program: Pubkey, depth: u32) -> String {
        format!("Program {program} invoke [{depth}]")
    }

    fn ends(program: Pubkey) -> String {
        format!("Program {program} success")
    }

    #[test]
    fn only_what_the_program_itself_wrote_is_an_event() {
        let own = holdfast::ID;
        // Called by another program, and calling another one itself.
        let lines = [
            begins(OTHER, 1),
            event(1),
            begins(own, 2),
            event(2),
            begins(OTHER, 3),
            event(3),
            ends(OTHER),
            event(4),
            ends(own),
            event(5),
            ends(OTHER),
            event(6),
        ];
        assert_eq!(told(&lines), [2, 4]);
    }

    #[test]
    fn nothing_that_a_program_logs_passes_for_a_frame() {
        let own = holdfast::ID;
        let logs = |text: &str| format!("Program log: {text}");
        let lines = [
            begins(OTHER, 1),
            logs("invoke [1]"),
            logs(&begins(own, 1)),
            event(1),
            ends(OTHER),
            begins(own, 1),
            logs("success"),
            logs("failed"),
            logs(&ends(own)),
            event(2),
            "Program data: not base64!".to_owned(),
            format!("Program {own} failed: custom program error: 0x1"),
            event(3),
        ];
        assert_eq!(told(&lines), [2]);
    }
}
