//! The program under the upgradeable loader: what stands there, its deployment and its upgrade.

use anchor_lang::solana_program::bpf_loader_upgradeable::{
    self as loader, UpgradeableLoaderState, deploy_with_max_program_len, extend_program,
    get_program_data_address,
};
use holdfast_client::holdfast::state::{ChangeKind, Exchange};
use holdfast_client::{AccountMeta, Instruction, Pubkey, address, decode, instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::account::read;
use crate::{Cluster, buffer, check_layouts};

/// A program gets room for one this many times as large: once the exchange is its upgrade authority,
/// nobody can be sure to extend it any more.
pub const ROOM: usize = 2;

/// The loader's instruction `ExtendProgramChecked`, the tenth of its enum, as `bincode` writes it.
const EXTEND_CHECKED: [u8; 4] = 9_u32.to_le_bytes();

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

    /// Whether the exchange is the upgrade authority: the program is then replaced by a change only.
    pub fn is_handed_over(&self) -> bool {
        self.authority == Some(address::exchange())
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
    let (payer, room) = (authority.pubkey(), ROOM * elf.len());
    let deploy =
        deploy_with_max_program_len(&payer, &program.pubkey(), &buffer, &payer, rent, room)
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
    extend(cluster, authority, program, &there, elf)?;
    let buffer = buffer::write(cluster, authority, elf, progress)?;
    // The loader changes a program once in a slot, and an extension is a change.
    cluster.next_slot()?;
    cluster.send(&[loader::upgrade(program, &buffer, &payer, &payer)], &[authority])?;
    Ok(true)
}

/// Makes room for `elf` where the program has too little.
fn extend(
    cluster: &mut impl Cluster,
    payer: &Keypair,
    program: &Pubkey,
    there: &Deployed,
    elf: &[u8],
) -> Result<(), String> {
    let lacks = u32::try_from(there.lacks(elf)).map_err(|_| "the program is larger than 4 GB")?;
    if lacks > 0 {
        let extension = extension(cluster, &payer.pubkey(), program, lacks)?;
        cluster.send(&[extension], &[payer])?;
    }
    Ok(())
}

/// An extension in the form that the cluster takes: on some anybody may extend a program, on others only
/// its upgrade authority.
fn extension(
    cluster: &mut impl Cluster,
    payer: &Pubkey,
    program: &Pubkey,
    lacks: u32,
) -> Result<Instruction, String> {
    let plain = extend_program(program, Some(payer), lacks);
    let Err(reason) = cluster.rehearse(std::slice::from_ref(&plain), payer) else {
        return Ok(plain);
    };
    let checked = checked(plain, payer);
    match cluster.rehearse(std::slice::from_ref(&checked), payer) {
        Ok(()) => Ok(checked),
        Err(_) => Err(format!("the program cannot be extended by {lacks} bytes: {reason}")),
    }
}

/// The same extension, signed by the upgrade authority too.
fn checked(mut plain: Instruction, authority: &Pubkey) -> Instruction {
    let tail = plain.data.split_off(EXTEND_CHECKED.len());
    plain.data = [&EXTEND_CHECKED[..], &tail].concat();
    plain.accounts.insert(2, AccountMeta::new(*authority, true));
    plain
}

/// Proposes to replace the program by `elf`, where the exchange is the upgrade authority, and says the
/// number of the change. Does nothing when this is the upgrade that waits, and goes on where an
/// earlier run stopped.
///
/// The upgrade is rehearsed before the buffer is handed to the exchange, which cannot give it back:
/// the loader then has read the new program, and it has the room it takes. `progress` hears the bytes
/// written.
///
/// # Errors
/// A sentence: `admin` is not the exchange's, accounts exist that this version does not read, the
/// loader refuses the program, or a step failed.
pub fn propose_upgrade(
    cluster: &mut impl Cluster,
    admin: &Keypair,
    program: &Pubkey,
    elf: &[u8],
    progress: impl FnMut(usize),
) -> Result<u64, String> {
    let there = deployed(cluster, program)?.ok_or(format!("there is no program {program}"))?;
    if let Some(number) = waiting_upgrade(cluster, elf)? {
        return Ok(number);
    }
    let (payer, exchange) = (admin.pubkey(), address::exchange());
    check_admin(cluster, &payer)?;
    check_layouts(cluster, program)?;
    extend(cluster, admin, program, &there, elf)?;
    let buffer = buffer::keypair(admin, elf)?.pubkey();
    if !buffer::is_frozen(cluster, &exchange, &buffer, elf)? {
        buffer::write(cluster, admin, elf, progress)?;
        // The loader changes a program once in a slot, and an extension is a change.
        cluster.next_slot()?;
        let freeze = loader::set_buffer_authority(&buffer, &payer, &exchange);
        let upgrade = loader::upgrade(program, &buffer, &exchange, &payer);
        let rehearsed = cluster.rehearse(&[freeze.clone(), upgrade], &payer);
        rehearsed.map_err(|reason| format!("the upgrade would fail: {reason}"))?;
        cluster.send(&[freeze], &[admin])?;
    }
    let sha256 = solana_sha256_hasher::hash(elf).to_bytes();
    let number = next_change(cluster)?;
    let content = ChangeKind::Upgrade { buffer, sha256 };
    cluster.send(&[instruction::propose_change(payer, number, content)], &[admin])?;
    Ok(number)
}

/// The number of the newest upgrade that was proposed, if it waits and is to this program.
///
/// # Errors
/// A sentence when the cluster does not answer, or holds accounts this version does not read.
pub fn waiting_upgrade(cluster: &mut impl Cluster, elf: &[u8]) -> Result<Option<u64>, String> {
    let exchange = read::<Exchange>(cluster, &address::exchange())?;
    let newest = exchange.and_then(|exchange| exchange.newest.upgrade.checked_sub(1));
    let Some(number) = newest else { return Ok(None) };
    let Some(account) = cluster.account(&address::change(number))? else { return Ok(None) };
    let change = decode::change(&account.data)
        .map_err(|reason| format!("the change {number} cannot be read ({reason:?})"))?;
    let wanted = solana_sha256_hasher::hash(elf).to_bytes();
    let waits = matches!(change.content, ChangeKind::Upgrade { sha256, .. } if sha256 == wanted);
    Ok(waits.then_some(number))
}

/// Refuses anyone but the exchange's admin.
///
/// # Errors
/// A sentence naming who may.
pub fn check_admin(cluster: &mut impl Cluster, key: &Pubkey) -> Result<(), String> {
    let exchange = read::<Exchange>(cluster, &address::exchange())?;
    match exchange {
        Some(exchange) if exchange.admin != *key => Err(format!(
            "only {} may propose changes and lock the exchange, and --keypair is {key}: name that \
             key's file",
            exchange.admin
        )),
        _ => Ok(()),
    }
}

fn next_change(cluster: &mut impl Cluster) -> Result<u64, String> {
    let exchange = read::<Exchange>(cluster, &address::exchange())?.filter(Exchange::is_locked);
    let exchange = exchange.ok_or(
        "the exchange has the upgrade authority and is not locked yet, so nothing can be proposed: \
         run this first with the program that is deployed, named by --elf",
    )?;
    Ok(exchange.change_count)
}

/// The upgrade authority of the program at this address: nobody where there is none, or it is final.
///
/// # Errors
/// As [`deployed`].
pub fn authority(cluster: &mut impl Cluster, program: &Pubkey) -> Result<Option<Pubkey>, String> {
    Ok(deployed(cluster, program)?.and_then(|there| there.authority))
}

#[cfg(test)]
mod tests {
    use holdfast_client::Pubkey;

    use super::extension;
    use crate::pretend::Pretend;

    #[test]
    fn a_program_is_extended_in_the_form_that_the_cluster_takes() {
        let (payer, program) = (Pubkey::new_unique(), Pubkey::new_unique());
        let extends = |takes| {
            let mut cluster = Pretend { takes, ..Pretend::default() };
            extension(&mut cluster, &payer, &program, 10_240)
        };
        let plain = extends(6).expect("anybody may");
        assert_eq!(plain.data, [&6_u32.to_le_bytes()[..], &10_240_u32.to_le_bytes()].concat());
        let checked = extends(9).expect("the authority may");
        assert_eq!(checked.data, [&9_u32.to_le_bytes()[..], &10_240_u32.to_le_bytes()].concat());
        let signers = checked.accounts.iter().filter(|account| account.is_signer);
        assert!(signers.map(|account| account.pubkey).eq([payer, payer]));
        assert_eq!(checked.accounts[2].pubkey, payer);
        assert_eq!(checked.accounts.len(), plain.accounts.len() + 1);
        let said = extends(7).expect_err("nobody may");
        assert!(said.contains("cannot be extended by 10240 bytes"), "{said}");
    }
}
