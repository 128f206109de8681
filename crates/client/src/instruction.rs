//! Builders of the program's instructions. Each takes the addresses that cannot be derived and
//! derives the rest.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::{bpf_loader_upgradeable, system_program};
use anchor_lang::{InstructionData, ToAccountMetas};
use holdfast::instructions::OrderRequest;
use holdfast::state::{
    ChangeKind, Feeds, MarketTermsState, SiloTermsState, ThresholdsState, TimelockState,
};
use holdfast::{accounts, instruction};

use crate::address;

mod pool;
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

/// `create_exchange`, by the program's upgrade authority.
pub fn create_exchange(
    admin: Pubkey,
    fee_receiver: Pubkey,
    thresholds: ThresholdsState,
) -> Instruction {
    let accounts = accounts::CreateExchange {
        admin,
        exchange: address::exchange(),
        chain_health: address::chain_health(),
        program: holdfast::ID,
        program_data: address::program_data(),
        system_program: system_program::ID,
        instructions: INSTRUCTIONS,
    };
    build(accounts, instruction::CreateExchange { fee_receiver, thresholds })
}

/// `create_silo`: `number` is the exchange's next. During set-up; afterwards see [`with_change`].
pub fn create_silo(admin: Pubkey, number: u16, mint: Pubkey, terms: SiloTermsState) -> Instruction {
    let silo = address::silo(number);
    let accounts = accounts::CreateSilo {
        admin,
        exchange: address::exchange(),
        silo,
        mint,
        liquidity_vault: address::liquidity_vault(&silo),
        insurance_vault: address::insurance_vault(&silo),
        liquidity_mint: address::liquidity_mint(&silo),
        insurance_mint: address::insurance_mint(&silo),
        token_program: TOKEN_PROGRAM,
        system_program: system_program::ID,
        instructions: INSTRUCTIONS,
        chain_health: address::chain_health(),
        change: None,
    };
    build(accounts, instruction::CreateSilo { terms })
}

