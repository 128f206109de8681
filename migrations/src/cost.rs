//! What a run takes from the wallet.

use anchor_lang::solana_program::bpf_loader_upgradeable::UpgradeableLoaderState;
use holdfast_client::holdfast::state::{ChainHealth, Exchange, Market, Silo};
use holdfast_rpc::limits::SIGNATURE_FEE;

use crate::program::ROOM;
use crate::{Cluster, ProgramTask, Step, buffer};

/// Bytes of a token account and of a mint.
const TOKEN_ACCOUNT: usize = 165;
const MINT: usize = 82;

/// Lamports that the tasks take: what keeps the accounts they create, and fees for signatures.
/// `written` are the bytes of a program of `length` that its buffer holds, if there is one.
///
/// # Errors
/// A sentence when the cluster does not answer.
pub fn estimate(
    cluster: &mut impl Cluster,
    length: usize,
    program: ProgramTask,
    written: Option<usize>,
    steps: &[Step],
) -> Result<u64, String> {
    let mut accounts = Vec::new();
    if !program.is_settled() || !steps.is_empty() {
        // The wallet itself has to stay.
        accounts.push(0);
    }
    let mut signatures = 2 * steps.len();
    let writes = length.saturating_sub(written.unwrap_or_default()).div_ceil(buffer::CHUNK);
    if !program.is_settled() {
        signatures += writes + 8;
        if written.is_none() {
            // The program's data, which takes the buffer's place, is a little longer.
            accounts.push(UpgradeableLoaderState::size_of_programdata(length));
        }
    }
    match program {
        ProgramTask::Nothing | ProgramTask::Proposed { .. } => {}
        // The deployment takes back what the buffer held before it pays for the program's data, which
        // has more room.
        ProgramTask::Deploy => {
            accounts.extend([UpgradeableLoaderState::size_of_program(), (ROOM - 1) * length]);
        }
        ProgramTask::Upgrade { extend } => accounts.push(extend),
        // The change's own account is small.
        ProgramTask::Propose { extend } => accounts.extend([extend, 200]),
    }
    for step in steps {
        match step {
            Step::CreateExchange => {
                accounts.extend([8 + size_of::<Exchange>(), 8 + size_of::<ChainHealth>()]);
            }
            Step::CreateSilo(_) => {
                accounts.push(8 + size_of::<Silo>());
                accounts.extend([TOKEN_ACCOUNT, TOKEN_ACCOUNT, MINT, MINT]);
            }
            Step::ListMarket(..) => accounts.push(8 + size_of::<Market>()),
            Step::HandOver | Step::Lock => {}
        }
    }
    let mut cost = SIGNATURE_FEE * signatures as u64;
    for length in accounts {
        cost = cost.saturating_add(cluster.rent(length)?);
    }
    Ok(cost)
}
