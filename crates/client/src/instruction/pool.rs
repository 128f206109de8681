//! Builders of the instructions that join and leave pools.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::system_program;
use holdfast::instructions::PoolOrder;
use holdfast::{accounts, instruction};

use super::{TOKEN_PROGRAM, build, followed_by};
use crate::address;

/// Vault and share mint of a silo's pool.
fn pool(silo: &Pubkey, insurance: bool) -> (Pubkey, Pubkey) {
    if insurance {
        (address::insurance_vault(silo), address::insurance_mint(silo))
    } else {
        (address::liquidity_vault(silo), address::liquidity_mint(silo))
    }
}

/// `request_pool` from the token account `source`, in favour of `destination`.
pub fn request_pool(
    owner: Pubkey,
    silo: Pubkey,
    number: u16,
    source: Pubkey,
    destination: Pubkey,
    order: PoolOrder,
) -> Instruction {
    let (own_vault, share_mint) = pool(&silo, order.insurance);
    // Deposits wait in the liquidity vault, whichever pool they are for.
    let vault = if order.leaves { own_vault } else { address::liquidity_vault(&silo) };
    let accounts = accounts::RequestPool {
        owner,
        chain_health: address::chain_health(),
        silo,
        request: address::pool_request(&silo, &owner, number),
        source,
        destination,
        vault,
        share_mint,
        token_program: TOKEN_PROGRAM,
        system_program: system_program::ID,
    };
    build(accounts, instruction::RequestPool { number, order })
}

/// `cancel_pool_request` by its owner, out of the liquidity vault; deposit or shares return to
/// `refund`.
pub fn cancel_pool_request(
    owner: Pubkey,
    silo: Pubkey,
    request: Pubkey,
    refund: Pubkey,
    insurance: bool,
) -> Instruction {
    return_pool_request(owner, owner, silo, request, refund, insurance)
}

/// `cancel_pool_request` by whoever: a lapsed request returns to its own `refund`.
pub fn return_pool_request(
    authority: Pubkey,
    owner: Pubkey,
    silo: Pubkey,
    request: Pubkey,
    refund: Pubkey,
    insurance: bool,
) -> Instruction {
    let (_, share_mint) = pool(&silo, insurance);
    let token_program = TOKEN_PROGRAM;
    let accounts = accounts::CancelPoolRequest {
        authority,
        owner,
        chain_health: address::chain_health(),
        silo,
        request,
        refund,
        vault: address::liquidity_vault(&silo),
        share_mint,
        token_program,
    };
    build(accounts, instruction::CancelPoolRequest {})
}

/// `execute_pool_request`; for the liquidity pool `markets` are all the silo's, in index order.
pub fn execute_pool_request(
    owner: Pubkey,
    silo: Pubkey,
    request: Pubkey,
    destination: Pubkey,
    insurance: bool,
    markets: &[Pubkey],
) -> Instruction {
    let (vault, share_mint) = pool(&silo, insurance);
    let token_program = TOKEN_PROGRAM;
    let accounts = accounts::ExecutePoolRequest {
        owner,
        chain_health: address::chain_health(),
        silo,
        request,
        destination,
        vault,
        share_mint,
        token_program,
    };
    followed_by(build(accounts, instruction::ExecutePoolRequest {}), markets)
}
