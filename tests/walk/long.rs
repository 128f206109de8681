//! Longer walks than the tests': `cargo run -p holdfast-tests --example walk_long -- SEED WALKS STEPS`.
//!
//! Every seed from SEED on is walked once against the model and once against the keeper.

mod action;
mod agreement;
mod build;
mod cast;
mod check;
mod exceptions;
mod exit;
mod generate;
mod model;
mod play;
mod read;
mod state;
mod tally;
mod walk;

use play::{POOR, RICH, disagreements, walk};

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |name: &str| -> Result<u32, String> {
        let given =
            arguments.next().ok_or_else(|| format!("{name} is missing: SEED WALKS STEPS"))?;
        given.parse().map_err(|reason| format!("{name} {given}: {reason}"))
    };
    let (first, walks, steps) = (number("SEED")?, number("WALKS")?, number("STEPS")?);
    for seed in first..first.saturating_add(walks) {
        let liquidity = if seed % 4 < 2 { RICH } else { POOR };
        println!("seed {seed}");
        let _ = walk(u64::from(seed), liquidity, steps);
        disagreements(u64::from(seed), liquidity, steps);
    }
    Ok(())
}
