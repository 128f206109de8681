//! Which accounts of an instruction a client need not pass: those with a fixed address, those whose
//! address is derived, and those that another account names.

use anchor_lang_idl::types::{
    Idl, IdlInstructionAccount, IdlInstructionAccountItem, IdlPda, IdlSeed, IdlSeedAccount,
    IdlSeedArg, IdlSeedConst,
};
use anyhow::{Result, bail};
use holdfast_client::holdfast::state::{
    ChainHealth, Change, Exchange, MarginAccount, Market, PoolRequest, Silo,
};
use holdfast_client::{address, instruction};

use crate::source::Source;

/// Accounts that are the same in every instruction of every venue.
fn fixed(name: &str, program: &str) -> Option<String> {
    match name {
        "system_program" => Some(instruction::SYSTEM_PROGRAM.to_string()),
        "token_program" => Some(instruction::TOKEN_PROGRAM.to_string()),
        "instructions" => Some(instruction::INSTRUCTIONS.to_string()),
        "clock" => Some(instruction::CLOCK.to_string()),
        "loader" => Some(address::UPGRADEABLE_LOADER.to_string()),
        "rent" => Some(instruction::RENT.to_string()),
        "program" => Some(program.to_owned()),
        _ => None,
    }
}

/// Adds the addresses of accounts that are the same everywhere.
pub fn add_addresses(idl: &mut Idl) {
    let program = idl.address.clone();
    for_each(idl, |_, account| {
        account.address = fixed(&account.name, &program);
        Ok(())
    })
    .unwrap_or_default();
}

