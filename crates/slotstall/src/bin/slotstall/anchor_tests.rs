use std::path::{Path, PathBuf};

use super::read;

const PROGRAM: &str = "Vote111111111111111111111111111111111111111";
const ACCOUNT: &str = "Stake11111111111111111111111111111111111111";

fn workspace(text: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("Anchor.toml"), text).unwrap();
    directory
}

#[test]
fn programs_accounts_and_the_wallet_are_found() {
    let directory = workspace(&format!(
        r#"
        [programs.localnet]
        my-lender = "{PROGRAM}"
        other = {{ address = "{ACCOUNT}", path = "built/other.so" }}
        [provider]
        cluster = "localnet"
        wallet = "keys/id.json"
        [[test.genesis]]
        address = "{PROGRAM}"
        program = "elsewhere.so"
        [[test.validator.account]]
        address = "{ACCOUNT}"
        filename = "fixtures/a.json"
        [[test.validator.account_dir]]
        directory = "all"
        [[test.validator.clone]]
        address = "{ACCOUNT}"
        [scripts]
        test = "npx vitest run"
        "#
    ));
    let at = |path: &str| directory.path().canonicalize().unwrap().join(path);
    for folder in ["all", "clones"] {
        std::fs::create_dir(at(folder)).unwrap();
    }
    for file in ["all/b.json", "all/a.json", "all/no.txt", &format!("clones/{ACCOUNT}.json")] {
        std::fs::write(at(file), "").unwrap();
    }
    let found = read(directory.path(), Path::new("clones")).unwrap();
    assert_eq!(read(&at("all"), Path::new("clones")).unwrap(), found);
    let programs: [(&str, &str); 3] = [
        (PROGRAM, "elsewhere.so"),
        (PROGRAM, "target/deploy/my_lender.so"),
        (ACCOUNT, "built/other.so"),
    ];
    let programs = programs.map(|(address, file)| (address.to_owned(), at(file)));
    assert_eq!(found.programs, programs);
    let named = Some(ACCOUNT.to_owned());
    let accounts: [(Option<String>, PathBuf); 4] = [
        (named.clone(), at("fixtures/a.json")),
        (None, at("all/a.json")),
        (None, at("all/b.json")),
        (named, at(&format!("clones/{ACCOUNT}.json"))),
    ];
    assert_eq!(found.accounts, accounts);
    assert_eq!(found.wallet, Some(at("keys/id.json")));
}

#[test]
fn what_is_cloned_from_another_cluster_is_asked_for_as_a_file() {
    let directory = workspace(&format!("[[test.validator.clone]]\naddress = \"{ACCOUNT}\""));
    let refused = read(directory.path(), Path::new("clones")).unwrap_err();
    assert!(refused.contains(&format!("solana account {ACCOUNT} --output json")), "{refused}");
}

#[test]
fn a_directory_without_anchor_toml_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let refused = read(directory.path(), Path::new("clones")).unwrap_err();
    assert!(refused.contains("no Anchor.toml in"), "{refused}");
    let refused = read(Path::new("/nowhere"), Path::new("clones")).unwrap_err();
    assert!(refused.contains("/nowhere"), "{refused}");
    let directory = workspace("programs = 7");
    let refused = read(directory.path(), Path::new("clones")).unwrap_err();
    assert!(refused.contains("Anchor.toml: "), "{refused}");
}
