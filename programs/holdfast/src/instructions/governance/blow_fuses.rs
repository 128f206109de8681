use anchor_lang::prelude::*;
use holdfast_risk::Millis;
use holdfast_risk::bounds;
use holdfast_risk::chain::fuse::{Fuses, check_blow};

use crate::clock::cluster_clock;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::FusesBlown;
use crate::state::{ChainHealth, Exchange};

/// Accounts of `blow_fuses`.
#[derive(Accounts)]
pub struct BlowFuses<'info> {
    /// One of the exchange's guardians.
    pub guardian: Signer<'info>,
    /// Another of them.
    pub second: Signer<'info>,
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// What the venue knows of the chain, and its fuses.
    #[account(mut)]
    pub chain_health: AccountLoader<'info, ChainHealth>,
}

/// Takes families of actions away for a time that runs out. It gives nothing back, and nobody is kept
/// from leaving.
pub fn blow_fuses(ctx: Context<BlowFuses>, families: u8, lasts_ms: u64) -> Result<()> {
    let [guardian, second] = [ctx.accounts.guardian.key(), ctx.accounts.second.key()];
    let exchange = ctx.accounts.exchange.load()?;
    let guard =
        guardian != second && [guardian, second].iter().all(|key| exchange.is_guardian(key));
    require!(guard, HoldfastError::NotGuardian);
    let known = (1..=Fuses::ALL.bits()).contains(&families);
    bounds::check(&[("families", "1 to 7: 1 openings, 2 pools, 4 maturing, or their sum", known)])
        .into_program_error()?;
    check_blow(Millis(lasts_ms)).into_program_error()?;
    let mut health = ctx.accounts.chain_health.load_mut()?;
    let fuses = Fuses::from_bits(families);
    let until = health.fuse.blow(fuses, cluster_clock()?, Millis(lasts_ms))?;
    emit!(FusesBlown { families: health.fuse.families, until_ms: until.0 });
    Ok(())
}
