use anchor_lang::prelude::*;
use anchor_spl::token::Token;
use holdfast_risk::Usd;
use holdfast_risk::pool::PoolKind;

use crate::checks::exit::payable_exit;
use crate::clock::Chain;
use crate::error::{HoldfastError, OrRefuse};
use crate::events::ExitPaid;
use crate::state::{ChainHealth, MarginAccount, Silo};
use crate::tokens;

/// Accounts of `pay_exit`. Anyone may call it.
#[derive(Accounts)]
pub struct PayExit<'info> {
    /// What the venue knows of the chain.
    pub chain_health: AccountLoader<'info, ChainHealth>,
    /// The account's silo.
    #[account(mut, has_one = liquidity_vault @ HoldfastError::WrongVault)]
    pub silo: AccountLoader<'info, Silo>,
    /// The silo's vault, by its address.
    /// CHECK: equal to the vault in the silo that pays the exit (`has_one = liquidity_vault`).
    #[account(mut)]
    pub liquidity_vault: UncheckedAccount<'info>,
    /// The account whose exit waits.
    #[account(mut, has_one = silo @ HoldfastError::WrongSilo)]
    pub account: AccountLoader<'info, MarginAccount>,
    /// Where the tokens go, by its address in the account.
    /// CHECK: `pay_exit` compares it with the account's `exit_to` (`require_keys_eq!`).
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// The classic token program.
    pub token_program: Program<'info, Token>,
}

/// Pays an exit, or as much of it as the state of the chain allows now.
pub fn pay_exit(ctx: Context<PayExit>) -> Result<()> {
    let accounts = &ctx.accounts;
    let chain = Chain::guard(&*accounts.chain_health.load()?)?;
    let mut silo = accounts.silo.load_mut()?;
    let mut account = accounts.account.load_mut()?;
    let amount = payable_exit(&account, &chain)?;
    let to = &accounts.destination;
    require_keys_eq!(to.key(), account.exit_to, HoldfastError::WrongTokenAccount);

    account.exit_amount = Usd(account.exit_amount).minus(amount).into_program_error()?.0;
    silo.ledger.collateral = Usd(silo.ledger.collateral).minus(amount).into_program_error()?.0;
    let counted = silo.take_from_vault(PoolKind::Liquidity, amount.0)?;
    silo.invariant()?;
    let signer = tokens::SiloSigner::new(&silo);
    let left = account.exit_amount;
    drop((silo, account));
    let vault = &accounts.liquidity_vault;
    tokens::pay(vault, to, accounts.silo.as_ref(), &signer, amount.0)?;
    tokens::check_vault(vault, counted)?;
    emit!(ExitPaid { account: accounts.account.key(), amount: amount.0, left });
    Ok(())
}
