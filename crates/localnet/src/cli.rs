//! The `holdfast` binary, run as a person runs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A program of this workspace: built beside this one.
///
/// # Errors
/// When nobody built it.
pub fn program(name: &str) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let found = here.ancestors().skip(1).take(2).map(|place| place.join(name));
    let missing = || format!("{name} is not beside {}: build it first", here.display());
    found.into_iter().find(|path| path.is_file()).with_context(missing)
}

/// Somebody with a configuration file.
#[derive(Clone, Debug)]
pub struct Person {
    /// The file.
    pub config: PathBuf,
}

impl Person {
    /// Somebody who uses the settings in `config`.
    pub fn new(config: &Path) -> Self {
        Self { config: config.to_owned() }
    }

    /// What a command prints with `--json`.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub async fn says(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = Command::new(program("holdfast")?);
        command.arg("--config").arg(&self.config).arg("--json").args(arguments);
        let asked = arguments.join(" ");
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        if !output.status.success() {
            bail!("holdfast {asked}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let said = serde_json::from_slice(&output.stdout);
        said.with_context(|| format!("holdfast {asked} prints something else than JSON"))
    }
}
