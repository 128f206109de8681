//! The context of all modules, and what LLVM reports while it works on them.

use std::{collections::BTreeSet, ffi::c_void, sync::Mutex};

use anyhow::{Result, bail};
use llvm_sys::{
    LLVMDiagnosticSeverity::{LLVMDSError, LLVMDSWarning},
    core::{
        LLVMContextCreate, LLVMContextSetDiagnosticHandler, LLVMGetDiagInfoDescription,
        LLVMGetDiagInfoSeverity,
    },
    prelude::{LLVMContextRef, LLVMDiagnosticInfoRef},
};

use super::message;
use crate::frames::{self, LargeFrames};

/// What LLVM reported.
#[derive(Default)]
struct Reports {
    errors: Vec<String>,
    helper_calls: BTreeSet<String>,
    large_frames: LargeFrames,
}

/// An LLVM context that lives as long as the process.
#[derive(Clone, Copy)]
pub struct Context {
    pub(super) raw: LLVMContextRef,
    reports: &'static Mutex<Reports>,
}

impl Context {
    /// A context that collects what LLVM reports.
    pub fn new() -> Self {
        let reports: &'static Mutex<Reports> = Box::leak(Box::default());
        let receiver = (&raw const *reports).cast_mut().cast::<c_void>();
        // SAFETY: `on_report` takes the receiver for what it is, and that is never freed.
        let raw = unsafe {
            let raw = LLVMContextCreate();
            LLVMContextSetDiagnosticHandler(raw, Some(on_report), receiver);
            raw
        };
        Self { raw, reports }
    }

    /// Fails if an error was reported.
    pub fn refuse_errors(self) -> Result<()> {
        let reports = self.reports.lock().expect("no report panicked");
        if !reports.errors.is_empty() {
            bail!("LLVM reports {} errors: {}", reports.errors.len(), reports.errors.join("; "))
        }
        reports.large_frames.refuse()
    }

    /// The helper functions instruction selection called.
    pub fn helper_calls(self) -> BTreeSet<String> {
        self.reports.lock().expect("no report panicked").helper_calls.clone()
    }
}

extern "C" fn on_report(report: LLVMDiagnosticInfoRef, receiver: *mut c_void) {
    // SAFETY: LLVM passes a valid report, and the receiver that `Context::new` registered.
    let (severity, text, reports) = unsafe {
        (
            LLVMGetDiagInfoSeverity(report),
            message(LLVMGetDiagInfoDescription(report)),
            &*receiver.cast_const().cast::<Mutex<Reports>>(),
        )
    };
    let text = text.trim();
    let mut reports = reports.lock().expect("no report panicked");
    if let Some(large) = frames::large_frame(text) {
        reports.large_frames.add(large);
        return;
    }
    match severity {
        LLVMDSError => match helper_call(text) {
            Some(helper) => drop(reports.helper_calls.insert(helper.to_owned())),
            None => reports.errors.push(text.to_owned()),
        },
        LLVMDSWarning => eprintln!("warning: {text}"),
        _ => {}
    }
}

/// The BPF back end reports a call of a compiler helper as an error and emits it nonetheless;
/// the helper's name if that is what the text says.
fn helper_call(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("A call to built-in function '")?;
    rest.strip_suffix("' is not supported.")
}
