//! Keypairs in files: a list of 64 numbers that only their owner may read.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use solana_keypair::{Keypair, read_keypair_file};

/// Permissions that others have, as a file's mode writes them.
const OF_OTHERS: u32 = 0o077;

/// Reads the keypair that `setting` names.
///
/// # Errors
/// A sentence when the file cannot be read, is no keypair or may be read by others; never what it
/// contains.
pub fn read(file: &Path, setting: &str) -> Result<Keypair, String> {
    let path = file.display();
    let metadata = std::fs::metadata(file).map_err(|reason| {
        format!(
            "the keypair {path} cannot be read ({reason}): set {setting}, or make one with \
             `solana-keygen new`"
        )
    })?;
    let keypair = read_keypair_file(file).map_err(|_| {
        format!(
            "{path} is no keypair: it should be a JSON list of 64 numbers, readable by this user"
        )
    })?;
    let mode = mode(&metadata);
    if mode & OF_OTHERS != 0 {
        return Err(format!(
            "others may use the keypair {path} (its mode is {mode:04o}): take that from them with \
             `chmod 600 {path}`, and make a new one if somebody may have read it"
        ));
    }
    Ok(keypair)
}

/// Who may do what with a file.
fn mode(metadata: &Metadata) -> u32 {
    metadata.permissions().mode() & 0o777
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    use solana_keypair::{Keypair, write_keypair_file};

    use super::read;

    #[test]
    fn only_a_keypair_that_is_its_owners_alone_is_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("id.json");
        let said = read(&file, "--keypair").expect_err("there is none");
        assert!(said.contains("cannot be read") && said.contains("set --keypair"), "{said}");
        let keypair = Keypair::new();
        write_keypair_file(&keypair, &file).expect("a file");
        for mode in [0o644, 0o640, 0o620, 0o602, 0o604, 0o666] {
            set_permissions(&file, Permissions::from_mode(mode)).expect("it is ours");
            let said = read(&file, "keypair").expect_err("others may read it");
            assert!(said.contains(&format!("{mode:04o}")) && said.contains("chmod 600"), "{said}");
        }
        for mode in [0o600, 0o400] {
            set_permissions(&file, Permissions::from_mode(mode)).expect("it is ours");
            assert_eq!(read(&file, "keypair").expect("it is right"), keypair);
        }
        std::fs::write(&file, "[1, 2, 3]").expect("it is ours");
        set_permissions(&file, Permissions::from_mode(0o600)).expect("it is ours");
        let said = read(&file, "keypair").expect_err("it is none");
        assert!(said.contains("is no keypair") && !said.contains("1, 2"), "{said}");
    }
}
