//! Searches for bytes that something which reads them cannot take.

use std::process::Command;

use clap::Args;

use crate::command::{root, show};
use crate::{sbpf, setup};

/// What to search, and for how long.
#[derive(Args)]
pub struct Search {
    /// What reads the bytes: a file in fuzz/search, without its ending
    target: String,
    /// Stop after so many seconds; without it, search until something is found
    #[arg(long)]
    seconds: Option<u32>,
}

/// Lets libFuzzer search. New bytes that reach new code are kept in target/fuzz/corpus, and what
/// fails in target/fuzz/artifacts.
///
/// # Errors
/// When something cannot be built, or something was found.
pub fn search(search: &Search) -> Result<(), String> {
    let target = &search.target;
    setup::install_compiler()?;
    setup::install_fuzz()?;
    sbpf::build()?;
    let own = root().join("target/fuzz/corpus").join(target);
    let artifacts = root().join("target/fuzz/artifacts").join(target);
    for directory in [&own, &artifacts] {
        std::fs::create_dir_all(directory)
            .map_err(|error| format!("could not create {}: {error}", directory.display()))?;
    }
    let mut fuzz = Command::new("cargo");
    // Coverage works with the stable compiler; sanitizers do not, and there is no unsafe code here.
    fuzz.current_dir(root()).args(["fuzz", "run", "--sanitizer", "none", "--features", "search"]);
    fuzz.args(["--target-dir", "target/fuzz", target]);
    fuzz.arg(own).arg(root().join("fuzz/corpus").join(target)).arg("--");
    fuzz.arg(format!("-artifact_prefix={}/", artifacts.display()));
    if let Some(seconds) = search.seconds {
        fuzz.arg(format!("-max_total_time={seconds}"));
    }
    show(&mut fuzz)
}