/// A part of what an address is derived from.
#[derive(Clone, Copy)]
enum Seed {
    /// These bytes.
    Bytes(&'static [u8]),
    /// The address of an account.
    Account(&'static str),
    /// A field of an account: its path, and the account's type.
    Field(&'static str, &'static str),
    /// An argument.
    Argument(&'static str),
}

/// An account whose address is derived.
struct Derived {
    /// The instruction; every one where it is empty.
    instruction: &'static str,
    account: &'static str,
    seeds: &'static [Seed],
}

const fn everywhere(account: &'static str, seeds: &'static [Seed]) -> Derived {
    Derived { instruction: "", account, seeds }
}

const fn only(instruction: &'static str, account: &'static str, seeds: &'static [Seed]) -> Derived {
    Derived { instruction, account, seeds }
}

const LIQUIDITY_VAULT: &[Seed] = &[Seed::Bytes(Silo::LIQUIDITY_VAULT_SEED), Seed::Account("silo")];

/// Every derived account. Vault and share mint of a pool request are missing: which pool it asks is
/// no seed.
const DERIVED: [Derived; 12] = [
    everywhere("exchange", &[Seed::Bytes(Exchange::SEED)]),
    everywhere("chain_health", &[Seed::Bytes(ChainHealth::SEED)]),
    everywhere("liquidity_vault", LIQUIDITY_VAULT),
    everywhere(
        "insurance_vault",
        &[Seed::Bytes(Silo::INSURANCE_VAULT_SEED), Seed::Account("silo")],
    ),
    everywhere("liquidity_mint", &[Seed::Bytes(Silo::LIQUIDITY_MINT_SEED), Seed::Account("silo")]),
    everywhere("insurance_mint", &[Seed::Bytes(Silo::INSURANCE_MINT_SEED), Seed::Account("silo")]),
    only("cancel_pool_request", "vault", LIQUIDITY_VAULT),
    only(
        "create_silo",
        "silo",
        &[Seed::Bytes(Silo::SEED), Seed::Field("exchange.silo_count", "Exchange")],
    ),
    only(
        "list_market",
        "market",
        &[
            Seed::Bytes(Market::SEED),
            Seed::Account("silo"),
            Seed::Field("silo.market_count", "Silo"),
        ],
    ),
    only(
        "open_margin_account",
        "account",
        &[
            Seed::Bytes(MarginAccount::SEED),
            Seed::Account("silo"),
            Seed::Account("owner"),
            Seed::Argument("number"),
        ],
    ),
    only(
        "request_pool",
        "request",
        &[
            Seed::Bytes(PoolRequest::SEED),
            Seed::Account("silo"),
            Seed::Account("owner"),
            Seed::Argument("number"),
        ],
    ),
    only(
        "propose_change",
        "change",
        &[Seed::Bytes(Change::SEED), Seed::Field("exchange.change_count", "Exchange")],
    ),
];

/// Accounts that whoever builds an instruction names, because nothing else that it takes says which: a
/// trader's account, a market, a signer. Each with the instructions that take it so.
const CHOSEN: [(&str, &str); 20] = [
    (
        "account",
        "cancel_exit cancel_order close_margin_account deposit execute_order flag liquidate mature_profit pay_exit place_order request_exit settle_position trigger_order trip_fuse withdraw write_off_debt",
    ),
    ("admin", "create_exchange"),
    ("authority", "cancel_change cancel_order cancel_pool_request deposit mature_profit"),
    ("buffer", "apply_upgrade propose_change"),
    ("change", "apply_change apply_upgrade cancel_change create_silo list_market"),
    ("destination", "collect_fees pay_exit request_exit request_pool withdraw"),
    ("executor", "execute_order"),
    ("guardian", "blow_fuses tighten"),
    ("liquidator", "liquidate"),
    (
        "market",
        "announce_settlement apply_change cancel_order execute_order liquidate place_order propose_change refresh_market settle_market settle_position trigger_order",
    ),
    ("mint", "create_silo"),
    ("owner", "open_margin_account request_pool"),
    ("payer", "open_margin_account"),
    ("refund", "cancel_pool_request"),
    ("request", "cancel_pool_request execute_pool_request"),
    ("second", "blow_fuses"),
    ("share_mint", "cancel_pool_request execute_pool_request request_pool"),
    (
        "silo",
        "apply_change collect_fees list_market open_margin_account propose_change reconcile_vaults request_pool",
    ),
    ("source", "deposit request_pool"),
    ("vault", "execute_pool_request request_pool"),
];

/// Every account has an address, seeds or another account that names it, or is one of those that the
/// client chooses.
///
/// # Errors
/// When another has none of these, or one of these has.
pub fn check(idl: &Idl) -> Result<()> {
    let mut chosen = Vec::new();
    for instruction in &idl.instructions {
        for item in &instruction.accounts {
            let IdlInstructionAccountItem::Single(account) = item else { continue };
            let found = account.address.is_some() || account.pda.is_some();
            if !found && account.relations.is_empty() {
                chosen.push((account.name.as_str(), instruction.name.as_str()));
            }
        }
    }
    let listed = CHOSEN.into_iter().flat_map(|(account, instructions)| {
        instructions.split_whitespace().map(move |instruction| (account, instruction))
    });
    let listed: Vec<_> = listed.collect();
    if let Some((account, instruction)) = chosen.iter().find(|pair| !listed.contains(pair)) {
        bail!(
            "`{account}` of `{instruction}` has no address, seeds or relation: add them, or list it \
             as chosen, in xtask/idl/src/accounts.rs"
        );
    }
    match listed.iter().find(|pair| !chosen.contains(pair)) {
        None => Ok(()),
        Some((account, instruction)) => {
            bail!("`{account}` of `{instruction}` is listed as chosen and is found by itself")
        }
    }
}

/// Adds what addresses are derived from.
///
/// # Errors
/// When the table names an account that no instruction takes.
pub fn add_seeds(idl: &mut Idl) -> Result<()> {
    let mut used = [false; DERIVED.len()];
    let program = idl.address.clone();
    for_each(idl, |instruction, account| {
        let fits = |derived: &Derived| {
            derived.account == account.name
                && (derived.instruction.is_empty() || derived.instruction == instruction)
        };
        if let Some(at) = DERIVED.iter().position(fits) {
            used[at] = true;
            let seeds = DERIVED[at].seeds.iter().map(|seed| described(*seed)).collect();
            account.pda = Some(IdlPda { seeds, program: None });
        }
        if account.name == "program_data" {
            let loader = address::UPGRADEABLE_LOADER.to_bytes();
            account.pda = Some(IdlPda {
                seeds: vec![constant(&bytes_of(&program)?)],
                program: Some(constant(&loader)),
            });
        }
        Ok(())
    })?;
    match DERIVED.iter().zip(used).find(|(_, used)| !used) {
        None => Ok(()),
        Some((Derived { instruction, account, .. }, _)) => {
            bail!("no instruction takes `{account}` {instruction}: see xtask/idl/src/accounts.rs")
        }
    }
}

fn described(seed: Seed) -> IdlSeed {
    match seed {
        Seed::Bytes(bytes) => constant(bytes),
        Seed::Account(name) => {
            IdlSeed::Account(IdlSeedAccount { path: name.to_owned(), account: None })
        }
        Seed::Field(path, of) => {
            IdlSeed::Account(IdlSeedAccount { path: path.to_owned(), account: Some(of.to_owned()) })
        }
        Seed::Argument(name) => IdlSeed::Arg(IdlSeedArg { path: name.to_owned() }),
    }
}

fn constant(bytes: &[u8]) -> IdlSeed {
    IdlSeed::Const(IdlSeedConst { value: bytes.to_vec() })
}

fn bytes_of(address: &str) -> Result<[u8; 32]> {
    match address.parse::<holdfast_client::Pubkey>() {
        Ok(key) => Ok(key.to_bytes()),
        Err(reason) => bail!("{address} is no address: {reason}"),
    }
}

/// Adds which accounts name which: `has_one` in an instruction's source.
///
/// # Errors
/// When one names an account that the instruction does not take.
pub fn add_relations(idl: &mut Idl, sources: &[Source]) -> Result<()> {
    for (instruction, source) in idl.instructions.iter_mut().zip(sources) {
        for (naming, named) in source.relations() {
            let mut accounts = instruction.accounts.iter_mut().filter_map(single);
            let Some(account) = accounts.find(|account| account.name == named) else {
                bail!("`{}` has no account `{named}` that {naming} names", instruction.name);
            };
            // A derived address needs no other account to be read.
            if account.pda.is_none() {
                account.relations.push(naming);
            }
        }
    }
    Ok(())
}

fn for_each(
    idl: &mut Idl,
    mut act: impl FnMut(&str, &mut IdlInstructionAccount) -> Result<()>,
) -> Result<()> {
    for instruction in &mut idl.instructions {
        for account in instruction.accounts.iter_mut().filter_map(single) {
            act(&instruction.name, account)?;
        }
    }
    Ok(())
}

fn single(item: &mut IdlInstructionAccountItem) -> Option<&mut IdlInstructionAccount> {
    match item {
        IdlInstructionAccountItem::Single(account) => Some(account),
        IdlInstructionAccountItem::Composite(_) => None,
    }
}
