//! The pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use holdfast_client::Pubkey;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Api, Asked, Refused};
use crate::pools::{self, PoolRow, PoolYield, earned, executed};
use crate::positions::{PositionRow, positions as of_account};
use crate::status::Status;
use crate::store::{Candle, Day, FillRow, FundingRow, Happened, Query, Store, hour_of};
use crate::taxes::{Deeds, FLOWS, SCALE};
use crate::worth::Worth;

/// What a list has at the most.
const MOST: u32 = 500;
/// What a list has if nothing else is asked for.
const USUAL: u32 = 100;

/// A part of a list, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    /// Decimals of amounts, prices, sizes and shares.
    scale: u8,
    /// The part.
    items: Vec<T>,
    /// What to give as `before` for the next part; null where this one is the last.
    next: Option<String>,
}

impl<T: ToSchema> Page<T> {
    /// A page that has as many as were asked for may have another after it.
    pub(super) fn of(items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Json<Self> {
        let next = items.last().filter(|_| items.len() >= limit as usize).map(cursor);
        Json(Self { scale: SCALE, items, next })
    }
}

/// A part of a list, or why there is none.
pub(super) type Paged<T> = Result<Json<Page<T>>, Refused>;

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// The `next` of the part before.
    before: Option<String>,
    /// How many: 1 to 500, 100 if it is not given.
    limit: Option<u32>,
}

/// Which of what happened.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Names of events, with commas between them.
    kind: Option<String>,
    /// A margin account.
    account: Option<String>,
    /// Index of a market of the silo.
    market: Option<u8>,
    /// The `next` of the part before.
    before: Option<String>,
    /// How many: 1 to 500, 100 if it is not given.
    limit: Option<u32>,
}

/// Which part of what is sorted by time.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Times {
    /// Minutes in a candle: 1, 5, 15, 60, 240 or 1440; 60 if it is not given.
    minutes: Option<u64>,
    /// Only what begins before this, milliseconds since 1970.
    before: Option<u64>,
    /// How many: 1 to 500, 100 if it is not given.
    limit: Option<u32>,
}

/// Which part of what is sorted by time, without a choice of its length.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Hours {
    /// Only what is before this, milliseconds since 1970.
    before: Option<u64>,
    /// How many: 1 to 500, 100 if it is not given.
    limit: Option<u32>,
}

/// What a pool came to.
#[derive(Serialize, ToSchema)]
pub struct PoolPage {
    /// Decimals of amounts and shares.
    scale: u8,
    /// Requests that were executed, the newest first.
    items: Vec<PoolRow>,
    /// What a share gained between the oldest and the newest of them; null where that is less than a day.
    earned: Option<PoolYield>,
    /// What to give as `before` for the next part; null where this one is the last.
    next: Option<String>,
}

/// What a pool was worth.
#[derive(Serialize, ToSchema)]
pub struct WorthPage {
    /// Decimals of amounts and shares.
    scale: u8,
    /// At the end of each hour in which accounts were read, the newest first.
    items: Vec<Worth>,
    /// What a share gained up to now over the last day, week and month, where as much is known.
    earned: Vec<PoolYield>,
    /// What to give as `before` for the next part; null where this one is the last.
    next: Option<String>,
}

/// An account's positions.
#[derive(Serialize, ToSchema)]
pub struct Positions {
    /// Decimals of amounts and sizes.
    scale: u8,
    /// From opening to closing, the newest first; those that are open come first.
    items: Vec<PositionRow>,
}

fn limit(asked: Option<u32>) -> Result<u32, Refused> {
    let limit = asked.unwrap_or(USUAL);
    let fits = (1..=MOST).contains(&limit);
    fits.then_some(limit)
        .ok_or_else(|| Refused::asked(format!("limit is {limit}: choose 1 to {MOST}")))
}

fn account(text: &str) -> Result<String, Refused> {
    let known: Result<Pubkey, _> = text.parse();
    known.map(|account| account.to_string()).map_err(|_| {
        Refused::asked("account is no address: give the address of a margin account in base 58")
    })
}

fn must_be_pool(pool: &str) -> Result<(), Refused> {
    if ["liquidity", "insurance"].contains(&pool) {
        return Ok(());
    }
    Err(Refused::asked(format!("there is no pool {pool}: ask for liquidity or insurance")))
}

impl Which {
    fn query(self, api: &Api) -> Result<Query, Refused> {
        let kinds =
            self.kind.iter().flat_map(|kinds| kinds.split(',')).map(str::to_owned).collect();
        let account = self.account.as_deref().map(account).transpose()?;
        let before = self.before.map(|text| text.parse()).transpose().map_err(Refused::asked)?;
        let silo = self.market.map(|_| api.silo);
        Ok(Query { kinds, account, market: self.market, silo, before, limit: limit(self.limit)? })
    }
}

