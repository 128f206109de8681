use anchor_lang::prelude::*;
use holdfast_risk::governance::{Newest, Timelock};

use crate::clock::cluster_clock;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::{ChangeProposed, UpgradeProposed};
use crate::governance::{refuse_durable_nonce, require_frozen, with_newest};
use crate::state::{Change, ChangeKind, Exchange, Market, Silo, VERSION};

/// Accounts of `propose_change`.
#[derive(Accounts)]
#[instruction(content: ChangeKind)]
pub struct ProposeChange<'info> {
    /// The exchange's admin; pays.
    #[account(mut)]
    pub admin: Signer<'info>,
    /// The exchange.
    #[account(mut, has_one = admin @ HoldfastError::NotAdmin)]
    pub exchange: AccountLoader<'info, Exchange>,
    /// The change to create.
    #[account(
        init,
        payer = admin,
        space = Change::space(&content)?,
        seeds = [Change::SEED, &exchange.load()?.change_count.to_le_bytes()],
        bump,
    )]
    pub change: Box<Account<'info, Change>>,
    /// The instructions sysvar, by its address.
    /// CHECK: `load_instruction_at_checked` refuses another address; read by `propose_change`.
    pub instructions: UncheckedAccount<'info>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
    /// The market the change names.
    #[account(mut)]
    pub market: Option<AccountLoader<'info, Market>>,
    /// The silo the change names.
    #[account(mut)]
    pub silo: Option<AccountLoader<'info, Silo>>,
    /// The buffer an upgrade names.
    /// CHECK: equal to the one in the proposed content; `require_frozen` checks owner, authority and bytes.
    pub buffer: Option<UncheckedAccount<'info>>,
}

/// Announces a change, in full. It waits as long as the timelock says now, and voids older changes of
/// the same target.
pub fn propose_change(ctx: Context<ProposeChange>, content: ChangeKind) -> Result<()> {
    refuse_durable_nonce(&ctx.accounts.instructions)?;
    let mut exchange = ctx.accounts.exchange.load_mut()?;
    require!(exchange.is_locked(), HoldfastError::ExchangeNotLocked);
    content.check(&exchange)?;
    let timelock = content.timelock(Timelock::from(&exchange.timelock));
    let schedule = timelock.schedule(cluster_clock()?);
    let number = exchange.change_count;
    exchange.change_count = number.checked_add(1).ok_or(HoldfastError::Overflow)?;
    let (market, silo) = (ctx.accounts.market.as_ref(), ctx.accounts.silo.as_ref());
    with_newest(&content, &mut exchange, market, silo, |newest| {
        *newest = Newest::superseded_by(number).into_program_error()?.0;
        Ok(())
    })?;
    let buffer = ctx.accounts.buffer.as_ref();
    if let ChangeKind::Upgrade { buffer: key, sha256 } = content {
        let buffer = buffer.filter(|buffer| buffer.key() == key);
        let buffer = buffer.ok_or(HoldfastError::WrongBuffer)?;
        require_frozen(buffer, &ctx.accounts.exchange.key(), &sha256)?;
        emit!(UpgradeProposed { number, buffer: key, sha256 });
    } else {
        require!(buffer.is_none(), HoldfastError::WrongBuffer);
    }
    ctx.accounts.change.set_inner(Change {
        version: VERSION,
        bump: ctx.bumps.change,
        number,
        proposer: ctx.accounts.admin.key(),
        ready_ms: schedule.ready.0,
        expires_ms: schedule.expires.0,
        content,
    });
    let (ready_ms, expires_ms) = (schedule.ready.0, schedule.expires.0);
    emit!(ChangeProposed { number, ready_ms, expires_ms });
    Ok(())
}
