use std::fs;

use holdfast_client::Pubkey;
use holdfast_keeper_core::guard::{Memory, Spend, SpendFate};
use holdfast_risk::Millis;

use super::MemoryFile;

fn memory() -> Memory {
    let account = Pubkey::new_from_array([7; 32]);
    let spend = |amount, fate| Spend { account, amount, at: Millis(1_700_000_000_000), fate };
    let told = [
        ((Some(account), "margin".to_owned()), Millis(5)),
        ((None, "venue_shelter".to_owned()), Millis(6)),
    ];
    Memory {
        spends: vec![
            spend(1, SpendFate::UnderWay { last_height: 9 }),
            spend(2, SpendFate::Landed { slot: 8 }),
            spend(3, SpendFate::Unknown),
        ],
        told: told.into(),
    }
}

#[test]
fn what_is_kept_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.json");
    let (mut file, first) = MemoryFile::open(&path).expect("it is new");
    assert_eq!(first, Memory::default());
    assert!(file.keep(None) && file.keep(Some(memory())));
    drop(file);
    let (_, found) = MemoryFile::open(&path).expect("it is there");
    assert_eq!(found, memory());
}

#[test]
fn no_two_guards_spend_one_budget() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.json");
    let first = MemoryFile::open(&path).expect("it is new");
    let error = MemoryFile::open(&path).map(|_| ()).unwrap_err();
    assert!(error.contains("another guard uses"), "{error}");
    drop(first);
    MemoryFile::open(&path).expect("it is free again");
}

#[test]
fn what_cannot_be_read_is_not_taken_for_an_unspent_budget() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.json");
    for text in ["", "{}", r#"{"version": 2, "spends": [], "told": []}"#] {
        fs::write(&path, text).expect("a file");
        let error = MemoryFile::open(&path).map(|_| ()).unwrap_err();
        assert!(error.contains("restore it"), "{text}: {error}");
    }
}

#[test]
fn what_cannot_be_written_is_written_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("guard.json");
    let (mut file, _) = MemoryFile::open(&path).expect("it is new");
    let in_the_way = path.with_added_extension("new");
    fs::create_dir(&in_the_way).expect("a folder");
    assert!(!file.keep(Some(memory())), "nothing may be sent");
    assert!(!file.keep(None), "nor later");
    fs::remove_dir(&in_the_way).expect("it is empty");
    assert!(file.keep(None));
    drop(file);
    assert_eq!(MemoryFile::open(&path).expect("it is there").1, memory());
}
