//! A file with given content, for what reads files.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use tempfile::NamedTempFile;

thread_local! {
    static FILE: RefCell<NamedTempFile> =
        RefCell::new(NamedTempFile::new().expect("a temporary file"));
}

/// Lets `read` read a file that holds `content`.
pub fn with_file<T>(content: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    FILE.with_borrow(|file| {
        fs::write(file.path(), content).expect("a temporary file can be written");
        read(file.path())
    })
}
