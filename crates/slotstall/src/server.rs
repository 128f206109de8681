//! A node on ports of this machine: JSON-RPC over HTTP, and over WebSocket on the port after it.

use std::borrow::BorrowMut;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::node::Finality;
use crate::rpc::{Subscriptions, answer, answer_text};
use crate::{Cluster, Node};

/// How often subscribers are told what is new, and real time passes.
const BEAT: Duration = Duration::from_millis(25);
/// Pairs of ports that are tried where any will do.
const TRIES: usize = 64;

/// A node that others hold too.
pub type Shared<C = Cluster> = Arc<Mutex<Node<C>>>;

struct Server<C> {
    node: Shared<C>,
    before: Mutex<Before<C>>,
}

/// What happens before every answer.
type Before<C> = Box<dyn Fn(&mut Node<C>) + Send>;

impl<C> Server<C> {
    fn node(&self) -> MutexGuard<'_, Node<C>> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The node, after what happens before every answer.
    fn before_answer(&self) -> MutexGuard<'_, Node<C>> {
        let mut node = self.node();
        (self.before.lock().unwrap_or_else(PoisonError::into_inner))(&mut node);
        node
    }
}

/// Serves a node until the process ends, on a free port of this machine and the one after it, and says
/// which. `before` happens before every answer: in virtual time, time may pass there.
///
/// # Errors
/// When no ports can be had.
pub fn serve<C: BorrowMut<Cluster> + Send + 'static>(
    node: Shared<C>,
    before: impl Fn(&mut Node<C>) + Send + 'static,
) -> std::io::Result<SocketAddr> {
    serve_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), node, before)
}

/// As [`serve`], on a given address; port 0 is any that is free.
///
/// # Errors
/// When a port is taken.
pub fn serve_on<C: BorrowMut<Cluster> + Send + 'static>(
    address: SocketAddr,
    node: Shared<C>,
    before: impl Fn(&mut Node<C>) + Send + 'static,
) -> std::io::Result<SocketAddr> {
    let (http, sockets) = listeners(address.ip(), address.port())?;
    let address = http.local_addr()?;
    let server = Arc::new(Server { node, before: Mutex::new(Box::new(before)) });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            // Both go on until the process ends.
            let sockets = tokio::spawn(log(accept(sockets, Arc::clone(&server))));
            log(answer_http(http, server)).await;
            sockets.abort();
        });
    });
    Ok(address)
}

/// Lets real time pass for a node, as long as somebody holds it. While its blocks are final at once,
/// time is left to whoever tests.
pub fn live<C: BorrowMut<Cluster> + Send + 'static>(node: &Shared<C>) {
    let node = Arc::downgrade(node);
    std::thread::spawn(move || {
        let (start, mut passed) = (Instant::now(), 0);
        while let Some(node) = node.upgrade() {
            let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            let mut held = node.lock().unwrap_or_else(PoisonError::into_inner);
            if held.finality() == Finality::Voted {
                held.run(ms - passed);
            }
            passed = ms;
            drop(held);
            drop(node);
            std::thread::sleep(BEAT);
        }
    });
}

async fn log(served: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = served.await {
        eprintln!("slotstall stopped answering: {error}");
    }
}

/// A port and the one after it.
fn listeners(ip: IpAddr, port: u16) -> std::io::Result<(TcpListener, TcpListener)> {
    let pair = || {
        let http = TcpListener::bind((ip, port))?;
        let next = http.local_addr()?.port().checked_add(1);
        let next = next.ok_or_else(|| std::io::Error::other("there is no port after 65535"))?;
        let sockets = TcpListener::bind((ip, next))?;
        http.set_nonblocking(true)?;
        sockets.set_nonblocking(true)?;
        Ok((http, sockets))
    };
    let mut found = pair();
    for _ in 0..TRIES {
        if found.is_ok() || port != 0 {
            break;
        }
        found = pair();
    }
    found
}

async fn answer_http<C: BorrowMut<Cluster> + Send + 'static>(
    listener: TcpListener,
    server: Arc<Server<C>>,
) -> std::io::Result<()> {
    let page = get(async || "ok").post(post::<C>).options(async || (cors(), ""));
    // An endpoint's path may hold a key.
    let router = Router::new().route("/", page.clone()).route("/{*path}", page).with_state(server);
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, router).await
}

async fn post<C: BorrowMut<Cluster> + Send + 'static>(
    State(server): State<Arc<Server<C>>>,
    body: Bytes,
) -> (HeaderMap, String) {
    let text = answer_text(&mut server.before_answer(), &body).to_string();
    let mut headers = cors();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (headers, text)
}

/// Pages of any origin may ask.
fn cors() -> HeaderMap {
    let any = HeaderValue::from_static("*");
    HeaderMap::from_iter([
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone()),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, any),
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS")),
    ])
}

async fn accept<C: BorrowMut<Cluster> + Send + 'static>(
    listener: TcpListener,
    server: Arc<Server<C>>,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(talk(stream, Arc::clone(&server)));
    }
}

/// One WebSocket connection, until its client goes away, which is the client's own affair.
async fn talk<C: BorrowMut<Cluster> + Send + 'static>(stream: TcpStream, server: Arc<Server<C>>) {
    let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let (mut to_client, mut from_client) = socket.split();
    let mut subscriptions = Subscriptions::default();
    let mut beat = tokio::time::interval(BEAT);
    loop {
        let texts = tokio::select! {
            asked = from_client.next() => match asked {
                Some(Ok(Message::Text(text))) => {
                    vec![heard(&server, &mut subscriptions, text.as_str())]
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => Vec::new(),
            },
            _ = beat.tick() => subscriptions.news(&server.node()),
        };
        for text in texts {
            if to_client.send(Message::text(text.to_string())).await.is_err() {
                return;
            }
        }
    }
}

fn heard<C: BorrowMut<Cluster>>(
    server: &Server<C>,
    subscriptions: &mut Subscriptions,
    text: &str,
) -> Value {
    let mut node = server.before_answer();
    match serde_json::from_str(text) {
        Ok(request) => {
            let subscribed = subscriptions.answer(&node, &request);
            subscribed.unwrap_or_else(|| answer(&mut node, &request))
        }
        Err(_) => answer_text(&mut node, text.as_bytes()),
    }
}
