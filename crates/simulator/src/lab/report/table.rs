//! The summary for the terminal, and the table for machines.

use comfy_table::{Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};

use super::figures::{money, time};
use super::findings::{Report, Verdict};
use crate::lab::score::{Score, percentile};
use crate::lab::sizing::{LISTED, Row};

/// Tables: what each policy came to in all, ours by scenario, the swarm, and what insurance bears.
pub fn terminal(report: &Report) -> String {
    [policies(report), scenarios(report), swarm(report), sizing(report)].join("\n")
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header(header);
    table
}

fn row(table: &mut Table, name: &str, cells: impl IntoIterator<Item = String>) {
    let right = |cell| Cell::new(cell).set_alignment(CellAlignment::Right);
    table.add_row([Cell::new(name)].into_iter().chain(cells.into_iter().map(right)));
}

fn policies(report: &Report) -> String {
    let mut all = table(&[
        "all scenarios",
        "survived",
        "bad debt",
        "wrongful",
        "old price",
        "exits refused",
        "top-ups refused",
        "longest exit",
        "taker's option",
    ]);
    for policy in report.policies() {
        let scores: Vec<&Score> = report.scores(policy).collect();
        let sum = |count: fn(&Score) -> u64| scores.iter().map(|score| count(score)).sum::<u64>();
        let survived =
            scores.iter().filter(|score| Verdict::new(score) == Verdict::Survives).count();
        let longest = scores.iter().filter_map(|score| score.exit_wait_ms(100)).max();
        let option = scores.iter().map(|score| score.option_ppm).max().unwrap_or(0);
        row(
            &mut all,
            policy.name(),
            [
                format!("{survived} of {}", scores.len()),
                money(sum(|score| score.bad_debt).into()),
                sum(|score| score.wrongful).to_string(),
                sum(|score| score.early).to_string(),
                sum(|score| score.exits_refused).to_string(),
                sum(|score| score.top_ups_refused).to_string(),
                longest.map_or_else(|| "–".to_owned(), time),
                format!("{}.{:02} %", option / 10_000, option % 10_000 / 100),
            ],
        );
    }
    all.to_string()
}

fn scenarios(report: &Report) -> String {
    let mut ours = table(&[
        "Holdfast",
        "bad debt",
        "best of the others",
        "liquidated",
        "wrongful",
        "exits done / refused",
        "p99 exit",
        "p99 to liquidate",
        "known",
        "resumed",
    ]);
    for played in &report.played {
        let Some((_, score)) = played.scores.first() else { continue };
        let best = played.scores.iter().skip(1).map(|(_, score)| score.bad_debt).min();
        let shown = |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), time);
        row(
            &mut ours,
            &played.scenario.name,
            [
                money(score.bad_debt.into()),
                best.map_or_else(|| "–".to_owned(), |best| money(best.into())),
                score.liquidated.len().to_string(),
                score.wrongful.to_string(),
                format!("{} / {}", score.exits_done, score.exits_refused),
                shown(score.exit_wait_ms(99)),
                shown(score.wait_ms(99)),
                shown(score.known_ms),
                shown(score.resumed_ms),
            ],
        );
    }
    ours.to_string()
}

fn swarm(report: &Report) -> String {
    let Some(first) = report.spreads.first() else { return String::new() };
    let head = format!("{} seeds from {}", first.seeds, report.first_seed);
    let mut swarm =
        table(&[&head, "bad debt a seed", "with bad debt", "with a wrong", "worst seeds"]);
    for spread in &report.spreads {
        let worst: Vec<_> =
            spread.worst.iter().take(3).map(|(seed, ..)| seed.to_string()).collect();
        row(
            &mut swarm,
            spread.policy.name(),
            [
                format!("${:.2} ± {:.2}", spread.bad_debt.mean / 1e6, spread.bad_debt.half / 1e6),
                percent(spread.any_bad_debt),
                percent(spread.any_wrongful),
                worst.join(" "),
            ],
        );
    }
    swarm.to_string()
}

