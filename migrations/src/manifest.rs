//! What a run leaves behind for the programs that work with the deployment.

use std::fs;
use std::io::Write;
use std::path::Path;

use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::{Pubkey, address, holdfast};
use serde::{Deserialize, Serialize};

use crate::{Deployment, Origin, Place, hex};

/// The form that this version writes and reads.
const VERSION: u8 = 1;

/// A deployment: where everything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Form of this file.
    pub version: u8,
    /// The cluster's genesis hash.
    pub genesis: String,
    /// The program.
    pub program: String,
    /// SHA-256 of the program's file, hexadecimal.
    pub elf_sha256: String,
    /// What compiled it.
    pub toolchain: Origin,
    /// The exchange.
    pub exchange: String,
    /// The silos, in the order of their numbers.
    pub silos: Vec<ListedSilo>,
}

/// A silo of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedSilo {
    /// Its number.
    pub number: u16,
    /// Its address.
    pub address: String,
    /// Its collateral mint.
    pub mint: String,
    /// Its markets, in the order of their indices.
    pub markets: Vec<ListedMarket>,
}

/// A market of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedMarket {
    /// Its index.
    pub index: u8,
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Its feed accounts, as far as they are fixed.
    pub feeds: Vec<String>,
}

impl Manifest {
    /// Of a deployment whose every step is done. `feeds` says, beside what the deployment does,
    /// which feed accounts are fixed: the silo's number, the market's index and the account.
    pub fn new(
        place: &Place,
        elf: &[u8],
        wanted: &Deployment,
        feeds: &[(u16, u8, Pubkey)],
    ) -> Self {
        let silos = (0_u16..).zip(&wanted.silos).map(|(number, silo)| {
            let home = address::silo(number);
            let markets = (0_u8..).zip(&silo.markets).map(|(index, market)| {
                let is_price_account = Provider::PythPriceAccount as u8;
                let named = market.feeds.sources.iter();
                let named = named.filter(|feed| feed.provider == is_price_account);
                let named = named.map(|feed| Pubkey::new_from_array(feed.id));
                let here = |(at, which, _): &&(_, _, _)| (*at, *which) == (number, index);
                let known = feeds.iter().filter(here).map(|(_, _, account)| *account);
                ListedMarket {
                    index,
                    name: market.name.clone(),
                    address: address::market(&home, index).to_string(),
                    feeds: named.chain(known).map(|feed| feed.to_string()).collect(),
                }
            });
            let markets = markets.collect();
            let (address, mint) = (home.to_string(), silo.mint.to_string());
            ListedSilo { number, address, mint, markets }
        });
        Self {
            version: VERSION,
            genesis: place.genesis.clone(),
            program: holdfast::ID.to_string(),
            elf_sha256: hex::write(solana_sha256_hasher::hash(elf).as_ref()),
            toolchain: Origin::detect(elf),
            exchange: address::exchange().to_string(),
            silos: silos.collect(),
        }
    }

    /// Writes it to a file, whole or not at all.
    ///
    /// # Errors
    /// A sentence when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let said = |error: &dyn std::fmt::Display| {
            format!("{} cannot be written ({error}): choose another --manifest", path.display())
        };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| said(&error))?;
        text.push('\n');
        // A reader sees the old file or the new one, and after a crash it is there or not.
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let beside = Path::new(&name);
        let written = fs::File::create(beside).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(beside, path)).map_err(|error| said(&error))
    }

    /// Reads one.
    ///
    /// # Errors
    /// A sentence when the file cannot be read or is no manifest of this form.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            format!("{shown} cannot be read ({error}): `holdfast-migrate` writes it")
        })?;
        let found: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{shown} is no deployment manifest ({error})"))?;
        if found.version != VERSION {
            return Err(format!(
                "{shown} is a manifest of version {}, read is {VERSION}: use the programs of that \
                 version, or write it again with this version's `holdfast-migrate`",
                found.version
            ));
        }
        Ok(found)
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
