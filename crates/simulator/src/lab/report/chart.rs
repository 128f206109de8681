//! Pictures in the page: lines over time, a strip of states, bars.

use std::fmt::Write;

use crate::lab::policies::Policy;
use crate::lab::score::{Moment, Score};
use crate::lab::venue::Caution;

use super::figures::{money, time};

const WIDTH: f64 = 640.0;
const LEFT: f64 = 58.0;
const HEIGHT: f64 = 96.0;
const STRIP: f64 = 9.0;

/// A line: its class in the style sheet, and its points.
struct Line {
    class: String,
    points: Vec<(f64, Option<f64>)>,
}

/// The class of a policy's colour.
pub fn class(policy: Policy) -> String {
    let rank = Policy::ALL.iter().position(|known| *known == policy).unwrap_or(0);
    format!("p{rank}")
}

/// The timelines of a scenario: slots, price with the states of ours, liquidations and bad debt of
/// everybody.
pub fn timelines(scores: &[(Policy, Score)]) -> String {
    let Some((_, ours)) = scores.first() else { return String::new() };
    let course = &ours.course;
    let Some(first) = course.first() else { return String::new() };
    let minute = |moment: &Moment| (moment.at_ms - first.at_ms) as f64 / 60_000.0;
    let one = |value: &dyn Fn(&Moment) -> Option<f64>, class: &str| Line {
        class: class.to_owned(),
        points: course.iter().map(|moment| (minute(moment), value(moment))).collect(),
    };
    let all = |value: fn(&Moment) -> f64| {
        let line = |(policy, score): &(Policy, Score)| Line {
            class: class(*policy),
            points: score.course.iter().map(|at| (minute(at), Some(value(at)))).collect(),
        };
        // Ours last, so that it lies on top.
        scores.iter().rev().map(line).collect::<Vec<_>>()
    };
    let slots = one(&|at| at.slot_ms.map(|ms| ms as f64), "ink");
    let price = one(&|at| Some(at.price as f64 / 1e6), "ink");
    let dollars = |value: f64| money((value * 1e6) as i128);
    [
        chart("slot duration (none: no slots)", &[slots], &|ms| time(ms as u64), None),
        chart("price, and the state of Holdfast", &[price], &dollars, Some(&strip(course, minute))),
        chart(
            "liquidations so far",
            &all(|at| at.liquidations as f64),
            &|value| format!("{value:.0}"),
            None,
        ),
        chart("bad debt so far", &all(|at| at.bad_debt as f64 / 1e6), &dollars, None),
    ]
    .concat()
}

/// How careful ours is, over time: rectangles from the beginning of each state.
fn strip(course: &[Moment], minute: impl Fn(&Moment) -> f64) -> Vec<(f64, f64, Caution)> {
    let mut stretches: Vec<(f64, f64, Caution)> = Vec::new();
    for pair in course.windows(2) {
        let (from, to) = (minute(&pair[0]), minute(&pair[1]));
        match stretches.last_mut() {
            Some(last) if last.2 == pair[0].caution => last.1 = to,
            _ => stretches.push((from, to, pair[0].caution)),
        }
    }
    stretches
}

fn chart(
    title: &str,
    lines: &[Line],
    label: &dyn Fn(f64) -> String,
    states: Option<&[(f64, f64, Caution)]>,
) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let values = || points().filter_map(|(_, value)| *value);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low.is_finite() { (low, high) } else { (0.0, 1.0) };
    let range = if high > low { high - low } else { 1.0 };
    let last = points().map(|(at, _)| *at).fold(1e-9, f64::max);
    let across = |at: f64| LEFT + at / last * (WIDTH - LEFT - 4.0);
    let down = |value: f64| HEIGHT - 16.0 - (value - low) / range * (HEIGHT - 34.0);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\
         <text class=\"title\" x=\"{LEFT}\" y=\"10\">{title}</text>"
    );
    for (from, to, caution) in states.unwrap_or_default() {
        let (x, width) = (across(*from), (across(*to) - across(*from)).max(0.5));
        let y = HEIGHT - STRIP - 1.0;
        let state = state(*caution);
        let _ = write!(
            svg,
            "<rect class=\"s{}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{STRIP}\">\
             <title>{state}</title></rect>",
            *caution as u8
        );
    }
    for (value, y) in [(high, down(high)), (low, down(low))] {
        let said = label(value);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" class=\"end\">{said}</text>",
            LEFT - 4.0,
            y + 3.0
        );
    }
    for line in lines {
        let mut path = String::new();
        let mut drawing = false;
        for (at, value) in &line.points {
            if let Some(value) = value {
                let step = if drawing { 'L' } else { 'M' };
                let _ = write!(path, "{step}{:.1} {:.1}", across(*at), down(*value));
            }
            drawing = value.is_some();
        }
        let _ = write!(svg, "<path class=\"line {}\" d=\"{path}\"/>", line.class);
    }
    if states.is_none() {
        let said = time((last * 60_000.0) as u64);
        let y = HEIGHT - 2.0;
        let _ = write!(svg, "<text class=\"end\" x=\"{WIDTH}\" y=\"{y}\">{said}</text>");
    }
    svg + "</svg>"
}

/// What a state is called in the page.
pub const fn state(caution: Caution) -> &'static str {
    match caution {
        Caution::Open => "normal",
        Caution::Careful => "strained or throttled",
        Caution::NoOpening => "no price to open at",
        Caution::Bounded => "thaw",
        Caution::Shut => "shelter",
    }
}

/// Bars of counts, by label.
pub fn bars(class: &str, counts: &[(String, u64)]) -> String {
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1) as f64;
    let width = 300.0 / counts.len().max(1) as f64;
    let mut svg = "<svg class=\"bars\" viewBox=\"0 0 300 74\" role=\"img\">".to_owned();
    for (index, (label, count)) in counts.iter().enumerate() {
        // Rare ones are seen too: the scale is the logarithm's.
        let height =
            if *count == 0 { 0.0 } else { (1.0 + *count as f64).ln() / (1.0 + most).ln() * 46.0 };
        let x = index as f64 * width;
        let _ = write!(
            svg,
            "<rect class=\"fill {class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>\
             <text class=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{count}</text>\
             <text class=\"middle\" x=\"{:.1}\" y=\"72\">{label}</text>",
            x + 2.0,
            60.0 - height,
            width - 4.0,
            x + width / 2.0,
            56.0 - height,
            x + width / 2.0
        );
    }
    svg + "</svg>"
}
