//! Builders of set-up, of changes and of what guardians do.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::{bpf_loader_upgradeable, system_program};
use holdfast::state::{
    ChangeKind, Feeds, MarketTermsState, SiloTermsState, ThresholdsState, TimelockState,
};
use holdfast::{accounts, instruction};

use super::{CLOCK, INSTRUCTIONS, RENT, TOKEN_PROGRAM, build, followed_by};
use crate::address;

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
/// next. An upgrade takes more compute units than an instruction gets unasked: [`super::HASH_UNITS`].
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
        ChangeKind::Guardian { .. }
        | ChangeKind::Admin(_)
        | ChangeKind::FeeReceiver(_)
        | ChangeKind::Timelock(_)
        | ChangeKind::Thresholds(_)
        | ChangeKind::Silo { .. }
        | ChangeKind::Market { .. }
        | ChangeKind::Upgrade { .. } => (None, None),
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
/// more compute units than an instruction gets unasked: [`super::HASH_UNITS`].
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
