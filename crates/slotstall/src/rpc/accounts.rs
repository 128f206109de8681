//! What is asked of accounts.

use std::borrow::BorrowMut;
use std::cmp::Reverse;

use serde_json::{Value, json};
use solana_account::Account;
use solana_account_decoder::parse_account_data::AccountAdditionalDataV3;
use solana_account_decoder::{UiAccountEncoding, encode_ui_account};
use solana_pubkey::Pubkey;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcContextConfig, RpcLargestAccountsConfig, RpcLargestAccountsFilter,
    RpcProgramAccountsConfig, RpcTokenAccountsFilter,
};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

use super::{Answer, Refusal, address, address_at, parameter, settings, shown, view, with_context};
use crate::{Cluster, Node, tokens};

/// Accounts that are asked for at once, as a validator allows.
const MOST_ACCOUNTS: usize = 100;
/// Accounts that one answer lists as the largest.
const LARGEST: usize = 20;
/// Filters that one question may have.
const MOST_FILTERS: usize = 4;

/// Answers, if the method is one of these.
pub fn answer<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    method: &str,
    params: &Value,
) -> Option<Answer> {
    Some(match method {
        "getAccountInfo" => one(node, params),
        "getMultipleAccounts" => multiple(node, params),
        "getProgramAccounts" => of_program(node, params),
        "getBalance" => balance(node, params),
        "getMinimumBalanceForRentExemption" => {
            parameter(params, 0).map(|length: usize| json!(node.present().rent(length)))
        }
        "getLargestAccounts" => largest(node, params),
        "getTokenAccountBalance" => token_balance(node, params),
        "getTokenSupply" => token_supply(node, params),
        "getTokenLargestAccounts" => largest_of_mint(node, params),
        "getTokenAccountsByOwner" => held(node, params, tokens::OWNER, &[]),
        // A word of one says that there is a delegate.
        "getTokenAccountsByDelegate" => held(node, params, tokens::DELEGATE, &[1, 0, 0, 0]),
        _ => return None,
    })
}

/// An account as a client wants it.
pub(super) fn encoded(
    view: &Cluster,
    address: &Pubkey,
    account: &Account,
    config: &RpcAccountInfoConfig,
) -> Answer {
    let encoding = config.encoding.unwrap_or(UiAccountEncoding::Binary);
    if matches!(encoding, UiAccountEncoding::Binary | UiAccountEncoding::Base58)
        && config.data_slice.map_or(account.data.len(), |slice| slice.length) > 128
        && account.data.len() > 128
    {
        let what = "Encoded binary (base 58) data should be less than 128 bytes, please use \
                    Base64 encoding.";
        return Err(Refusal::new(-32600, what));
    }
    let parsed = encoding == UiAccountEncoding::JsonParsed;
    let extra = if parsed { extra(view, account) } else { None };
    shown(&encode_ui_account(address, account, encoding, extra, config.data_slice))
}

/// What parsing a token account takes from its mint.
fn extra(view: &Cluster, account: &Account) -> Option<AccountAdditionalDataV3> {
    let spl_token_additional_data = Some(tokens::decimals(view, &tokens::mint_of(account)?)?);
    Some(AccountAdditionalDataV3 { spl_token_additional_data })
}

/// An account at an address, or `null`.
pub(super) fn at(view: &Cluster, address: &Pubkey, config: &RpcAccountInfoConfig) -> Answer {
    view.get(address).map_or(Ok(Value::Null), |account| encoded(view, address, &account, config))
}

fn one<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let address = address_at(params, 0)?;
    let config: RpcAccountInfoConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    Ok(with_context(view, at(view, &address, &config)?))
}

fn multiple<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let addresses: Vec<String> = parameter(params, 0)?;
    if addresses.len() > MOST_ACCOUNTS {
        return Err(Refusal::params(format!("Too many inputs provided; max {MOST_ACCOUNTS}")));
    }
    let mut config: RpcAccountInfoConfig = settings(params, 1)?;
    config.encoding = config.encoding.or(Some(UiAccountEncoding::Base64));
    let view = view(node, config.commitment, config.min_context_slot)?;
    let accounts = addresses.iter().map(|text| at(view, &address(text)?, &config));
    Ok(with_context(view, accounts.collect::<Result<Vec<_>, _>>()?))
}

fn of_program<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let program = address_at(params, 0)?;
    let config: RpcProgramAccountsConfig = settings(params, 1)?;
    let account_config = &config.account_config;
    let view = view(node, account_config.commitment, account_config.min_context_slot)?;
    let accounts = listed(view, &program, &config)?;
    Ok(if config.with_context == Some(true) { with_context(view, accounts) } else { accounts })
}

