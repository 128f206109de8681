use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use holdfast_client::{Pubkey, holdfast};
use holdfast_keeper_core::keeper::Event;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use super::{OPENS_WITHIN, follow, opens};
use holdfast_rpc::Address;

const FEED: Pubkey = Pubkey::new_from_array([9; 32]);
const ACCOUNT: Pubkey = Pubkey::new_from_array([8; 32]);

/// What the server gives to subscriptions.
const SLOTS: u64 = 11;
const PROGRAM: u64 = 12;
const FEEDS: u64 = 13;

/// One keeper's end of a stream, and a port that waits for it.
struct Line {
    listener: TcpListener,
    events: mpsc::Receiver<Event>,
    following: JoinHandle<()>,
}

/// The server's end, once connected.
struct Server(WebSocketStream<TcpStream>);

impl Line {
    /// A stream of number 3 begins, with room for this many events.
    async fn begin(room: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = Address(format!("ws://{}", listener.local_addr().expect("its address")));
        let (tell, events) = mpsc::channel(room);
        let following = tokio::spawn(follow(3, address, vec![FEED], tell));
        Self { listener, events, following }
    }

    async fn accept(&self) -> Server {
        let (stream, _) = self.listener.accept().await.expect("it connects");
        Server(accept_async(stream).await.expect("a handshake"))
    }

    /// A line on which all three subscriptions are answered.
    async fn opened(room: usize) -> (Self, Server) {
        let line = Self::begin(room).await;
        let mut server = line.accept().await;
        for subscription in [SLOTS, PROGRAM, FEEDS] {
            server.subscribe(subscription).await;
        }
        (line, server)
    }

    /// The stream ends: what was told last, and that it is closed.
    async fn ends(mut self) -> Vec<Event> {
        let mut last = Vec::new();
        while let Some(event) = self.events.recv().await {
            last.push(event);
        }
        self.following.await.expect("it does not panic");
        assert!(matches!(last.pop(), Some(Event::Closed { stream: 3 })));
        last
    }

    /// Nothing more happens, and the stream ends in time.
    async fn given_up(self) {
        tokio::time::pause();
        let begun = Instant::now();
        assert!(self.ends().await.is_empty());
        assert!(begun.elapsed() < OPENS_WITHIN + Duration::from_secs(1), "{:?}", begun.elapsed());
        tokio::time::resume();
    }

    async fn hears(&mut self) -> Event {
        self.events.recv().await.expect("an event")
    }
}

