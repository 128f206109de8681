//! A keeper of a million accounts: what its decisions take, how much memory the process needs, and
//! whether it misses anything.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use comfy_table::{Table, presets};
use holdfast_simulator::scale::{ScaleFindings, ScalePlan, run};
use serde_json::json;

/// The longest that a decision may take, microseconds.
const LONGEST_TICK_US: u64 = 1_000_000;
/// The most memory that the process may have needed, bytes.
const MOST_MEMORY: u64 = 4 << 30;

/// Lets a keeper keep a silo of very many accounts, in virtual time
///
/// With 16 markets of 5 feeds, three endpoints 150 ms away, and two streams. Fails if a decision took
/// more than a second, a stream had to be opened again, the process needed more than 4 GiB, or the
/// keeper missed an account. A million accounts take some minutes.
#[derive(Parser)]
#[command(name = "scale", version)]
struct Options {
    /// Margin accounts
    #[arg(long, default_value_t = 1_000_000)]
    accounts: u64,
    /// Minutes of virtual time, from when the keeper is ready
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Margin accounts that change in a second
    #[arg(long, default_value_t = 1_000)]
    updates: u64,
    /// Where the random choices come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match measure(&options) {
        Ok(broken) if broken.is_empty() => ExitCode::SUCCESS,
        Ok(broken) => {
            broken.iter().for_each(|broken| eprintln!("error: {broken}"));
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what was found. Says what does not hold.
fn measure(options: &Options) -> Result<Vec<String>, String> {
    if options.accounts == 0 {
        return Err("no accounts: give --accounts a number above zero".to_owned());
    }
    let plan = ScalePlan {
        accounts: options.accounts,
        lasts_ms: options.minutes * 60_000,
        updates: options.updates,
        seed: options.seed,
    };
    let begun = Instant::now();
    let found = run(&plan, &mut || begun.elapsed())?;
    let memory = most_memory()?;
    if options.json {
        println!("{}", json!({"findings": found, "most_memory_bytes": memory}));
    } else {
        println!("{}", table(&found, memory));
    }
    Ok(broken(&found, memory))
}

fn broken(found: &ScaleFindings, memory: u64) -> Vec<String> {
    let longest = found.tick_longest_us / 1_000;
    let missed = found.accounts - found.mirrored;
    let unhandled = found.failed - found.liquidated.min(found.flagged);
    let checks = [
        (found.tick_longest_us > LONGEST_TICK_US, format!("a decision took {longest} ms")),
        (found.reconnects > 0, format!("streams were opened again {} times", found.reconnects)),
        (memory > MOST_MEMORY, format!("the process needed {} MiB", memory >> 20)),
        (missed > 0, format!("{missed} accounts are not as they are on the cluster")),
        (unhandled > 0, format!("{unhandled} failing accounts were not flagged and liquidated")),
        (found.wronged > 0, format!("{} others were flagged or liquidated", found.wronged)),
    ];
    checks.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, what)| what).collect()
}

fn table(found: &ScaleFindings, memory: u64) -> Table {
    let ms = |us: u64| format!("{:.1} ms", us as f64 / 1_000.0);
    let rows = [
        ("accounts", found.accounts.to_string()),
        ("of these mirrored at the end", found.mirrored.to_string()),
        ("from start to ready, virtual", format!("{:.1} s", found.ready_ms as f64 / 1_000.0)),
        ("decisions", found.ticks.to_string()),
        ("a decision, median", ms(found.tick_median_us)),
        ("99 in 100 take at most", ms(found.tick_p99_us)),
        ("the longest", ms(found.tick_longest_us)),
        ("decisions with something the matter", found.unhealthy_ticks.to_string()),
        ("most memory, the cluster's included", format!("{} MiB", memory >> 20)),
        ("streams opened again", found.reconnects.to_string()),
        ("parts of snapshots asked for", found.parts.to_string()),
        ("longest answer", format!("{:.1} MiB", found.longest_answer as f64 / 1_048_576.0)),
        ("accounts that changed", found.updates.to_string()),
        ("accounts that failed", found.failed.to_string()),
        ("of these flagged", found.flagged.to_string()),
        ("of these liquidated", found.liquidated.to_string()),
    ];
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(["", "found"]);
    for (what, value) in rows {
        table.add_row([what.to_owned(), value]);
    }
    table
}

/// The most memory that this process has had at once, bytes.
fn most_memory() -> Result<u64, String> {
    let path = "/proc/self/status";
    let status = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes << 10).ok_or_else(|| format!("{path} has no VmHWM"))
}