impl Part {
    pub(super) fn query(self, kinds: &[&str]) -> Result<Query, Refused> {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let before = self.before.map(|text| text.parse()).transpose().map_err(Refused::asked)?;
        Ok(Query { kinds, before, limit: limit(self.limit)?, ..Query::default() })
    }
}

impl Api {
    pub(super) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Refused> {
        self.database.ask(question).await.map_err(Refused::internal)
    }

    async fn page_of_events(&self, query: Query) -> Paged<Happened> {
        let limit = query.limit;
        let items = self.read(move |store| store.events(&query)).await?;
        Ok(Page::of(items, limit, |item| item.cursor.clone()))
    }

    async fn page_of_fills(&self, query: Query) -> Paged<FillRow> {
        let limit = query.limit;
        let items = self.read(move |store| store.fills(&query)).await?;
        Ok(Page::of(items, limit, |item| item.cursor.clone()))
    }
}

/// How far reading has come, and whether the sums of events are those of the accounts.
#[utoipa::path(get, path = "/v1/status", responses((status = 200, body = Status)))]
pub async fn status(State(api): State<Arc<Api>>) -> Json<Status> {
    Json(api.status.borrow().clone())
}

/// Everything that happened.
#[utoipa::path(
    get, path = "/v1/events", params(Which),
    responses((status = 200, body = Page<Happened>), (status = 400, body = Refused))
)]
pub async fn events(State(api): State<Arc<Api>>, Asked(which): Asked<Which>) -> Paged<Happened> {
    let query = which.query(&api)?;
    api.page_of_events(query).await
}

/// Trades, liquidations and settlements of positions; `kind` is one of `trade`, `liquidation`, `settlement`.
#[utoipa::path(
    get, path = "/v1/fills", params(Which),
    responses((status = 200, body = Page<FillRow>), (status = 400, body = Refused))
)]
pub async fn fills(State(api): State<Arc<Api>>, Asked(which): Asked<Which>) -> Paged<FillRow> {
    let query = which.query(&api)?;
    api.page_of_fills(query).await
}

/// Liquidations.
#[utoipa::path(
    get, path = "/v1/liquidations", params(Which),
    responses((status = 200, body = Page<FillRow>), (status = 400, body = Refused))
)]
pub async fn liquidations(
    State(api): State<Arc<Api>>,
    Asked(which): Asked<Which>,
) -> Paged<FillRow> {
    let query = which.query(&api)?;
    api.page_of_fills(Query { kinds: vec!["liquidation".to_owned()], ..query }).await
}

/// An account's positions, with what each realised.
#[utoipa::path(
    get, path = "/v1/accounts/{account}/positions",
    params(("account" = String, Path, description = "A margin account")),
    responses((status = 200, body = Positions), (status = 400, body = Refused))
)]
pub async fn positions(
    State(api): State<Arc<Api>>,
    Path(of): Path<String>,
) -> Result<Json<Positions>, Refused> {
    let of = account(&of)?;
    let fills = api.read(move |store| store.fills_of(&of)).await?;
    let mut items = of_account(&fills);
    items.reverse();
    Ok(Json(Positions { scale: SCALE, items }))
}

/// What moved an account's tokens in and out.
#[utoipa::path(
    get, path = "/v1/accounts/{account}/flows",
    params(("account" = String, Path, description = "A margin account"), Part),
    responses((status = 200, body = Page<Happened>), (status = 400, body = Refused))
)]
pub async fn flows(
    State(api): State<Arc<Api>>,
    Path(of): Path<String>,
    Asked(part): Asked<Part>,
) -> Paged<Happened> {
    let query = Query { account: Some(account(&of)?), ..part.query(&FLOWS)? };
    api.page_of_events(query).await
}

/// What an account did as a table, for whoever files taxes: the oldest first, amounts as decimal numbers.
#[utoipa::path(
    get, path = "/v1/accounts/{account}/taxes.csv",
    params(("account" = String, Path, description = "A margin account")),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 400, body = Refused))
)]
pub async fn taxes(
    State(api): State<Arc<Api>>,
    Path(of): Path<String>,
) -> Result<impl IntoResponse, Refused> {
    let accounts = [account(&of)?];
    let name = accounts[0].clone();
    let table = move |store: &Store| {
        let deeds = Deeds::read(store, &accounts, &[])?;
        deeds.table(|time_s| store.written(time_s))
    };
    Ok(csv_file(&name, api.read(table).await?))
}

/// A table as a file named after an address.
pub(super) fn csv_file(address: &str, table: String) -> impl IntoResponse + use<> {
    let name = format!("attachment; filename=\"holdfast-{address}.csv\"");
    ([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], table)
}

