//! A file with given content, for what reads files.

use std::cell::RefCell;
use std::io::{Seek as _, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

thread_local! {
    static FILE: RefCell<NamedTempFile> =
        RefCell::new(NamedTempFile::new().expect("a temporary file"));
}

/// Lets `read` read a file that holds `content`. The file stays open and is written over: emptied
/// and closed each time, the file system would wait for the disk.
pub fn with_file<T>(content: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    FILE.with_borrow_mut(|file| {
        let open = file.as_file_mut();
        open.rewind().expect("a file has a beginning");
        open.write_all(content).expect("a temporary file can be written");
        open.set_len(content.len() as u64).expect("a temporary file can be cut");
        read(file.path())
    })
}
