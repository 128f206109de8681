//! What happens, as it happens.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::timeout;
use utoipa::IntoParams;

use super::{Api, Asked, Refused};
use crate::store::Happened;

/// Bytes that a client may send at once: there is nothing to say.
const MOST_BYTES: usize = 4_096;
/// How long a client may take to read what it is told: one that reads nothing keeps no place.
const READS_WITHIN: Duration = Duration::from_secs(10);

/// Which of what happens.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Names of events, with commas between them.
    kind: Option<String>,
    /// A margin account.
    account: Option<String>,
}

impl Wanted {
    fn is(&self, happened: &Happened) -> bool {
        let kind = self.kind.as_deref();
        let account = self.account.as_ref();
        kind.is_none_or(|kinds| kinds.split(',').any(|kind| kind == happened.kind))
            && account.is_none_or(|account| happened.account.as_ref() == Some(account))
    }
}

/// A WebSocket that tells of each event once its block is confirmed, as one text of JSON, the same as an item
/// of `/v1/events`. Who does not keep up is closed with code 1013 and asks `/v1/events` for the rest.
#[utoipa::path(
    get, path = "/v1/stream", params(Wanted),
    responses((status = 101, description = "A WebSocket"), (status = 503, body = Refused))
)]
pub async fn stream(
    State(api): State<Arc<Api>>,
    Asked(wanted): Asked<Wanted>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(place) = api.streams.clone().try_acquire_owned() else {
        let reason =
            "as many streams are open as this server keeps: ask for pages instead, or try later";
        return Refused::new(StatusCode::SERVICE_UNAVAILABLE, reason).into_response();
    };
    let live = api.live.subscribe();
    upgrade.max_message_size(MOST_BYTES).on_upgrade(move |socket| async move {
        tell(socket, live, &wanted).await;
        drop(place);
    })
}

async fn tell(mut socket: WebSocket, mut live: Receiver<Arc<Happened>>, wanted: &Wanted) {
    loop {
        tokio::select! {
            heard = live.recv() => match heard {
                Ok(happened) if wanted.is(&happened) => {
                    let Ok(text) = serde_json::to_string(&*happened) else { continue };
                    let sent = timeout(READS_WITHIN, socket.send(Message::text(text))).await;
                    if !matches!(sent, Ok(Ok(()))) {
                        return;
                    }
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return close(socket).await,
                Err(RecvError::Closed) => return,
            },
            said = socket.recv() => match said {
                // Pings are answered by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_) | Message::Binary(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
        }
    }
}

async fn close(mut socket: WebSocket) {
    let reason = "too slow: ask /v1/events for what was missed".into();
    let frame = CloseFrame { code: close_code::AGAIN, reason };
    // It may be gone already.
    let _ = timeout(READS_WITHIN, socket.send(Message::Close(Some(frame)))).await;
}
