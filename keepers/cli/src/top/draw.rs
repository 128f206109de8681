//! The picture: a view and what was chosen in, cells out.

use holdfast_keeper_core::health::ChainCondition;
use holdfast_risk::chain::health::{SKIP_WINDOW, State};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Widget};

use super::keys::Choice;
use super::landing::Landing;
use super::view::{ChainView, Source, View, state_name};
use crate::render::{ago, decimal};

/// From this width on the three upper panels stand side by side.
pub(super) const WIDE: u16 = 110;
/// From this width on the two lower panels do, with whole addresses in both.
const WIDEST: u16 = 170;
/// Below this width only the chain is shown above.
pub(super) const NARROW: u16 = 60;
/// Rows of the upper panels, their frames included.
const UPPER: u16 = 10;
/// Frame and head of a table.
const FRAME: u16 = 3;
/// Rows that --once shows of a list, at most.
const LISTED: usize = 20;

/// The dashboard's picture.
pub struct Picture<'a> {
    /// What is shown.
    pub view: &'a View,
    /// What was chosen.
    pub choice: Choice,
    /// Whether colours may be used; what they say is also said in words.
    pub coloured: bool,
}

/// How things are.
#[derive(Clone, Copy)]
pub(super) enum Mood {
    Good,
    Fair,
    Bad,
}

