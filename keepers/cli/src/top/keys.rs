//! What keys do.

use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

/// What a person has chosen to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The place of the market whose accounts and work are shown; all of them without one.
    pub market: Option<usize>,
    /// The picture stands still.
    pub paused: bool,
    /// The dashboard is left.
    pub quits: bool,
}

impl Choice {
    /// Does what an event asks for, with this many markets to choose from.
    pub fn hear(&mut self, event: &Event, markets: usize) {
        let Event::Key(key) = event else { return };
        if key.kind == KeyEventKind::Release {
            return;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => self.quits = true,
            // Raw mode turns the interrupt into a key.
            KeyCode::Char('c') if control => self.quits = true,
            KeyCode::Char('p') => self.paused = !self.paused,
            KeyCode::Tab | KeyCode::Down | KeyCode::Right => self.turn(1, markets),
            KeyCode::BackTab | KeyCode::Up | KeyCode::Left => self.turn(markets, markets),
            _ => {}
        }
    }

    /// This many places further in the round of all markets and each of them.
    fn turn(&mut self, places: usize, markets: usize) {
        let place = self.market.map_or(0, |market| market + 1);
        self.market = ((place + places) % (markets + 1)).checked_sub(1);
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
