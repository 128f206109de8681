//! Functions, statics, instructions and their operands.

use llvm_sys::{
    LLVMLinkage, LLVMOpcode, LLVMTailCallKind, LLVMVisibility::LLVMDefaultVisibility,
    comdat::LLVMSetComdat, core::*, prelude::*,
};

use super::{Type, name};

/// Anything LLVM calls a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value(pub(super) LLVMValueRef);

/// C's calling convention, the only one the back end has.
const CALLING_CONVENTION: u32 = 0;

// SAFETY of all blocks below: see the module's documentation; each function is called on the
// kind of value that LLVM asks for.
impl Value {
    pub(super) fn new(raw: LLVMValueRef) -> Option<Self> {
        (!raw.is_null()).then_some(Self(raw))
    }

    /// The elements of one of LLVM's linked lists, collected since callers change the list.
    pub(super) fn chain(
        first: LLVMValueRef,
        next: unsafe extern "C" fn(LLVMValueRef) -> LLVMValueRef,
    ) -> Vec<Self> {
        std::iter::successors(Self::new(first), |value| Self::new(unsafe { next(value.0) }))
            .collect()
    }

    pub fn name(self) -> String {
        let mut length = 0;
        let start = unsafe { LLVMGetValueName2(self.0, &raw mut length) };
        name(start, length)
    }

    pub fn set_name(self, name: &str) {
        unsafe { LLVMSetValueName2(self.0, name.as_ptr().cast(), name.len()) };
    }

    pub fn type_(self) -> Type {
        Type(unsafe { LLVMTypeOf(self.0) })
    }

    pub fn is_used(self) -> bool {
        !unsafe { LLVMGetFirstUse(self.0) }.is_null()
    }

    /// The instructions that use this one, one for each use.
    pub fn users(self) -> Vec<Self> {
        let there_is = |used: LLVMUseRef| (!used.is_null()).then_some(used);
        let first = there_is(unsafe { LLVMGetFirstUse(self.0) });
        std::iter::successors(first, |used| there_is(unsafe { LLVMGetNextUse(*used) }))
            .map(|used| Self(unsafe { LLVMGetUser(used) }))
            .collect()
    }

    /// The field that this instruction takes out of a structure, if it does nothing else.
    pub fn extracted_field(self) -> Option<u32> {
        if self.opcode() != LLVMOpcode::LLVMExtractValue {
            return None;
        }
        unsafe { (LLVMGetNumIndices(self.0) == 1).then(|| *LLVMGetIndices(self.0)) }
    }

    pub fn replace_uses_with(self, other: Self) {
        unsafe { LLVMReplaceAllUsesWith(self.0, other.0) };
    }

    pub fn is_constant_integer(self) -> bool {
        !unsafe { LLVMIsAConstantInt(self.0) }.is_null()
    }

    /// The value of an integer constant of up to 64 bits, zero-extended.
    pub fn constant_value(self) -> Option<u64> {
        let bits = self.type_().integer_bits()?;
        (bits <= 64 && self.is_constant_integer())
            .then(|| unsafe { LLVMConstIntGetZExtValue(self.0) })
    }

    /// Whether it is the constant zero.
    pub fn is_zero(self) -> bool {
        unsafe { LLVMIsNull(self.0) != 0 }
    }
}

/// Functions and statics.
impl Value {
    pub fn is_declaration(self) -> bool {
        unsafe { LLVMIsDeclaration(self.0) != 0 }
    }

    /// Whether a static is never written.
    pub fn is_constant_global(self) -> bool {
        unsafe { LLVMIsGlobalConstant(self.0) != 0 }
    }

    /// Nobody outside the module uses it.
    pub fn make_internal(self) {
        self.set_linkage(LLVMLinkage::LLVMInternalLinkage);
    }

    /// It stays, whether used or not.
    pub fn make_external(self) {
        self.set_linkage(LLVMLinkage::LLVMExternalLinkage);
    }

    fn set_linkage(self, linkage: LLVMLinkage) {
        unsafe {
            LLVMSetLinkage(self.0, linkage);
            LLVMSetVisibility(self.0, LLVMDefaultVisibility);
        }
    }

    pub fn is_function(self) -> bool {
        !unsafe { LLVMIsAFunction(self.0) }.is_null()
    }

    pub fn function_type(self) -> Type {
        Type(unsafe { LLVMGlobalGetValueType(self.0) })
    }

    /// The name of an intrinsic without its types, such as `llvm.memcpy`.
    pub fn intrinsic(self) -> Option<String> {
        let id = unsafe { LLVMGetIntrinsicID(self.0) };
        let mut length = 0;
        (id != 0).then(|| name(unsafe { LLVMIntrinsicGetName(id, &raw mut length) }, length))
    }

