//! What the examples share: their arguments, reading an account, and bringing a transaction into a block.

use std::path::Path;

use bytemuck::Pod;
use holdfast_client::decode::{Kind, decode};
use holdfast_client::{Instruction, Pubkey};
use holdfast_rpc::limits::MOST_UNITS;
use holdfast_rpc::{
    Address, Budget, Endpoint, Tracker, Verdict, follow, keypair_file, refusal, rehearse, sign,
};
use solana_keypair::Keypair;
use solana_signature::Signature;

/// The program's arguments after its name, as many as are expected.
///
/// # Errors
/// How it is used, when there are fewer or more.
pub fn arguments<const N: usize>(usage: &str) -> Result<[String; N], String> {
    let given: Vec<_> = std::env::args().skip(1).collect();
    given.try_into().map_err(|_| format!("usage: {usage}"))
}

/// The endpoint at a URL, and the keypair in a file.
///
/// # Errors
/// A sentence when one of them cannot be used.
pub fn connect(url: &str, keypair: &str) -> Result<(Endpoint, Keypair), String> {
    let address = Address(url.to_owned());
    address.must_be(&["http", "https"], "URL")?;
    Ok((Endpoint::named_by("URL", address), keypair_file::read(Path::new(keypair), "KEYPAIR")?))
}

/// An account of the program, if it exists.
///
/// # Errors
/// A sentence when the endpoint does not answer, or the account is of another kind.
pub async fn read<T: Pod + Kind>(
    endpoint: &Endpoint,
    address: &Pubkey,
) -> Result<Option<T>, String> {
    let found = endpoint.account(address).await?;
    let decoded = found.map(|found| decode(&found.data)).transpose();
    decoded.map_err(|error| format!("{address}: {error}"))
}

/// Simulates instructions, then sends them in one transaction until there is a verdict about it.
///
/// # Errors
/// What the program refuses them with, or that the transaction did not land.
pub async fn land(
    endpoint: &Endpoint,
    instructions: &[Instruction],
    signer: &Keypair,
) -> Result<Signature, String> {
    let tried = rehearse(endpoint, instructions, &[signer]).await?;
    if let Some(error) = &tried.refused {
        return Err(refusal(error));
    }
    let units = Budget::measured(tried.units).unwrap_or(MOST_UNITS);
    let blockhash = endpoint.blockhash().await?;
    let budget = Budget { units: Some(units), price: 0 };
    let tracker = Tracker::new(sign(budget, instructions, &[signer], &blockhash.hash)?, blockhash);
    let signature = tracker.signature();
    let followed = follow(std::slice::from_ref(endpoint), vec![tracker], &mut |_| {}).await;
    match followed.first().and_then(Tracker::verdict) {
        Some(Verdict::Landed { .. }) => Ok(signature),
        Some(Verdict::Refused { reason, .. }) => Err(refusal(reason)),
        verdict => Err(format!("{signature} did not land: {verdict:?}")),
    }
}
