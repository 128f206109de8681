//! Builders of the program's instructions. Each takes the addresses that cannot be derived and
//! derives the rest.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::system_program;
use anchor_lang::{InstructionData, ToAccountMetas};
use holdfast::instructions::OrderRequest;
use holdfast::{accounts, instruction};

use crate::address;

mod governance;
mod pool;

pub use governance::{
    apply_change, apply_upgrade, blow_fuses, cancel_change, create_exchange, create_silo,
    list_market, lock_exchange, propose_change, tighten, trip_fuse, with_change,
};
pub use pool::{cancel_pool_request, execute_pool_request, request_pool, return_pool_request};

/// The system program.
pub const SYSTEM_PROGRAM: Pubkey = system_program::ID;
/// The classic token program.
pub const TOKEN_PROGRAM: Pubkey = anchor_spl::token::ID;
/// The sysvar that shows a transaction's instructions.
pub const INSTRUCTIONS: Pubkey =
    Pubkey::from_str_const("Sysvar1nstructions1111111111111111111111111");
/// The rent sysvar, which the upgradeable loader asks for.
pub const RENT: Pubkey = Pubkey::from_str_const("SysvarRent111111111111111111111111111111111");
/// The clock sysvar, likewise.
pub const CLOCK: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// Compute units to ask for where the program hashes a buffer, which takes one for two bytes: the most
/// a transaction may. A program of 2.7 MB is the largest that can be hashed.
pub const HASH_UNITS: u32 = 1_400_000;

fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction {
        program_id: holdfast::ID,
        accounts: accounts.to_account_metas(None),
        data: data.data(),
    }
}

/// `refresh_market` with its feed accounts.
pub fn refresh_market(silo: Pubkey, market: Pubkey, feeds: &[Pubkey]) -> Instruction {
    let accounts = accounts::RefreshMarket { chain_health: address::chain_health(), silo, market };
    followed_by(build(accounts, instruction::RefreshMarket {}), feeds)
}

/// `announce_settlement`.
pub fn announce_settlement(market: Pubkey) -> Instruction {
    let accounts = accounts::AnnounceSettlement { chain_health: address::chain_health(), market };
    build(accounts, instruction::AnnounceSettlement {})
}

/// `settle_market`.
pub fn settle_market(market: Pubkey) -> Instruction {
    let accounts = accounts::SettleMarket { chain_health: address::chain_health(), market };
    build(accounts, instruction::SettleMarket {})
}

/// `write_off_debt`; `markets` are those of the account's open positions, in rising index order.
pub fn write_off_debt(silo: Pubkey, account: Pubkey, markets: &[Pubkey]) -> Instruction {
    let chain_health = address::chain_health();
    let accounts = accounts::WriteOffDebt { chain_health, silo, account };
    followed_by(build(accounts, instruction::WriteOffDebt {}), markets)
}

/// `settle_position`.
pub fn settle_position(silo: Pubkey, market: Pubkey, account: Pubkey) -> Instruction {
    let chain_health = address::chain_health();
    let accounts = accounts::SettlePosition { chain_health, silo, market, account };
    build(accounts, instruction::SettlePosition {})
}

/// `open_margin_account`.
pub fn open_margin_account(payer: Pubkey, owner: Pubkey, silo: Pubkey, number: u16) -> Instruction {
    let account = address::margin_account(&silo, &owner, number);
    let system_program = system_program::ID;
    let accounts = accounts::OpenMarginAccount { payer, owner, silo, account, system_program };
    build(accounts, instruction::OpenMarginAccount { number })
}

/// `close_margin_account`.
pub fn close_margin_account(owner: Pubkey, account: Pubkey) -> Instruction {
    let accounts = accounts::CloseMarginAccount { owner, account };
    build(accounts, instruction::CloseMarginAccount {})
}

/// `deposit` from the token account `source` of `authority`.
pub fn deposit(
    authority: Pubkey,
    source: Pubkey,
    silo: Pubkey,
    account: Pubkey,
    amount: u64,
) -> Instruction {
    let accounts = accounts::Deposit {
        authority,
        source,
        silo,
        liquidity_vault: address::liquidity_vault(&silo),
        account,
        token_program: TOKEN_PROGRAM,
    };
    build(accounts, instruction::Deposit { amount })
}

/// `withdraw` to the token account `destination`; `markets` are those of all open positions, in
/// rising index order.
pub fn withdraw(
    owner: Pubkey,
    silo: Pubkey,
    account: Pubkey,
    destination: Pubkey,
    amount: u64,
    markets: &[Pubkey],
) -> Instruction {
    let accounts = accounts::Withdraw {
        owner,
        chain_health: address::chain_health(),
        silo,
        liquidity_vault: address::liquidity_vault(&silo),
        account,
        destination,
        token_program: TOKEN_PROGRAM,
    };
    followed_by(build(accounts, instruction::Withdraw { amount }), markets)
}

/// `request_exit` to the token account `destination`.
pub fn request_exit(
    owner: Pubkey,
    silo: Pubkey,
    account: Pubkey,
    destination: Pubkey,
    amount: u64,
) -> Instruction {
    let accounts = accounts::RequestExit {
        owner,
        chain_health: address::chain_health(),
        silo,
        liquidity_vault: address::liquidity_vault(&silo),
        account,
        destination,
    };
    build(accounts, instruction::RequestExit { amount })
}

