use anchor_lang::prelude::*;
use holdfast_risk::chain::health::{Monitor, Thresholds};

use crate::clock::read_first_sysvars;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::ExchangeCreated;
use crate::governance::refuse_durable_nonce;
use crate::program::Holdfast;
use crate::state::{ChainHealth, Exchange, ThresholdsState, VERSION, require_key};

/// Accounts of `create_exchange`.
#[derive(Accounts)]
pub struct CreateExchange<'info> {
    /// The program's upgrade authority: it becomes the admin and pays. Nobody else can be first.
    #[account(mut)]
    pub admin: Signer<'info>,
    /// The exchange to create.
    #[account(
        init,
        payer = admin,
        space = 8 + size_of::<Exchange>(),
        seeds = [Exchange::SEED],
        bump,
    )]
    pub exchange: AccountLoader<'info, Exchange>,
    /// Its chain health.
    #[account(
        init,
        payer = admin,
        space = 8 + size_of::<ChainHealth>(),
        seeds = [ChainHealth::SEED],
        bump,
    )]
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// This program.
    #[account(
        constraint = program.programdata_address()? == Some(program_data.key())
            @ HoldfastError::NotAdmin
    )]
    pub program: Program<'info, Holdfast>,
    /// Its data account, which names the upgrade authority.
    #[account(
        constraint = program_data.upgrade_authority_address == Some(admin.key())
            @ HoldfastError::NotAdmin
    )]
    pub program_data: Account<'info, ProgramData>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
    /// The instructions sysvar, by its address.
    /// CHECK: `load_instruction_at_checked` refuses another address; read by `create_exchange`.
    pub instructions: UncheckedAccount<'info>,
}

/// Creates the exchange and its chain health.
pub fn create_exchange(
    ctx: Context<CreateExchange>,
    fee_receiver: Pubkey,
    thresholds: ThresholdsState,
) -> Result<()> {
    refuse_durable_nonce(&ctx.accounts.instructions)?;
    require_key("fee_receiver", &fee_receiver)?;
    Thresholds::from(&thresholds).check().into_program_error()?;
    let admin = ctx.accounts.admin.key();
    let mut exchange = ctx.accounts.exchange.load_init()?;
    exchange.version = VERSION;
    exchange.bump = ctx.bumps.exchange;
    exchange.admin = admin;
    exchange.fee_receiver = fee_receiver;
    let mut health = ctx.accounts.chain_health.load_init()?;
    health.version = VERSION;
    health.bump = ctx.bumps.chain_health;
    health.thresholds = thresholds;
    let first = read_first_sysvars()?;
    health.keep(&first, &Monitor::new(&first));
    emit!(ExchangeCreated { admin });
    Ok(())
}
