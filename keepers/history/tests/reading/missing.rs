//! What endpoints do not keep, and what a database lacks.

use holdfast_client::events::own;
use holdfast_client::holdfast;
use holdfast_history::{Comparison, Database, Failure, Reader, Sums};
use rusqlite::Connection;
use tempfile::TempDir;

use super::script::Script;
use super::{contents, count, read, read_into};

const COUNT: usize = 60;

async fn whole() -> Vec<String> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("history");
    read(&path, &Script::new(COUNT)).await.expect("it reads");
    contents(&path)
}

#[tokio::test]
async fn a_gap_that_an_endpoint_cannot_fill_stays_until_another_does() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("history");
    let all = Script::new(COUNT).all;
    read(&path, &Script::of(all[..30].to_vec())).await.expect("it reads");
    // After a pause the endpoint has only the newest.
    let forgetful = Script::of(all[44..].to_vec());
    let Err(Failure::Source(reason)) = read(&path, &forgetful).await else {
        panic!("it has a gap")
    };
    assert!(reason.contains("tx0029") && reason.contains("a longer history in rpc"), "{reason}");
    assert_eq!(count(&path, "SELECT count(*) FROM tx"), 46);
    assert_eq!(count(&path, "SELECT count(*) FROM span"), 2);
    read(&path, &Script::new(COUNT).caught_up()).await.expect("it reads");
    assert_eq!(contents(&path), whole().await);
}

/// What is read of a script whose later half happens so many slots later.
async fn without_final_blocks(pause: u64) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("history");
    let mut all = Script::new(COUNT).all;
    all[30..].iter_mut().for_each(|one| one.listed.slot += pause);
    let script = Script::of(all.clone());
    let database = Database::open(&path, "genesis").expect("a database");
    let mut reader = Reader::new(database.clone(), COUNT);
    reader.step(&script).await.expect("it reads");
    let there = count(&path, "SELECT count(*) FROM tx");
    assert!(count(&path, "SELECT not_final FROM counter") > 0);
    // What waits to be final is older than all that this one keeps.
    let forgetful = Script::of(all[44..].to_vec()).caught_up();
    reader.step(&forgetful).await.expect_err("it does not know the transactions");
    let older = "SELECT count(*) FROM tx WHERE signature < 'tx0044'";
    assert_eq!(count(&path, older), there);
    read_into(&database, &Script::of(all.clone()).caught_up()).await.expect("it reads");
    let other = folder.path().join("other");
    read(&other, &Script::of(all)).await.expect("it reads");
    assert_eq!(contents(&path), contents(&other));
}

#[tokio::test]
async fn an_endpoint_without_the_final_blocks_takes_nothing_back() {
    // After a long pause what waits is settled bit by bit.
    for pause in [0, 5_000] {
        without_final_blocks(pause).await;
    }
}

#[tokio::test]
async fn a_transaction_that_is_missing_shows_in_the_sums_and_is_read_again() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("history");
    let script = Script::new(COUNT);
    let database = Database::open(&path, "genesis").expect("a database");
    read_into(&database, &script).await.expect("it reads");
    let mut held = Sums::default();
    for one in script.all.iter().filter(|one| !one.listed.failed) {
        own(&one.past.logs, &holdfast::ID).events.iter().for_each(|bytes| held.apply(bytes));
    }
    let compare = async || {
        let held = held.clone();
        let compared = database.with(move |store| store.reconcile(1_000, &held, Some(1_000))).await;
        match compared.expect("it compares") {
            Comparison::Done(compared) => Ok(compared),
            Comparison::NotYet(reason) => Err(reason),
        }
    };
    let compared = compare().await.expect("nothing is missing");
    assert_eq!((compared.since, compared.off.as_slice()), (None, [].as_slice()));
    assert!(compared.sums > 3, "{compared:?}");

    let connection = Connection::open(&path).expect("a database");
    for table in ["tx", "event", "fill", "price"] {
        connection
            .execute(&format!("DELETE FROM {table} WHERE signature = 'tx0006'"), [])
            .expect("it was there");
    }
    let off = compare().await.expect("nothing is known to be missing").off;
    let off: Vec<_> = off.iter().map(|off| off.sum.as_str()).collect();
    assert_eq!(off, ["vaults"]);
    database.with(|store| store.list_again()).await.expect("it forgets");
    let reason = compare().await.expect_err("it is not whole, and nothing was remembered");
    assert!(reason.contains("are there to count from"), "{reason}");
    read_into(&database, &Script::new(COUNT)).await.expect("it reads");
    assert_eq!(compare().await.map(|compared| compared.off), Ok(Vec::new()));
    assert_eq!(contents(&path), whole().await);
}
