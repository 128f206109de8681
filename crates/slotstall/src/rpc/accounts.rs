//! What is asked of accounts.

use std::borrow::BorrowMut;

use serde_json::{Value, json};
use solana_account::Account;
use solana_account_decoder::parse_account_data::{
    AccountAdditionalDataV3, SplTokenAdditionalDataV2,
};
use solana_account_decoder::parse_token::{get_token_account_mint, token_amount_to_ui_amount_v3};
use solana_account_decoder::{UiAccountEncoding, encode_ui_account};
use solana_pubkey::Pubkey;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcContextConfig, RpcProgramAccountsConfig, RpcTokenAccountsFilter,
};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

use super::{Answer, Refusal, address, address_at, parameter, settings, shown, view, with_context};
use crate::{Cluster, Node};

/// Accounts that are asked for at once, as a validator allows.
const MOST_ACCOUNTS: usize = 100;
/// Where a token account holds its mint and its owner, and a mint its decimals.
const MINT: usize = 0;
const OWNER: usize = 32;
const AMOUNT: std::ops::Range<usize> = 64..72;
const SUPPLY: std::ops::Range<usize> = 36..44;
const DECIMALS: usize = 44;
/// The token programs.
const TOKEN_PROGRAMS: [&str; 2] =
    ["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"];

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
        "getTokenAccountBalance" => token_amount(node, params, AMOUNT),
        "getTokenSupply" => token_amount(node, params, SUPPLY),
        "getTokenAccountsByOwner" => of_owner(node, params),
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
    let mint = get_token_account_mint(&account.data).filter(|_| is_of_tokens(account))?;
    let spl_token_additional_data = Some(decimals(view, &mint)?);
    Some(AccountAdditionalDataV3 { spl_token_additional_data })
}

fn decimals(view: &Cluster, mint: &Pubkey) -> Option<SplTokenAdditionalDataV2> {
    let decimals = *view.get(mint)?.data.get(DECIMALS)?;
    Some(SplTokenAdditionalDataV2 { decimals, ..SplTokenAdditionalDataV2::default() })
}

fn is_of_tokens(account: &Account) -> bool {
    TOKEN_PROGRAMS.contains(&account.owner.to_string().as_str())
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
        RpcFilterType::TokenAccountState => {
            is_of_tokens(account) && get_token_account_mint(&account.data).is_some()
        }
    })
}

fn balance<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let address = address_at(params, 0)?;
    let config: RpcContextConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    Ok(with_context(view, view.get(&address).map_or(0, |account| account.lamports)))
}

/// The amount of a token account, or the supply of a mint.
fn token_amount<C: BorrowMut<Cluster>>(
    node: &Node<C>,
    params: &Value,
    at: std::ops::Range<usize>,
) -> Answer {
    let address = address_at(params, 0)?;
    let config: RpcContextConfig = settings(params, 1)?;
    let view = view(node, config.commitment, config.min_context_slot)?;
    let of_mint = at == SUPPLY;
    let amount = || {
        let account = view.get(&address).filter(is_of_tokens)?;
        let mint = if of_mint { address } else { get_token_account_mint(&account.data)? };
        let amount = u64::from_le_bytes(account.data.get(at)?.try_into().ok()?);
        Some(token_amount_to_ui_amount_v3(amount, &decimals(view, &mint)?))
    };
    let amount = amount().ok_or_else(|| {
        Refusal::params(if of_mint { "not a token mint" } else { "not a token account" })
    })?;
    Ok(with_context(view, shown(&amount)?))
}

fn of_owner<C: BorrowMut<Cluster>>(node: &Node<C>, params: &Value) -> Answer {
    let owner = address_at(params, 0)?;
    let filter: RpcTokenAccountsFilter = parameter(params, 1)?;
    let account_config: RpcAccountInfoConfig = settings(params, 2)?;
    let view = view(node, account_config.commitment, account_config.min_context_slot)?;
    let owned = |at: usize, address: &Pubkey| {
        RpcFilterType::Memcmp(Memcmp::new_raw_bytes(at, address.to_bytes().to_vec()))
    };
    let mut filters = vec![RpcFilterType::TokenAccountState, owned(OWNER, &owner)];
    let programs = match filter {
        RpcTokenAccountsFilter::ProgramId(program) => vec![address(&program)?],
        RpcTokenAccountsFilter::Mint(mint) => {
            filters.push(owned(MINT, &address(&mint)?));
            TOKEN_PROGRAMS.into_iter().map(address).collect::<Result<_, _>>()?
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
