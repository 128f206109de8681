use anchor_lang::prelude::*;
use anchor_spl::token::{Token, accessor};
use holdfast_risk::pool::PoolKind;

use crate::error::HoldfastError;
use crate::events::FeesCollected;
use crate::state::{Exchange, Silo};
use crate::tokens;

/// Accounts of `collect_fees`. Anyone may call it; the fees go to the exchange's receiver.
#[derive(Accounts)]
pub struct CollectFees<'info> {
    /// The exchange.
    pub exchange: AccountLoader<'info, Exchange>,
    /// The silo.
    #[account(mut, has_one = liquidity_vault @ HoldfastError::WrongVault)]
    pub silo: AccountLoader<'info, Silo>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the vault in the silo that owes the fees (`has_one = liquidity_vault`).
    #[account(mut)]
    pub liquidity_vault: UncheckedAccount<'info>,
    /// A token account of the receiver; checked by `tokens::check_account` and its owner.
    /// CHECK: `tokens::check_account`, and `collect_fees` compares its owner with the receiver.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
}

/// Pays the protocol's fees out. It is paid last: not while the silo's books are known to be short.
pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
    let accounts = &ctx.accounts;
    let mut silo = accounts.silo.load_mut()?;
    require!(silo.trip.tripped == 0, HoldfastError::FuseBlown);
    tokens::check_account(&accounts.destination, &silo.mint, &accounts.liquidity_vault)?;
    let owner = accessor::authority(&accounts.destination)?;
    let receiver = accounts.exchange.load()?.fee_receiver;
    require!(owner == receiver, HoldfastError::WrongTokenAccount);
    let amount = silo.ledger.protocol;
    require!(amount > 0, HoldfastError::NothingToMove);
    silo.ledger.protocol = 0;
    let counted = silo.take_from_vault(PoolKind::Liquidity, amount)?;
    silo.invariant()?;
    let signer = tokens::SiloSigner::new(&silo);
    drop(silo);
    let (vault, to) = (&accounts.liquidity_vault, &accounts.destination);
    tokens::pay(vault, to, accounts.silo.as_ref(), &signer, amount)?;
    tokens::check_vault(vault, counted)?;
    emit!(FeesCollected { silo: accounts.silo.key(), amount });
    Ok(())
}
