//! Measures the compute units of every instruction on the compiled program, writes the table to
//! `docs/compute-units.md` and the figures to `target/bench/compute-units.json`, and fails when one
//! exceeds its ceiling in `docs/compute-unit-ceilings.json`. With `--profile` it keeps instead where
//! the units of a program that marks its stages go, for the next page.

mod cases;
mod profile;
mod report;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Compute units by case.
type Units = BTreeMap<&'static str, u64>;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let argument = std::env::args().nth(1).unwrap_or_else(|| "not named".to_owned());
    let done = cases::measure().and_then(|measured| match argument.as_str() {
        "--profile" => profile::write(&root, &measured.stages),
        toolchain => report::write(&root, &measured, toolchain),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}
