//! Rewrites, instruction by instruction, what the BPF back end cannot translate.

pub mod arithmetic;
pub mod floats;
mod memory;
mod overflow;
mod shifts;

use std::cell::OnceCell;

use anyhow::{Context as _, Result, bail};

use crate::llvm::{Builder, Kind, Module, Opcode, Type, Value};

/// Bytes of the widest scratch value, a 256-bit product.
const SCRATCH: u64 = 32;

/// Makes every function of the module legal but for its calls, which are the business of
/// [`crate::abi`].
pub fn legalise(module: &Module) -> Result<()> {
    for function in module.functions() {
        if function.is_declaration() {
            continue;
        }
        let body = Body { module, function, scratch: OnceCell::new() };
        for instruction in function.instructions() {
            let opcode = instruction.opcode();
            body.instruction(instruction, opcode)
                .with_context(|| format!("{opcode:?} in {} is not handled", function.name()))?;
        }
    }
    Ok(())
}

/// A function that is being rewritten.
struct Body<'m> {
    module: &'m Module,
    function: Value,
    scratch: OnceCell<Value>,
}

impl Body<'_> {
    fn instruction(&self, instruction: Value, opcode: Opcode) -> Result<()> {
        use Opcode::*;
        match opcode {
            LLVMMul | LLVMUDiv | LLVMURem | LLVMSDiv | LLVMSRem => {
                arithmetic::rewrite(self, instruction, opcode)
            }
            LLVMAdd => overflow::rewrite_compared_sum(self, instruction),
            LLVMShl | LLVMLShr | LLVMAShr => shifts::rewrite(self, instruction, opcode),
            _ if floats::OPERATIONS.contains(&opcode) => floats::rewrite(self, instruction, opcode),
            LLVMCall => self.call(instruction),
            LLVMInvoke | LLVMCallBr | LLVMLandingPad | LLVMResume | LLVMCleanupPad
            | LLVMCatchPad | LLVMIndirectBr | LLVMVAArg => {
                bail!("the virtual machine has nothing like it")
            }
            LLVMFence | LLVMAtomicCmpXchg | LLVMAtomicRMW => {
                bail!("atomic operations should be ordinary ones by now")
            }
            _ => refuse_wide_vectors(instruction),
        }
    }

    fn call(&self, call: Value) -> Result<()> {
        let callee = call.callee();
        if !callee.is_function() {
            return Ok(());
        }
        let Some(intrinsic) = callee.intrinsic() else {
            memory::rewrite_function(self, call, &callee.name());
            return Ok(());
        };
        self.intrinsic(call, &intrinsic).with_context(|| format!("the intrinsic {intrinsic}"))
    }

    fn intrinsic(&self, call: Value, name: &str) -> Result<()> {
        match name {
            "llvm.trap" | "llvm.ubsantrap" | "llvm.debugtrap" => {
                self.before(call).system_call(self.module, "abort", &[]);
                call.erase();
                Ok(())
            }
            "llvm.memcpy" | "llvm.memmove" | "llvm.memset" => {
                memory::rewrite_intrinsic(self, call, name);
                Ok(())
            }
            "llvm.umul.with.overflow" | "llvm.smul.with.overflow" => {
                overflow::rewrite(self, call, name == "llvm.smul.with.overflow")
            }
            "llvm.uadd.with.overflow"
            | "llvm.usub.with.overflow"
            | "llvm.sadd.with.overflow"
            | "llvm.ssub.with.overflow" => overflow::rewrite_sum(self, call, name),
            "llvm.uadd.sat" | "llvm.usub.sat" => overflow::rewrite_saturating(self, call, name),
            "llvm.fshl" | "llvm.fshr" => shifts::rewrite_funnel(self, call, name == "llvm.fshl"),
            "llvm.fptoui.sat" | "llvm.fptosi.sat" => {
                floats::rewrite_saturating(self, call, name == "llvm.fptosi.sat")
            }
            fixed if fixed.ends_with(".fix") || fixed.ends_with(".fix.sat") => {
                bail!("fixed-point arithmetic")
            }
            vector if vector.starts_with("llvm.vector.") => bail!("vector arithmetic"),
            _ => refuse_wide_vectors(call),
        }
    }

    fn before(&self, instruction: Value) -> Builder {
        Builder::before(self.module.context(), instruction)
    }

    fn runtime(&self, name: &str) -> Result<Value> {
        self.module.function(name).with_context(|| format!("it needs {name}, which is missing"))
    }

    /// Memory of the function's frame that one rewritten instruction uses at a time.
    fn scratch(&self) -> Value {
        *self.scratch.get_or_init(|| {
            Builder::at_start(self.module.context(), self.function).reserve(SCRATCH)
        })
    }

    fn replace(&self, instruction: Value, by: Value) {
        instruction.replace_uses_with(by);
        instruction.erase();
    }
}

/// Bits of an integer; a vector or anything else is refused.
fn bits(type_: Type) -> Result<u32> {
    type_.integer_bits().context("only single integers are handled")
}

/// The back end takes vectors apart, but their elements would no longer pass by here.
fn refuse_wide_vectors(instruction: Value) -> Result<()> {
    let types = instruction.operands().map(Value::type_).chain([instruction.type_()]);
    for vector in types.filter(|type_| type_.kind() == Kind::LLVMVectorTypeKind) {
        if vector.element().integer_bits().is_some_and(|bits| bits > 64) {
            bail!("a vector of integers wider than 64 bits");
        }
    }
    Ok(())
}
