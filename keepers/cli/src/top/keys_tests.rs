use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::Choice;

fn typed(choice: &mut Choice, code: KeyCode, markets: usize) {
    choice.hear(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)), markets);
}

#[test]
fn the_round_goes_through_all_markets_and_each_of_them() {
    let mut choice = Choice::default();
    let mut round = |code| {
        let mut seen = Vec::new();
        for _ in 0..4 {
            typed(&mut choice, code, 2);
            seen.push(choice.market);
        }
        seen
    };
    assert_eq!(round(KeyCode::Tab), [Some(0), Some(1), None, Some(0)]);
    assert_eq!(round(KeyCode::Left), [None, Some(1), Some(0), None]);
    typed(&mut choice, KeyCode::Down, 0);
    assert_eq!(choice.market, None, "there is none to choose");
    choice.market = Some(7);
    typed(&mut choice, KeyCode::Up, 2);
    assert!(choice.market.is_none_or(|market| market < 2), "markets may be fewer than before");
}

#[test]
fn p_pauses_and_q_or_an_interrupt_leaves() {
    let mut choice = Choice::default();
    typed(&mut choice, KeyCode::Char('p'), 1);
    assert!(choice.paused);
    typed(&mut choice, KeyCode::Char('p'), 1);
    typed(&mut choice, KeyCode::Char('c'), 1);
    assert_eq!(choice, Choice::default());
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    choice.hear(&Event::Key(interrupt), 1);
    assert!(choice.quits);
    let mut choice = Choice::default();
    typed(&mut choice, KeyCode::Char('q'), 1);
    assert!(choice.quits);
}
