//! Ending in the middle.

use std::path::{Path, PathBuf};

use holdfast_history::{Database, Failure};
use tempfile::TempDir;

use super::script::Script;
use super::{contents, count, read, read_into};

const COUNT: usize = 60;
/// Places at which the journal is cut.
const CUTS: u64 = 150;

struct Uninterrupted {
    folder: TempDir,
    contents: Vec<String>,
    calls: usize,
}

async fn uninterrupted() -> Uninterrupted {
    let folder = TempDir::new().expect("a folder");
    let script = Script::new(COUNT);
    let path = folder.path().join("history");
    read(&path, &script).await.expect("it reads");
    Uninterrupted { contents: contents(&path), folder, calls: script.calls() }
}

#[tokio::test]
async fn everything_is_read_once() {
    let whole = uninterrupted().await;
    let path = whole.folder.path().join("history");
    let count = |sql| count(&path, sql);
    assert_eq!(count("SELECT count(*) FROM tx"), COUNT as i64);
    assert_eq!(count("SELECT transactions - (SELECT count(*) FROM tx) FROM counter"), 0);
    assert_eq!(count("SELECT events - (SELECT count(*) FROM event) FROM counter"), 0);
    assert_eq!(count("SELECT not_final FROM counter"), 0);
    assert_eq!(count("SELECT count(*) FROM tx WHERE finalized = 0"), 0);
    assert_eq!(count("SELECT count(*) FROM span WHERE begins = 1"), 1);
    assert_eq!(count("SELECT count(*) FROM event WHERE kind = 'Unknown'"), 11);
    // By slot and rank the transactions are in the order of the script.
    let wrong = "SELECT count(*) FROM (SELECT signature, lag(signature) OVER (ORDER BY slot, rank) AS before
                 FROM tx) WHERE before > signature";
    assert_eq!(count(wrong), 0);
}

#[tokio::test]
async fn a_reader_that_ends_at_any_question_is_continued_by_the_next() {
    let whole = uninterrupted().await;
    assert!(whole.calls > 100, "{}", whole.calls);
    for call in 0..whole.calls {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("history");
        let mut script = Script::new(COUNT);
        script.breaks_at = Some(call);
        let broken = read(&path, &script).await;
        assert_eq!(broken, Err(Failure::Source("it is gone".to_owned())), "call {call}");
        script.breaks_at = None;
        read(&path, &script).await.expect("it reads");
        assert_eq!(contents(&path), whole.contents, "call {call}");
    }
}

/// A database as a process leaves it that ends once so many bytes of its journal are written.
fn cut(from: &Path, folder: &Path, bytes: u64) -> PathBuf {
    let to = folder.join("history");
    std::fs::copy(from, &to).expect("a copy");
    let journal = to.with_file_name("history-wal");
    std::fs::copy(from.with_file_name("history-wal"), &journal).expect("a copy");
    let journal = std::fs::OpenOptions::new().write(true).open(journal).expect("a file");
    journal.set_len(bytes).expect("it is cut");
    to
}

#[tokio::test]
async fn a_process_that_ends_at_any_byte_loses_and_doubles_nothing() {
    let whole = uninterrupted().await;
    let source = TempDir::new().expect("a folder");
    let path = source.path().join("history");
    let database = Database::open(&path, "genesis").expect("a database");
    read_into(&database, &Script::new(COUNT)).await.expect("it reads");
    // The database is still open: nothing of the journal has gone into the file yet.
    let length = std::fs::metadata(path.with_file_name("history-wal")).expect("a journal").len();
    let (mut known, mut before) = (Vec::new(), 0);
    for place in 0..=CUTS {
        let folder = TempDir::new().expect("a folder");
        let bytes = length * place / CUTS;
        let copy = cut(&path, folder.path(), bytes);
        drop(Database::open(&copy, "genesis").expect("a database"));
        let there = count(&copy, "SELECT count(*) FROM tx");
        assert!(there >= before, "{bytes} bytes have less than fewer");
        before = there;
        known.push(there);
        read(&copy, &Script::new(COUNT)).await.expect("it reads");
        assert_eq!(contents(&copy), whole.contents, "{bytes} of {length} bytes");
    }
    known.dedup();
    assert!(known.len() > 10, "the cuts are at different places: {known:?}");
}
