//! The drill as a picture: price, state of the chain, insurance and liquidations over time.

use std::ops::Range;
use std::path::Path;

use holdfast_risk::chain::health::State;
use plotters::prelude::{
    BLACK, ChartBuilder, Color, IntoDrawingArea, IntoFont, LineSeries, RED, RGBColor, Rectangle,
    SVGBackend, Text, WHITE,
};

use super::moment::Moment;
use super::report::{Report, state_name};

const SIZE: (u32, u32) = (900, 620);
const BLUE: RGBColor = RGBColor(30, 90, 200);

/// A chart's title, its line's colour, and what it shows of a moment.
type Chart = (&'static str, RGBColor, fn(&Moment) -> f64);

/// Draws three charts under one another into an SVG file.
///
/// # Errors
/// A sentence when the file cannot be written.
pub fn draw(report: &Report, path: &Path) -> Result<(), String> {
    let failed = |error: String| format!("{}: {error}", path.display());
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(|error| failed(error.to_string()))?;
    let charts: [Chart; 3] = [
        ("SOL price, dollars", BLUE, |moment| moment.price as f64 / 1e6),
        ("liquidations so far", RED, |moment| moment.liquidations as f64),
        ("insurance fund, dollars", BLACK, |moment| moment.insurance as f64 / 1e6),
    ];
    let areas = root.split_evenly((3, 1));
    for (index, (area, (title, colour, value))) in areas.iter().zip(charts).enumerate() {
        let points: Vec<_> =
            report.course.iter().map(|moment| (minutes(report, moment), value(moment))).collect();
        let last = points.last().map_or(1.0, |point| point.0);
        let low = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
        let margin = ((high - low) / 20.0).max(1.0);
        // The state of the chain goes under the price.
        let states = if index == 0 { stretches(report) } else { Vec::new() };
        let band = if states.is_empty() { 0.0 } else { (high - low) / 5.0 };
        let floor = low - margin - band;
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 16))
            .margin(8)
            .x_label_area_size(24)
            .y_label_area_size(70)
            .build_cartesian_2d(0.0..last, floor..high + margin)
            .map_err(|error| failed(error.to_string()))?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_label_formatter(&|minute| format!("{minute:.0} min"))
            .y_label_formatter(&|value| format!("{value:.0}"))
            .draw()
            .map_err(|error| failed(error.to_string()))?;
        let bands = states.iter().map(|(state, over)| {
            let corners = [(over.start, floor), (over.end, floor + band)];
            Rectangle::new(corners, shade(*state).filled())
        });
        chart.draw_series(bands).map_err(|error| failed(error.to_string()))?;
        let names = states.iter().map(|(state, over)| {
            let font = ("sans-serif", 11).into_font();
            Text::new(state_name(*state), (over.start, floor + band), font)
        });
        chart.draw_series(names).map_err(|error| failed(error.to_string()))?;
        chart
            .draw_series(LineSeries::new(points, &colour))
            .map_err(|error| failed(error.to_string()))?;
    }
    root.present().map_err(|error| failed(error.to_string()))
}

/// Minutes since the path began.
fn minutes(report: &Report, moment: &Moment) -> f64 {
    (moment.at_ms - report.course[0].at_ms) as f64 / 60_000.0
}

/// States of the chain one after the other, with the minutes they lasted; none when it was Normal
/// all the time.
fn stretches(report: &Report) -> Vec<(State, Range<f64>)> {
    let mut found: Vec<(State, Range<f64>)> = Vec::new();
    for moment in &report.course {
        let at = minutes(report, moment);
        match found.last_mut() {
            Some((state, over)) if *state == moment.state => over.end = at,
            last => {
                if let Some((_, over)) = last {
                    over.end = at;
                }
                found.push((moment.state, at..at));
            }
        }
    }
    let eventful = found.iter().any(|(state, _)| *state != State::Normal);
    found.into_iter().filter(|_| eventful).collect()
}

fn shade(state: State) -> RGBColor {
    match state {
        State::Normal => RGBColor(200, 230, 200),
        State::Strained => RGBColor(250, 240, 170),
        State::Throttled => RGBColor(250, 215, 150),
        State::Thaw => RGBColor(245, 180, 140),
        State::Shelter => RGBColor(235, 140, 130),
    }
}
