//! Every fault with many seeds: how long it takes to be found, how often something is found where
//! nothing fails, and whether the keeper does its work afterwards. Prints the table in docs/keeper.md.
//! Or several faults at once, drawn from a seed.

use std::ops::Range;
use std::process::ExitCode;

use clap::Parser;
use comfy_table::{Table, presets};
use holdfast_keeper_core::health::ChainCondition;
use holdfast_keeper_core::witness::Source;
use holdfast_simulator::keeping::swarm::endure;
use holdfast_simulator::keeping::{Fault, Finding, Lie, Trial};
use indicatif::ProgressBar;

/// Tries every fault with many seeds, or several at once
#[derive(Parser)]
#[command(name = "faults", version)]
struct Options {
    /// Seeds per fault; a thousand take a quarter of an hour on two cores
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// Also try every lie that one of three endpoints or one of two streams can tell
    #[arg(long)]
    lies: bool,
    /// Instead, let several faults come and go at once, drawn from this many seeds, and check after every
    /// step what has to hold
    #[arg(long, value_name = "SEEDS", conflicts_with_all = ["seeds", "lies"])]
    swarm: Option<u64>,
    /// The first seed of the swarm; one alone is replayed with `--swarm 1`
    #[arg(long, default_value_t = 0, requires = "swarm")]
    seed: u64,
}

/// Faults with what each is to be taken for; nothing, where one source fails and others do not.
const FAULTS: [(&str, Fault, Option<ChainCondition>); 21] = [
    ("all endpoints frozen, answering", Fault::AllFrozen, Some(ChainCondition::RpcStale)),
    ("all endpoints refuse (429, 500)", Fault::AllRefusing, Some(ChainCondition::RpcStale)),
    ("the chain stands still", Fault::Halt, Some(ChainCondition::Halt)),
    ("half of the slots skipped", Fault::Skipping, Some(ChainCondition::HighSkip)),
    ("slots take twice as long", Fault::SlowSlots, Some(ChainCondition::SlowSlots)),
    ("forks of 3 blocks, about every 8 s", Fault::Forking(3), Some(ChainCondition::ForkSwitch)),
    ("all streams silent", Fault::Silent, Some(ChainCondition::StreamSilent)),
    ("streams closed again and again", Fault::Closing, Some(ChainCondition::StreamSilent)),
    ("no prices published", Fault::NoPrices, Some(ChainCondition::OracleStale)),
    ("one blockhash everywhere", Fault::OneBlockhash, Some(ChainCondition::BlockhashExpired)),
    ("one of three endpoints frozen", Fault::Frozen(0), None),
    ("one of three endpoints refuses", Fault::Refusing(0), None),
    ("one of three endpoints talks nonsense", Fault::Garbage(0), None),
    ("one of three endpoints 100 blocks behind", Fault::Stale(0, 100), None),
    ("answers up to 3 s late", Fault::Slow(3_000), None),
    ("streams say everything twice", Fault::Duplicating, None),
    ("streams late by up to 2 s, out of order", Fault::Reordering(2_000), None),
    ("one stream message in three left out", Fault::Dropping(3), None),
    ("two transactions in three lost", Fault::Losing, None),
    ("simulations never answered", Fault::Unsimulated, None),
    ("one of three endpoints misjudges simulations", Fault::Misjudging(0), None),
];

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match options.swarm {
        Some(seeds) => swarm(options.seed, seeds),
        None => table(&options),
    };
    match done {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Every fault by itself.
fn table(options: &Options) -> Result<String, String> {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header([
        "fault",
        "taken for",
        "found after, median",
        "worst",
        "false alarms before",
        "liquidates after it, median",
        "worst",
    ]);
    let mut faults: Vec<_> =
        FAULTS.iter().map(|(name, fault, class)| ((*name).to_owned(), *fault, *class)).collect();
    if options.lies {
        faults.extend(lies());
    }
    let bar = ProgressBar::new(faults.len() as u64 * options.seeds);
    for (name, fault, class) in faults {
        let run = |seed| Trial { seed, fault, class }.run();
        table.add_row(row(&name, class, &each(0..options.seeds, &bar, run)?));
    }
    bar.finish_and_clear();
    Ok(table.to_string())
}

/// Several faults at once: a sentence, or an error that names each seed with which something was
/// amiss and what failed there.
fn swarm(first: u64, seeds: u64) -> Result<String, String> {
    let bar = ProgressBar::new(seeds);
    let endured = each(first..first + seeds, &bar, |seed| Ok((seed, endure(seed)?)))?;
    bar.finish_and_clear();
    let mut broken = String::new();
    for (seed, it) in &endured {
        if let Some((at, what)) = &it.violation {
            let spells: Vec<_> = it.spells.iter().map(|spell| format!("  {spell}")).collect();
            broken += &format!(
                "seed {seed}, after {:.1} s: {what}\n{}\n",
                *at as f64 / 1_000.0,
                spells.join("\n")
            );
        }
    }
    if !broken.is_empty() {
        return Err(format!("something was amiss:\n{broken}"));
    }
    let faults: usize = endured.iter().map(|(_, it)| it.spells.len()).sum();
    let refused: u64 = endured.iter().map(|(_, it)| it.refused).sum();
    let sheltered = endured.iter().filter(|(_, it)| it.sheltered).count();
    Ok(format!(
        "{seeds} seeds from {first}, {faults} faults: nothing amiss; the venue sheltered in {sheltered}, \
         {refused} transactions were paid for and refused"
    ))
}

/// Every lie of one endpoint and of one stream: none of them is to change anything.
fn lies() -> impl Iterator<Item = (String, Fault, Option<ChainCondition>)> {
    let endpoint = Lie::ENDPOINTS.into_iter().map(|lie| (Source::Endpoint(0), lie));
    let stream = Lie::STREAMS.into_iter().map(|lie| (Source::Stream(0), lie));
    let named = |(source, lie): (Source, Lie)| {
        let who = if source.is_stream() { "one of two streams" } else { "one of three endpoints" };
        (format!("{who}: {lie:?}"), Fault::Lies(source, lie), None)
    };
    endpoint.chain(stream).map(named)
}

/// Something for each seed, on every processor, in no order.
fn each<T: Send>(
    seeds: Range<u64>,
    bar: &ProgressBar,
    run: impl Fn(u64) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let run = |seed| {
        let done = run(seed);
        bar.inc(1);
        done
    };
    let (run, seeds) = (&run, &seeds);
    std::thread::scope(|scope| {
        let share = |worker| {
            seeds.clone().skip(worker).step_by(workers).map(run).collect::<Result<Vec<_>, _>>()
        };
        let workers: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || share(worker))).collect();
        let shares = workers.into_iter().map(|worker| worker.join().expect("no trial panics"));
        let shares: Result<Vec<_>, String> = shares.collect();
        Ok(shares?.into_iter().flatten().collect())
    })
}

