//! What a run takes from the wallet.

use anchor_lang::solana_program::bpf_loader_upgradeable::UpgradeableLoaderState;
use holdfast_client::holdfast::state::{ChainHealth, Exchange, Market, Silo};
use holdfast_rpc::limits::{MOST_UNITS, SIGNATURE_FEE};

use crate::program::ROOM;
use crate::{Cluster, ProgramTask, Step, buffer};

/// Compute units of a transaction that writes a part of the program, at most.
const WRITE_UNITS: u64 = 10_000;
/// Bytes of a token account and of a mint.
const TOKEN_ACCOUNT: usize = 165;
const MINT: usize = 82;

/// Lamports that the tasks take: what keeps the accounts they create, fees for signatures, and what is offered
/// for compute units, of which nobody knows how many a transaction takes before it is tried.
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
    let (mut writes, mut others) = (0, 2 * steps.len() as u64);
    if !program.is_settled() {
        let left = length.saturating_sub(written.unwrap_or_default());
        writes = left.div_ceil(buffer::CHUNK) as u64;
        others += 8;
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
    let units = writes * WRITE_UNITS + others * u64::from(MOST_UNITS);
    let offered = units.saturating_mul(cluster.price()).div_ceil(1_000_000);
    let mut cost = (SIGNATURE_FEE * (writes + others)).saturating_add(offered);
    for length in accounts {
        cost = cost.saturating_add(cluster.rent(length)?);
    }
    Ok(cost)
}

#[cfg(test)]
mod tests {
    use super::estimate;
    use crate::ProgramTask;
    use crate::pretend::Pretend;

    #[test]
    fn what_is_offered_for_compute_units_is_a_part_of_the_cost() {
        let cost = |price, program| {
            let mut cluster = Pretend { price, ..Pretend::default() };
            estimate(&mut cluster, 1_000_000, program, None, &[])
        };
        let plain = cost(0, ProgramTask::Deploy).expect("rents are known");
        let offered = cost(1_000, ProgramTask::Deploy).expect("rents are known") - plain;
        // Each signature is a transaction, eight of which write nothing.
        let transactions = plain / 5_000;
        assert_eq!(offered, (transactions - 8) * 10 + 8 * 1_400);
        assert_eq!(cost(u64::MAX, ProgramTask::Nothing), Ok(0));
    }
}
