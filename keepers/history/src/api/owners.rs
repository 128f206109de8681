//! Pages of a wallet: its margin accounts, its part in the pools, and a table for taxes of all of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use holdfast_client::{Pubkey, address};
use serde::Serialize;
use utoipa::ToSchema;

use super::pages::{Page, Paged, Part, csv_file};
use super::{Api, Asked, Refused};
use crate::pools::{self, PoolRow, executed};
use crate::store::{Query, Store};
use crate::taxes::Deeds;

/// Margin accounts and requests of an owner that are looked for: those with numbers below this.
const NUMBERS: u16 = 64;

/// A margin account of an owner.
#[derive(Serialize, ToSchema)]
pub struct OwnedAccount {
    /// Its address.
    account: String,
    /// Its number among those of the owner.
    number: u16,
    /// Slot of the first event about it that is known.
    first_slot: u64,
    /// Slot of the last one.
    last_slot: u64,
}

/// Margin accounts of an owner.
#[derive(Serialize, ToSchema)]
pub struct OwnedAccounts {
    /// Those in the silo, with numbers below 64, that any event is about.
    items: Vec<OwnedAccount>,
}

fn owner(text: &str) -> Result<Pubkey, Refused> {
    text.parse()
        .map_err(|_| Refused::asked("owner is no address: give the address of a wallet in base 58"))
}

/// The addresses of an owner's margin accounts, by their numbers.
fn accounts_of(silo: u16, owner: &Pubkey) -> Vec<String> {
    let silo = address::silo(silo);
    let account = |number| address::margin_account(&silo, owner, number).to_string();
    (0..NUMBERS).map(account).collect()
}

/// The addresses of an owner's requests to the pools.
fn requests_of(silo: u16, owner: &Pubkey) -> Vec<String> {
    let silo = address::silo(silo);
    let request = |number| address::pool_request(&silo, owner, number).to_string();
    (0..NUMBERS).map(request).collect()
}

/// Margin accounts of a wallet.
#[utoipa::path(
    get, path = "/v1/owners/{owner}/accounts",
    params(("owner" = String, Path, description = "A wallet")),
    responses((status = 200, body = OwnedAccounts), (status = 400, body = Refused))
)]
pub async fn owned_accounts(
    State(api): State<Arc<Api>>,
    Path(of): Path<String>,
) -> Result<Json<OwnedAccounts>, Refused> {
    let accounts = accounts_of(api.silo, &owner(&of)?);
    let look = move |store: &Store| {
        let mut items = Vec::new();
        for (number, account) in (0..NUMBERS).zip(accounts) {
            if let Some((first_slot, last_slot)) = store.slots_of(&account)? {
                items.push(OwnedAccount { account, number, first_slot, last_slot });
            }
        }
        Ok(items)
    };
    Ok(Json(OwnedAccounts { items: api.read(look).await? }))
}

/// Requests of a wallet to the pools that were executed.
#[utoipa::path(
    get, path = "/v1/owners/{owner}/pools",
    params(("owner" = String, Path, description = "A wallet"), Part),
    responses((status = 200, body = Page<PoolRow>), (status = 400, body = Refused))
)]
pub async fn owned_requests(
    State(api): State<Arc<Api>>,
    Path(of): Path<String>,
    Asked(part): Asked<Part>,
) -> Paged<PoolRow> {
    let requests = requests_of(api.silo, &owner(&of)?);
    let query = part.query(&pools::KINDS)?;
    let limit = query.limit;
    // A request may have been made long before it was executed, so all of them are looked at.
    let all = Query { limit: u32::MAX, ..query };
    let happened = api.read(move |store| store.events(&all)).await?;
    let mut items = executed(&happened);
    items.retain(|row| requests.contains(&row.request));
    items.truncate(limit as usize);
    Ok(Page::of(items, limit, |row| row.cursor.clone()))
}

/// What a wallet did in all its margin accounts and in the pools as a table, for whoever files taxes: the oldest
/// first, amounts as decimal numbers.
#[utoipa::path(
    get, path = "/v1/owners/{owner}/taxes.csv",
    params(("owner" = String, Path, description = "A wallet")),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 400, body = Refused))
)]
pub async fn owned_taxes(
    State(api): State<Arc<Api>>,
    Path(of): Path<String>,
) -> Result<impl IntoResponse, Refused> {
    let of = owner(&of)?;
    let (accounts, requests) = (accounts_of(api.silo, &of), requests_of(api.silo, &of));
    let table = move |store: &Store| {
        let deeds = Deeds::read(store, &accounts, &requests)?;
        deeds.table(|time_s| store.written(time_s))
    };
    Ok(csv_file(&of.to_string(), api.read(table).await?))
}
