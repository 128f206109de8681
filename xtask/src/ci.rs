//! Every gate, one after the other, and what each took: `cargo xtask ci`.

use std::time::{Duration, Instant};

use crate::{client, lint, local, operations, prove, sbpf, setup, simulate, test, tidy, validator};

/// A gate.
#[derive(Clone, Copy)]
struct Step<'a> {
    name: &'static str,
    run: &'a dyn Fn() -> Result<(), String>,
}

/// Comes before anything else.
const SETUP: Step<'_> = Step { name: "setup", run: &setup::install };

/// The gates that need no validator. Those that need seconds come first, and each takes from those
/// before it what they compiled.
const GATES: [Step<'_>; 14] = [
    Step { name: "format", run: &|| lint::format(&["--check"]) },
    Step { name: "tidy", run: &tidy::check },
    Step { name: "operations", run: &operations::check },
    Step { name: "licences", run: &lint::licences },
    Step { name: "programs", run: &|| sbpf::build().map(drop) },
    Step { name: "linker", run: &test::linker },
    Step { name: "lints", run: &lint::clippy },
    Step { name: "documentation", run: &lint::documentation },
    Step { name: "proofs", run: &prove::fast },
    Step { name: "build", run: &test::build },
    Step { name: "pages", run: &test::pages },
    Step { name: "client", run: &client::test },
    Step { name: "tests", run: &test::workspace },
    Step { name: "compute units", run: &simulate::bench },
];

/// Needs a validator.
const END_TO_END: Step<'_> =
    Step { name: "end to end", run: &|| local::end_to_end(local::Load::Short) };

/// Runs all gates until one fails; the one that needs a validator is left out on request. Compiling
/// the validator takes as long as all the rest, which leaves a core idle half of the time: it
/// goes on beside them.
///
/// # Errors
/// A sentence that names the gate which failed.
pub fn run(without_validator: bool) -> Result<(), String> {
    let validator = validator::Beside::default();
    let begin = || validator.begin();
    let wait = || validator.wait();
    let mut steps = vec![SETUP];
    if !without_validator {
        steps.push(Step { name: "validator begun", run: &begin });
    }
    steps.extend(GATES);
    if !without_validator {
        steps.extend([Step { name: "validator awaited", run: &wait }, END_TO_END]);
    }
    let (times, result) = play(&steps);
    println!("{}", table(&times));
    result
}

/// How long each step took.
type Times = Vec<(&'static str, Duration)>;

/// Runs steps until one fails, and measures each.
fn play(steps: &[Step<'_>]) -> (Times, Result<(), String>) {
    let mut times = Times::new();
    for step in steps {
        eprintln!("\n== {} ==", step.name);
        let begun = Instant::now();
        let done = (step.run)();
        times.push((step.name, begun.elapsed()));
        if let Err(reason) = done {
            return (times, Err(format!("the step \"{}\" failed: {reason}", step.name)));
        }
    }
    (times, Ok(()))
}

fn table(times: &Times) -> String {
    let total = ("in all", times.iter().map(|(_, time)| *time).sum());
    let lines = times.iter().chain([&total]).map(|(name, time)| {
        let seconds = time.as_secs();
        format!("{name:<18} {:>3} min {:>2} s\n", seconds / 60, seconds % 60)
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Step, play, table};

    const FINE: Step<'_> = Step { name: "fine", run: &|| Ok(()) };
    const BROKEN: Step<'_> = Step { name: "broken", run: &|| Err("a leaf fell".to_owned()) };
    const NEVER: Step<'_> = Step { name: "never", run: &|| panic!("it runs after a failure") };

    #[test]
    fn the_first_failure_stops_the_run_and_says_which_step_it_was() {
        let (times, result) = play(&[FINE, BROKEN, NEVER]);
        let names: Vec<_> = times.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["fine", "broken"]);
        assert_eq!(result, Err("the step \"broken\" failed: a leaf fell".to_owned()));
    }

    #[test]
    fn the_table_has_a_line_for_each_step_and_one_for_the_sum() {
        let times = vec![("format", Duration::from_secs(2)), ("tests", Duration::from_secs(725))];
        let lines: Vec<_> = table(&times).lines().map(str::to_owned).collect();
        assert_eq!(
            lines,
            [
                "format               0 min  2 s",
                "tests               12 min  5 s",
                "in all              12 min  7 s",
            ]
        );
    }
}
