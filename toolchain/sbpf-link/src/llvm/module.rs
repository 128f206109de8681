//! Modules.

use std::ptr;

use anyhow::{Result, bail};
use llvm_sys::{
    analysis::{LLVMVerifierFailureAction::LLVMReturnStatusAction, LLVMVerifyModule},
    bit_reader::LLVMParseBitcodeInContext2,
    core::*,
    debuginfo::LLVMStripModuleDebugInfo,
    error::{LLVMDisposeErrorMessage, LLVMGetErrorMessage},
    ir_reader::LLVMParseIRInContext2,
    linker::LLVMLinkModules2,
    prelude::{LLVMMemoryBufferRef, LLVMModuleRef},
    target::{LLVMABISizeOfType, LLVMGetModuleDataLayout},
    target_machine::{LLVMCodeGenFileType, LLVMTargetMachineEmitToMemoryBuffer},
    transforms::pass_builder::*,
};

use super::{Context, Machine, Type, UNNAMED, Value, c_string, message};

/// A module.
pub struct Module {
    pub(super) raw: LLVMModuleRef,
    context: Context,
}

// SAFETY of all blocks below: see the module's documentation.
impl Module {
    /// An empty module.
    pub fn new(context: Context, name: &str) -> Self {
        let name = c_string(name);
        let raw = unsafe { LLVMModuleCreateWithNameInContext(name.as_ptr(), context.raw) };
        Self { raw, context }
    }

    /// Reads bitcode.
    pub fn from_bitcode(context: Context, bytes: &[u8]) -> Result<Self> {
        let mut raw = ptr::null_mut();
        unsafe {
            let buffer = buffer(bytes);
            let failed = LLVMParseBitcodeInContext2(context.raw, buffer, &raw mut raw);
            LLVMDisposeMemoryBuffer(buffer);
            context.refuse_errors()?;
            anyhow::ensure!(failed == 0, "LLVM cannot read the bitcode");
        }
        Ok(Self { raw, context })
    }

    /// Reads LLVM's assembly language.
    pub fn from_text(context: Context, text: &str) -> Result<Self> {
        let (mut raw, mut error) = (ptr::null_mut(), ptr::null_mut());
        // The parser takes the buffer over.
        let failed = unsafe {
            let buffer = buffer(text.as_bytes());
            LLVMParseIRInContext2(context.raw, buffer, &raw mut raw, &raw mut error)
        };
        if failed != 0 {
            bail!("LLVM cannot read the text: {}", message(error));
        }
        Ok(Self { raw, context })
    }

    /// The context this module lives in.
    pub fn context(&self) -> Context {
        self.context
    }

    /// A copy of everything.
    pub fn duplicate(&self) -> Self {
        Self { raw: unsafe { LLVMCloneModule(self.raw) }, context: self.context }
    }

    /// Adds all of `other`.
    pub fn link(&self, other: Self) -> Result<()> {
        if unsafe { LLVMLinkModules2(self.raw, other.raw) } != 0 {
            self.context.refuse_errors()?;
            bail!("LLVM cannot link it");
        }
        Ok(())
    }

    /// How data is laid out, in LLVM's notation.
    pub fn data_layout(&self) -> String {
        unsafe { std::ffi::CStr::from_ptr(LLVMGetDataLayoutStr(self.raw)) }
            .to_string_lossy()
            .into_owned()
    }

    /// Sets how data is laid out.
    pub fn set_data_layout(&self, layout: &str) {
        unsafe { LLVMSetDataLayout(self.raw, c_string(layout).as_ptr()) }
    }

    /// Bytes that a value of the type takes in memory.
    pub fn size_of(&self, type_: Type) -> u64 {
        unsafe { LLVMABISizeOfType(LLVMGetModuleDataLayout(self.raw), type_.0) }
    }

    /// Drops what only a debugger needs.
    pub fn strip_debug_info(&self) {
        unsafe { LLVMStripModuleDebugInfo(self.raw) };
    }

