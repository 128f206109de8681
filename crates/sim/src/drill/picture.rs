//! The drill as a picture: price, insurance and liquidations over time.

use std::path::Path;

use plotters::prelude::{
    BLACK, ChartBuilder, IntoDrawingArea, LineSeries, RED, RGBColor, SVGBackend, WHITE,
};

use super::report::Report;
use super::run::Moment;

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
    for (area, (title, colour, value)) in root.split_evenly((3, 1)).iter().zip(charts) {
        let minutes = |moment: &Moment| (moment.at_ms - report.course[0].at_ms) as f64 / 60_000.0;
        let points: Vec<_> =
            report.course.iter().map(|moment| (minutes(moment), value(moment))).collect();
        let last = points.last().map_or(1.0, |point| point.0);
        let low = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
        let margin = ((high - low) / 20.0).max(1.0);
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 16))
            .margin(8)
            .x_label_area_size(24)
            .y_label_area_size(70)
            .build_cartesian_2d(0.0..last, low - margin..high + margin)
            .map_err(|error| failed(error.to_string()))?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_label_formatter(&|minute| format!("{minute:.0} min"))
            .y_label_formatter(&|value| format!("{value:.0}"))
            .draw()
            .map_err(|error| failed(error.to_string()))?;
        chart
            .draw_series(LineSeries::new(points, &colour))
            .map_err(|error| failed(error.to_string()))?;
    }
    root.present().map_err(|error| failed(error.to_string()))
}
