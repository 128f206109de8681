//! A thin layer over LLVM's C interface, so that the rest of the crate is safe Rust.
//!
//! Every reference here stays valid until the process ends, with two exceptions: contexts and
//! modules are never freed (the linker is a short-lived process), but [`Value::erase`] and
//! [`Value::delete_body`] end what they are called on, and [`Module::link`] consumes a module.
//! Callers do not touch an instruction after erasing it; that, and using one thread and one
//! context per module, is what every `unsafe` block of this module relies on.

mod attribute;
mod builder;
mod context;
mod machine;
mod module;
mod types;
mod value;

use std::ffi::{CStr, CString, c_char};

use anyhow::{Context as _, Result};
pub use llvm_sys::{LLVMIntPredicate as Predicate, LLVMOpcode as Opcode};
use llvm_sys::{core::LLVMDisposeMessage, support::LLVMParseCommandLineOptions, target};

pub use self::{
    attribute::Place,
    builder::Builder,
    context::Context,
    machine::Machine,
    module::Module,
    types::{Kind, Type},
    value::Value,
};

/// The LLVM release whose behaviour this crate was written for and tested with.
const LLVM_MAJOR: u32 = 22;

/// The result of a step that needs no name.
const UNNAMED: *const c_char = c"".as_ptr();

/// Options of the BPF back end that have no other interface: the stack frame of the virtual
/// machine, no `__bpf_trap` calls, and none of the detours that please the kernel's verifier. The
/// back end refuses a frame of exactly the size it is given, so that is one byte more than
/// [`crate::frames::LIMIT`].
const OPTIONS: [&CStr; 6] = [
    c"holdfast-sbpf-link",
    c"-bpf-stack-size=4097",
    c"--bpf-disable-trap-unreachable",
    c"-bpf-disable-serialize-icmp",
    c"-bpf-disable-avoid-speculation",
    c"--cold-callsite-rel-freq=0",
];

/// Readies the BPF back end. To be called once, before anything else.
pub fn initialise() -> Result<()> {
    let mut major = 0;
    // SAFETY: plain calls; the pointers are to a local and to literals.
    unsafe {
        llvm_sys::core::LLVMGetVersion(&raw mut major, std::ptr::null_mut(), std::ptr::null_mut());
        anyhow::ensure!(
            major == LLVM_MAJOR,
            "this is LLVM {major}, and only LLVM {LLVM_MAJOR} is known to work"
        );
        let options = OPTIONS.map(CStr::as_ptr);
        let count = options.len().try_into().context("too many options")?;
        LLVMParseCommandLineOptions(count, options.as_ptr(), UNNAMED);
        target::LLVMInitializeBPFTargetInfo();
        target::LLVMInitializeBPFTarget();
        target::LLVMInitializeBPFTargetMC();
        target::LLVMInitializeBPFAsmPrinter();
    }
    Ok(())
}

/// Takes over a message that LLVM allocated.
fn message(text: *mut c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: LLVM's messages end in NUL, and this one is ours to free.
    unsafe {
        let copy = CStr::from_ptr(text).to_string_lossy().into_owned();
        LLVMDisposeMessage(text);
        copy
    }
}

/// Names come from symbols of the program, which hold no NUL.
fn c_string(text: &str) -> CString {
    CString::new(text).expect("a symbol without NUL")
}

/// Copies a name that LLVM keeps.
fn name(start: *const c_char, length: usize) -> String {
    // SAFETY: LLVM gives the start and the length of one of its own strings.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) };
    String::from_utf8_lossy(bytes).into_owned()
}

/// As LLVM counts elements and arguments.
fn count(length: usize) -> u32 {
    u32::try_from(length).expect("fewer than 2^32 elements")
}
