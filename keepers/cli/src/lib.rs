//! What the `holdfast` binary reads from files: its configuration, and changes to propose.
//!
//! It is a library so that `fuzz` can call it too; everything else belongs to the binary.

pub mod change_file;
pub mod config;
