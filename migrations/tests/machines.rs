//! What `holdfast-migrate` tells machines when it fails: one object.

use std::process::Command;

use serde_json::Value;
use solana_keypair::{Keypair, write_keypair_file};

#[test]
fn every_failure_is_told_in_one_object() {
    let home = tempfile::tempdir().expect("a directory");
    write_keypair_file(&Keypair::new(), home.path().join("id.json")).expect("a file");
    std::fs::write(home.path().join("program.so"), "no program").expect("a file");
    std::fs::write(home.path().join("torn.json"), "[1, 2").expect("a file");
    let nowhere = "http://127.0.0.1:1/secret-key";
    let cases: [(&[&str], &str); 8] = [
        (&["--nothing"], "unexpected argument"),
        (&["--priority-fee", "none"], "--priority-fee"),
        (&["--keypair", "nowhere.json"], "nowhere.json cannot be read"),
        (&["--keypair", "torn.json"], "torn.json is no keypair"),
        (&["--elf", "nowhere.so"], "nowhere.so cannot be read"),
        (&["--idl", "nowhere.json"], "nowhere.json cannot be read"),
        (&["--url", "ftp://host/secret-key"], "--url is no address"),
        (&["--url", nowhere, "buffers"], "http://127.0.0.1:1 does not answer"),
    ];
    for (arguments, part) in cases {
        // Of an argument that is given twice the command line takes none.
        let usual = [("--keypair", "id.json"), ("--elf", "program.so"), ("--url", nowhere)];
        let usual = usual.into_iter().filter(|(name, _)| !arguments.contains(name));
        let usual = usual.flat_map(|(name, value)| [name, value]);
        let output = Command::new(env!("CARGO_BIN_EXE_holdfast-migrate"))
            .current_dir(home.path())
            .arg("--json")
            .args(usual)
            .args(arguments)
            .output()
            .expect("the binary");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?} works");
        assert!(
            !said.contains("secret-key") && !said.contains("panicked"),
            "{arguments:?}: {said}"
        );
        let told = serde_json::from_slice::<Value>(&output.stdout);
        let told = told.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}"));
        let sentence = told["error"].as_str().unwrap_or_default();
        assert!(sentence.contains(part), "{arguments:?}: {sentence}");
    }
}
