//! Reading an account of the program.

use holdfast_client::{Pubkey, decode};

use crate::Cluster;

/// The account at an address, if there is one.
pub(crate) fn read<T: anchor_lang::Discriminator + anchor_lang::ZeroCopy>(
    cluster: &mut impl Cluster,
    address: &Pubkey,
) -> Result<Option<T>, String> {
    let Some(account) = cluster.account(address)? else { return Ok(None) };
    decode::decode::<T>(&account.data)
        .map(Some)
        .map_err(|reason| format!("{address} is not an account this version reads ({reason:?})"))
}
