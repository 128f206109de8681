//! Keypair files, one for each person and daemon.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow};
use holdfast_client::Pubkey;
use holdfast_rpc::keypair_file;
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer;

/// A person or daemon with a keypair in a file.
pub struct Wallet {
    /// The file.
    pub file: PathBuf,
    /// What is in it.
    pub keypair: Keypair,
}

impl Wallet {
    /// The wallet `name` in `directory`, made on its first use.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(directory: &Path, name: &str) -> Result<Self> {
        let file = directory.join(format!("{name}.json"));
        if !file.exists() {
            std::fs::create_dir_all(directory)?;
            let made = write_keypair_file(&Keypair::new(), &file);
            made.map_err(|reason| anyhow!("{} cannot be written: {reason}", file.display()))?;
        }
        let keypair = keypair_file::read(&file, "--directory").map_err(Error::msg)?;
        Ok(Self { file, keypair })
    }

    /// Its address.
    pub fn address(&self) -> Pubkey {
        self.keypair.pubkey()
    }
}
