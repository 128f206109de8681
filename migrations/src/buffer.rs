//! The buffer that a program is written to before its deployment or upgrade.

use anchor_lang::solana_program::bpf_loader_upgradeable::{
    self as loader, UpgradeableLoaderState, create_buffer,
};
use holdfast_client::Pubkey;
use solana_keypair::{Keypair, keypair_from_seed};
use solana_signer::Signer;

use crate::Cluster;

/// Bytes written by one transaction, so that it fits a packet of 1,232 bytes.
pub const CHUNK: usize = 900;

/// How often what is missing is sent before a run gives up: a cluster that loses more than a few
/// of every hundred transactions is written to more than once.
pub const ROUNDS: usize = 10;

/// A buffer that an earlier run left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanBuffer {
    /// Its address.
    pub address: Pubkey,
    /// What closing it returns.
    pub lamports: u64,
    /// Bytes of the program it was meant for.
    pub length: usize,
}

/// The keypair of the buffer for this program: the same in every run of this authority, and
/// known to nobody else, so a run goes on where the last one stopped without a file that says so.
///
/// # Errors
/// A sentence when the authority cannot sign.
pub fn keypair(authority: &Keypair, elf: &[u8]) -> Result<Keypair, String> {
    let digest = solana_sha256_hasher::hash(elf);
    let message = [b"holdfast-migrate: the buffer of ", digest.as_ref()].concat();
    let signature = authority.try_sign_message(&message).map_err(|error| error.to_string())?;
    let seed = solana_sha256_hasher::hash(signature.as_ref());
    keypair_from_seed(seed.as_ref()).map_err(|error| error.to_string())
}

/// The program's bytes that the buffer holds already; `None` when there is no buffer.
///
/// # Errors
/// A sentence when the cluster does not answer, or another authority's account stands there.
pub fn written(
    cluster: &mut impl Cluster,
    authority: &Pubkey,
    buffer: &Pubkey,
) -> Result<Option<Vec<u8>>, String> {
    let Some(account) = cluster.account(buffer)? else { return Ok(None) };
    let header = UpgradeableLoaderState::size_of_buffer_metadata();
    let body = account.data.get(header..);
    match (account.data.starts_with(&prefix(authority)), body) {
        (true, Some(body)) if account.owner == loader::ID => Ok(Some(body.to_vec())),
        _ => Err(format!("{buffer} is no buffer of {authority}: it cannot be written to")),
    }
}

/// Whether the buffer holds the program and belongs to `exchange`, so that it is written to no more.
///
/// # Errors
/// A sentence when the cluster does not answer.
pub fn is_frozen(
    cluster: &mut impl Cluster,
    exchange: &Pubkey,
    buffer: &Pubkey,
    elf: &[u8],
) -> Result<bool, String> {
    let account = cluster.account(buffer)?.filter(|account| account.owner == loader::ID);
    let program = account.as_ref().and_then(|it| it.data.strip_prefix(&prefix(exchange)[..]));
    Ok(program == Some(elf))
}

/// Writes the program to its buffer, only what is not there yet, and reads it back. `progress`
/// hears how many bytes there are.
///
/// # Errors
/// A sentence saying which step failed.
pub fn write(
    cluster: &mut impl Cluster,
    authority: &Keypair,
    elf: &[u8],
    mut progress: impl FnMut(usize),
) -> Result<Pubkey, String> {
    let (payer, buffer) = (authority.pubkey(), keypair(authority, elf)?);
    let address = buffer.pubkey();
    if written(cluster, &payer, &address)?.is_none() {
        let rent = cluster.rent(UpgradeableLoaderState::size_of_buffer(elf.len()))?;
        let create = create_buffer(&payer, &address, &payer, rent, elf.len())
            .map_err(|error| error.to_string())?;
        cluster.send(&create, &[authority, &buffer])?;
    }
    for _ in 0..ROUNDS {
        let there = written(cluster, &payer, &address)?.unwrap_or_default();
        let missing = missing(&there, elf);
        progress(elf.len().saturating_sub(missing.len() * CHUNK));
        if missing.is_empty() {
            return Ok(address);
        }
        let writes = missing
            .iter()
            .map(|&(offset, chunk)| loader::write(&address, &payer, offset, chunk.to_vec()));
        let mut landed =
            |count| progress(elf.len().saturating_sub((missing.len() - count) * CHUNK));
        cluster.send_unordered(writes.collect(), authority, &mut landed)?;
    }
    Err(format!(
        "the cluster lost writes to the buffer {address} again and again: run this again, it goes \
         on where it stopped, or raise --priority-fee"
    ))
}

/// Parts of the program that are not in the buffer, with their offsets.
pub fn missing<'a>(there: &[u8], elf: &'a [u8]) -> Vec<(u32, &'a [u8])> {
    let offsets = (0_u32..).step_by(CHUNK);
    let chunks = offsets.zip(elf.chunks(CHUNK));
    let is_there = |offset: u32, chunk: &[u8]| {
        there.get(offset as usize..).is_some_and(|rest| rest.starts_with(chunk))
    };
    chunks.filter(|&(offset, chunk)| !is_there(offset, chunk)).collect()
}

/// All buffers of an authority.
///
/// # Errors
/// A sentence when the cluster does not answer.
pub fn leftovers(
    cluster: &mut impl Cluster,
    authority: &Pubkey,
) -> Result<Vec<OrphanBuffer>, String> {
    let header = UpgradeableLoaderState::size_of_buffer_metadata();
    let found = cluster.accounts_of(&loader::ID, &prefix(authority), header)?;
    Ok(found
        .into_iter()
        .map(|head| OrphanBuffer {
            address: head.address,
            lamports: head.lamports,
            length: head.length.saturating_sub(header),
        })
        .collect())
}

/// Closes a buffer; what it holds returns to the authority.
///
/// # Errors
/// A sentence saying why it could not be closed.
pub fn close_buffer(
    cluster: &mut impl Cluster,
    authority: &Keypair,
    buffer: &Pubkey,
) -> Result<(), String> {
    let payer = authority.pubkey();
    if written(cluster, &payer, buffer)?.is_none() {
        return Err(format!("there is no buffer {buffer}: it may have been closed already"));
    }
    let close = loader::close_any(buffer, &payer, Some(&payer), None);
    cluster.send(&[close], &[authority])
}

/// `UpgradeableLoaderState::Buffer { authority_address: Some(authority) }`.
fn prefix(authority: &Pubkey) -> Vec<u8> {
    let mut bytes = 1_u32.to_le_bytes().to_vec();
    bytes.push(1);
    bytes.extend(authority.as_ref());
    bytes
}

/// Bytes of the program that need not be written.
pub fn common(there: &[u8], elf: &[u8]) -> usize {
    elf.len().saturating_sub(missing(there, elf).len() * CHUNK)
}
