//! What is served over HTTP: pages of JSON under `/v1`, a stream, their description, and static files.

mod limit;
mod owners;
mod pages;
mod stream;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use governor::clock::{Clock, MonotonicClock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, broadcast, watch};
use tower_http::cors::{Any, CorsLayer};
use tower_http::services::ServeDir;
use tracing::warn;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::database::Database;
use crate::status::Status;
use crate::store::Happened;
use limit::Limit;

/// Streams that are open at once, at most.
const MOST_STREAMS: usize = 256;

/// Tells a page that is served beside the data where the data is: in its own folder.
const BESIDE: &str = "holdfast-history";

/// What the pages are made from.
pub struct Api {
    /// The database.
    pub database: Database,
    /// How far reading has come.
    pub status: watch::Receiver<Status>,
    /// What happens.
    pub live: broadcast::Sender<Arc<Happened>>,
    /// The number of the silo whose markets and pools are meant.
    pub silo: u16,
    streams: Arc<Semaphore>,
}

/// Why there is no page.
#[derive(Serialize, ToSchema)]
pub struct Refused {
    /// A sentence saying what to change.
    error: String,
    #[serde(skip)]
    status: StatusCode,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Holdfast history",
    description = "What happened at the venue, out of the program's own events. Amounts are integers in native \
                   units, a millionth of a token; prices, sizes and shares are millionths too (`scale` says so); \
                   times are as their names say. Lists begin with the newest; give `next` as `before` for the \
                   page after it."
))]
struct Description;

/// The description of all pages, and what answers for them.
fn described() -> (Router<Arc<Api>>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(pages::status))
        .routes(routes!(pages::events))
        .routes(routes!(pages::fills))
        .routes(routes!(pages::liquidations))
        .routes(routes!(pages::positions))
        .routes(routes!(pages::flows))
        .routes(routes!(pages::taxes))
        .routes(routes!(owners::owned_accounts))
        .routes(routes!(owners::owned_requests))
        .routes(routes!(owners::owned_taxes))
        .routes(routes!(pages::candles))
        .routes(routes!(pages::funding))
        .routes(routes!(pages::days))
        .routes(routes!(pages::chain))
        .routes(routes!(pages::pool))
        .routes(routes!(pages::worth))
        .routes(routes!(stream::stream))
        .split_for_parts()
}

impl Api {
    /// Pages of this history.
    pub fn new(
        database: Database,
        status: watch::Receiver<Status>,
        live: broadcast::Sender<Arc<Happened>>,
        silo: u16,
    ) -> Self {
        Self { database, status, live, silo, streams: Arc::new(Semaphore::new(MOST_STREAMS)) }
    }

    /// Everything that is served, with the files of a folder beside it.
    pub fn router(self, files: Option<&Path>) -> Router {
        self.router_by(MonotonicClock, files)
    }

    /// The same; a clock says how often an address asks.
    fn router_by<C>(self, clock: C, files: Option<&Path>) -> Router
    where
        C: Clock + Clone + Send + Sync + 'static,
        C::Instant: Send + Sync,
    {
        let (pages, document) = described();
        let limit = Arc::new(Limit::new(clock));
        let open = CorsLayer::new().allow_origin(Any).allow_methods([Method::GET]);
        let pages = pages
            .route("/openapi.json", get(|| async move { Json(document) }))
            .layer(from_fn_with_state(limit, limited::<C>))
            .layer(open)
            .with_state(Arc::new(self));
        match files {
            Some(folder) => {
                let files: Router = Router::new().fallback_service(ServeDir::new(folder));
                pages.fallback_service(files.layer(map_response(beside)))
            }
            None => pages.fallback(|| async {
                Refused::new(
                    StatusCode::NOT_FOUND,
                    "there is no such page: /openapi.json lists them",
                )
            }),
        }
    }
}

async fn beside(mut file: Response) -> Response {
    file.headers_mut().insert(BESIDE, HeaderValue::from_static("."));
    file
}

async fn limited<C: Clock>(
    State(limit): State<Arc<Limit<C>>>,
    ConnectInfo(asker): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let address: IpAddr = asker.ip();
    if limit.allows(address) {
        return next.run(request).await;
    }
    let reason = "too many requests from this address: wait a second";
    let mut refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, reason).into_response();
    refused.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
    refused
}

impl Refused {
    fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { error: reason.into(), status }
    }

    /// The request makes no sense.
    fn asked(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    /// The database fails, or has too much to do: why is for the operator, and in the log.
    fn internal(reason: String) -> Self {
        warn!(%reason, "a question is not answered");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "this server cannot answer now: its log says why; try again later",
        )
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

/// The parameters of a request.
struct Asked<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let read = Query::from_request_parts(parts, state).await;
        let Query(asked) = read.map_err(|reason: QueryRejection| {
            Refused::asked(format!("{}: /openapi.json has the parameters", reason.body_text()))
        })?;
        Ok(Self(asked))
    }
}

#[cfg(test)]
mod tests;
