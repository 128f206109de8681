//! Measures the compute units of every instruction on the compiled program, writes the table to
//! `docs/compute-units.md` and the figures to `target/bench/compute-units.json`, and fails when one
//! exceeds its ceiling in `docs/compute-unit-ceilings.json`.

mod cases;
mod report;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Compute units by case.
type Units = BTreeMap<&'static str, u64>;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let toolchain = std::env::args().nth(1).unwrap_or_else(|| "not named".to_owned());
    match cases::measure().and_then(|units| report::write(&root, &units, &toolchain)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}