impl Picture<'_> {
    /// The picture as plain text, as high as it has to be.
    pub fn text(&self, width: u16) -> String {
        // Of the lower panels the upper one gets three fifths.
        let listed = self.view.candidates.len().max(self.view.due.len() * 3 / 2).clamp(1, LISTED);
        let rows = self.view.markets.len().max(1) + (listed + usize::from(FRAME)) * 5 / 3;
        let height = 2 + UPPER + FRAME + u16::try_from(rows).unwrap_or(u16::MAX / 2);
        let buffer = self.frame(Rect::new(0, 0, width, height));
        let lines = buffer.content.chunks(usize::from(width.max(1))).map(|cells| {
            let line: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The picture in an area of its own.
    pub fn frame(&self, area: Rect) -> Buffer {
        let mut buffer = Buffer::empty(area);
        self.draw(area, &mut buffer);
        buffer
    }

    /// Draws the picture. What there is no room for is left out, the lower panels first.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) {
        let markets = u16::try_from(self.view.markets.len().max(1)).unwrap_or(u16::MAX);
        let inner = area.height.saturating_sub(2);
        let upper = UPPER.min(inner.div_ceil(2));
        let middle = markets.saturating_add(FRAME).min(inner - upper);
        let heights = [1, upper, middle, inner - upper - middle, 1].map(Constraint::Length);
        let [head, upper, middle, lower, foot] = Layout::vertical(heights).areas(area);
        self.head().render(head, buffer);
        self.upper(upper, buffer);
        self.markets(middle, buffer);
        self.lower(lower, buffer);
        let keys = " q quit · tab and arrows choose a market · p pause";
        Line::styled(keys, Style::new().add_modifier(Modifier::DIM)).render(foot, buffer);
    }

    pub(super) fn style(&self, mood: Mood) -> Style {
        let colour = match mood {
            Mood::Good => Color::Green,
            Mood::Fair => Color::Yellow,
            Mood::Bad => Color::Red,
        };
        let style = if self.coloured { Style::new().fg(colour) } else { Style::new() };
        if matches!(mood, Mood::Bad) { style.add_modifier(Modifier::BOLD) } else { style }
    }

    fn head(&self) -> Line<'static> {
        let view = self.view;
        let ready = if view.ready { " · ready" } else { " · not ready" };
        let paused = if self.choice.paused { " · paused" } else { "" };
        Line::from(vec![
            Span::styled(" holdfast", Style::new().add_modifier(Modifier::BOLD)),
            Span::raw(" · "),
            Span::styled(view.class.name(), self.style(class_mood(view.class))),
            Span::raw(format!("{ready}{paused} · silo {} · slot {}", view.silo, view.slot)),
        ])
    }

    fn upper(&self, area: Rect, buffer: &mut Buffer) {
        let chain = panel("chain", self.chain());
        let sources = panel("seen from here", self.sources());
        let landing = panel("landing", self.landing());
        if area.width >= WIDE {
            let [left, middle, right] = Layout::horizontal([Constraint::Fill(1); 3]).areas(area);
            chain.render(left, buffer);
            sources.render(middle, buffer);
            landing.render(right, buffer);
        } else if area.width >= NARROW {
            let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(area);
            let [above, below] = Layout::vertical([Constraint::Fill(1); 2]).areas(right);
            chain.render(left, buffer);
            sources.render(above, buffer);
            landing.render(below, buffer);
        } else {
            chain.render(area, buffer);
        }
    }

    /// What the venue knows of the chain, next to what is seen from here.
    fn chain(&self) -> Vec<Line<'static>> {
        let now = self.view.now_ms;
        let Some(chain) = &self.view.chain else {
            return vec![Line::raw("no snapshot yet")];
        };
        let slot = |us: u64| format!("{} ms", us / 1_000);
        let window = match chain.window_us {
            0 => "not measured".to_owned(),
            us => slot(u64::from(us)),
        };
        let here =
            self.view.slot_us.map_or_else(String::new, |us| format!(", from here {}", slot(us)));
        let skipped = chain.skipped.map_or_else(
            || "not known".to_owned(),
            |skipped| format!("{skipped} in {}", SKIP_WINDOW.saturating_add(skipped)),
        );
        let skipped_here = self.view.skipped_bps;
        let skipped_here = skipped_here
            .map_or_else(String::new, |bps| format!(", from here {} %", decimal(bps, 2)));
        let held = match chain.until_ms.checked_sub(now) {
            None | Some(0) => String::new(),
            Some(left) => format!(", held for {} s", left / 1_000),
        };
        let usual = slot(u64::from(chain.baseline_us));
        let restart_slot = chain.restart_slot.map_or("unknown".to_owned(), |slot| slot.to_string());
        vec![
            self.ladder(chain),
            fact("since", format!("{}{held}", ago(chain.since_ms, now))),
            fact("last disruption", ago(chain.last_disruption_ms, now)),
            fact("slot", format!("{window}, usually {usual}{here}")),
            fact("skipped", format!("{skipped}{skipped_here}")),
            fact("observed", ago(chain.observed_ms, now)),
            fact("clock leads", format!("{} ms", chain.lead_ms)),
            fact("restart slot", restart_slot),
        ]
    }

    /// All states, the present one in brackets.
    fn ladder(&self, chain: &ChainView) -> Line<'static> {
        let rungs = (0..5).map(State::from_code).map(|state| {
            if state == chain.state {
                let mood = state_mood(state);
                Span::styled(format!("[{}] ", state_name(state)), self.style(mood))
            } else {
                Span::styled(format!("{} ", state_name(state)), Modifier::DIM)
            }
        });
        rungs.collect()
    }

    /// The diagnosis, and each endpoint and stream; those at fault come first.
    fn sources(&self) -> Vec<Line<'static>> {
        let view = self.view;
        let class = Span::styled(view.class.name(), self.style(class_mood(view.class)));
        let mut lines = vec![Line::from(vec![Span::raw(pad("diagnosis")), class])];
        let endpoints = view.endpoints.iter().map(|source| ("endpoint", source));
        let streams = view.streams.iter().map(|source| ("stream", source));
        let mut sources: Vec<_> = endpoints.chain(streams).collect();
        sources.sort_by_key(|(_, source)| source.fault.is_none());
        lines.extend(sources.into_iter().map(|(kind, source)| self.source(kind, source)));
        lines
    }

    fn source(&self, kind: &str, source: &Source) -> Line<'static> {
        let mood = if source.fault.is_some() { Mood::Bad } else { Mood::Good };
        let said = source.fault.unwrap_or("fine");
        Line::from(vec![
            Span::raw(pad(kind)),
            Span::styled(said, self.style(mood)),
            Span::raw(format!("  {}", source.place)),
        ])
    }

    fn landing(&self) -> Vec<Line<'static>> {
        match &self.view.landing {
            Landing::NotAsked => vec![Line::raw("name a keeper to see it: --keeper URL")],
            Landing::Unanswered(reason) => {
                vec![Line::styled(format!("no figures: {reason}"), self.style(Mood::Bad))]
            }
            Landing::Counted(counted) => {
                let slots = decimal(counted.slots_to_land(), 1);
                let failed = counted.refused.saturating_add(counted.expired);
                let mood = if failed > counted.landed { Mood::Bad } else { Mood::Good };
                let ended = format!(
                    "{} landed, {} refused, {} expired",
                    counted.landed, counted.refused, counted.expired
                );
                vec![
                    Line::styled(ended, self.style(mood)),
                    Line::raw(format!("{slots} slots to land, {} µlamports/CU", counted.price())),
                    Line::raw(format!("{} under way, {} sent", counted.flying, counted.sent)),
                ]
            }
        }
    }

    fn lower(&self, area: Rect, buffer: &mut Buffer) {
        let halves = [Constraint::Fill(3), Constraint::Fill(2)];
        let [candidates, due] = if area.width >= WIDEST {
            Layout::horizontal(halves).areas(area)
        } else if area.height > 2 * FRAME {
            Layout::vertical(halves).areas(area)
        } else {
            [area, Rect::ZERO]
        };
        self.candidates(candidates, buffer);
        self.due(due, buffer);
    }
}

fn panel(title: &str, lines: Vec<Line<'static>>) -> Paragraph<'static> {
    Paragraph::new(lines).block(Block::bordered().title(format!(" {title} ")))
}

fn fact(name: &str, value: String) -> Line<'static> {
    Line::raw(pad(name) + &value)
}

fn pad(name: &str) -> String {
    format!("{name:<13}")
}

const fn class_mood(class: ChainCondition) -> Mood {
    match class {
        ChainCondition::Healthy => Mood::Good,
        ChainCondition::OracleStale
        | ChainCondition::SlowSlots
        | ChainCondition::HighSkip
        | ChainCondition::StreamSilent => Mood::Fair,
        ChainCondition::ForkSwitch
        | ChainCondition::BlockhashExpired
        | ChainCondition::Restart
        | ChainCondition::Halt
        | ChainCondition::RpcStale
        | ChainCondition::Disputed => Mood::Bad,
    }
}

const fn state_mood(state: State) -> Mood {
    match state {
        State::Normal => Mood::Good,
        State::Strained | State::Throttled => Mood::Fair,
        State::Thaw | State::Shelter => Mood::Bad,
    }
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
