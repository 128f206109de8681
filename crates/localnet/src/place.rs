//! Where a local cluster keeps its files, and which ports it takes.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// First ports that an unprivileged process may have, with all that follow.
pub const FIRST_PORTS: RangeInclusive<i64> = 1_024..=65_400;

/// A directory with everything of one local cluster.
#[derive(Clone, Debug)]
pub struct Place {
    root: PathBuf,
    /// The first of the ports that belong to it.
    first_port: u16,
}

impl Place {
    /// The place at `root`, with the ports from `first_port`, one of [`FIRST_PORTS`], on.
    ///
    /// # Errors
    /// When the directories cannot be made.
    pub fn open(root: &Path, first_port: u16) -> Result<Self> {
        std::fs::create_dir_all(root)
            .with_context(|| format!("{} cannot be made", root.display()))?;
        // Daemons have other working directories.
        let place = Self { root: root.canonicalize()?, first_port };
        std::fs::create_dir_all(place.root.join("logs"))?;
        std::fs::create_dir_all(place.keys())?;
        Ok(place)
    }

    /// A file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Keypair files.
    pub fn keys(&self) -> PathBuf {
        self.file("keys")
    }

    /// The log of the daemon `name`.
    pub fn log(&self, name: &str) -> PathBuf {
        self.file("logs").join(format!("{name}.log"))
    }

    /// What migrations leave for keepers.
    pub fn manifest(&self) -> PathBuf {
        self.file("holdfast-deployment.json")
    }

    /// RPC of the validator; the next one has its WebSocket, and the next 42 are its too.
    pub const fn rpc_port(&self) -> u16 {
        self.first_port
    }

    /// RPC of a proxy; the next one has its WebSocket.
    pub const fn proxy_port(&self, proxy: u16) -> u16 {
        self.first_port + 50 + 2 * proxy
    }

    /// Metrics and health of a keeper.
    pub const fn keeper_port(&self, keeper: u16) -> u16 {
        self.first_port + 60 + keeper
    }

    /// The publisher's control.
    pub const fn publisher_port(&self) -> u16 {
        self.first_port + 70
    }

    /// The page.
    pub const fn page_port(&self) -> u16 {
        self.first_port + 71
    }
}
