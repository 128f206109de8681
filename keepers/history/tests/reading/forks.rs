//! Blocks that are given up, and transactions that an endpoint leaves out at first.

use holdfast_history::Database;
use tempfile::TempDir;

use super::script::{Script, scripted};
use super::{contents, count, read, read_into};

const COUNT: usize = 60;

/// The database of a script whose transactions all were there from the start.
async fn quiet(script: &Script) -> Vec<String> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("history");
    let all = script.all.iter().filter(|one| one.until.is_none()).cloned();
    let all = all.map(|one| super::script::Scripted { late: false, ..one });
    read(&path, &Script::of(all.collect())).await.expect("it reads");
    contents(&path)
}

#[tokio::test]
async fn what_an_endpoint_left_out_is_added_once_its_block_is_final() {
    let mut script = Script::new(COUNT);
    for late in [31, 40, 41, 52] {
        script.all[late].late = true;
    }
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("history");
    read(&path, &script).await.expect("it reads");
    assert_eq!(contents(&path), quiet(&script).await);
}

#[tokio::test]
async fn what_was_on_a_fork_that_is_given_up_is_taken_back() {
    let mut script = Script::new(COUNT);
    // One that was never in a final block, and one that landed again in a later slot.
    let mut gone = scripted(9_000, script.all[40].listed.slot, &[vec![1; 9]]);
    gone.until = Some(9);
    let mut moved = script.all[42].clone();
    moved.listed.slot = script.all[24].listed.slot;
    moved.until = Some(4);
    script.all.insert(41, gone);
    script.all.insert(25, moved);
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("history");
    let database = Database::open(&path, "genesis").expect("a database");
    read_into(&database, &script).await.expect("it reads");
    let seen = script.fetched.lock().expect("no panic").clone();
    assert!(seen.contains(&"tx9000".to_owned()), "it was read");
    assert!(seen.iter().filter(|signature| *signature == "tx0042").count() > 1, "{seen:?}");
    assert_eq!(count(&path, "SELECT count(*) FROM tx WHERE signature = 'tx9000'"), 0);
    assert_eq!(contents(&path), quiet(&script).await);
}
