//! Opens a margin account if there is none, deposits, and orders one unit of the first market.
//!
//! ```text
//! cargo run -p holdfast-examples --bin place_order -- URL KEYPAIR
//! ```

use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger};
use holdfast_client::holdfast::state::{MarginAccount, Market, Silo};
use holdfast_client::{address, instruction, tokens};
use holdfast_examples::{arguments, connect, land, read};
use solana_signer::Signer;

/// A whole token, and a whole unit of what is traded.
const ONE: u64 = 1_000_000;
const DEPOSIT: u64 = 1_000 * ONE;
const LIFETIME_MS: u64 = 60_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), String> {
    let [url, keypair] = arguments("place_order URL KEYPAIR")?;
    let (endpoint, wallet) = connect(&url, &keypair)?;
    let (owner, silo) = (wallet.pubkey(), address::silo(0));
    let (account, market) = (address::margin_account(&silo, &owner, 0), address::market(&silo, 0));
    let mint = read::<Silo>(&endpoint, &silo).await?.ok_or("the cluster has no silo")?.mint;
    let state: Market = read(&endpoint, &market).await?.ok_or("the silo has no market")?;

    let mut instructions = Vec::new();
    // An order that opens is shown the markets of all positions: the program sums them up.
    let mut held = Vec::new();
    match read::<MarginAccount>(&endpoint, &account).await? {
        Some(open) => held.extend(open.open_indices().map(|index| address::market(&silo, index))),
        None => instructions.push(instruction::open_margin_account(owner, owner, silo, 0)),
    }
    let source = tokens::address(&owner, &mint);
    instructions.push(instruction::deposit(owner, source, silo, account, DEPOSIT));

    // The price is the first one published after the delay: the limit says the worst to take.
    let now = state.now(endpoint.clock().await?);
    let request = OrderRequest {
        delta: ONE.cast_signed(),
        limit: state.newest_price().middle().0 / 100 * 101,
        trigger: OrderTrigger::Immediate,
        effect: OrderEffect::Open,
        any_price: false,
        expires_ms: now.0 + LIFETIME_MS,
        fee: 0,
    };
    instructions.push(instruction::place_order(owner, account, market, request, &held));
    let signature = land(&endpoint, &instructions, &wallet).await?;
    println!("deposited and ordered in {signature}: a keeper executes it");
    Ok(())
}
