//! Where the units of an instruction go: read from the log of a program that marks its stages.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::Units;

/// Stages in the order of the table, and what belongs to each.
const STAGES: [(&str, &str); 9] = [
    ("accounts", "entry, decoding and checks of the accounts"),
    ("chain", "sysvars against the last sample"),
    ("load", "borrowing what the rules read"),
    ("tokens", "token transfer"),
    ("rules", "eligibility and the rule"),
    ("store", "results written back"),
    ("books", "invariants and vaults"),
    ("event", "encoding and logging"),
    ("exit", "what follows the handler"),
];

/// Units by stage of one instruction, what marking them takes included.
pub type Stages = BTreeMap<String, u64>;

/// Stages of an instruction by its log; none where the program does not mark them.
pub fn stages(logs: &[String]) -> Stages {
    let number = |line: &str, from: &str, to: &str| -> Option<u64> {
        let (_, rest) = line.split_once(from)?;
        rest.split_once(to)?.0.parse().ok()
    };
    let mut found = Stages::new();
    let outer = logs.iter().rev().find(|line| line.contains(" consumed "));
    let ends = outer.and_then(|line| {
        let taken = number(line, " consumed ", " of ")?;
        number(line, " of ", " compute").map(|limit| (limit, limit - taken))
    });
    let Some((mut left, end)) = ends else { return found };
    for pair in logs.windows(2) {
        let Some(stage) = pair[0].strip_prefix("Program log: stage ") else { continue };
        let Some(now) = number(&pair[1], "consumption: ", " units") else { continue };
        *found.entry(stage.to_owned()).or_default() += left - now;
        left = now;
    }
    if !found.is_empty() {
        found.insert("exit".to_owned(), left - end);
    }
    found
}

/// Keeps stages for the page that is written from the program without marks.
pub fn write(root: &Path, stages: &BTreeMap<&'static str, Stages>) -> Result<(), String> {
    let json = serde_json::to_string_pretty(stages).map_err(|error| error.to_string())?;
    save(&root.join("target/bench/profile.json"), &format!("{json}\n"))
}

/// The table of stages. Marking costs the same at each, so what an instruction took more with the
/// marks is taken off them in equal parts.
pub fn table(root: &Path, units: &Units) -> Result<String, String> {
    let path = root.join("target/bench/profile.json");
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let profile: BTreeMap<String, Stages> =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let (mut head, mut rule) = (String::new(), String::new());
    for (stage, _) in STAGES {
        let _ = write!(head, " {stage} |");
        rule.push_str("--:|");
    }
    let mut table = format!("| instruction |{head}\n|---|{rule}\n");
    for (name, stages) in &profile {
        let marked: u64 = stages.values().sum();
        let marks = u64::try_from(stages.len()).unwrap_or(1).saturating_sub(1).max(1);
        let each = marked.saturating_sub(units[name.as_str()]).div_ceil(marks);
        let _ = write!(table, "| `{name}` |");
        for (stage, _) in STAGES {
            let taken = stages.get(stage).map(|taken| match stage {
                "exit" => *taken,
                _ => taken.saturating_sub(each),
            });
            let _ =
                write!(table, " {} |", taken.map_or_else(String::new, |taken| taken.to_string()));
        }
        table.push('\n');
    }
    let legend: Vec<_> = STAGES.iter().map(|(stage, what)| format!("{stage}: {what}")).collect();
    Ok(format!("{table}\n{}.\n", legend.join("; ")))
}

/// Writes a file, its folder too.
pub fn save(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}
