use holdfast_migrations::Manifest;

use crate::Outcome;
use crate::scratch::with_file;

/// The manifest that a deployment leaves behind, in JSON. What is read is written and read again
/// without a change.
pub fn manifest(data: &[u8]) -> Outcome {
    let read = with_file(data, Manifest::read);
    if let Ok(manifest) = &read {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("manifest.json");
        manifest.write(&path).expect("it is written");
        assert_eq!(Manifest::read(&path).as_ref(), Ok(manifest));
    }
    Outcome::from(&read)
}
