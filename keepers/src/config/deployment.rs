//! The manifest that a deployment leaves behind: which cluster and program, and the feeds.

use std::path::Path;

use holdfast_client::holdfast;
use serde::Deserialize;

use super::Config;

/// The form of the manifest that is read.
const VERSION: u32 = 1;

/// What is used of the manifest; it holds more.
#[derive(Deserialize)]
struct Manifest {
    version: u32,
    genesis: String,
    program: String,
    silos: Vec<Silo>,
}

#[derive(Deserialize)]
struct Silo {
    number: u16,
    markets: Vec<Market>,
}

#[derive(Deserialize)]
struct Market {
    /// Feed accounts whose addresses are fixed.
    #[serde(default)]
    feeds: Vec<String>,
}

impl Config {
    /// Takes `genesis` and `feeds` from the manifest where they are not set.
    ///
    /// # Errors
    /// A sentence when the manifest cannot be read, or is of another cluster, program or silo.
    pub(super) fn complete(&mut self) -> Result<(), String> {
        let Some(path) = &self.deployment else { return Ok(()) };
        let (place, manifest) = (path.display(), read(path)?);
        if let Some(genesis) = self.genesis.as_ref().filter(|set| **set != manifest.genesis) {
            let found = &manifest.genesis;
            return Err(format!(
                "{place} describes the cluster with genesis hash {found} and genesis is {genesis}: \
                 change deployment or genesis"
            ));
        }
        let known = holdfast::ID.to_string();
        if manifest.program != known {
            let found = &manifest.program;
            return Err(format!(
                "{place} describes the program {found} and this binary knows {known}: change \
                 deployment, or use the binary built with that program"
            ));
        }
        let silo =
            manifest.silos.into_iter().find(|silo| silo.number == self.silo).ok_or_else(|| {
                format!("{place} describes no silo {}: change silo or deployment", self.silo)
            })?;
        self.genesis = Some(manifest.genesis);
        if self.feeds.is_empty() {
            self.feeds = silo.markets.into_iter().flat_map(|market| market.feeds).collect();
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Manifest, String> {
    let place = path.display();
    let text = std::fs::read_to_string(path).map_err(|reason| {
        format!("deployment names {place}, which cannot be read ({reason}): name the manifest that `holdfast-migrate` wrote")
    })?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|reason| {
        format!("{place} is no deployment manifest ({reason}): name the one that `holdfast-migrate` wrote")
    })?;
    if manifest.version == VERSION {
        Ok(manifest)
    } else {
        let found = manifest.version;
        Err(format!(
            "{place} is a manifest of version {found} and this binary reads {VERSION}: use the binary \
             of that deployment"
        ))
    }
}