fn sizing(report: &Report) -> String {
    let header = sizing_header(report);
    let mut sizing = table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for found in &report.sizing.rows {
        let cells = sizing_cells(found);
        row(&mut sizing, &cells[0], cells[1..].iter().cloned());
    }
    sizing.to_string()
}

/// What the columns of [`sizing_cells`] are.
pub fn sizing_header(report: &Report) -> Vec<String> {
    let target = basis_points(report.sizing.target_bps);
    let listed = LISTED.map(|leverage| format!("insurance at {leverage}×"));
    let first = ["slots, outage", "waits", "moves by"].map(ToOwned::to_owned);
    first.into_iter().chain(listed).chain([format!("{target} bears")]).collect()
}

/// A case of what insurance bears.
pub fn sizing_cells(found: &Row) -> Vec<String> {
    let outage = match found.outage_minutes {
        0 => "none".to_owned(),
        minutes => time(minutes * 60_000),
    };
    let most = found.most_leverage.map_or_else(|| "none".to_owned(), |most| format!("{most}×"));
    let first = [
        format!("{} ms, {outage}", found.slot_ms),
        time(found.wait_ms),
        format!("{} %", found.move_percent),
    ];
    let needed = found.needed_bps.iter().copied().map(basis_points);
    first.into_iter().chain(needed).chain([most]).collect()
}

/// Basis points as percent.
fn basis_points(bps: u64) -> String {
    format!("{}.{:02} %", bps / 100, bps % 100)
}

/// A share with its interval.
pub fn percent(share: crate::lab::swarm::Share) -> String {
    let [share, low, high] = [share.share, share.low, share.high].map(|part| part * 100.0);
    format!("{share:.2} % ({low:.2}–{high:.2})")
}

/// Columns of the table for machines.
const COLUMNS: [&str; 31] = [
    "scenario",
    "policy",
    "accounts",
    "bad_debt",
    "insured",
    "liquidations",
    "liquidated",
    "wrongful",
    "crowded_out",
    "old_price",
    "spared_live",
    "missed",
    "exits_done",
    "exits_refused",
    "exits_waiting",
    "exit_wait_p50_ms",
    "exit_wait_p99_ms",
    "top_ups_refused",
    "wait_p50_ms",
    "wait_p99_ms",
    "known_ms",
    "resumed_ms",
    "liquidity_result",
    "taker_result",
    "rewards",
    "option_ppm",
    "maker_result",
    "quoting_ppm",
    "provider_result",
    "pool_exits_refused",
    "pool_wait_p99_ms",
];

/// A row for each scenario and policy.
///
/// # Errors
/// Never for real inputs: text is written to memory.
pub fn csv(report: &Report) -> Result<String, String> {
    let said = |error: csv::Error| error.to_string();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(said)?;
    for played in &report.played {
        for (policy, score) in &played.scores {
            let shown = |ms: Option<u64>| ms.map_or_else(String::new, |ms| ms.to_string());
            let mut row = vec![
                played.scenario.name.clone(),
                policy.name().to_owned(),
                played.accounts.to_string(),
            ];
            let counts = [
                score.bad_debt,
                score.insured,
                score.liquidations,
                score.liquidated.len() as u64,
                score.wrongful,
                score.crowded_out,
                score.early,
                score.spared_live,
                score.missed,
                score.exits_done,
                score.exits_refused,
                score.exits_waiting,
            ];
            row.extend(counts.map(|count| count.to_string()));
            row.extend([50, 99].map(|percent| shown(score.exit_wait_ms(percent))));
            row.push(score.top_ups_refused.to_string());
            row.extend([50, 99].map(|percent| shown(score.wait_ms(percent))));
            row.extend([score.known_ms, score.resumed_ms].map(shown));
            row.extend([score.liquidity_result, score.taker_result].map(|sum| sum.to_string()));
            row.extend([score.rewards, score.option_ppm].map(|count| count.to_string()));
            row.push(score.maker_result.to_string());
            row.push(score.quoting_ppm.to_string());
            row.push(score.provider_result.to_string());
            row.push(score.pool_exits_refused.to_string());
            row.push(shown(percentile(&score.pool_waits_ms, 99)));
            writer.write_record(row).map_err(said)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}