/// `pay_exit` to the token account the exit names.
pub fn pay_exit(silo: Pubkey, account: Pubkey, destination: Pubkey) -> Instruction {
    let accounts = accounts::PayExit {
        chain_health: address::chain_health(),
        silo,
        liquidity_vault: address::liquidity_vault(&silo),
        account,
        destination,
        token_program: TOKEN_PROGRAM,
    };
    build(accounts, instruction::PayExit {})
}

/// `cancel_exit`.
pub fn cancel_exit(owner: Pubkey, account: Pubkey) -> Instruction {
    build(accounts::CancelExit { owner, account }, instruction::CancelExit {})
}

/// `place_order`; `markets` are those of all open positions, in rising index order, needed when it
/// opens or sets a fee aside.
pub fn place_order(
    owner: Pubkey,
    account: Pubkey,
    market: Pubkey,
    request: OrderRequest,
    markets: &[Pubkey],
) -> Instruction {
    let accounts =
        accounts::PlaceOrder { owner, account, chain_health: address::chain_health(), market };
    followed_by(build(accounts, instruction::PlaceOrder { request }), markets)
}

/// `cancel_order`; `market` is the order's.
pub fn cancel_order(
    authority: Pubkey,
    account: Pubkey,
    market: Pubkey,
    number: u64,
) -> Instruction {
    let chain_health = address::chain_health();
    let accounts = accounts::CancelOrder { authority, account, chain_health, market };
    build(accounts, instruction::CancelOrder { number })
}

/// `trigger_order`; `market` is the order's.
pub fn trigger_order(account: Pubkey, market: Pubkey, number: u64) -> Instruction {
    let accounts =
        accounts::TriggerOrder { chain_health: address::chain_health(), account, market };
    build(accounts, instruction::TriggerOrder { number })
}

/// `execute_order`; `others` are the markets of the account's other open positions, in rising
/// index order, needed when the order opens.
pub fn execute_order(
    silo: Pubkey,
    market: Pubkey,
    account: Pubkey,
    executor: Pubkey,
    number: u64,
    others: &[Pubkey],
) -> Instruction {
    let accounts = accounts::ExecuteOrder {
        chain_health: address::chain_health(),
        silo,
        market,
        account,
        executor,
    };
    followed_by(build(accounts, instruction::ExecuteOrder { number }), others)
}

/// `flag`; `markets` are those of all open positions, in rising index order.
pub fn flag(account: Pubkey, markets: &[Pubkey]) -> Instruction {
    followed_by(
        build(
            accounts::Flag { chain_health: address::chain_health(), account },
            instruction::Flag {},
        ),
        markets,
    )
}

/// `liquidate`; `others` are the markets of the account's other open positions, in rising index
/// order.
pub fn liquidate(
    silo: Pubkey,
    market: Pubkey,
    account: Pubkey,
    liquidator: Pubkey,
    others: &[Pubkey],
) -> Instruction {
    let accounts = accounts::Liquidate {
        chain_health: address::chain_health(),
        silo,
        market,
        account,
        liquidator,
    };
    followed_by(build(accounts, instruction::Liquidate {}), others)
}

/// `mature_profit`, signed by `authority`: the owner's where the profit is cut.
pub fn mature_profit(authority: Pubkey, silo: Pubkey, account: Pubkey) -> Instruction {
    build(
        accounts::MatureProfit { authority, chain_health: address::chain_health(), silo, account },
        instruction::MatureProfit {},
    )
}

/// `observe`, with markets whose stored readings are evidence of the time.
pub fn observe(markets: &[Pubkey]) -> Instruction {
    let chain_health = address::chain_health();
    followed_by(build(accounts::Observe { chain_health }, instruction::Observe {}), markets)
}

/// `chain_state`, whose return data `holdfast_beacon::Judgement` decodes.
pub fn chain_state() -> Instruction {
    let accounts = accounts::ReadChainState { chain_health: address::chain_health() };
    build(accounts, instruction::ChainState {})
}

/// `reconcile_vaults`.
pub fn reconcile_vaults(silo: Pubkey) -> Instruction {
    let accounts = accounts::ReconcileVaults {
        silo,
        liquidity_vault: address::liquidity_vault(&silo),
        insurance_vault: address::insurance_vault(&silo),
        token_program: TOKEN_PROGRAM,
    };
    build(accounts, instruction::ReconcileVaults {})
}

/// `collect_fees` to a token account of the exchange's fee receiver.
pub fn collect_fees(silo: Pubkey, destination: Pubkey) -> Instruction {
    let accounts = accounts::CollectFees {
        exchange: address::exchange(),
        silo,
        liquidity_vault: address::liquidity_vault(&silo),
        destination,
        token_program: TOKEN_PROGRAM,
    };
    build(accounts, instruction::CollectFees {})
}

fn followed_by(mut instruction: Instruction, accounts: &[Pubkey]) -> Instruction {
    let metas = accounts.iter().map(|key| AccountMeta::new_readonly(*key, false));
    instruction.accounts.extend(metas);
    instruction
}
