//! One example of every instruction, built by `crates/client`: what the TypeScript client's bytes
//! are compared with.

use anchor_lang_idl::types::{Idl, IdlInstructionAccountItem};
use anyhow::{Result, bail};
use holdfast_client::holdfast::instructions::{OrderEffect, OrderRequest, OrderTrigger, PoolOrder};
use holdfast_client::holdfast::state::{ChangeKind, FeedSource, Feeds};
use holdfast_client::instruction as build;
use holdfast_client::{AccountMeta, Instruction, Pubkey, address};
use holdfast_migrations::presets;
use serde::Serialize;

/// An instruction as Rust builds it.
#[derive(Serialize)]
pub struct Example {
    /// Its name.
    name: String,
    /// The accounts it lists, by their names.
    accounts: Vec<Account>,
    /// The accounts that follow.
    following: Vec<Account>,
    /// Its data, hexadecimal.
    data: String,
}

#[derive(Serialize)]
struct Account {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    address: String,
    signer: bool,
    writable: bool,
}

/// Every instruction of the program, in the order of its description.
///
/// # Errors
/// When one has no example, or the accounts of one are not as described.
pub fn all(idl: &Idl) -> Result<Vec<Example>> {
    let built = built();
    let one = |instruction: &anchor_lang_idl::types::IdlInstruction| {
        let starts = |known: &&Instruction| known.data.starts_with(&instruction.discriminator);
        let Some(known) = built.iter().find(starts) else {
            bail!("`{}` has no example: see xtask/idl/src/examples.rs", instruction.name);
        };
        let (listed, following) = known.accounts.split_at(instruction.accounts.len());
        let names = instruction.accounts.iter().map(|item| match item {
            IdlInstructionAccountItem::Single(account) => account.name.as_str(),
            IdlInstructionAccountItem::Composite(_) => "",
        });
        Ok(Example {
            name: instruction.name.clone(),
            accounts: names.zip(listed).map(|(name, meta)| account(name, meta)).collect(),
            following: following.iter().map(|meta| account("", meta)).collect(),
            data: hexadecimal(&known.data),
        })
    };
    idl.instructions.iter().map(one).collect()
}

/// An instruction of another program, whose accounts have no names here.
pub fn foreign(name: &str, built: &Instruction) -> Example {
    Example {
        name: name.to_owned(),
        accounts: Vec::new(),
        following: built.accounts.iter().map(|meta| account("", meta)).collect(),
        data: hexadecimal(&built.data),
    }
}

/// A proposal of every kind of change, by the kind's name.
pub fn proposals() -> Vec<Example> {
    let (silo, sha256) = (address::silo(1), [31; 32]);
    let market = address::market(&silo, 3);
    let (market_terms, silo_terms) = (presets::market(150), presets::silo());
    let contents = [
        ("Guardian", ChangeKind::Guardian { leaves: Some(key(4)), joins: None }),
        ("Admin", ChangeKind::Admin(key(5))),
        ("FeeReceiver", ChangeKind::FeeReceiver(key(6))),
        ("Timelock", ChangeKind::Timelock(presets::timelock())),
        ("Thresholds", ChangeKind::Thresholds(presets::thresholds())),
        ("MarketTerms", ChangeKind::MarketTerms { market, terms: market_terms }),
        ("MarketFeeds", ChangeKind::MarketFeeds { market, feeds: feeds() }),
        ("SiloTerms", ChangeKind::SiloTerms { silo, terms: silo_terms }),
        ("Silo", ChangeKind::Silo { mint: key(2), terms: silo_terms }),
        ("Market", ChangeKind::Market { silo, name: name(), terms: market_terms, feeds: feeds() }),
        ("Upgrade", ChangeKind::Upgrade { buffer: key(7), sha256 }),
        ("FuseReset", ChangeKind::FuseReset { silo }),
    ];
    let one = |(kind, content)| foreign(kind, &build::propose_change(key(1), 7, content));
    contents.into_iter().map(one).collect()
}

