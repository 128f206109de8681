use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};

use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt;

use super::{Line, Lines, WAITING, filter};

fn subscriber(asked: &str) -> impl tracing::Subscriber {
    tracing_subscriber::registry().with(filter(Some(asked.to_owned())))
}

#[test]
fn what_would_show_addresses_is_never_logged() {
    for asked in
        ["trace", "debug", "solana_rpc_client=trace,info", "tungstenite=debug", "no=sense=="]
    {
        with_default(subscriber(asked), || {
            assert!(
                !tracing::enabled!(target: "solana_rpc_client::http_sender", tracing::Level::DEBUG)
            );
            assert!(!tracing::enabled!(target: "tungstenite::handshake", tracing::Level::TRACE));
            assert!(!tracing::enabled!(target: "hyper_util::client", tracing::Level::DEBUG));
        });
    }
}

#[test]
fn the_keeper_s_own_words_are_as_asked() {
    let here = || tracing::enabled!(target: "holdfast_keeper_core::keeper", tracing::Level::DEBUG);
    with_default(subscriber("debug"), || assert!(here()));
    with_default(subscriber("info"), || assert!(!here()));
}

/// Writes only when it is let, says before that it was asked to, and hands on what was written.
struct Gate(Receiver<()>, Sender<()>, Sender<String>);

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let stands = |_| std::io::Error::other("the disk is full");
        let _ = self.1.send(());
        self.0.recv().map_err(stands)?;
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.2.send(text).map_err(|_| std::io::Error::other("nobody reads"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn whoever_logs_does_not_wait_for_whoever_reads() {
    let (lets, gate) = channel();
    let (begins, begun) = channel();
    let (written, read) = channel();
    let lines = Lines::to(Gate(gate, begins, written));
    let log = |number: usize| {
        let mut line = Line { text: Vec::new(), lines: lines.clone() };
        line.write_all(format!("{number}").as_bytes()).expect("to memory");
    };
    log(0);
    begun.recv().expect("it is written");
    // Nobody reads: each of these would wait for ever.
    (0..10_000).for_each(log);
    let left_out = lines.left_out.load(Ordering::Relaxed);
    assert_eq!(left_out, 10_000 - WAITING as u64);
    (0..3).for_each(|_| lets.send(()).expect("it waits"));
    assert!([read.recv(), read.recv()].iter().all(Result::is_ok));
    // The disk is full from here on: nothing happens but that lines are lost.
    drop(lets);
    drop(Line { text: b"more".to_vec(), lines });
}
