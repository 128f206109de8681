//! Sections of the page about what could be gained: by an adversary, by disrupting the chain, by
//! paying for a place in a block.

use std::fmt::Write;

use holdfast_client::stress::{BLOCK_UNITS, PRIORITY_MICROLAMPORTS, SOL_DOLLARS, STAKE_PERCENT};

use super::figures::money;
use super::findings::Report;
use super::table::{sizing_cells, sizing_header};
use crate::lab::sizing::{JUMPS_A_DAY, LARGEST_JUMP_PPM, ONE_IN};

/// What the adversary gained on each scenario's prices.
pub fn attacks(report: &Report) -> String {
    if report.attacks.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for attack in &report.attacks {
        let look = if attack.best_profit > 0 || attack.violations > 0 { "bad" } else { "good" };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"{look}\">{}</td><td>{}</td></tr>",
            attack.scenario,
            attack.seeds,
            attack.attempts,
            money(attack.best_profit.into()),
            attack.violations,
        );
    }
    let attempts: u64 = report.attacks.iter().map(|attack| attack.attempts).sum();
    let best = report.attacks.iter().map(|attack| attack.best_profit).max().unwrap_or(0);
    let found = if best > 0 {
        format!("The best gained {}.", money(best.into()))
    } else {
        "None gained anything.".to_owned()
    };
    format!(
        "<h2>The adversary</h2><p>Two accounts, a keeper, a poster of prices and any order of moves, on \
         stretches of each scenario's prices, against the compiled program with an honest keeper beside: \
         {attempts} attempts that climb towards gain at no market exposure. {found} A loss is what the \
         best attempt cost its owner in fees. The chain is well in these; more seeds: <code>--attacks \
         N</code>, and <code>cargo xtask adversary</code> on drawn prices.</p><div class=\"wide\"><table>\
         <thead><tr><th>prices of</th><th>seeds</th><th>attempts</th><th>best gain</th><th>not liquidated \
         in time, or stuck</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

/// The books before anything happens, and what disrupting the chain costs and gains.
pub fn economics(report: &Report) -> String {
    let Some(played) = report.played.first() else { return String::new() };
    let mut rows = String::new();
    for at in &played.disruption {
        let _ = write!(
            rows,
            "<tr><td>{} min</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            at.minutes,
            money(at.crowding_costs.into()),
            money(at.gain.into()),
            if at.is_futile() { "does not pay" } else { "could pay" },
        );
    }
    format!(
        "<h2>The books, and what disrupting the chain would be worth</h2><p>Before anything happens: what \
         liquidity gains when prices rise by one percent (Delta), by how much that grows with the next \
         percent (Gamma), what accounts could not pay if the price jumped with nobody liquidated on the \
         way, and the largest jump that insurance covers.</p><div class=\"wide\"><table><thead><tr><th></th>\
         <th>Delta</th><th>Gamma</th><th>unpaid at −10 %</th><th>unpaid at −20 %</th><th>insurance covers \
         a fall of</th><th>and a rise of</th></tr></thead><tbody>{books}</tbody></table></div>\
         <h3 style=\"margin-top:1.2em\">Disrupting the chain, in {name}</h3><div class=\"wide\"><table>\
         <thead><tr><th>for</th><th>outbidding every block costs</th><th>and gains here at most</th><th></th>\
         </tr></thead><tbody>{rows}</tbody></table></div><p><small>Cost: {units} M compute units a block, \
         outbid at {price} micro-lamports a unit, {sol} dollars a SOL; a halt takes {stake} % of the stake. \
         Gain: what a taker who knows the true price can trade at, and the rewards of every liquidation that \
         a move of three standard deviations causes; leverage ten.</small></p>",
        books = books(report),
        name = played.scenario.name,
        units = BLOCK_UNITS / 1_000_000,
        price = PRIORITY_MICROLAMPORTS,
        sol = SOL_DOLLARS,
        stake = STAKE_PERCENT,
    )
}

/// A row for each scenario's book.
fn books(report: &Report) -> String {
    let largest = |found: Option<u64>| {
        found.map_or_else(
            || "over 40 %".to_owned(),
            |thousandths| format!("{}.{} %", thousandths / 10, thousandths % 10),
        )
    };
    let mut rows = String::new();
    for played in &report.played {
        let risk = &played.book;
        let unpaid = |thousandths: i64| {
            let at = risk.curve.iter().find(|at| at.move_thousandths == thousandths);
            at.map_or_else(String::new, |at| money(at.deficit.into()))
        };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            played.scenario.name,
            money(risk.delta),
            money(risk.gamma),
            unpaid(-100),
            unpaid(-200),
            largest(risk.fall_before_deficit),
            largest(risk.rise_before_deficit),
        );
    }
    rows
}

/// How large insurance has to be, and how much leverage it bears.
pub fn sizing(report: &Report) -> String {
    let line = |cells: &[String], tag: &str| {
        let cells = cells.iter().map(|cell| format!("<{tag}>{cell}</{tag}>"));
        format!("<tr>{}</tr>", cells.collect::<String>())
    };
    let rows = report.sizing.rows.iter().map(|row| line(&sizing_cells(row), "td"));
    format!(
        "<h2>How large insurance has to be</h2><p>The lab's people, the price wandering by {sigma:.2} % a \
         minute with {JUMPS_A_DAY} jumps a day of up to {jump:.0} %, and nobody liquidated from the last price \
         that could be acted on until the longest wait is over. One draw in {ONE_IN} moves the price further, \
         and costs more than the insurance listed, as a share of what is open, where people borrow up to so \
         much. Last: the largest leverage for which the presets' target suffices.</p><div class=\"wide\">\
         <table><thead>{head}</thead><tbody>{rows}</tbody></table></div>",
        sigma = f64::from(report.sizing.minute_ppm) / 1e4,
        jump = LARGEST_JUMP_PPM / 1e4,
        head = line(&sizing_header(report), "th"),
        rows = rows.collect::<String>(),
    )
}

/// Waits in front of a leader, closed form and simulation side by side.
pub fn queue(report: &Report) -> String {
    let mut rows = String::new();
    for wait in &report.waits {
        let _ = write!(
            rows,
            "<tr><td>{} %, {:?}</td><td>{:.2}</td><td>{:.2}</td><td>{:+.1} %</td></tr>",
            wait.load_percent,
            wait.class,
            wait.closed_form,
            wait.simulated,
            wait.difference_percent()
        );
    }
    format!(
        "<h2>The queue in front of a leader</h2><p>Mean wait in mean execution times: closed form of the \
         M/G/1 queue with priorities beside the simulated one.</p><div class=\"wide\"><table><thead><tr>\
         <th>load, class</th><th>closed form</th><th>simulated</th><th>difference</th></tr></thead>\
         <tbody>{rows}</tbody></table></div>"
    )
}