/// Bytes as text.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn account(name: &str, meta: &AccountMeta) -> Account {
    Account {
        name: name.to_owned(),
        address: meta.pubkey.to_string(),
        signer: meta.is_signer,
        writable: meta.is_writable,
    }
}

/// A key that is nobody's: each number its own.
pub const fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

fn built() -> Vec<Instruction> {
    let mut all = governance();
    all.extend(trading());
    all.extend(keeping());
    all.extend(pools());
    all
}

fn feeds() -> Feeds {
    let source = |provider, id| FeedSource { provider, id: [id; 32] };
    Feeds { sources: vec![source(1, 21), source(3, 22), source(2, 23)], quorum: 2 }
}

fn name() -> [u8; 16] {
    *b"SOL-PERP\0\0\0\0\0\0\0\0"
}

fn governance() -> Vec<Instruction> {
    let (admin, mint, silo) = (key(1), key(2), address::silo(1));
    let terms = presets::market(150);
    let content = ChangeKind::MarketTerms { market: address::market(&silo, 3), terms };
    vec![
        build::create_exchange(admin, key(3), presets::thresholds()),
        build::create_silo(admin, 1, mint, presets::silo()),
        build::list_market(admin, silo, 3, name(), terms, feeds()),
        build::lock_exchange(admin, vec![key(4), key(5)], presets::timelock(), 2),
        build::propose_change(admin, 7, content.clone()),
        build::cancel_change(key(4), 7, admin),
        build::apply_change(7, admin, &content),
        build::apply_upgrade(7, admin, key(13)),
        build::tighten(key(4), true, 600_000),
        build::blow_fuses([key(4), key(5)], 5, 600_000),
        build::trip_fuse(silo, Some(address::margin_account(&silo, &key(6), 2))),
    ]
}

/// A stop that closes at most a short of three units when the price reaches 162.5.
const ORDER: OrderRequest = OrderRequest {
    delta: 3_000_000,
    limit: 165_000_000,
    trigger: OrderTrigger::AtOrAbove { price: 162_500_000 },
    effect: OrderEffect::Reduce,
    any_price: true,
    expires_ms: 1_800_000_000_000,
    fee: 20_000,
};

fn trading() -> Vec<Instruction> {
    let (owner, silo, to) = (key(6), address::silo(1), key(7));
    let account = address::margin_account(&silo, &owner, 2);
    let market = |index| address::market(&silo, index);
    let markets = [market(0), market(3)];
    vec![
        build::open_margin_account(key(8), owner, silo, 2),
        build::close_margin_account(owner, account),
        build::deposit(owner, to, silo, account, 250_000_000),
        build::withdraw(owner, silo, account, to, 10_000_000, &markets),
        build::request_exit(owner, silo, account, to, 10_000_000),
        build::pay_exit(silo, account, to),
        build::cancel_exit(owner, account),
        build::place_order(owner, account, market(3), ORDER, &markets),
        build::cancel_order(owner, account, market(3), 12),
        build::trigger_order(account, market(3), 12),
        build::execute_order(silo, market(3), account, key(9), 12, &[market(0)]),
        build::mature_profit(owner, silo, account),
    ]
}

fn keeping() -> Vec<Instruction> {
    let silo = address::silo(1);
    let account = address::margin_account(&silo, &key(6), 2);
    let market = |index| address::market(&silo, index);
    let markets = [market(0), market(3)];
    vec![
        build::flag(account, &markets),
        build::liquidate(silo, market(3), account, key(9), &[market(0)]),
        build::observe(&markets),
        build::chain_state(),
        build::refresh_market(silo, market(3), &[key(10), key(11)]),
        build::announce_settlement(market(3)),
        build::settle_market(market(3)),
        build::settle_position(silo, market(3), account),
        build::write_off_debt(silo, account, &markets),
        build::reconcile_vaults(silo),
        build::collect_fees(silo, key(7)),
    ]
}

fn pools() -> Vec<Instruction> {
    let (owner, silo) = (key(6), address::silo(1));
    let request = address::pool_request(&silo, &owner, 2);
    let order = PoolOrder { insurance: true, leaves: true, amount: 5_000_000, least: 4_900_000 };
    let markets = [address::market(&silo, 0), address::market(&silo, 1)];
    vec![
        build::request_pool(owner, silo, 2, key(7), key(12), order),
        build::cancel_pool_request(owner, silo, request, key(7), true),
        build::execute_pool_request(owner, silo, request, key(7), false, &markets),
    ]
}