/// Candles of a market's index price, of the prices that were believed.
#[utoipa::path(
    get, path = "/v1/markets/{market}/candles",
    params(("market" = u8, Path, description = "Its index in the silo"), Times),
    responses((status = 200, body = Page<Candle>), (status = 400, body = Refused))
)]
pub async fn candles(
    State(api): State<Arc<Api>>,
    Path(market): Path<u8>,
    Asked(times): Asked<Times>,
) -> Paged<Candle> {
    let minutes = times.minutes.unwrap_or(60);
    if ![1, 5, 15, 60, 240, 1_440].contains(&minutes) {
        return Err(Refused::asked(format!(
            "minutes is {minutes}: choose 1, 5, 15, 60, 240 or 1440"
        )));
    }
    let (limit, before) = (limit(times.limit)?, times.before.unwrap_or(u64::MAX));
    let place = (api.silo, market);
    let items = api.read(move |store| store.candles(place, minutes, before, limit)).await?;
    Ok(Page::of(items, limit, |candle| candle.start_ms.to_string()))
}

/// A market's funding rate and what its sides have paid, at the end of each hour.
#[utoipa::path(
    get, path = "/v1/markets/{market}/funding",
    params(("market" = u8, Path, description = "Its index in the silo"), Hours),
    responses((status = 200, body = Page<FundingRow>), (status = 400, body = Refused))
)]
pub async fn funding(
    State(api): State<Arc<Api>>,
    Path(market): Path<u8>,
    Asked(hours): Asked<Hours>,
) -> Paged<FundingRow> {
    let (limit, before) = (limit(hours.limit)?, hours.before.unwrap_or(u64::MAX));
    let place = (api.silo, market);
    let items = api.read(move |store| store.funding(place, before, limit)).await?;
    Ok(Page::of(items, limit, |row| hour_of(row.published_ms).to_string()))
}

/// What a market's positions came to on each day that has anything: what traders lost there, the pools gained.
#[utoipa::path(
    get, path = "/v1/markets/{market}/days",
    params(("market" = u8, Path, description = "Its index in the silo"), Hours),
    responses((status = 200, body = Page<Day>), (status = 400, body = Refused))
)]
pub async fn days(
    State(api): State<Arc<Api>>,
    Path(market): Path<u8>,
    Asked(hours): Asked<Hours>,
) -> Paged<Day> {
    let (limit, before) = (limit(hours.limit)?, hours.before.unwrap_or(u64::MAX));
    let place = (api.silo, market);
    let items = api.read(move |store| store.days(place, before, limit)).await?;
    Ok(Page::of(items, limit, |day| day.start_ms.to_string()))
}

/// Changes of the chain's state, with what tightened it.
#[utoipa::path(
    get, path = "/v1/chain", params(Part),
    responses((status = 200, body = Page<Happened>), (status = 400, body = Refused))
)]
pub async fn chain(State(api): State<Arc<Api>>, Asked(part): Asked<Part>) -> Paged<Happened> {
    let query = part.query(&["ChainStateChanged"])?;
    api.page_of_events(query).await
}

/// What became of a pool's requests, and what a share gained meanwhile.
#[utoipa::path(
    get, path = "/v1/pools/{pool}",
    params(("pool" = String, Path, description = "`liquidity` or `insurance`"), Part),
    responses((status = 200, body = PoolPage), (status = 400, body = Refused))
)]
pub async fn pool(
    State(api): State<Arc<Api>>,
    Path(pool): Path<String>,
    Asked(part): Asked<Part>,
) -> Result<Json<PoolPage>, Refused> {
    must_be_pool(&pool)?;
    let query = Query { silo: Some(api.silo), ..part.query(&pools::KINDS)? };
    let limit = query.limit;
    // A request may have been made long before it was executed, so all of them are looked at.
    let all = Query { limit: u32::MAX, ..query };
    let happened = api.read(move |store| store.events(&all)).await?;
    let mut items: Vec<_> =
        executed(&happened).into_iter().filter(|row| row.pool == pool).collect();
    let earned = earned(&items);
    items.truncate(limit as usize);
    let next = items.last().filter(|_| items.len() >= limit as usize).map(|row| row.cursor.clone());
    Ok(Json(PoolPage { scale: SCALE, items, earned, next }))
}

/// What a pool and its shares were worth at the end of each hour, and what a share gained.
#[utoipa::path(
    get, path = "/v1/pools/{pool}/worth",
    params(("pool" = String, Path, description = "`liquidity` or `insurance`"), Hours),
    responses((status = 200, body = WorthPage), (status = 400, body = Refused))
)]
pub async fn worth(
    State(api): State<Arc<Api>>,
    Path(pool): Path<String>,
    Asked(hours): Asked<Hours>,
) -> Result<Json<WorthPage>, Refused> {
    must_be_pool(&pool)?;
    let (limit, before) = (limit(hours.limit)?, hours.before.unwrap_or(u64::MAX));
    let silo = api.silo;
    let look = move |store: &Store| {
        let place = (silo, pool.as_str());
        Ok((store.worths(place, before, limit)?, store.gains(place)?))
    };
    let (items, earned) = api.read(look).await?;
    let last = items.last().filter(|_| items.len() >= limit as usize);
    let next = last.map(|worth| hour_of(worth.published_ms).to_string());
    Ok(Json(WorthPage { scale: SCALE, items, earned, next }))
}
