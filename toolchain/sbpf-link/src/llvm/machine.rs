//! The target machine.

use std::ptr;

use anyhow::{Result, bail};
use llvm_sys::{
    core::{LLVMDisposeMemoryBuffer, LLVMGetBufferSize, LLVMGetBufferStart},
    target::{LLVMCopyStringRepOfTargetData, LLVMDisposeTargetData},
    target_machine::{
        LLVMCodeGenFileType, LLVMCodeGenOptLevel, LLVMCodeModel, LLVMCreateTargetDataLayout,
        LLVMCreateTargetMachine, LLVMGetTargetFromTriple, LLVMRelocMode,
        LLVMTargetMachineEmitToMemoryBuffer, LLVMTargetMachineRef,
    },
};

use super::{Module, message};

/// LLVM's BPF, restricted to the instructions that sBPF v3 has too.
pub struct Machine {
    pub(super) raw: LLVMTargetMachineRef,
}

impl Machine {
    /// The one machine there is.
    pub fn sbpf() -> Result<Self> {
        let (mut target, mut error) = (ptr::null_mut(), ptr::null_mut());
        let triple = c"bpfel".as_ptr();
        // SAFETY: all strings are literals and the results are locals.
        let raw = unsafe {
            if LLVMGetTargetFromTriple(triple, &raw mut target, &raw mut error) != 0 {
                bail!("LLVM has no BPF back end: {}", message(error));
            }
            LLVMCreateTargetMachine(
                target,
                triple,
                c"v2".as_ptr(),
                c"+allows-misaligned-mem-access".as_ptr(),
                LLVMCodeGenOptLevel::LLVMCodeGenLevelAggressive,
                LLVMRelocMode::LLVMRelocStatic,
                LLVMCodeModel::LLVMCodeModelDefault,
            )
        };
        Ok(Self { raw })
    }

    /// How this machine lays out data, in LLVM's notation.
    pub fn data_layout(&self) -> String {
        // SAFETY: the layout is ours to free, and is not used afterwards.
        unsafe {
            let layout = LLVMCreateTargetDataLayout(self.raw);
            let text = message(LLVMCopyStringRepOfTargetData(layout));
            LLVMDisposeTargetData(layout);
            text
        }
    }

    /// An ELF object. Changes the module.
    pub fn emit_object(&self, module: &Module) -> Result<Vec<u8>> {
        let (mut error, mut buffer) = (ptr::null_mut(), ptr::null_mut());
        let file = LLVMCodeGenFileType::LLVMObjectFile;
        // SAFETY: the buffer is ours, is copied while it lives and then freed.
        unsafe {
            let failed = LLVMTargetMachineEmitToMemoryBuffer(
                self.raw,
                module.raw,
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
}
