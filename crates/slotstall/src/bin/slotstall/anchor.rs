//! What Anchor.toml wants of a local validator.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What is read of Anchor.toml; the rest is not about the cluster.
#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    programs: BTreeMap<String, BTreeMap<String, Program>>,
    provider: Provider,
    test: Test,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Program {
    Address(String),
    Table { address: String, path: Option<PathBuf> },
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Provider {
    wallet: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Test {
    genesis: Vec<Genesis>,
    validator: Validator,
}

#[derive(Deserialize)]
struct Genesis {
    address: String,
    program: PathBuf,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Validator {
    account: Vec<AccountFile>,
    account_dir: Vec<AccountDirectory>,
    clone: Vec<Cloned>,
}

#[derive(Deserialize)]
struct AccountFile {
    address: String,
    filename: PathBuf,
}

#[derive(Deserialize)]
struct AccountDirectory {
    directory: PathBuf,
}

#[derive(Deserialize)]
struct Cloned {
    address: String,
}

/// What a workspace wants.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Workspace {
    /// Programs: address and ELF file.
    pub programs: Vec<(String, PathBuf)>,
    /// Files of accounts, each with the address it has to be of, if that is said.
    pub accounts: Vec<(Option<String>, PathBuf)>,
    /// The wallet.
    pub wallet: Option<PathBuf>,
}

/// Reads the Anchor.toml of a directory or of the nearest one above it that has one. Accounts that it
/// clones from another cluster are looked for as `ADDRESS.json` in `clones`.
///
/// # Errors
/// A sentence that says what to change.
pub fn read(directory: &Path, clones: &Path) -> Result<Workspace, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", directory.display());
    let whole = directory.canonicalize().map_err(wrong)?;
    let found = whole.ancestors().find(|above| above.join("Anchor.toml").is_file());
    let directory = found
        .ok_or_else(|| format!("there is no Anchor.toml in {} or above it", whole.display()))?;
    let path = directory.join("Anchor.toml");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("{} cannot be read ({error})", path.display()))?;
    let file: File =
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut workspace = Workspace {
        programs: file
            .test
            .genesis
            .into_iter()
            .map(|genesis| (genesis.address, directory.join(genesis.program)))
            .collect(),
        accounts: Vec::new(),
        wallet: file.provider.wallet.map(|wallet| home(directory, &wallet)),
    };
    for (name, program) in file.programs.get("localnet").into_iter().flatten() {
        let built = directory.join("target/deploy").join(format!("{}.so", name.replace('-', "_")));
        workspace.programs.push(match program {
            Program::Address(address) => (address.clone(), built),
            Program::Table { address, path } => {
                (address.clone(), path.as_ref().map_or(built, |path| directory.join(path)))
            }
        });
    }
    let validator = file.test.validator;
    for account in validator.account {
        workspace.accounts.push((Some(account.address), directory.join(account.filename)));
    }
    for listed in validator.account_dir {
        let files = json_files(&directory.join(listed.directory))?;
        workspace.accounts.extend(files.into_iter().map(|file| (None, file)));
    }
    for Cloned { address } in validator.clone {
        let file = directory.join(clones).join(format!("{address}.json"));
        if !file.exists() {
            return Err(format!(
                "Anchor.toml clones {address}, and there is no other cluster here: write it once \
                 with `solana account {address} --output json --output-file {}`",
                file.display()
            ));
        }
        workspace.accounts.push((Some(address), file));
    }
    Ok(workspace)
}

/// A path of Anchor.toml, which may begin with `~`.
fn home(directory: &Path, path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => directory.join(path),
    }
}

fn json_files(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |error| format!("{} cannot be listed ({error})", directory.display());
    let entries = std::fs::read_dir(directory).map_err(wrong)?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

#[cfg(test)]
#[path = "anchor_tests.rs"]
mod tests;
