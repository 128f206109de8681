//! Collateral for local clusters: a mint whose authority gives to everybody.

use anchor_lang::solana_program::instruction::AccountMeta;
use anchor_lang::solana_program::program_pack::Pack;
use anchor_lang::solana_program::system_instruction;
use anchor_spl::token::spl_token;
use anyhow::Result;
use holdfast_client::{Instruction, Pubkey};

use crate::cluster_client::ClusterClient;
use crate::wallets::Wallet;

/// Decimals of the mint.
pub const DECIMALS: u8 = 6;

/// The program that derives token accounts from their owners.
const ASSOCIATED: Pubkey = Pubkey::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");

/// Makes the mint at the address of `mint`, with `authority` paying and giving, unless it exists.
///
/// # Errors
/// When a transaction does not land.
pub async fn create_mint(chain: &ClusterClient, authority: &Wallet, mint: &Wallet) -> Result<()> {
    if chain.data(&mint.address()).await?.is_some() {
        return Ok(());
    }
    let (payer, address, length) =
        (authority.address(), mint.address(), spl_token::state::Mint::LEN);
    let (rent, program) = (chain.rent(length).await?, spl_token::ID);
    let create =
        system_instruction::create_account(&payer, &address, rent, length as u64, &program);
    let initialize =
        spl_token::instruction::initialize_mint2(&program, &address, &payer, None, DECIMALS)?;
    chain.send(&[create, initialize], &[&authority.keypair, &mint.keypair]).await
}

/// Instructions that give `owner` SOL and tokens.
///
/// # Errors
/// Never for these addresses.
pub fn gift(
    authority: &Wallet,
    mint: &Pubkey,
    owner: &Pubkey,
    lamports: u64,
    tokens: u64,
) -> Result<Vec<Instruction>> {
    let (giver, account) = (authority.address(), token_account(owner, mint));
    Ok(vec![
        system_instruction::transfer(&giver, owner, lamports),
        create_token_account(&giver, owner, mint),
        spl_token::instruction::mint_to(&spl_token::ID, mint, &account, &giver, &[], tokens)?,
    ])
}

/// Where `owner` has tokens of `mint`.
pub fn token_account(owner: &Pubkey, mint: &Pubkey) -> Pubkey {
    let seeds = [owner.as_ref(), spl_token::ID.as_ref(), mint.as_ref()];
    Pubkey::find_program_address(&seeds, &ASSOCIATED).0
}

/// Makes that account, unless it exists.
fn create_token_account(payer: &Pubkey, owner: &Pubkey, mint: &Pubkey) -> Instruction {
    Instruction {
        program_id: ASSOCIATED,
        accounts: vec![
            AccountMeta::new(*payer, true),
            AccountMeta::new(token_account(owner, mint), false),
            AccountMeta::new_readonly(*owner, false),
            AccountMeta::new_readonly(*mint, false),
            AccountMeta::new_readonly(anchor_lang::solana_program::system_program::ID, false),
            AccountMeta::new_readonly(spl_token::ID, false),
        ],
        // "Create idempotent".
        data: vec![1],
    }
}
