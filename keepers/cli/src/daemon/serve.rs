//! What is served over HTTP: `/healthz` whether the process decides at all, `/readyz` whether it
//! does its work, `/metrics` for Prometheus.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use holdfast_keeper_core::keeper::Report;
use tokio::net::TcpListener;

use super::metrics::{Told, metrics};
use super::reports::Reports;

/// A keeper that has not decided for this long hangs.
const HANGS: Duration = Duration::from_secs(5);

/// Takes the port and serves until the process ends.
///
/// # Errors
/// A sentence when the port cannot be had.
pub async fn serve(listen: SocketAddr, reports: Reports, told: Told) -> Result<(), String> {
    let listener = TcpListener::bind(listen).await.map_err(|reason| {
        format!("listen = {listen} cannot be had ({reason}): choose another address or port")
    })?;
    let pages = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route(
            "/metrics",
            get(
                |State(reports): State<Reports>| async move { metrics(&reports.borrow().1, &told) },
            ),
        )
        .with_state(reports);
    tokio::spawn(async move { axum::serve(listener, pages).await });
    Ok(())
}

async fn healthz(State(reports): State<Reports>) -> impl IntoResponse {
    if reports.borrow().0.elapsed() < HANGS {
        (StatusCode::OK, "it decides\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "it has not decided for 5 s: restart it\n")
    }
}

async fn readyz(State(reports): State<Reports>) -> impl IntoResponse {
    let (_, report) = &*reports.borrow();
    let class = report.diagnosis.class.name();
    if report.ready {
        (StatusCode::OK, format!("it works: {class}\n"))
    } else {
        let why = match report {
            Report { poor: true, .. } => "its wallet cannot pay, send it SOL, ",
            Report { accounts: 0, .. } => "no snapshot yet, ",
            _ => "",
        };
        (StatusCode::SERVICE_UNAVAILABLE, format!("it does not work: {why}{class}\n"))
    }
}
