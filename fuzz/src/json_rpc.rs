use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use holdfast_client::Pubkey;
use holdfast_migrations::{Cluster as _, RpcCluster};

use crate::Outcome;

/// A valid answer to the question which cluster this is.
const GENESIS: &str =
    r#"{"jsonrpc":"2.0","id":0,"result":"5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"}"#;

/// What the endpoint answers, whatever it is asked.
type Answer = Arc<Mutex<Bytes>>;

struct Endpoint {
    answer: Answer,
    client: RpcCluster,
}

thread_local! {
    static ENDPOINT: std::cell::RefCell<Endpoint> = std::cell::RefCell::new(start());
}

/// An endpoint on this machine, and a client that is connected to it.
fn start() -> Endpoint {
    let answer = Answer::new(Mutex::new(Bytes::from_static(GENESIS.as_bytes())));
    let said = Arc::clone(&answer);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener that does not block");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let answers = move || async move {
                let said = said.lock().expect("no answer panics").clone();
                ([(CONTENT_TYPE, "application/json")], said)
            };
            axum::serve(listener, Router::new().fallback(post(answers))).await
        })
    });
    let client = RpcCluster::connect(&format!("http://127.0.0.1:{port}"), 0);
    Endpoint { answer, client: client.expect("the endpoint says which cluster it is") }
}

/// What an RPC endpoint answers, to each question that a deployment asks.
pub fn json_rpc(data: &[u8]) -> Outcome {
    ENDPOINT.with_borrow_mut(|Endpoint { answer, client }| {
        *answer.lock().expect("no answer panics") = Bytes::copy_from_slice(data);
        let address = Pubkey::new_from_array([7; 32]);
        let understood = [
            Outcome::of(&client.account(&address)),
            Outcome::of(&client.accounts_of(&address, &[1, 2], 64)),
            Outcome::of(&client.rent(165)),
        ];
        understood.into_iter().min().unwrap_or(Outcome::Refused)
    })
}
