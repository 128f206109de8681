//! Functions whose stack frame is larger than the virtual machine's.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use rustc_demangle::demangle;

/// Bytes of one stack frame of the virtual machine.
pub const LIMIT: i32 = 4096;

/// How many of them an error lists, the largest first.
const LISTED: usize = 20;

/// A report of LLVM's about a frame above the limit.
#[derive(Debug, PartialEq)]
pub struct LargeFrame<'a> {
    /// The symbol of the function.
    symbol: &'a str,
    /// Its size, which only one of the two reports gives.
    bytes: Option<u64>,
}

/// Reads either of the two reports that LLVM makes about such a function.
pub fn large_frame(text: &str) -> Option<LargeFrame<'_>> {
    if let Some((_, rest)) = text.split_once("stack frame size (") {
        let (bytes, rest) = rest.split_once(')')?;
        let (_, rest) = rest.split_once("in function '")?;
        let symbol = rest.strip_suffix('\'')?;
        return Some(LargeFrame { symbol, bytes: bytes.parse().ok() });
    }
    let (before, _) = text.split_once("Looks like the BPF stack limit is exceeded")?;
    let (_, rest) = before.split_once("in function ")?;
    let (symbol, _type) = rest.split_once(' ')?;
    Some(LargeFrame { symbol, bytes: None })
}

/// Each function with a frame above the limit, once.
#[derive(Default)]
pub struct LargeFrames(BTreeMap<String, Option<u64>>);

impl LargeFrames {
    /// Takes note of a report.
    pub fn add(&mut self, frame: LargeFrame<'_>) {
        let bytes = self.0.entry(frame.symbol.to_owned()).or_default();
        *bytes = (*bytes).max(frame.bytes);
    }

    /// Fails if there is one, and names them.
    pub fn refuse(&self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut frames: Vec<_> = self.0.iter().collect();
        frames.sort_by_key(|(symbol, bytes)| (std::cmp::Reverse(**bytes), *symbol));
        let lines: String =
            frames.iter().take(LISTED).map(|(symbol, bytes)| line(symbol, **bytes)).collect();
        let unlisted = frames.len().saturating_sub(LISTED);
        let more = if unlisted > 0 { format!("\n  and {unlisted} more") } else { String::new() };
        bail!(
            "{} with a stack frame above the virtual machine's limit of {} bytes:{lines}{more}\n\
             Move large values to the heap with `Box`, or split the function: its frame includes \
             everything inlined into it, so `#[inline(never)]` on what it calls helps too.",
            if frames.len() == 1 {
                "1 function".to_owned()
            } else {
                format!("{} functions", frames.len())
            },
            thousands(LIMIT.unsigned_abs().into()),
        )
    }
}

/// One function with its size; the name is as in the source, without the compiler's hash.
fn line(symbol: &str, bytes: Option<u64>) -> String {
    let name = demangle(symbol);
    match bytes {
        Some(bytes) => format!("\n  {name:#}: {} bytes", thousands(bytes)),
        None => format!("\n  {name:#}: size unknown"),
    }
}

/// With a comma between each three digits.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}
