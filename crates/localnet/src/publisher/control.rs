//! Orders over HTTP. `GET /state` shows every feed. `POST /set` changes one:
//!
//! ```json
//! {"feed": "SOL", "mode": "normal"}
//! {"feed": "SOL", "mode": "normal", "price": 150.25}
//! {"feed": "SOL", "mode": "stop"}
//! {"feed": "SOL", "mode": "lie", "factor": 1.5}
//! {"feed": "SOL", "mode": "future", "seconds": 3600}
//! {"feed": "SOL", "mode": "freeze-time"}
//! ```
//!
//! `price`, in whole units, may stand beside every mode and takes the path's place. What an order
//! does not say is as it was at the beginning. Beside these are the pages of Hermes.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use holdfast_testkit::path;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::board::{Board, FeedFault};

#[derive(Deserialize)]
struct Order {
    feed: String,
    price: Option<f64>,
    #[serde(flatten)]
    fault: FeedFault,
}

/// Takes a port of this machine and serves `board`, and `hermes` beside it, until the process ends; where.
/// Port 0 is a free one.
///
/// # Errors
/// A sentence when others could reach the port, or it cannot be had.
pub async fn serve(listen: SocketAddr, board: Board, hermes: Router) -> Result<SocketAddr, String> {
    if !listen.ip().is_loopback() {
        return Err(format!(
            "{listen} can be reached by others, who could set prices: use 127.0.0.1"
        ));
    }
    let cannot = |reason| format!("{listen} cannot be had ({reason}): choose another port");
    let listener = TcpListener::bind(listen).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let pages = Router::new().route("/set", post(set)).route("/state", get(state));
    let pages = pages.with_state(board).merge(hermes);
    tokio::spawn(async move { axum::serve(listener, pages).await });
    Ok(address)
}

async fn state(State(board): State<Board>) -> impl IntoResponse {
    // Numbers, strings and lists of them: it cannot fail.
    let text = serde_json::to_string(&board.state()).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], text)
}

async fn set(State(board): State<Board>, body: String) -> impl IntoResponse {
    match obey(&board, &body) {
        Ok(()) => (StatusCode::OK, "done\n".to_owned()),
        Err(reason) => (StatusCode::BAD_REQUEST, format!("{reason}\n")),
    }
}

fn obey(board: &Board, body: &str) -> Result<(), String> {
    let order: Order = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let price = match order.price {
        Some(price) => {
            Some(path::millionths(price).ok_or("price must be between a cent and a million")?)
        }
        None => None,
    };
    board.set(&order.feed, price, order.fault)
}

#[cfg(test)]
#[path = "control_tests.rs"]
mod tests;