    /// Fails if the module breaks a rule of LLVM's.
    pub fn verify(&self, when: &str) -> Result<()> {
        let mut error = ptr::null_mut();
        let broken =
            unsafe { LLVMVerifyModule(self.raw, LLVMReturnStatusAction, &raw mut error) } != 0;
        let error = message(error);
        anyhow::ensure!(!broken, "the module is broken {when}: {error}");
        Ok(())
    }

    /// Runs a pipeline of passes.
    pub fn run_passes(&self, machine: &Machine, pipeline: &str) -> Result<()> {
        let passes = c_string(pipeline);
        unsafe {
            let options = LLVMCreatePassBuilderOptions();
            LLVMPassBuilderOptionsSetLoopVectorization(options, 0);
            LLVMPassBuilderOptionsSetSLPVectorization(options, 0);
            LLVMPassBuilderOptionsSetLoopUnrolling(options, 0);
            LLVMPassBuilderOptionsSetMergeFunctions(options, 0);
            let error = LLVMRunPasses(self.raw, passes.as_ptr(), machine.raw, options);
            LLVMDisposePassBuilderOptions(options);
            if error.is_null() {
                return Ok(());
            }
            let text = LLVMGetErrorMessage(error);
            let sentence = std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned();
            LLVMDisposeErrorMessage(text);
            bail!("the passes {pipeline} failed: {sentence}")
        }
    }

    /// An ELF object. Changes the module.
    pub fn emit_object(&self, machine: &Machine) -> Result<Vec<u8>> {
        let (mut error, mut buffer) = (ptr::null_mut(), ptr::null_mut());
        let file = LLVMCodeGenFileType::LLVMObjectFile;
        // The buffer is ours, is copied while it lives and then freed.
        unsafe {
            let failed = LLVMTargetMachineEmitToMemoryBuffer(
                machine.raw,
                self.raw,
                file,
                &raw mut error,
                &raw mut buffer,
            );
            if failed != 0 {
                bail!("code generation failed: {}", message(error));
            }
            let start = LLVMGetBufferStart(buffer).cast::<u8>();
            let bytes = std::slice::from_raw_parts(start, LLVMGetBufferSize(buffer)).to_vec();
            LLVMDisposeMemoryBuffer(buffer);
            Ok(bytes)
        }
    }

    /// All functions, declared or defined.
    pub fn functions(&self) -> Vec<Value> {
        Value::chain(unsafe { LLVMGetFirstFunction(self.raw) }, LLVMGetNextFunction)
    }

    /// All statics.
    pub fn globals(&self) -> Vec<Value> {
        Value::chain(unsafe { LLVMGetFirstGlobal(self.raw) }, LLVMGetNextGlobal)
    }

    /// The function of that name.
    pub fn function(&self, name: &str) -> Option<Value> {
        Value::new(unsafe { LLVMGetNamedFunction(self.raw, c_string(name).as_ptr()) })
    }

    /// Declares a function; a name that is taken gets a number.
    pub fn add_function(&self, name: &str, type_: Type) -> Value {
        Value(unsafe { LLVMAddFunction(self.raw, c_string(name).as_ptr(), type_.0) })
    }

    /// Deletes a static if there is one of that name.
    pub fn delete_global(&self, name: &str) {
        unsafe {
            let global = LLVMGetNamedGlobal(self.raw, c_string(name).as_ptr());
            if !global.is_null() {
                LLVMDeleteGlobal(global);
            }
        }
    }
}

/// A copy of the bytes with the NUL behind that LLVM's parsers expect.
unsafe fn buffer(bytes: &[u8]) -> LLVMMemoryBufferRef {
    unsafe {
        LLVMCreateMemoryBufferWithMemoryRangeCopy(bytes.as_ptr().cast(), bytes.len(), UNNAMED)
    }
}
