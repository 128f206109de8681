//! The command line that `rustc` writes for a BPF linker.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

/// What to link, and where to.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Bitcode files and archives of them.
    pub inputs: Vec<PathBuf>,
    /// The shared object to write.
    pub output: PathBuf,
    /// Whether `entrypoint` is exported, which makes it a program rather than a library.
    pub is_program: bool,
}

impl Arguments {
    /// Reads the arguments after the program's name.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut parsed = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "-o" => parsed.output = value()?.into(),
                "--export" => parsed.export(&value()?),
                "--export-symbols" => {
                    let path = value()?;
                    let symbols = std::fs::read_to_string(&path)
                        .with_context(|| format!("could not read {path}"))?;
                    symbols.lines().for_each(|symbol| parsed.export(symbol));
                }
                // Processor and optimisation are fixed here, and nothing is searched for.
                "-L" | "--cpu" | "--cpu-features" => drop(value()?),
                "--debug" => {}
                level if level.starts_with("-O") => {}
                unknown if unknown.starts_with('-') => bail!("unknown argument {unknown}"),
                input => parsed.inputs.push(input.into()),
            }
        }
        if parsed.output.as_os_str().is_empty() {
            bail!("no output file was named with -o");
        }
        Ok(parsed)
    }

    fn export(&mut self, symbol: &str) {
        self.is_program |= symbol == "entrypoint";
    }
}
