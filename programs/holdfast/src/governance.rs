//! What the admin's instructions check besides the signature.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::{bpf_loader_upgradeable, system_program};
use solana_instructions_sysvar::load_instruction_at_checked;

use crate::clock::{Chain, cluster_clock};
use crate::error::HoldfastError;
use crate::state::{ChainHealth, Change, ChangeKind, Exchange, Market, Silo};

/// Number of `AdvanceNonceAccount` among the system program's instructions, as it starts their data.
const ADVANCE_NONCE_ACCOUNT: [u8; 4] = 4_u32.to_le_bytes();

/// Refuses a transaction with a durable nonce: signed once, it could be sent at any later time.
/// `instructions` is the sysvar, by its address. The cluster looks for the nonce in the
/// transaction's first instruction, and so does this, however deep the call.
pub fn refuse_durable_nonce(instructions: &AccountInfo) -> Result<()> {
    let first = load_instruction_at_checked(0, instructions)?;
    let advances =
        first.program_id == system_program::ID && first.data.starts_with(&ADVANCE_NONCE_ACCOUNT);
    require!(!advances, HoldfastError::DurableNonce);
    Ok(())
}

/// Whether something may be created: during set-up directly, afterwards when a ready change names
/// exactly this.
pub fn require_creatable(
    exchange: &Exchange,
    health: &ChainHealth,
    change: Option<&Change>,
    created: &ChangeKind,
) -> Result<()> {
    if !exchange.is_locked() {
        return Ok(());
    }
    let change = change.filter(|change| change.content == *created);
    let change = change.ok_or(HoldfastError::ChangeRequired)?;
    let last_disruption = Chain::guard(health)?.monitor.last_disruption;
    change.require_ready(exchange, cluster_clock()?, last_disruption)
}

/// Calls `act` with the number of the newest change of this change's target, if it has a target.
///
/// A handover has no target: whoever holds the admin's key must not be able to void the change that
/// takes it away, and the first one applied lapses all others. Nor has a change that creates something.
pub fn with_newest(
    content: &ChangeKind,
    exchange: &mut Exchange,
    market: Option<&AccountLoader<Market>>,
    silo: Option<&AccountLoader<Silo>>,
    act: impl FnOnce(&mut u64) -> Result<()>,
) -> Result<()> {
    match content {
        ChangeKind::FeeReceiver(_) => act(&mut exchange.newest.fee_receiver),
        ChangeKind::Timelock(_) => act(&mut exchange.newest.timelock),
        ChangeKind::Thresholds(_) => act(&mut exchange.newest.thresholds),
        ChangeKind::Guardian { leaves: None, .. } => act(&mut exchange.newest.joining),
        ChangeKind::Guardian { leaves: Some(key), .. } => {
            let leaving = exchange.guardian_mut(key).ok_or(HoldfastError::GuardianSet)?;
            act(&mut leaving.leaving)
        }
        ChangeKind::MarketTerms { market: key, .. } => {
            act(&mut named(market, key)?.load_mut()?.newest_terms)
        }
        ChangeKind::MarketFeeds { market: key, .. } => {
            act(&mut named(market, key)?.load_mut()?.newest_feeds)
        }
        ChangeKind::SiloTerms { silo: key, .. } => {
            act(&mut named(silo, key)?.load_mut()?.newest_terms)
        }
        ChangeKind::FuseReset { silo: key } => act(&mut named(silo, key)?.load_mut()?.newest_reset),
        ChangeKind::Upgrade { .. } => act(&mut exchange.newest.upgrade),
        ChangeKind::Admin(_) | ChangeKind::Silo { .. } | ChangeKind::Market { .. } => Ok(()),
    }
}

/// Refuses a buffer that is not the upgradeable loader's, or whose authority is not `exchange`, so that
/// somebody might still write to it or close it, or whose program has another hash. It takes a
/// compute unit for two bytes of the program.
pub fn require_frozen(buffer: &AccountInfo, exchange: &Pubkey, sha256: &[u8; 32]) -> Result<()> {
    let data = buffer.try_borrow_data()?;
    // `UpgradeableLoaderState::Buffer { authority_address: Some(exchange) }`, then the program.
    let head = [&1_u32.to_le_bytes()[..], &[1], exchange.as_ref()].concat();
    let program = data.strip_prefix(&head[..]);
    let program = program.filter(|_| *buffer.owner == bpf_loader_upgradeable::ID);
    let found = solana_sha256_hasher::hash(program.ok_or(HoldfastError::WrongBuffer)?);
    require!(found.as_ref() == sha256, HoldfastError::WrongBuffer);
    Ok(())
}

/// The account a change names.
pub fn named<'account, 'info, T: anchor_lang::ZeroCopy + Owner>(
    account: Option<&'account AccountLoader<'info, T>>,
    key: &Pubkey,
) -> Result<&'account AccountLoader<'info, T>> {
    let named = account.filter(|account| account.key() == *key);
    Ok(named.ok_or(HoldfastError::WrongChange)?)
}
