//! What the manifest that a deployment leaves behind fills in: which cluster, and the feeds.

use holdfast_client::holdfast;
use holdfast_migrations::Manifest;

use super::Config;

impl Config {
    /// Takes `genesis` and `feeds` from the manifest where they are not set.
    ///
    /// # Errors
    /// A sentence when the manifest cannot be read, or is of another cluster, program or silo.
    pub(super) fn complete(&mut self) -> Result<(), String> {
        let Some(path) = &self.deployment else { return Ok(()) };
        let place = path.display();
        let manifest = Manifest::read(path).map_err(|reason| format!("deployment: {reason}"))?;
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
