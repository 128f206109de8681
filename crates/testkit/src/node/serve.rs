//! JSON-RPC over HTTP, on a port of this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::{Node, answer};

/// Serves a node until the process ends, on a free port, and says which. `before` happens before
/// every answer: time passes there, and prices are published.
///
/// # Errors
/// When no port can be had.
pub fn serve(
    node: Arc<Mutex<Node>>,
    before: impl Fn(&mut Node) + Send + 'static,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away is its own affair.
            let _ = exchange(&node, &before, stream);
        }
    });
    Ok(address)
}

/// One request and its answer; then the connection closes.
fn exchange(
    node: &Mutex<Node>,
    before: &impl Fn(&mut Node),
    mut stream: TcpStream,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut node = node.lock().unwrap_or_else(PoisonError::into_inner);
    before(&mut node);
    let text = answer(&mut node, &request).to_string();
    drop(node);
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}
