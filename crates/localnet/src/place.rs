//! Where a local cluster keeps its files, and which ports it takes.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// First ports that an unprivileged process may have, with all that follow.
pub const FIRST_PORTS: RangeInclusive<i64> = 1_024..=65_400;

/// A directory with everything of one local cluster.
#[derive(Clone, Debug)]
pub struct Place {
    root: PathBuf,
    /// The first of the ports that belong to it.
    first_port: u16,
}

/// A file that says that a directory is a local cluster's, and that the next one may delete it.
const MARKER: &str = ".holdfast-local-cluster";

impl Place {
    /// The place at `root`, with the ports from `first_port`, one of [`FIRST_PORTS`], on. What a former cluster
    /// left there is deleted, and nothing else is.
    ///
    /// # Errors
    /// When something else is there, or the directories cannot be made.
    pub fn open(root: &Path, first_port: u16) -> Result<Self> {
        let shown = root.display();
        let marker = root.join(MARKER);
        if marker.is_file() {
            std::fs::remove_dir_all(root).with_context(|| format!("{shown} cannot be deleted"))?;
        } else if root.read_dir().is_ok_and(|mut files| files.next().is_some()) {
            bail!(
                "{shown} has files in it and none called {MARKER}, so it may not be a local cluster's: delete it \
                 yourself if nothing in it is needed, or name another with --directory"
            );
        }
        std::fs::create_dir_all(root).with_context(|| format!("{shown} cannot be made"))?;
        std::fs::write(&marker, "")?;
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

    /// The history.
    pub const fn history_port(&self) -> u16 {
        self.first_port + 72
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn only_what_a_local_cluster_left_is_deleted() {
        let home = tempfile::tempdir().expect("a directory");
        let keys = home.path().join("keys");
        std::fs::create_dir(&keys).expect("a directory");
        std::fs::write(keys.join("id.json"), "dear").expect("a file");
        let said = Place::open(home.path(), 1_024).expect_err("it is somebody's").to_string();
        assert!(said.contains("delete it yourself"), "{said}");
        assert!(keys.join("id.json").is_file());

        let root = home.path().join("cluster");
        for _ in 0..2 {
            let place = Place::open(&root, 1_024).expect("a place");
            assert!(!place.file("ledger").exists(), "it is deleted");
            std::fs::write(place.file("ledger"), "old").expect("a file");
        }
        // One that is empty is nobody's.
        let empty = home.path().join("empty");
        std::fs::create_dir(&empty).expect("a directory");
        assert!(Place::open(&empty, 1_024).is_ok());
    }
}