/// `list_market`: `index` is the silo's next. During set-up; afterwards see [`with_change`].
pub fn list_market(
    admin: Pubkey,
    silo: Pubkey,
    index: u8,
    name: [u8; 16],
    terms: MarketTermsState,
    feeds: Feeds,
) -> Instruction {
    let accounts = accounts::ListMarket {
        admin,
        exchange: address::exchange(),
        silo,
        market: address::market(&silo, index),
        system_program: system_program::ID,
        instructions: INSTRUCTIONS,
        chain_health: address::chain_health(),
        change: None,
    };
    build(accounts, instruction::ListMarket { name, terms, feeds })
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

/// `create_silo` or `list_market` with the change that asked for it.
pub fn with_change(mut create: Instruction, number: u64) -> Instruction {
    create.accounts.pop();
    create.accounts.push(AccountMeta::new(address::change(number), false));
    create
}

/// `lock_exchange` with its `silos`, as many as there are.
pub fn lock_exchange(
    admin: Pubkey,
    guardians: Vec<Pubkey>,
    timelock: TimelockState,
    silos: u16,
) -> Instruction {
    let exchange = address::exchange();
    let accounts = accounts::LockExchange {
        admin,
        exchange,
        instructions: INSTRUCTIONS,
        program: holdfast::ID,
        program_data: address::program_data(),
    };
    let mut lock = build(accounts, instruction::LockExchange { guardians, timelock });
    lock.accounts.extend((0..silos).map(|number| AccountMeta::new(address::silo(number), false)));
    lock
}

/// `propose_change` with the market, silo or buffer its `content` names; `number` is the exchange's
/// next. An upgrade takes more compute units than an instruction gets unasked: [`HASH_UNITS`].
pub fn propose_change(admin: Pubkey, number: u64, content: ChangeKind) -> Instruction {
    let (market, silo) = named(&content);
    let buffer = match content {
        ChangeKind::Upgrade { buffer, .. } => Some(buffer),
        _ => None,
    };
    let accounts = accounts::ProposeChange {
        admin,
        exchange: address::exchange(),
        change: address::change(number),
        instructions: INSTRUCTIONS,
        system_program: system_program::ID,
        market,
        silo,
        buffer,
    };
    build(accounts, instruction::ProposeChange { content })
}

/// The market or silo that a change names.
fn named(content: &ChangeKind) -> (Option<Pubkey>, Option<Pubkey>) {
    match content {
        ChangeKind::MarketTerms { market, .. } | ChangeKind::MarketFeeds { market, .. } => {
            (Some(*market), None)
        }
        ChangeKind::SiloTerms { silo, .. } | ChangeKind::FuseReset { silo } => (None, Some(*silo)),
        _ => (None, None),
    }
}

/// `cancel_change`; the rent returns to its `proposer`.
pub fn cancel_change(authority: Pubkey, number: u64, proposer: Pubkey) -> Instruction {
    let accounts = accounts::CancelChange {
        authority,
        exchange: address::exchange(),
        change: address::change(number),
        proposer,
        instructions: INSTRUCTIONS,
    };
    build(accounts, instruction::CancelChange {})
}

/// `apply_change` with the market or silo its `content` names.
pub fn apply_change(number: u64, proposer: Pubkey, content: &ChangeKind) -> Instruction {
    let (market, silo) = named(content);
    let accounts = accounts::ApplyChange {
        exchange: address::exchange(),
        chain_health: address::chain_health(),
        change: address::change(number),
        proposer,
        market,
        silo,
    };
    let apply = build(accounts, instruction::ApplyChange {});
    match content {
        ChangeKind::FuseReset { silo } => {
            followed_by(apply, &[address::liquidity_vault(silo), address::insurance_vault(silo)])
        }
        _ => apply,
    }
}

/// `blow_fuses`, by two guardians: a bit for each family, openings 1, pools 2, maturing 4.
pub fn blow_fuses(guardians: [Pubkey; 2], families: u8, lasts_ms: u64) -> Instruction {
    let [guardian, second] = guardians;
    let accounts = accounts::BlowFuses {
        guardian,
        second,
        exchange: address::exchange(),
        chain_health: address::chain_health(),
    };
    build(accounts, instruction::BlowFuses { families, lasts_ms })
}

/// `trip_fuse` of a silo; `account` where one that contradicts itself is the proof.
pub fn trip_fuse(silo: Pubkey, account: Option<Pubkey>) -> Instruction {
    let accounts = accounts::TripFuse {
        silo,
        liquidity_vault: address::liquidity_vault(&silo),
        insurance_vault: address::insurance_vault(&silo),
        account,
    };
    build(accounts, instruction::TripFuse {})
}

/// `apply_upgrade` from the change's `buffer`; what the buffer held returns to the `proposer`. It takes
/// more compute units than an instruction gets unasked: [`HASH_UNITS`].
pub fn apply_upgrade(number: u64, proposer: Pubkey, buffer: Pubkey) -> Instruction {
    let accounts = accounts::ApplyUpgrade {
        exchange: address::exchange(),
        chain_health: address::chain_health(),
        change: address::change(number),
        proposer,
        program: holdfast::ID,
        program_data: address::program_data(),
        buffer,
        rent: RENT,
        clock: CLOCK,
        loader: bpf_loader_upgradeable::ID,
    };
    build(accounts, instruction::ApplyUpgrade {})
}

/// `tighten`, to Shelter or else Strained.
pub fn tighten(guardian: Pubkey, shelter: bool, lasts_ms: u64) -> Instruction {
    let accounts = accounts::Tighten {
        guardian,
        exchange: address::exchange(),
        chain_health: address::chain_health(),
    };
    build(accounts, instruction::Tighten { shelter, lasts_ms })
}

fn followed_by(mut instruction: Instruction, accounts: &[Pubkey]) -> Instruction {
    let metas = accounts.iter().map(|key| AccountMeta::new_readonly(*key, false));
    instruction.accounts.extend(metas);
    instruction
}
