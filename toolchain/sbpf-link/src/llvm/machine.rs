//! The target machine.

use std::ptr;

use anyhow::{Result, bail};
use llvm_sys::{
    target::{LLVMCopyStringRepOfTargetData, LLVMDisposeTargetData},
    target_machine::{
        LLVMCodeGenOptLevel, LLVMCodeModel, LLVMCreateTargetDataLayout, LLVMCreateTargetMachine,
        LLVMGetTargetFromTriple, LLVMRelocMode, LLVMTargetMachineRef,
    },
};

use super::message;

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
}
