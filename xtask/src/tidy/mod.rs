//! Rules of this repository that no other tool checks: `cargo xtask tidy`.
//!
//! Each file holds one check. A check returns all its findings, so that one run shows everything
//! there is to mend.

mod arrows;
mod check_comments;
mod circles;
mod glossary;
mod modules;
mod named_tests;
mod outside_paths;
pub mod picture;
mod resolve;
mod sizes;
mod sources;

use std::fmt;

use crate::workspace::Workspace;
use sources::Source;

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, seen from the root of the repository.
    file: String,
    /// The line, where the finding has one.
    line: Option<usize>,
    /// The rule and how this place breaks it.
    what: String,
}

impl Finding {
    fn new(file: &str, line: impl Into<Option<usize>>, what: String) -> Self {
        Self { file: file.to_owned(), line: line.into(), what }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.file, self.what),
            None => write!(formatter, "{}: {}", self.file, self.what),
        }
    }
}

/// Runs all checks.
///
/// # Errors
/// All findings, one a line, or the reason why the repository could not be read.
pub fn check() -> Result<(), String> {
    let workspace = Workspace::read()?;
    let sources = sources::read()?;
    let mut findings = arrows::check(&workspace);
    findings.extend(picture::check(&workspace)?);
    findings.extend(sizes::check(&sources));
    findings.extend(outside_paths::check(&sources));
    findings.extend(check_comments::check(&sources));
    findings.extend(named_tests::check(&sources)?);
    findings.extend(glossary::check()?);
    findings.extend(circles::check(&workspace.roots, &sources));
    verdict(findings)
}

fn verdict(mut findings: Vec<Finding>) -> Result<(), String> {
    findings.sort();
    if findings.is_empty() {
        return Ok(());
    }
    let lines: String = findings.iter().map(|finding| format!("\n  {finding}")).collect();
    Err(format!("{} findings of `cargo xtask tidy`:{lines}", findings.len()))
}

#[cfg(test)]
mod tests {
    use super::{Finding, verdict};

    #[test]
    fn findings_fail_the_run_in_the_order_of_files_and_lines() {
        let at = |file, line| Finding::new(file, line, "too long".to_owned());
        let error = verdict(vec![at("b.rs", 2), at("a.rs", 10), at("a.rs", 9)]).expect_err("fails");
        let places: Vec<_> = error.lines().skip(1).map(str::trim).collect();
        assert_eq!(places, ["a.rs:9: too long", "a.rs:10: too long", "b.rs:2: too long"]);
        assert_eq!(verdict(Vec::new()), Ok(()));
    }
}