#[cfg(test)]
mod tests {
    use anchor_lang_idl::types::{Idl, IdlInstructionAccountItem, IdlPda, IdlSeed};
    use holdfast_client::{Pubkey, address};

    use super::{Example, all};

    fn described() -> Idl {
        serde_json::from_str(include_str!("../../../idl/holdfast.json")).unwrap()
    }

    /// What the description derives, where that takes nothing but the example's accounts and bytes.
    fn derived(pda: &IdlPda, example: &Example, program: &Pubkey) -> Pubkey {
        let key = |name: &str| {
            let found = example.accounts.iter().find(|account| account.name == name).unwrap();
            found.address.parse::<Pubkey>().unwrap().to_bytes().to_vec()
        };
        let seeds: Vec<Vec<u8>> = pda
            .seeds
            .iter()
            .map(|seed| match seed {
                IdlSeed::Const(bytes) => bytes.value.clone(),
                IdlSeed::Account(named) => match named.path.as_str() {
                    // What the accounts of the examples would hold.
                    "exchange.silo_count" => vec![1, 0],
                    "exchange.change_count" => 7_u64.to_le_bytes().to_vec(),
                    "silo.market_count" => vec![3],
                    name => key(name),
                },
                IdlSeed::Arg(argument) => {
                    assert_eq!(argument.path, "number");
                    vec![2, 0]
                }
            })
            .collect();
        let program = match &pda.program {
            Some(IdlSeed::Const(other)) => Pubkey::try_from(other.value.as_slice()).unwrap(),
            _ => *program,
        };
        let seeds: Vec<_> = seeds.iter().map(Vec::as_slice).collect();
        Pubkey::find_program_address(&seeds, &program).0
    }

    #[test]
    fn addresses_seeds_and_flags_are_those_of_the_client() {
        let idl = described();
        let program = idl.address.parse().unwrap();
        let mut seen = [0; 2];
        for (instruction, example) in idl.instructions.iter().zip(all(&idl).unwrap()) {
            for (item, built) in instruction.accounts.iter().zip(&example.accounts) {
                let IdlInstructionAccountItem::Single(account) = item else { panic!("{item:?}") };
                let place = format!("{} of {}", account.name, instruction.name);
                assert_eq!(account.name, built.name);
                assert_eq!(account.signer, built.signer, "{place}");
                if !account.optional {
                    assert_eq!(account.writable, built.writable, "{place}");
                }
                if let Some(address) = &account.address {
                    assert_eq!(*address, built.address, "{place}");
                    seen[0] += 1;
                }
                if let Some(pda) = &account.pda {
                    let expected = derived(pda, &example, &program).to_string();
                    assert_eq!(expected, built.address, "{place}");
                    seen[1] += 1;
                }
            }
        }
        assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
    }

    /// No account that could be derived is left to the caller.
    #[test]
    fn whatever_the_client_derives_is_described() {
        let idl = described();
        let silo = address::silo(1);
        let derivable = [
            address::exchange(),
            address::chain_health(),
            address::liquidity_vault(&silo),
            address::insurance_vault(&silo),
            address::liquidity_mint(&silo),
            address::insurance_mint(&silo),
            address::program_data(),
        ];
        for (instruction, example) in idl.instructions.iter().zip(all(&idl).unwrap()) {
            for (item, built) in instruction.accounts.iter().zip(&example.accounts) {
                let IdlInstructionAccountItem::Single(account) = item else { panic!("{item:?}") };
                // Which pool they are of is an argument or stored in the request.
                let by_pool = matches!(account.name.as_str(), "vault" | "share_mint");
                if derivable.iter().any(|key| key.to_string() == built.address) && !by_pool {
                    let found = account.pda.is_some();
                    assert!(found, "{} of {}", account.name, instruction.name);
                }
            }
        }
    }
}
