//! What a guard keeps on disk, so that a restart spends no budget twice and tells nothing twice.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use holdfast_client::Pubkey;
use holdfast_keeper_core::guard::{Memory, Spend, SpendFate};
use holdfast_risk::Millis;
use serde::{Deserialize, Serialize};
use tracing::warn;

/// The form that is written.
const VERSION: u8 = 1;

/// The file, which no other guard uses meanwhile.
pub struct MemoryFile {
    path: PathBuf,
    /// Held until the process ends.
    _lock: File,
    /// What could not be written yet.
    unsaved: Option<Memory>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u8,
    spends: Vec<StoredSpend>,
    told: Vec<StoredAlarm>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredSpend {
    account: String,
    amount: u64,
    at_ms: u64,
    fate: StoredFate,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum StoredFate {
    UnderWay { last_height: u64 },
    Landed { slot: u64 },
    Unknown,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredAlarm {
    account: Option<String>,
    alarm: String,
    at_ms: u64,
}

impl MemoryFile {
    /// Takes the file for this process, with what is in it.
    ///
    /// # Errors
    /// A sentence when another guard uses it, or it cannot be read or written.
    pub fn open(path: &Path) -> Result<(Self, Memory), String> {
        let place = path.display();
        let beside = path.with_added_extension("lock");
        let lock = File::options().write(true).create(true).truncate(false).open(&beside);
        let lock = lock.map_err(|reason| {
            let beside = beside.display();
            format!("{beside} cannot be written ({reason}): set guard.state to a file of yours")
        })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "another guard uses {place}: stop it, or set guard.state to another file and \
                     share the budget between them"
                ));
            }
            Err(TryLockError::Error(reason)) => {
                return Err(format!("{place} cannot be locked ({reason}): set guard.state"));
            }
        }
        let memory = if path.exists() { read(path)? } else { Memory::default() };
        let file = Self { path: path.to_owned(), _lock: lock, unsaved: None };
        file.write(&memory)
            .map_err(|reason| format!("{place} cannot be written ({reason}): set guard.state"))?;
        Ok((file, memory))
    }

    /// Writes what has changed, if anything has. `false` while that does not succeed: nothing may be
    /// sent then.
    pub fn keep(&mut self, changed: Option<Memory>) -> bool {
        let Some(memory) = changed.or_else(|| self.unsaved.take()) else { return true };
        let written = self.write(&memory);
        if let Err(reason) = &written {
            warn!(path = %self.path.display(), %reason, "cannot be written: nothing is sent");
            self.unsaved = Some(memory);
        } else {
            self.unsaved = None;
        }
        written.is_ok()
    }

    /// Replaces the file: whatever happens, the old or the new one is there.
    fn write(&self, memory: &Memory) -> std::io::Result<()> {
        let text = serde_json::to_vec_pretty(&stored(memory))?;
        let beside = self.path.with_added_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn read(path: &Path) -> Result<Memory, String> {
    let read = fs::read(path).map_err(|reason| reason.to_string());
    let memory = read.and_then(|text| {
        let stored: Stored = serde_json::from_slice(&text).map_err(|reason| reason.to_string())?;
        restored(stored)
    });
    memory.map_err(|reason| {
        format!(
            "{} cannot be read ({reason}). It says what was spent of the budget: restore it, or move \
             it away, and the budget begins anew",
            path.display()
        )
    })
}

fn stored(memory: &Memory) -> Stored {
    let spends = memory.spends.iter().map(|spend| StoredSpend {
        account: spend.account.to_string(),
        amount: spend.amount,
        at_ms: spend.at.0,
        fate: match spend.fate {
            SpendFate::UnderWay { last_height } => StoredFate::UnderWay { last_height },
            SpendFate::Landed { slot } => StoredFate::Landed { slot },
            SpendFate::Unknown => StoredFate::Unknown,
        },
    });
    let told = memory.told.iter().map(|((account, alarm), at)| StoredAlarm {
        account: account.map(|account| account.to_string()),
        alarm: alarm.clone(),
        at_ms: at.0,
    });
    Stored { version: VERSION, spends: spends.collect(), told: told.collect() }
}

fn restored(stored: Stored) -> Result<Memory, String> {
    if stored.version != VERSION {
        return Err(format!("it has version {}, read is {VERSION}", stored.version));
    }
    let address = |text: &String| -> Result<Pubkey, String> {
        text.parse().map_err(|_| format!("{text} is no address"))
    };
    let spends = stored.spends.iter().map(|spend| -> Result<Spend, String> {
        let fate = match spend.fate {
            StoredFate::UnderWay { last_height } => SpendFate::UnderWay { last_height },
            StoredFate::Landed { slot } => SpendFate::Landed { slot },
            StoredFate::Unknown => SpendFate::Unknown,
        };
        let (account, at) = (address(&spend.account)?, Millis(spend.at_ms));
        Ok(Spend { account, amount: spend.amount, at, fate })
    });
    let told = stored.told.iter().map(|told| -> Result<_, String> {
        let account = told.account.as_ref().map(address).transpose()?;
        Ok(((account, told.alarm.clone()), Millis(told.at_ms)))
    });
    Ok(Memory { spends: spends.collect::<Result<_, _>>()?, told: told.collect::<Result<_, _>>()? })
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