    pub fn parameters(self) -> Vec<Self> {
        let count = unsafe { LLVMCountParams(self.0) };
        (0..count).map(|index| Self(unsafe { LLVMGetParam(self.0, index) })).collect()
    }

    /// All instructions of a function, block by block.
    pub fn instructions(self) -> Vec<Self> {
        self.blocks()
            .flat_map(|block| {
                Self::chain(unsafe { LLVMGetFirstInstruction(block) }, LLVMGetNextInstruction)
            })
            .collect()
    }

    fn blocks(self) -> impl Iterator<Item = LLVMBasicBlockRef> {
        let first = unsafe { LLVMGetFirstBasicBlock(self.0) };
        std::iter::successors((!first.is_null()).then_some(first), |block| {
            let next = unsafe { LLVMGetNextBasicBlock(*block) };
            (!next.is_null()).then_some(next)
        })
    }

    /// Turns a definition into an external declaration.
    pub fn delete_body(self) {
        // Instructions refer to one another across blocks, so they go before the blocks do.
        for instruction in self.instructions() {
            if instruction.is_used() {
                let poison = unsafe { LLVMGetPoison(instruction.type_().0) };
                instruction.replace_uses_with(Self(poison));
            }
            instruction.erase();
        }
        let blocks: Vec<_> = self.blocks().collect();
        for block in blocks {
            unsafe { LLVMDeleteBasicBlock(block) };
        }
        self.make_external();
        unsafe { LLVMSetComdat(self.0, std::ptr::null_mut()) };
    }

    /// Takes over the body, and how the function is linked, from a function that loses both.
    pub fn take_body(self, other: Self) {
        unsafe {
            LLVMSetLinkage(self.0, LLVMGetLinkage(other.0));
            LLVMSetVisibility(self.0, LLVMGetVisibility(other.0));
            LLVMSetUnnamedAddress(self.0, LLVMGetUnnamedAddress(other.0));
            LLVMSetAlignment(self.0, LLVMGetAlignment(other.0));
        }
        let blocks: Vec<_> = other.blocks().collect();
        for block in blocks {
            unsafe {
                LLVMRemoveBasicBlockFromParent(block);
                LLVMAppendExistingBasicBlock(self.0, block);
            }
        }
    }

    /// Deletes a function that nobody uses.
    pub fn delete_function(self) {
        unsafe { LLVMDeleteFunction(self.0) };
    }

    pub fn use_c_calling_convention(self) {
        unsafe { LLVMSetFunctionCallConv(self.0, CALLING_CONVENTION) };
    }
}

/// Instructions.
impl Value {
    pub fn opcode(self) -> LLVMOpcode {
        unsafe { LLVMGetInstructionOpcode(self.0) }
    }

    pub fn operand(self, index: u32) -> Self {
        Self(unsafe { LLVMGetOperand(self.0, index) })
    }

    pub fn operands(self) -> impl Iterator<Item = Self> {
        let count = unsafe { LLVMGetNumOperands(self.0) };
        (0..count.unsigned_abs()).map(move |index| self.operand(index))
    }

    /// The value before a zero extension, if this is one.
    pub fn zero_extended(self) -> Option<Self> {
        Self::new(unsafe { LLVMIsAZExtInst(self.0) }).map(|extension| extension.operand(0))
    }

    /// Removes an instruction, which nobody uses any more.
    pub fn erase(self) {
        unsafe { LLVMInstructionEraseFromParent(self.0) };
    }

    /// What a call calls.
    pub fn callee(self) -> Self {
        Self(unsafe { LLVMGetCalledValue(self.0) })
    }

    /// By which type a call calls.
    pub fn called_type(self) -> Type {
        Type(unsafe { LLVMGetCalledFunctionType(self.0) })
    }

    /// The arguments of a call.
    pub fn arguments(self) -> Vec<Self> {
        let count = unsafe { LLVMGetNumArgOperands(self.0) };
        (0..count).map(|index| self.operand(index)).collect()
    }

    pub fn is_inline_assembly(self) -> bool {
        !unsafe { LLVMIsAInlineAsm(self.0) }.is_null()
    }

    /// Whether a call carries operand bundles or must reuse its caller's frame.
    pub fn is_special_call(self) -> bool {
        unsafe {
            LLVMGetNumOperandBundles(self.0) != 0
                || LLVMGetTailCallKind(self.0) == LLVMTailCallKind::LLVMTailCallKindMustTail
        }
    }

    pub fn call_by_c_calling_convention(self) {
        unsafe { LLVMSetInstructionCallConv(self.0, CALLING_CONVENTION) };
    }
}
