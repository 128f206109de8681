use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use holdfast_client::Pubkey;
use holdfast_rpc::{Address, Endpoint, Part};
use tokio::runtime::{Builder, Runtime};

use crate::Outcome;

/// What the endpoint answers, whatever it is asked.
type Answer = Arc<Mutex<Bytes>>;

struct Asking {
    answer: Answer,
    runtime: Runtime,
    endpoint: Endpoint,
}

thread_local! {
    static ASKING: RefCell<Asking> = RefCell::new(start());
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// An endpoint on this machine, and a client that asks it.
fn start() -> Asking {
    let answer = Answer::default();
    let said = Arc::clone(&answer);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener that does not block");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let answers = move || async move {
                let said = said.lock().expect("no answer panics").clone();
                ([(CONTENT_TYPE, "application/json")], said)
            };
            axum::serve(listener, Router::new().fallback(post(answers))).await
        })
    });
    let endpoint = Endpoint::new(Address(format!("http://127.0.0.1:{port}")));
    Asking { answer, runtime: runtime(), endpoint }
}

/// What an RPC endpoint answers, to the questions that keepers, commands and deployments ask.
pub fn json_rpc(data: &[u8]) -> Outcome {
    ASKING.with_borrow_mut(|Asking { answer, runtime, endpoint }| {
        *answer.lock().expect("no answer panics") = Bytes::copy_from_slice(data);
        let address = Pubkey::new_from_array([7; 32]);
        let understood = runtime.block_on(async {
            [
                Outcome::from(&endpoint.confirmed(&[address]).await),
                Outcome::from(&endpoint.heads(&address, &[1, 2], 64).await),
                Outcome::from(&endpoint.rent(165).await),
                Outcome::from(&endpoint.genesis().await),
                Outcome::from(&endpoint.epoch().await),
                Outcome::from(&endpoint.newest_blockhash().await),
                Outcome::from(&endpoint.recent_fees(&[address]).await),
                Outcome::from(&endpoint.part(&Part::Markets(address)).await),
                Outcome::from(&endpoint.looks(&[([5; 64].into(), 9)]).await),
                Outcome::from(&endpoint.two_slots(32).await),
            ]
        });
        understood.into_iter().min().unwrap_or(Outcome::Refused)
    })
}
