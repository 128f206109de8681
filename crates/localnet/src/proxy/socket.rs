//! Streams.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::{accept_async, connect_async};

use super::Proxy;

pub async fn serve(proxy: Arc<Proxy>, listener: TcpListener) {
    while let Ok((connection, _)) = listener.accept().await {
        let proxy = proxy.clone();
        // One that breaks is opened anew by whoever needs it.
        tokio::spawn(async move { hand_on(&proxy, connection).await });
    }
}

async fn hand_on(proxy: &Proxy, connection: TcpStream) -> Result<(), Error> {
    let (mut to_client, mut from_client) = accept_async(connection).await?.split();
    let (mut to_node, mut from_node) = connect_async(&proxy.socket).await?.0.split();
    loop {
        tokio::select! {
            Some(asked) = from_client.next() => to_node.send(asked?).await?,
            Some(told) = from_node.next() => {
                let told = told?;
                if !proxy.is_frozen() {
                    to_client.send(told).await?;
                }
            }
            else => return Ok(()),
        }
    }
}
