//! Deploying the program through the upgradeable loader.

use anchor_lang::solana_program::bpf_loader_upgradeable::{
    UpgradeableLoaderState, create_buffer, deploy_with_max_program_len, write,
};
use holdfast_client::Pubkey;
use solana_keypair::{Keypair, keypair_from_seed};
use solana_signer::Signer;

use crate::Cluster;

/// Bytes written by one transaction, so that it fits a packet of 1,232 bytes.
const CHUNK: usize = 900;

/// The program's keypair on local clusters. Its seed is public, so it must never hold a program on
/// a cluster with value: there, the program is built with an id of its own.
///
/// # Errors
/// Never for this seed.
pub fn local_program_keypair() -> Result<Keypair, String> {
    keypair_from_seed(b"holdfast local program keypair!!").map_err(|error| error.to_string())
}

/// Deploys `elf` at the address of `program`, with `authority` paying and keeping the power to
/// upgrade. Does nothing when a program is there already. `progress` hears the bytes written.
///
/// # Errors
/// A sentence saying which step failed.
pub fn deploy_program(
    cluster: &mut impl Cluster,
    authority: &Keypair,
    program: &Keypair,
    elf: &[u8],
    progress: impl Fn(usize),
) -> Result<bool, String> {
    if cluster.account(&program.pubkey())?.is_some() {
        return Ok(false);
    }
    let buffer = Keypair::new();
    write_buffer(cluster, authority, &buffer, elf, progress)?;
    let rent = cluster.rent(UpgradeableLoaderState::size_of_program())?;
    let (payer, buffer) = (authority.pubkey(), buffer.pubkey());
    let deploy =
        deploy_with_max_program_len(&payer, &program.pubkey(), &buffer, &payer, rent, elf.len())
            .map_err(|error| error.to_string())?;
    cluster.send(&deploy, &[authority, program])?;
    Ok(true)
}

fn write_buffer(
    cluster: &mut impl Cluster,
    authority: &Keypair,
    buffer: &Keypair,
    elf: &[u8],
    progress: impl Fn(usize),
) -> Result<(), String> {
    let payer: Pubkey = authority.pubkey();
    let rent = cluster.rent(UpgradeableLoaderState::size_of_buffer(elf.len()))?;
    let create = create_buffer(&payer, &buffer.pubkey(), &payer, rent, elf.len())
        .map_err(|error| error.to_string())?;
    cluster.send(&create, &[authority, buffer])?;
    let mut written = 0;
    for chunk in elf.chunks(CHUNK) {
        let offset = u32::try_from(written).map_err(|_| "the program is larger than 4 GB")?;
        let write = write(&buffer.pubkey(), &payer, offset, chunk.to_vec());
        cluster.send(&[write], &[authority])?;
        written += chunk.len();
        progress(written);
    }
    Ok(())
}