/// The accounts of a program that pass the filters.
fn listed(view: &Cluster, program: &Pubkey, config: &RpcProgramAccountsConfig) -> Answer {
    let filters = config.filters.as_deref().unwrap_or_default();
    if filters.len() > MOST_FILTERS {
        return Err(Refusal::params(format!("Too many filters provided; max {MOST_FILTERS}")));
    }
    filters.iter().try_for_each(RpcFilterType::verify).map_err(Refusal::params)?;
    let found = view.program_accounts(program).into_iter();
    let found = found.filter(|(_, account)| passes(account, filters));
    let shown = found.map(|(address, account)| {
        let account = encoded(view, &address, &account, &config.account_config)?;
        Ok(json!({"pubkey": address.to_string(), "account": account}))
    });
    shown.collect::<Result<Value, Refusal>>()
}

/// Whether an account passes all filters.
pub(super) fn passes(account: &Account, filters: &[RpcFilterType]) -> bool {
    filters.iter().all(|filter| match filter {
        RpcFilterType::DataSize(size) => account.data.len() as u64 == *size,
        RpcFilterType::Memcmp(compare) => compare.bytes_match(&account.data),
        RpcFilterType::TokenAccountState => tokens::mint_of(account).is_some(),
    })
}

fn balance<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let address = address_at(params, 0)?;
    let config: RpcContextConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    Ok(with_context(view, view.get(&address).map_or(0, |account| account.lamports)))
}

fn largest<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let config: RpcLargestAccountsConfig = settings(params, 0)?;
    let view = view(node, config.commitment, None)?;
    // Nothing of this cluster's lamports is locked up.
    let wanted = config.filter != Some(RpcLargestAccountsFilter::NonCirculating);
    let mut found: Vec<_> = view.balances().filter(|_| wanted).collect();
    found.sort_by_key(|(address, lamports)| (Reverse(*lamports), *address));
    let shown = found
        .into_iter()
        .take(LARGEST)
        .map(|(address, lamports)| json!({"address": address.to_string(), "lamports": lamports}));
    Ok(with_context(view, shown.collect::<Vec<_>>()))
}

fn token_balance<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let address = address_at(params, 0)?;
    let config: RpcContextConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    let account = view.get(&address).ok_or_else(|| Refusal::params("could not find account"))?;
    let amount = tokens::amount(view, &account);
    let amount = amount.ok_or_else(|| Refusal::params("not a Token account"))?;
    Ok(with_context(view, shown(&amount)?))
}

fn token_supply<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let mint = address_at(params, 0)?;
    let config: RpcContextConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    let supply = tokens::supply(view, &mint).ok_or_else(not_a_mint)?;
    Ok(with_context(view, shown(&supply)?))
}

fn not_a_mint() -> Refusal {
    Refusal::params("not a Token mint")
}

fn largest_of_mint<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let mint = address_at(params, 0)?;
    let config: RpcContextConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    tokens::supply(view, &mint).ok_or_else(not_a_mint)?;
    let accounts = tokens::PROGRAMS.into_iter().map(address).collect::<Result<Vec<_>, _>>()?;
    let accounts = accounts.iter().flat_map(|program| view.program_accounts(program));
    let of_mint = accounts.filter(|(_, account)| tokens::mint_of(account) == Some(mint));
    let mut found: Vec<_> = of_mint
        .filter_map(|(address, account)| Some((address, tokens::amount(view, &account)?)))
        .collect();
    found.sort_by_key(|(address, held)| (Reverse(held.amount.parse::<u64>().ok()), *address));
    let shown = found.into_iter().take(LARGEST).map(|(address, held)| {
        let mut value = shown(&held)?;
        value["address"] = json!(address.to_string());
        Ok(value)
    });
    Ok(with_context(view, shown.collect::<Result<Vec<_>, Refusal>>()?))
}

/// Token accounts that hold `before` and then somebody's address at a place.
fn held<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    params: &Value,
    place: usize,
    before: &[u8],
) -> Answer {
    let holder = address_at(params, 0)?;
    let filter: RpcTokenAccountsFilter = parameter(params, 1)?;
    let account_config: RpcAccountInfoConfig = settings(params, 2)?;
    let view = view(node, account_config.commitment, account_config.min_context_slot)?;
    let holds = |at: usize, bytes: Vec<u8>| RpcFilterType::Memcmp(Memcmp::new_raw_bytes(at, bytes));
    let holder = [before, holder.as_ref()].concat();
    let mut filters = vec![RpcFilterType::TokenAccountState, holds(place, holder)];
    let programs = match filter {
        RpcTokenAccountsFilter::ProgramId(program) => vec![address(&program)?],
        RpcTokenAccountsFilter::Mint(mint) => {
            let mint = address(&mint)?;
            tokens::supply(view, &mint).ok_or_else(not_a_mint)?;
            filters.push(holds(tokens::MINT, mint.to_bytes().to_vec()));
            tokens::PROGRAMS.into_iter().map(address).collect::<Result<_, _>>()?
        }
    };
    let config = RpcProgramAccountsConfig {
        filters: Some(filters),
        account_config,
        ..RpcProgramAccountsConfig::default()
    };
    let mut accounts = Vec::new();
    for program in programs {
        let found = listed(view, &program, &config)?;
        accounts.extend(found.as_array().cloned().unwrap_or_default());
    }
    Ok(with_context(view, accounts))
}
