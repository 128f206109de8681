//! The picture's tables: markets, accounts near liquidation, work.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::{
    Block, Cell, HighlightSpacing, Row, StatefulWidget, Table, TableState, Widget,
};

use super::draw::{Mood, NARROW, Picture, WIDE};
use super::view::{Candidate, Due, MarketStanding, MarketView};
use crate::render::{ago, amount, decimal, signed};

/// A column of the markets' table.
#[derive(Clone, Copy)]
enum Column {
    Name,
    Price,
    Age,
    Standing,
    OffReference,
    Band,
    Skew,
    Longs,
    Shorts,
}

/// Columns with their names and widths, and how wide the table has to be to show them.
const COLUMNS: [(Column, &str, u16, u16); 9] = [
    (Column::Name, "market", 9, 0),
    (Column::Price, "price", 10, 0),
    (Column::Age, "age", 6, 0),
    (Column::Standing, "state", 8, 0),
    (Column::OffReference, "off ref", 8, NARROW),
    (Column::Band, "band", 26, WIDE),
    (Column::Skew, "skew", 6, NARROW),
    (Column::Longs, "longs", 10, NARROW),
    (Column::Shorts, "shorts", 10, NARROW),
];

impl Picture<'_> {
    pub(super) fn markets(&self, area: Rect, buffer: &mut Buffer) {
        let shown = || COLUMNS.iter().filter(|(.., from)| area.width >= *from);
        let cells = |market| shown().map(move |(column, ..)| self.cell(market, *column));
        let rows = self.view.markets.iter().map(|market| Row::new(cells(market)));
        let widths = shown().map(|(_, _, width, _)| Constraint::Length(*width));
        let table = Table::new(rows, widths)
            .header(Row::new(shown().map(|(_, name, ..)| *name)).style(Modifier::DIM))
            .highlight_symbol("> ")
            .highlight_spacing(HighlightSpacing::Always)
            .row_highlight_style(Modifier::BOLD)
            .block(Block::bordered().title(" markets "));
        let mut state = TableState::new().with_selected(self.choice.market);
        StatefulWidget::render(table, area, buffer, &mut state);
    }

    fn cell(&self, market: &MarketView, column: Column) -> Cell<'static> {
        let text = match column {
            Column::Name => market.name.clone(),
            Column::Price => amount(market.price),
            Column::Age if market.published_ms == 0 => "never".to_owned(),
            Column::Age => {
                format!("{} s", self.view.now_ms.saturating_sub(market.published_ms) / 1_000)
            }
            Column::Standing => {
                let mood = standing_mood(market.standing);
                return Cell::from(market.standing.name()).style(self.style(mood));
            }
            Column::OffReference => market.off_reference_bps().map_or_else(String::new, percent),
            Column::Band => format!("{} – {}", amount(market.band_low), amount(market.band_high)),
            Column::Skew => format!("{:+} %", market.skew_percent()),
            Column::Longs => amount(market.longs),
            Column::Shorts => amount(market.shorts),
        };
        Cell::from(text)
    }

    /// Index of the market that was chosen, with its name for titles.
    fn chosen(&self) -> Option<(u8, String)> {
        let market = self.view.markets.get(self.choice.market?)?;
        Some((market.index, format!("in {} ", market.name)))
    }

    pub(super) fn candidates(&self, area: Rect, buffer: &mut Buffer) {
        let chosen = self.chosen();
        let concerned = self.view.candidates.iter().filter(|candidate| {
            chosen.as_ref().is_none_or(|(index, _)| candidate.markets.contains(index))
        });
        let rows = concerned.map(|candidate| self.candidate(candidate));
        let widths = [Constraint::Length(7), Constraint::Length(12), Constraint::Length(12)];
        let widths = widths.into_iter().chain([Constraint::Length(10), Constraint::Fill(1)]);
        let title = chosen.as_ref().map_or("", |(_, title)| title);
        let table = Table::new(rows, widths)
            .header(
                Row::new(["margin", "equity", "needs", "flagged", "account"]).style(Modifier::DIM),
            )
            .block(Block::bordered().title(format!(" nearest to liquidation {title}")));
        Widget::render(table, area, buffer);
    }

    fn candidate(&self, candidate: &Candidate) -> Row<'static> {
        let margin = candidate.margin_bps();
        let mood = match margin {
            ..10_000 => Mood::Bad,
            10_000..12_000 => Mood::Fair,
            _ => Mood::Good,
        };
        let flagged = match candidate.flagged_ms {
            0 => String::new(),
            at => ago(at, self.view.now_ms),
        };
        Row::new([
            Cell::from(format!("{} %", margin / 100)).style(self.style(mood)),
            Cell::from(signed(candidate.equity)),
            Cell::from(amount(candidate.maintenance)),
            Cell::from(flagged),
            Cell::from(candidate.account.clone()),
        ])
    }

    pub(super) fn due(&self, area: Rect, buffer: &mut Buffer) {
        let chosen = self.chosen();
        let concerned = self.view.due.iter().filter(|due| {
            chosen
                .as_ref()
                .is_none_or(|(index, _)| due.market.is_none_or(|market| market == *index))
        });
        let rows = concerned.map(|due| self.work(due));
        let widths = [Constraint::Length(20), Constraint::Length(10), Constraint::Fill(1)];
        let title = format!(" due: {} ", self.view.due_in_all);
        let table = Table::new(rows, widths).block(Block::bordered().title(title));
        Widget::render(table, area, buffer);
    }

    fn work(&self, due: &Due) -> Row<'static> {
        let named = |index: u8| self.view.markets.iter().find(|market| market.index == index);
        let market = due.market.and_then(named).map(|market| market.name.clone());
        let account = due.account.clone().unwrap_or_default();
        Row::new([due.what.to_owned(), market.unwrap_or_default(), account])
    }
}

const fn standing_mood(standing: MarketStanding) -> Mood {
    match standing {
        MarketStanding::Ready => Mood::Good,
        MarketStanding::OutsideBand | MarketStanding::Waiting => Mood::Fair,
        MarketStanding::Stale | MarketStanding::Settling | MarketStanding::Settled => Mood::Bad,
    }
}

fn percent(bps: i64) -> String {
    let sign = if bps < 0 { '-' } else { '+' };
    format!("{sign}{} %", decimal(bps.unsigned_abs(), 2))
}
