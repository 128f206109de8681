//! What the cluster holds when it begins.

use std::path::{Path, PathBuf};

use slotstall::Cluster;
use solana_account::Account;
use solana_keypair::{Keypair, keypair_from_seed, read_keypair_file, write_keypair_file};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::{Arguments, accounts, anchor};

/// Lamports in the wallet: 1,000,000 SOL.
const WALLET_LAMPORTS: u64 = 1_000_000_000_000_000;

/// Programs, accounts and a wallet.
pub struct Stage {
    /// The file of the wallet's keypair.
    pub wallet_file: PathBuf,
    wallet: Pubkey,
    programs: Vec<(Pubkey, Vec<u8>)>,
    accounts: Vec<(Pubkey, Account)>,
}

impl Stage {
    /// Reads everything that the arguments name.
    ///
    /// # Errors
    /// A sentence that says what to change.
    pub fn new(arguments: &Arguments) -> Result<Self, String> {
        let workspace = match &arguments.anchor {
            Some(directory) => anchor::read(directory, &arguments.clones)?,
            None => anchor::Workspace::default(),
        };
        let given = arguments.program.chunks_exact(2);
        let given = given.map(|pair| (pair[0].clone(), PathBuf::from(&pair[1])));
        let programs = workspace.programs.into_iter().chain(given).map(program);
        let files = arguments.account.iter().map(|file| (None, file.clone()));
        let accounts = workspace.accounts.into_iter().chain(files).map(account);
        let (wallet_file, wallet) = match (&arguments.wallet, workspace.wallet) {
            (Some(file), _) => (file.clone(), wallet(file)?),
            (None, Some(file)) if file.exists() => (file.clone(), wallet(&file)?),
            _ => own_wallet()?,
        };
        Ok(Self {
            wallet,
            wallet_file,
            programs: programs.collect::<Result<_, String>>()?,
            accounts: accounts.collect::<Result<_, String>>()?,
        })
    }

    /// Puts everything in place.
    ///
    /// # Errors
    /// A sentence, when the virtual machine takes something for no program or no account.
    pub fn set(&self, cluster: &mut Cluster) -> Result<(), String> {
        cluster.fund(&self.wallet, WALLET_LAMPORTS);
        for (address, account) in &self.accounts {
            let set = cluster.svm_mut().set_account(*address, account.clone());
            set.map_err(|error| format!("{address} cannot be set: {error}"))?;
        }
        for (address, elf) in &self.programs {
            cluster
                .try_install(*address, &self.wallet, elf)
                .map_err(|error| format!("{address} cannot be installed: {error}"))?;
        }
        cluster.pass(cluster.chain().healthy().slot_ms);
        Ok(())
    }

    /// Addresses of the programs.
    pub fn program_addresses(&self) -> Vec<String> {
        self.programs.iter().map(|(address, _)| address.to_string()).collect()
    }
}

/// A program's address and its ELF.
fn program((address, file): (String, PathBuf)) -> Result<(Pubkey, Vec<u8>), String> {
    let elf = std::fs::read(&file).map_err(|error| {
        format!("{} cannot be read ({error}): build the program first", file.display())
    })?;
    Ok((parsed(&address)?, elf))
}

/// An account in a file, which has to be of an address if that is said.
fn account((named, file): (Option<String>, PathBuf)) -> Result<(Pubkey, Account), String> {
    let (address, account) = accounts::read(&file)?;
    match named {
        Some(named) if parsed(&named)? != address => {
            Err(format!("{} holds {address}, not {named}", file.display()))
        }
        _ => Ok((address, account)),
    }
}

fn parsed(address: &str) -> Result<Pubkey, String> {
    address.parse().map_err(|error| format!("{address} is no address: {error}"))
}

/// The wallet in a file, which is made if there is none.
fn wallet(file: &Path) -> Result<Pubkey, String> {
    if file.exists() {
        let wallet = read_keypair_file(file).map_err(|error| unusable(file, &*error))?;
        return Ok(wallet.pubkey());
    }
    let wallet = Keypair::new();
    write_keypair_file(&wallet, file).map_err(|error| unusable(file, &*error))?;
    Ok(wallet.pubkey())
}

/// The wallet where nobody names one: always the same, so that clusters that start at the same time
/// do not take it from each other.
fn own_wallet() -> Result<(PathBuf, Pubkey), String> {
    let file = std::env::temp_dir().join("slotstall-wallet.json");
    let wallet = keypair_from_seed(&[7; 32]).map_err(|error| unusable(&file, &*error))?;
    let is_there = || read_keypair_file(&file).is_ok_and(|there| there == wallet);
    if !is_there() {
        write_keypair_file(&wallet, &file).map_err(|error| unusable(&file, &*error))?;
    }
    Ok((file, wallet.pubkey()))
}

fn unusable(file: &Path, error: &dyn std::error::Error) -> String {
    format!("the wallet {} cannot be used ({error}): name another with --wallet", file.display())
}
