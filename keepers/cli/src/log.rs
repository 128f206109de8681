//! The log: to standard error, for a person or for a machine. `RUST_LOG` filters it.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::LogForm;

/// Without `RUST_LOG`. That a leader cannot be reached is no news: it is counted.
const USUAL: &str = "info,solana_tpu_client_next=off";

/// Whatever the filter says, these do not go into detail: an address, with its keys, would be in it.
const DISCREET: &str = "solana_rpc_client=info,solana_pubsub_client=info,tungstenite=info,\
                        tokio_tungstenite=info,reqwest=info,hyper=info,hyper_util=info,h2=info";

/// Lines that wait to be written, at most: what comes while nobody reads is left out.
const WAITING: usize = 4_096;

/// Starts logging. Whoever logs never waits: a thread of its own writes, and when the reader of
/// standard error stands still or its disk is full, lines are left out and counted.
pub fn start(form: LogForm) -> Log {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).ok();
    let lines = Lines::to(std::io::stderr());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(asked))
        .log_internal_errors(false)
        .with_writer(lines.clone());
    match form {
        LogForm::Text => log.init(),
        LogForm::Json => log.json().init(),
    }
    Log(lines.unwritten)
}

/// The log of a process. Dropped at the end, it gives the last lines a moment to be written.
pub struct Log(Arc<AtomicU64>);

/// How long the last lines are waited for.
const LAST_LINES: Duration = Duration::from_millis(500);

impl Drop for Log {
    fn drop(&mut self) {
        let deadline = Instant::now() + LAST_LINES;
        while self.0.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Lines on their way to a thread that writes them.
#[derive(Clone)]
struct Lines {
    waiting: SyncSender<Vec<u8>>,
    left_out: Arc<AtomicU64>,
    /// How many wait.
    unwritten: Arc<AtomicU64>,
}

impl Lines {
    /// Begins to write lines to `out`.
    fn to(mut out: impl Write + Send + 'static) -> Self {
        let (waiting, lines) = sync_channel::<Vec<u8>>(WAITING);
        let left_out = Arc::new(AtomicU64::new(0));
        let unwritten = Arc::new(AtomicU64::new(0));
        let (counted, written) = (left_out.clone(), unwritten.clone());
        std::thread::spawn(move || {
            for line in lines {
                let missing = counted.swap(0, Ordering::Relaxed);
                if missing > 0 {
                    let _ =
                        writeln!(out, "{missing} lines of the log were left out: nobody read them");
                }
                // What cannot be written cannot be told of either.
                let _ = out.write_all(&line);
                written.fetch_sub(1, Ordering::Release);
            }
        });
        Self { waiting, left_out, unwritten }
    }
}

/// One line that is being put together.
struct Line {
    text: Vec<u8>,
    lines: Lines,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.lines.unwritten.fetch_add(1, Ordering::Release);
        if self.lines.waiting.try_send(std::mem::take(&mut self.text)).is_err() {
            self.lines.unwritten.fetch_sub(1, Ordering::Release);
            self.lines.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { text: Vec::new(), lines: self.clone() }
    }
}

fn filter(asked: Option<String>) -> EnvFilter {
    let asked = asked.filter(|asked| EnvFilter::try_new(asked).is_ok());
    let asked = asked.unwrap_or_else(|| USUAL.to_owned());
    // Of two directives for one target the later counts.
    EnvFilter::new(format!("{asked},{DISCREET}"))
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
