//! The page: one file, no network.

use std::fmt::Write;

use super::chart::{bars, class, state, timelines};
use super::economics::{attacks, economics, queue, sizing};
use super::figures::{money, time};
use super::findings::{FREE_PPM, Report, Verdict};
use super::table::percent;
use crate::lab::policies::Policy;
use crate::lab::scenarios::Played;
use crate::lab::score::{Score, percentile};
use crate::lab::venue::Caution;

const STYLE: &str = include_str!("page.css");

/// The page.
pub fn page(report: &Report) -> String {
    let parts = [
        head(report),
        league(report),
        matrix(report),
        totals(report),
        scenarios(report),
        swarm(report),
        attacks(report),
        economics(report),
        sizing(report),
        queue(report),
        alarms(report),
        sources(),
    ];
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><title>Holdfast: who survives what</title>\
         <style>{STYLE}</style></head><body><main>{}</main></body></html>\n",
        parts.concat()
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn head(report: &Report) -> String {
    let policies = report.policies();
    let survived = |policy| {
        report.scores(policy).filter(|score| Verdict::new(score) == Verdict::Survives).count()
    };
    let ours = survived(Policy::Holdfast);
    let best = policies.iter().skip(1).map(|policy| survived(*policy)).max().unwrap_or(0);
    let sum = |policy, count: fn(&Score) -> u64| report.scores(policy).map(count).sum::<u64>();
    let all = report.played.len();
    let wrongful = sum(Policy::Holdfast, |score| score.wrongful);
    let others: Vec<u64> =
        policies.iter().skip(1).map(|policy| sum(*policy, |score| score.wrongful)).collect();
    let (fewest, most) = (others.iter().min().unwrap_or(&0), others.iter().max().unwrap_or(&0));
    let debt = money(sum(Policy::Holdfast, |score| score.bad_debt).into());
    let refused = sum(Policy::Holdfast, |score| score.exits_refused);
    let cards = [
        (format!("{ours} of {all}"), format!("scenarios survived; the best other policy {best}")),
        (wrongful.to_string(), format!("wrongful liquidations; the others {fewest} to {most}")),
        (refused.to_string(), "exits refused".to_owned()),
        (debt, "bad debt in all scenarios together".to_owned()),
    ];
    let cards = cards.map(|(number, what)| format!("<div><b>{number}</b>{what}</div>"));
    format!(
        "<h1>Who survives what</h1><p class=\"soft\">Holdfast beside what other venues do about a \
         chain that fails: the same prices, the same people, the same margins. Seed {}. Survived \
         means no bad debt, nobody wronged, no exit and no top-up refused, and no price more than a \
         hundredth off to trade at.</p>\
         <div class=\"numbers\">{}</div>",
        report.seed,
        cards.concat()
    )
}

/// A bar for each policy: how many scenarios it survives, pays for, and wrongs somebody in.
fn league(report: &Report) -> String {
    let mut rows = String::new();
    for policy in report.policies() {
        let verdicts: Vec<_> = report.scores(policy).map(Verdict::new).collect();
        let all = verdicts.len().max(1);
        let mut bar = String::new();
        for (verdict, look) in
            [(Verdict::Survives, "good"), (Verdict::Pays, "pay"), (Verdict::Wrongs, "bad")]
        {
            let count = verdicts.iter().filter(|found| **found == verdict).count();
            if count > 0 {
                let share = count * 1_000 / all;
                let _ = write!(bar, "<i class=\"{look}\" style=\"flex:{share}\">{count}</i>");
            }
        }
        let ours = if policy == Policy::Holdfast { " class=\"ours\"" } else { "" };
        let _ = write!(rows, "<dt{ours}>{}</dt><dd>{bar}</dd>", policy.name());
    }
    format!(
        "<dl class=\"league\">{rows}</dl><p><small>Scenarios <b class=\"good\">survived</b>, <b \
         class=\"pay\">paid for</b> with bad debt or with prices that were known to be off, and those in \
         which <b class=\"bad\">somebody was wronged</b>.</small></p>"
    )
}

fn names(report: &Report) -> String {
    let cell = |policy: &Policy| {
        let ours = if *policy == Policy::Holdfast { " class=\"ours\"" } else { "" };
        format!("<th{ours} title=\"{}\">{}</th>", policy.name(), policy.short())
    };
    report.policies().iter().map(cell).collect()
}

fn matrix(report: &Report) -> String {
    let cell = |(policy, score): &(Policy, Score)| {
        let (look, mark) = match Verdict::new(score) {
            Verdict::Survives => ("good", "✓".to_owned()),
            Verdict::Pays => ("pay", pays(score)),
            Verdict::Wrongs => ("bad", wrongs(score)),
        };
        let ours = if *policy == Policy::Holdfast { " ours" } else { "" };
        format!("<td class=\"{look}{ours}\">{mark}</td>")
    };
    let mut rows = String::new();
    for played in &report.played {
        let cells: String = played.scores.iter().map(cell).collect();
        let name = &played.scenario.name;
        let _ = write!(rows, "<tr><td><a href=\"#{name}\">{name}</a></td>{cells}</tr>");
    }
    format!(
        "<h2 id=\"matrix\">Scenario by scenario</h2><div class=\"wide\"><table><thead><tr><th></th>{}\
         </tr></thead><tbody>{rows}</tbody></table></div><p><small>✓ survived · amber: bad debt, or how far off the price was that somebody could trade at · \
         red: liquidations that were wrong (w), exits (e) or top-ups (t) refused, and bad debt. \
         w*: at true prices, of accounts whose margin had been sent and found no place in a crowded block: \
         a venue sees nothing of what waits outside its blocks, so no policy here spares all of them.\
         </small></p>",
        names(report)
    )
}

/// What somebody pays, short.
fn pays(score: &Score) -> String {
    let free = || {
        format!("{}.{}\u{a0}%\u{a0}free", score.option_ppm / 10_000, score.option_ppm / 1_000 % 10)
    };
    let option = (score.option_ppm > FREE_PPM).then(free);
    let debt = (score.bad_debt > 0).then(|| money(score.bad_debt.into()));
    [debt, option].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What went wrong, short.
fn wrongs(score: &Score) -> String {
    let crowded = score.crowded_out;
    let counts = [
        (score.wrongful - crowded, "w"),
        (crowded, "w*"),
        (score.exits_refused, "e"),
        (score.top_ups_refused, "t"),
    ];
    let mut parts: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count}\u{a0}{what}"))
        .collect();
    if score.bad_debt > 0 {
        parts.push(money(score.bad_debt.into()));
    }
    parts.join(" · ")
}

/// A measure: what it is called, and its figure over a policy's scores.
type Measure = (&'static str, fn(&[&Score]) -> String);

fn worst(scores: &[&Score], of: impl Fn(&Score) -> Option<u64>) -> String {
    scores.iter().filter_map(|score| of(score)).max().map_or_else(|| "–".to_owned(), time)
}

fn sum(scores: &[&Score], of: impl Fn(&Score) -> u64) -> u64 {
    scores.iter().map(|score| of(score)).sum()
}

fn totals(report: &Report) -> String {
    let measures: [Measure; 22] = [
        ("bad debt", |all| money(sum(all, |score| score.bad_debt).into())),
        ("drawn from insurance", |all| money(sum(all, |score| score.insured).into())),
        ("accounts liquidated", |all| sum(all, |score| score.liquidated.len() as u64).to_string()),
        ("wrongful liquidations", |all| sum(all, |score| score.wrongful).to_string()),
        ("of these, margin sent in time found no place in a block", |all| {
            sum(all, |score| score.crowded_out).to_string()
        }),
        ("at a price from before the disruption", |all| sum(all, |score| score.early).to_string()),
        ("liquidated here, spared on a live chain", |all| {
            sum(all, |score| score.spared_live).to_string()
        }),
        ("liquidated on a live chain, not here", |all| sum(all, |score| score.missed).to_string()),
        ("exits done", |all| sum(all, |score| score.exits_done).to_string()),
        ("exits refused", |all| sum(all, |score| score.exits_refused).to_string()),
        ("longest exit, from the first block", |all| worst(all, |score| score.exit_wait_ms(100))),
        ("top-ups refused", |all| sum(all, |score| score.top_ups_refused).to_string()),
        ("p99 from failing to liquidated, worst", |all| worst(all, |score| score.wait_ms(99))),
        ("slowest to know", |all| worst(all, |score| score.known_ms)),
        ("slowest to resume", |all| worst(all, |score| score.resumed_ms)),
        ("result of liquidity and insurance", |all| {
            money(all.iter().map(|score| score.liquidity_result).sum())
        }),
        ("result of liquidity that comes and leaves", |all| {
            money(all.iter().map(|score| score.provider_result).sum())
        }),
        ("its requests to leave refused", |all| {
            sum(all, |score| score.pool_exits_refused).to_string()
        }),
        ("its longest way out", |all| worst(all, |score| percentile(&score.pool_waits_ms, 100))),
        ("result of makers, hedged", |all| money(all.iter().map(|score| score.maker_result).sum())),
        ("makers that quote, on average", |all| {
            let mean = sum(all, |score| score.quoting_ppm) / all.len().max(1) as u64;
            format!("{} %", mean / 10_000)
        }),
        ("most a taker gains who knows the true price", |all| {
            let most = all.iter().map(|score| score.option_ppm).max().unwrap_or(0);
            format!("{}.{:02} %", most / 10_000, most % 10_000 / 100)
        }),
    ];
    let mut rows = String::new();
    for (name, figure) in measures {
        let cell = |policy: &Policy| {
            let scores: Vec<_> = report.scores(*policy).collect();
            let ours = if *policy == Policy::Holdfast { " class=\"ours\"" } else { "" };
            format!("<td{ours}>{}</td>", figure(&scores))
        };
        let cells: String = report.policies().iter().map(cell).collect();
        let _ = write!(rows, "<tr><td>{name}</td>{cells}</tr>");
    }
    format!(
        "<h2>All scenarios together</h2><div class=\"wide\"><table><thead><tr><th></th>{}</tr></thead>\
         <tbody>{rows}</tbody></table></div>",
        names(report)
    )
}

fn legend(report: &Report) -> String {
    let chip = |policy: &Policy| {
        let class = class(*policy);
        format!("<span><i class=\"dot {class}\"></i>{}</span>", policy.name())
    };
    let states =
        [Caution::Open, Caution::Careful, Caution::NoOpening, Caution::Bounded, Caution::Shut];
    let state = |caution: &Caution| {
        let look = *caution as u8;
        format!(
            "<span><svg viewBox=\"0 0 10 10\" style=\"width:.8em;display:inline-block\">\
             <rect class=\"s{look}\" width=\"10\" height=\"10\"/></svg> {}</span>",
            state(*caution)
        )
    };
    let chips: String = report.policies().iter().map(chip).collect();
    let states: String = states.iter().map(state).collect();
    format!("<div class=\"chips\">{chips}</div><div class=\"chips\">{states}</div>")
}

fn scenarios(report: &Report) -> String {
    let mut text = format!("<h2>Timelines</h2>{}", legend(report));
    for (rank, played) in report.played.iter().enumerate() {
        let Played { scenario, prices, accounts, .. } = played;
        let source = if scenario.source.is_empty() {
            String::new()
        } else {
            escape(&scenario.source) + ". "
        };
        let open = if rank < 2 { " open" } else { "" };
        let _ = write!(
            text,
            "<details id=\"{name}\"{open}><summary>{name}: {about}</summary>\
             <p class=\"soft\"><small>{source}Prices: {prices}. {accounts} accounts.</small></p>\
             <div class=\"charts\">{charts}</div></details>",
            name = scenario.name,
            about = escape(&scenario.about),
            prices = escape(prices),
            charts = timelines(&played.scores),
        );
    }
    text
}

fn swarm(report: &Report) -> String {
    let Some(first) = report.spreads.first() else { return String::new() };
    let labels = ["$0", "<10", "<100", "<1k", "<10k", "<100k", "<1M", "more"];
    let mut rows = String::new();
    let mut pictures = String::new();
    for spread in &report.spreads {
        let worst: Vec<_> = spread
            .worst
            .iter()
            .map(|(seed, debt, _)| format!("{seed} ({})", money((*debt).into())))
            .collect();
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>${:.2} ± {:.2}</td><td>{}</td><td>{}</td><td>{:.4} ± {:.4}</td>\
             <td>{:.4} ± {:.4}</td><td>{}</td></tr>",
            spread.policy.name(),
            spread.bad_debt.mean / 1e6,
            spread.bad_debt.half / 1e6,
            percent(spread.any_bad_debt),
            percent(spread.any_wrongful),
            spread.wrongful.mean,
            spread.wrongful.half,
            spread.exits_refused.mean,
            spread.exits_refused.half,
            worst.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
        );
        let counts: Vec<_> = labels
            .iter()
            .zip(spread.histogram)
            .map(|(label, count)| ((*label).to_owned(), count))
            .collect();
        let _ = write!(
            pictures,
            "<div><h3>{}</h3>{}</div>",
            spread.policy.name(),
            bars(&class(spread.policy), &counts)
        );
    }
    format!(
        "<h2>{} drawn scenarios</h2><p>Several faults at once, prices that jump, from seed {} on. \
         Invariants were checked after every step. 95 % intervals. A seed is replayed with <code>cargo \
         xtask lab --seed N</code>, and with <code>--program</code> through the compiled program.</p>\
         <div class=\"wide\"><table><thead><tr><th>policy</th><th>bad debt a seed</th><th>seeds with bad \
         debt</th><th>seeds with a wrong</th><th>wrongful a seed</th><th>exits refused a seed</th>\
         <th>worst seeds</th></tr></thead><tbody>{rows}</tbody></table></div><h3 style=\"margin-top:1.2em\">\
         Seeds by bad debt, dollars (heights are logarithmic)</h3><div class=\"charts\">{pictures}</div>",
        first.seeds, report.first_seed
    )
}

fn alarms(report: &Report) -> String {
    let mut rows = String::new();
    for (name, alarms) in &report.alarms {
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{:.1}</td><td>{:.3}</td><td>{:.3}</td><td>{:.3} %</td><td>{:.0} ms</td></tr>",
            escape(name),
            alarms.days,
            alarms.strained as f64 / alarms.days.max(1e-9),
            alarms.sheltered as f64 / alarms.days.max(1e-9),
            alarms.careful_ppm as f64 / 1e4,
            alarms.slowest_ms,
        );
    }
    let found = if rows.is_empty() {
        "<p class=\"soft\">No recorded slots were found: give their folder with <code>--data</code>.</p>".to_owned()
    } else {
        format!(
            "<div class=\"wide\"><table><thead><tr><th>recorded days</th><th>days</th><th>times strained a \
             day</th><th>times in shelter a day</th><th>of the time</th><th>slowest ten minutes</th></tr>\
             </thead><tbody>{rows}</tbody></table></div>"
        )
    };
    format!("<h2>False alarms</h2>{found}")
}

fn sources() -> String {
    let each = Policy::ALL
        .iter()
        .map(|policy| format!("<dt>{}</dt><dd>{}</dd>", policy.name(), escape(policy.about())));
    format!("<h2>What each policy is</h2><dl>{}</dl>", each.collect::<String>())
}
