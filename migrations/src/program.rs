//! The program under the upgradeable loader: what stands there, its deployment and its upgrade.

use anchor_lang::solana_program::bpf_loader_upgradeable::{
    self as loader, UpgradeableLoaderState, deploy_with_max_program_len, extend_program,
    get_program_data_address,
};
use holdfast_client::Pubkey;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{Cluster, buffer, check_layouts};

/// A program is extended by no less: the loader refuses smaller steps.
const LEAST_EXTENSION: usize = 10_240;

/// A program that stands on a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Who may replace it; nobody once it was made final.
    pub authority: Option<Pubkey>,
    /// Its code, and zeros up to the room it has.
    pub code: Vec<u8>,
}

impl Deployed {
    /// Whether it is this program.
    pub fn is(&self, elf: &[u8]) -> bool {
        let rest = self.code.strip_prefix(elf);
        rest.is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    }

    /// Bytes it has to be extended by before this program fits.
    pub fn lacks(&self, elf: &[u8]) -> usize {
        match elf.len().saturating_sub(self.code.len()) {
            0 => 0,
            more => more.max(LEAST_EXTENSION),
        }
    }

    /// Refuses anyone but the upgrade authority.
    ///
    /// # Errors
    /// A sentence naming who may.
    pub fn check_authority(&self, key: &Pubkey) -> Result<(), String> {
        match self.authority {
            Some(authority) if authority == *key => Ok(()),
            Some(authority) => Err(format!(
                "only {authority} may upgrade the program and set the exchange up, and --keypair \
                 is {key}: name that key's file"
            )),
            None => Err("the program was made final: nobody may upgrade it any more".to_owned()),
        }
    }
}

/// The program at this address, if there is one.
///
/// # Errors
/// A sentence when the cluster does not answer, or what stands there is no upgradeable program.
pub fn deployed(cluster: &mut impl Cluster, program: &Pubkey) -> Result<Option<Deployed>, String> {
    let Some(account) = cluster.account(program)? else { return Ok(None) };
    if account.owner != loader::ID {
        return Err(format!(
            "{program} belongs to {}: it is no program that can be upgraded",
            account.owner
        ));
    }
    let data = cluster.account(&get_program_data_address(program))?;
    let data = data.ok_or(format!(
        "the program {program} was closed, and nothing can be deployed there again: build it with \
         an id of its own"
    ))?;
    let state = bincode::deserialize::<UpgradeableLoaderState>(&data.data);
    let Ok(UpgradeableLoaderState::ProgramData { upgrade_authority_address, .. }) = state else {
        return Err(format!("the data of the program {program} is not what the loader writes"));
    };
    let header = UpgradeableLoaderState::size_of_programdata_metadata();
    let code = data.data.get(header..).unwrap_or_default().to_vec();
    Ok(Some(Deployed { authority: upgrade_authority_address, code }))
}

/// Deploys `elf` at the address of `program`, with `authority` paying and keeping the power to
/// upgrade. Does nothing when a program is there already, and goes on where an earlier run
/// stopped. `progress` hears the bytes written. The program runs from the next slot on.
///
/// # Errors
/// A sentence saying which step failed.
pub fn deploy_program(
    cluster: &mut impl Cluster,
    authority: &Keypair,
    program: &Keypair,
    elf: &[u8],
    progress: impl FnMut(usize),
) -> Result<bool, String> {
    if deployed(cluster, &program.pubkey())?.is_some() {
        return Ok(false);
    }
    let buffer = buffer::write(cluster, authority, elf, progress)?;
    let rent = cluster.rent(UpgradeableLoaderState::size_of_program())?;
    let payer = authority.pubkey();
    let deploy =
        deploy_with_max_program_len(&payer, &program.pubkey(), &buffer, &payer, rent, elf.len())
            .map_err(|error| error.to_string())?;
    cluster.send(&deploy, &[authority, program])?;
    Ok(true)
}

/// Replaces the program at `program` by `elf`, extending it first where it has to be. Does nothing
/// when that is what runs there, and goes on where an earlier run stopped. `progress` hears the
/// bytes written. The new program runs from the next slot on.
///
/// # Errors
/// A sentence: there is no program, this is not its upgrade authority, accounts exist that this
/// version does not read, or a step failed.
pub fn upgrade_program(
    cluster: &mut impl Cluster,
    authority: &Keypair,
    program: &Pubkey,
    elf: &[u8],
    progress: impl FnMut(usize),
) -> Result<bool, String> {
    let payer = authority.pubkey();
    let there = deployed(cluster, program)?.ok_or(format!("there is no program {program}"))?;
    if there.is(elf) {
        return Ok(false);
    }
    there.check_authority(&payer)?;
    check_layouts(cluster, program)?;
    let lacks = there.lacks(elf);
    if lacks > 0 {
        let lacks = u32::try_from(lacks).map_err(|_| "the program is larger than 4 GB")?;
        cluster.send(&[extend_program(program, Some(&payer), lacks)], &[authority])?;
    }
    let buffer = buffer::write(cluster, authority, elf, progress)?;
    // The loader changes a program once in a slot, and an extension is a change.
    cluster.next_slot()?;
    cluster.send(&[loader::upgrade(program, &buffer, &payer, &payer)], &[authority])?;
    Ok(true)
}
