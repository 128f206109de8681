//! The page over HTTP: its built files, what it is told of the venue, and a faucet.

use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Error, Result};
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use holdfast_client::Pubkey;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::cluster::Giver;

/// What a unit of a local cluster's collateral is called.
const COLLATERAL: &str = "tUSD";

struct Served {
    files: PathBuf,
    /// `venue.json`.
    venue: String,
    giver: Giver,
}

/// Serves the page that was built to `files` on this machine's `port` until the process ends. It reads
/// the venue of `manifest` from the endpoint `rpc` and the past from `history`; whoever asks gets SOL and
/// collateral.
///
/// # Errors
/// When the manifest cannot be read or the port cannot be had.
pub async fn serve(
    port: u16,
    files: PathBuf,
    rpc: &str,
    history: &str,
    manifest: &Path,
    giver: Giver,
) -> Result<()> {
    let deployment: Value = serde_json::from_slice(&std::fs::read(manifest)?)?;
    let venue = json!({
        "rpc": [rpc],
        "history": history,
        "faucet": "faucet",
        "collateral": COLLATERAL,
        "deployment": deployment,
    });
    let served = Arc::new(Served { files, venue: venue.to_string(), giver });
    let listener =
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await.with_context(|| {
            format!("port {port} cannot be had for the page: choose another --port")
        })?;
    let pages = Router::new()
        .route("/venue.json", get(async |State(served): State<Arc<Served>>| told(&served)))
        .route("/faucet", post(faucet))
        .fallback(file)
        .with_state(served);
    tokio::spawn(async move { axum::serve(listener, pages).await });
    Ok(())
}

fn told(served: &Served) -> Response {
    ([(CONTENT_TYPE, "application/json")], served.venue.clone()).into_response()
}

/// Gives to the address in `{"address": "..."}`.
async fn faucet(State(served): State<Arc<Served>>, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let address = asked["address"].as_str().unwrap_or_default();
    let Ok(to) = Pubkey::from_str(address) else {
        let reason = format!("\"{address}\" is no address");
        return (StatusCode::BAD_REQUEST, reason).into_response();
    };
    let runtime = Handle::current();
    // The signers of a transaction stay in one thread.
    let given = spawn_blocking(move || runtime.block_on(served.giver.give(&to)));
    match given.await.map_err(Error::from).flatten() {
        Ok(()) => StatusCode::OK.into_response(),
        Err(reason) => (StatusCode::BAD_GATEWAY, format!("{reason:#}")).into_response(),
    }
}

async fn file(State(served): State<Arc<Served>>, uri: Uri) -> Response {
    let Some(path) = inside(uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    match std::fs::read(served.files.join(&path)) {
        Ok(bytes) => ([(CONTENT_TYPE, media_type(&path))], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The file that a path asks for; none where it would lead out of the directory.
fn inside(path: &str) -> Option<PathBuf> {
    let asked = path.trim_start_matches('/');
    let file = PathBuf::from(if asked.is_empty() { "index.html" } else { asked });
    let stays = file.components().all(|part| matches!(part, Component::Normal(_)));
    stays.then_some(file)
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{inside, media_type};

    #[test]
    fn only_files_of_the_page_are_served() {
        assert_eq!(inside("/"), Some(PathBuf::from("index.html")));
        assert_eq!(inside("/assets/index-1.js"), Some(PathBuf::from("assets/index-1.js")));
        assert_eq!(inside("/../keys/admin.json"), None);
        assert_eq!(inside("/assets/../../keys/admin.json"), None);
        assert_eq!(inside("//etc/passwd"), Some(PathBuf::from("etc/passwd")));
    }

    #[test]
    fn a_browser_is_told_what_a_script_is() {
        assert_eq!(media_type(Path::new("assets/index-1.js")), "text/javascript");
        assert_eq!(media_type(Path::new("a")), "application/octet-stream");
    }
}