fn row(name: &str, class: Option<ChainCondition>, findings: &[Finding]) -> Vec<String> {
    let found = median_and_worst(findings.iter().map(|finding| finding.found));
    let worked = findings.iter().filter(|finding| !finding.sheltered);
    let worked = median_and_worst(worked.map(|finding| finding.liquidated));
    let alarms: u64 = findings.iter().map(|finding| finding.false_alarms).sum();
    let polls: u64 = findings.iter().map(|finding| finding.calm_polls).sum();
    let [median, worst] = match class {
        Some(_) => found,
        None if findings.iter().all(|finding| finding.found.is_some()) => {
            ["–", "–"].map(String::from)
        }
        None => ["taken for something", ""].map(String::from),
    };
    let [work_median, work_worst] = worked;
    let taken_for = class.map_or("nothing: the others serve", ChainCondition::name).to_owned();
    let alarms = format!("{alarms} of {polls} looks");
    vec![name.to_owned(), taken_for, median, worst, alarms, work_median, work_worst]
}

/// Median and worst of times in milliseconds; a time that is missing is the worst.
fn median_and_worst(times: impl Iterator<Item = Option<u64>>) -> [String; 2] {
    let mut times: Vec<_> = times.map(|time| time.unwrap_or(u64::MAX)).collect();
    times.sort_unstable();
    let shown = |time: Option<&u64>| match time {
        Some(&u64::MAX) => "never".to_owned(),
        Some(time) => format!("{:.1} s", *time as f64 / 1_000.0),
        None => "the venue sheltered".to_owned(),
    };
    [shown(times.get(times.len() / 2)), shown(times.last())]
}
