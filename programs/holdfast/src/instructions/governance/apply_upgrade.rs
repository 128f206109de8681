use anchor_lang::prelude::*;
use anchor_lang::solana_program::bpf_loader_upgradeable;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::program::invoke_signed;
use holdfast_risk::chain::policy::Action;
use holdfast_risk::governance::Newest;

use crate::clock::{Chain, cluster_clock};
use crate::error::HoldfastError;
use crate::events::ChangeApplied;
use crate::governance::require_frozen;
use crate::state::{ChainHealth, Change, ChangeKind, Exchange};

/// The loader's instruction `Upgrade`, the fourth of its enum, as `bincode` writes it.
const UPGRADE: [u8; 4] = 3_u32.to_le_bytes();

/// Accounts of `apply_upgrade`. Anyone may call it.
#[derive(Accounts)]
pub struct ApplyUpgrade<'info> {
    /// The exchange, which is the upgrade authority.
    pub exchange: AccountLoader<'info, Exchange>,
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The change.
    #[account(mut, close = proposer, has_one = proposer @ HoldfastError::WrongChange)]
    pub change: Box<Account<'info, Change>>,
    /// Who proposed it: gets the rents of the change and of the buffer back.
    /// CHECK: equal to the proposer that the change being applied names (`has_one = proposer`).
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
    /// This program.
    /// CHECK: its address is the program's own (`address = crate::ID`).
    #[account(mut, address = crate::ID)]
    pub program: UncheckedAccount<'info>,
    /// Its data account.
    /// CHECK: passed to the loader, which refuses any but the program's.
    #[account(mut)]
    pub program_data: UncheckedAccount<'info>,
    /// The buffer the change names.
    /// CHECK: compared with the change's; `require_frozen` checks owner, authority and bytes.
    #[account(mut)]
    pub buffer: UncheckedAccount<'info>,
    /// The rent sysvar.
    /// CHECK: passed to the loader, which refuses any but the rent sysvar.
    pub rent: UncheckedAccount<'info>,
    /// The clock sysvar.
    /// CHECK: passed to the loader, which refuses any but the clock sysvar.
    pub clock: UncheckedAccount<'info>,
    /// Replaces the program.
    /// CHECK: its address is the upgradeable loader's (`address = ID`).
    #[account(address = bpf_loader_upgradeable::ID)]
    pub loader: UncheckedAccount<'info>,
}

/// Replaces the program by what the buffer of a ready change holds. It runs from the next slot on.
///
/// The upgrade is the only thing the exchange ever signs, so nobody sets another upgrade authority,
/// closes the program, or writes to a buffer that the exchange owns.
pub fn apply_upgrade(ctx: Context<ApplyUpgrade>) -> Result<()> {
    let accounts = &ctx.accounts;
    let bump = require_upgrade(accounts)?;
    let accounts_of_loader = vec![
        AccountMeta::new(accounts.program_data.key(), false),
        AccountMeta::new(accounts.program.key(), false),
        AccountMeta::new(accounts.buffer.key(), false),
        AccountMeta::new(accounts.proposer.key(), false),
        AccountMeta::new_readonly(accounts.rent.key(), false),
        AccountMeta::new_readonly(accounts.clock.key(), false),
        AccountMeta::new_readonly(accounts.exchange.key(), true),
    ];
    invoke_signed(
        &Instruction {
            program_id: bpf_loader_upgradeable::ID,
            accounts: accounts_of_loader,
            data: UPGRADE.to_vec(),
        },
        &[
            accounts.program_data.to_account_info(),
            accounts.program.to_account_info(),
            accounts.buffer.to_account_info(),
            accounts.proposer.to_account_info(),
            accounts.rent.to_account_info(),
            accounts.clock.to_account_info(),
            accounts.exchange.to_account_info(),
        ],
        &[&[Exchange::SEED, &[bump]]],
    )?;
    emit!(ChangeApplied { number: accounts.change.number });
    Ok(())
}

/// Whether the change is an upgrade from this buffer whose time has come; the bump of the exchange.
fn require_upgrade(accounts: &ApplyUpgrade) -> Result<u8> {
    let exchange = accounts.exchange.load()?;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    let change = &accounts.change;
    let ChangeKind::Upgrade { buffer, sha256 } = &change.content else {
        return err!(HoldfastError::WrongChange);
    };
    change.require_ready(&exchange, cluster_clock()?, chain.monitor.last_disruption)?;
    let newest = Newest(exchange.newest.upgrade).is(change.number);
    require!(newest, HoldfastError::ChangeSuperseded);
    chain.require(Action::ChangeInCalm)?;
    require_keys_eq!(accounts.buffer.key(), *buffer, HoldfastError::WrongBuffer);
    require_frozen(&accounts.buffer, &accounts.exchange.key(), sha256)?;
    Ok(exchange.bump)
}