impl Server {
    async fn request(&mut self) -> Value {
        loop {
            let message = self.0.next().await.expect("a request").expect("a message");
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).expect("a request is JSON");
            }
        }
    }

    async fn subscribe(&mut self, subscription: u64) -> Value {
        let request = self.request().await;
        let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": subscription});
        self.say(answer).await;
        request
    }

    async fn say(&mut self, message: Value) {
        self.text(&message.to_string()).await;
    }

    async fn text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("it is connected");
    }

    async fn notify(&mut self, method: &str, subscription: u64, result: Value) {
        let params = json!({"subscription": subscription, "result": result});
        self.say(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    async fn slot(&mut self, slot: u64) {
        let result = json!({"slot": slot, "parent": slot - 1, "root": slot - 2});
        self.notify("slotNotification", SLOTS, result).await;
    }
}

fn account(lamports: u64, data: &str) -> Value {
    json!({
        "lamports": lamports,
        "owner": holdfast::ID.to_string(),
        "data": [data, "base64"],
        "executable": false,
        "rentEpoch": 0,
    })
}

fn keyed(data: Value) -> Value {
    json!({"context": {"slot": 7}, "value": {"pubkey": ACCOUNT.to_string(), "account": data}})
}

#[tokio::test]
async fn it_tells_of_slots_accounts_and_feeds() {
    let mut line = Line::begin(16).await;
    let mut server = line.accept().await;
    let asked = [
        server.subscribe(SLOTS).await,
        server.subscribe(PROGRAM).await,
        server.subscribe(FEEDS).await,
    ];
    let methods = asked.each_ref().map(|request| request["method"].as_str().unwrap_or_default());
    assert_eq!(methods, ["slotSubscribe", "programSubscribe", "accountSubscribe"]);
    assert_eq!(asked[1]["params"][0], json!(holdfast::ID.to_string()));
    assert_eq!(asked[2]["params"][0], json!(FEED.to_string()));
    for request in &asked[1..] {
        assert_eq!(request["params"][1]["encoding"], "base64");
        assert_eq!(request["params"][1]["commitment"], "processed");
    }
    assert!(matches!(line.hears().await, Event::Opened { stream: 3 }));

    server.slot(20).await;
    let Event::Slot { stream: 3, slot: 20, parent: 19 } = line.hears().await else {
        panic!("a slot")
    };
    server.notify("programNotification", PROGRAM, keyed(account(5, "AQID"))).await;
    let Event::Shown { stream: 3, shown } = line.hears().await else { panic!("an account") };
    assert_eq!((shown.slot, shown.address, shown.owner), (7, ACCOUNT, holdfast::ID));
    assert_eq!(shown.data, [1, 2, 3]);
    server.notify("programNotification", PROGRAM, keyed(account(0, "AQID"))).await;
    let Event::Shown { shown, .. } = line.hears().await else { panic!("an account") };
    assert!(shown.data.is_empty(), "an account without lamports was closed");
    let feed = json!({"context": {"slot": 8}, "value": account(5, "BAU=")});
    server.notify("accountNotification", FEEDS, feed).await;
    let Event::Shown { shown, .. } = line.hears().await else { panic!("a feed") };
    assert_eq!((shown.slot, shown.address, shown.data), (8, FEED, vec![4, 5]));

    drop(server);
    assert!(line.ends().await.is_empty());
}

#[tokio::test]
async fn what_makes_no_sense_is_passed_over() {
    let (mut line, mut server) = Line::opened(16).await;
    let shapes = [
        ("slotNotification", SLOTS, json!({"slot": "twenty", "parent": 1, "root": 1})),
        ("slotNotification", SLOTS, json!({"slot": -1, "parent": 1, "root": 1})),
        ("slotNotification", SLOTS, json!(null)),
        ("programNotification", PROGRAM, json!([])),
        ("programNotification", PROGRAM, keyed(json!({}))),
        ("programNotification", PROGRAM, keyed(account(5, "not base64!"))),
        ("accountNotification", FEEDS, json!({"context": {"slot": 8}, "value": null})),
        ("accountNotification", 999, json!({"context": {"slot": 8}, "value": null})),
    ];
    for (method, subscription, result) in shapes {
        server.notify(method, subscription, result).await;
    }
    let mut nameless = keyed(account(5, "AQID"));
    nameless["value"]["pubkey"] = json!("nobody");
    server.notify("programNotification", PROGRAM, nameless).await;
    server.say(json!({"jsonrpc": "2.0", "method": "slotNotification"})).await;
    server.say(json!({})).await;
    server.0.send(Message::binary(vec![0, 159, 146, 150])).await.expect("it is connected");
    server.slot(21).await;
    assert!(matches!(line.hears().await, Event::Opened { .. }));
    assert!(matches!(line.hears().await, Event::Slot { slot: 21, .. }));
}

#[tokio::test]
async fn what_is_no_message_ends_it() {
    for text in ["garbage", "[]", "7", "{\"id\": \"one\"}", "{\"id\": 999, \"result\": 1}"] {
        let (line, mut server) = Line::opened(16).await;
        server.slot(20).await;
        server.text(text).await;
        let told = line.ends().await;
        assert!(matches!(told[..], [Event::Opened { .. }, Event::Slot { .. }]), "{text}: {told:?}");
    }
}

#[tokio::test]
async fn a_close_at_any_moment_ends_it() {
    // Before the handshake, after it, and after each subscription: it opens without its feeds.
    let line = Line::begin(16).await;
    drop(line.listener.accept().await.expect("it connects"));
    assert!(line.ends().await.is_empty());
    for answered in 0..=3 {
        let line = Line::begin(16).await;
        let mut server = line.accept().await;
        for subscription in [SLOTS, PROGRAM, FEEDS].into_iter().take(answered) {
            server.subscribe(subscription).await;
        }
        server.0.close(None).await.expect("it is connected");
        let told = line.ends().await;
        assert_eq!(told.len(), usize::from(answered >= 2), "{answered} answered: {told:?}");
    }
}

#[tokio::test]
async fn a_subscription_that_is_refused_ends_it() {
    let answers = [
        json!({"error": {"code": -32601, "message": "Method not found"}}),
        json!({"error": "no"}),
        json!({"result": "eleven"}),
        json!({}),
    ];
    for mut answer in answers {
        let line = Line::begin(16).await;
        let mut server = line.accept().await;
        answer["id"] = server.request().await["id"].clone();
        server.say(answer.clone()).await;
        assert!(line.ends().await.is_empty(), "{answer}");
    }
}

#[tokio::test]
async fn what_is_never_answered_is_given_up() {
    // The connection, the handshake's answer, and each subscription but the feeds', without which it
    // opens.
    let line = Line::begin(16).await;
    let silent = line.listener.accept().await.expect("it connects");
    line.given_up().await;
    drop(silent);
    for answered in 0..2 {
        let line = Line::begin(16).await;
        let mut server = line.accept().await;
        for subscription in [SLOTS, PROGRAM].into_iter().take(answered) {
            server.subscribe(subscription).await;
        }
        server.request().await;
        line.given_up().await;
    }
}

#[tokio::test]
async fn a_keeper_that_does_not_keep_up_loses_the_stream_and_no_more() {
    let (line, mut server) = Line::opened(4).await;
    for slot in 20..100 {
        server.slot(slot).await;
    }
    // Nobody takes an event until the stream has stopped and hung up.
    while let Some(Ok(message)) = server.0.next().await {
        assert!(matches!(message, Message::Close(_)), "{message}");
    }
    let told = line.ends().await;
    assert!(matches!(told[..], [Event::Opened { .. }, Event::Slot { slot: 20, .. }, ..]));
    assert_eq!(told.len(), 4);
}

#[tokio::test]
async fn a_keeper_that_is_gone_is_not_told() {
    let (line, mut server) = Line::opened(4).await;
    drop(line.events);
    server.slot(20).await;
    line.following.await.expect("it does not panic");
    while let Some(Ok(message)) = server.0.next().await {
        assert!(matches!(message, Message::Close(_)), "{message}");
    }
}

#[tokio::test]
async fn whether_a_stream_opens_can_be_tried() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = Address(format!("ws://{}", listener.local_addr().expect("its address")));
    let opening = tokio::spawn(async move { opens(&address, vec![FEED]).await });
    let (stream, _) = listener.accept().await.expect("it connects");
    let mut server = Server(accept_async(stream).await.expect("a handshake"));
    for subscription in [SLOTS, PROGRAM, FEEDS] {
        server.subscribe(subscription).await;
    }
    assert_eq!(opening.await.expect("it does not panic"), Ok(()));
    let nowhere = Address("ws://127.0.0.1:1".to_owned());
    assert_eq!(opens(&nowhere, Vec::new()).await, Err("connecting failed".to_owned()));
}
