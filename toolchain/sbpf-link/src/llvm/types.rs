//! Types.

pub use llvm_sys::LLVMTypeKind as Kind;
use llvm_sys::{
    core::{
        LLVMCountParamTypes, LLVMCountStructElementTypes, LLVMFunctionType, LLVMGetArrayLength2,
        LLVMGetElementType, LLVMGetIntTypeWidth, LLVMGetParamTypes, LLVMGetReturnType,
        LLVMGetTypeKind, LLVMGetVectorSize, LLVMIsFunctionVarArg, LLVMStructGetTypeAtIndex,
    },
    prelude::LLVMTypeRef,
};

use super::count;

/// A type. Types are unique within a context, so equal references are equal types.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Type(pub(super) LLVMTypeRef);

// SAFETY of all blocks below: a type lives as long as its context, and each function is called
// on the kind of type that LLVM asks for, which the callers ensure by `kind`.
impl Type {
    /// Integer, structure, ...
    pub fn kind(self) -> Kind {
        unsafe { LLVMGetTypeKind(self.0) }
    }

    /// Bits of an integer, and `None` of any other type.
    pub fn integer_bits(self) -> Option<u32> {
        (self.kind() == Kind::LLVMIntegerTypeKind).then(|| unsafe { LLVMGetIntTypeWidth(self.0) })
    }

    /// The element of an array or a vector.
    pub fn element(self) -> Self {
        Self(unsafe { LLVMGetElementType(self.0) })
    }

    /// How many elements an array or a vector has.
    pub fn length(self) -> u64 {
        match self.kind() {
            Kind::LLVMArrayTypeKind => unsafe { LLVMGetArrayLength2(self.0) },
            _ => u64::from(unsafe { LLVMGetVectorSize(self.0) }),
        }
    }

    /// The fields of a structure.
    pub fn fields(self) -> Vec<Self> {
        let count = unsafe { LLVMCountStructElementTypes(self.0) };
        (0..count).map(|index| Self(unsafe { LLVMStructGetTypeAtIndex(self.0, index) })).collect()
    }

    /// A function's parameters.
    pub fn parameters(self) -> Vec<Self> {
        let mut parameters = vec![std::ptr::null_mut(); self.parameter_count()];
        unsafe { LLVMGetParamTypes(self.0, parameters.as_mut_ptr()) };
        parameters.into_iter().map(Self).collect()
    }

    /// How many parameters a function has.
    pub fn parameter_count(self) -> usize {
        unsafe { LLVMCountParamTypes(self.0) as usize }
    }

    /// What a function returns.
    pub fn returned(self) -> Self {
        Self(unsafe { LLVMGetReturnType(self.0) })
    }

    /// Whether a function takes arguments beyond its parameters.
    pub fn is_variadic(self) -> bool {
        unsafe { LLVMIsFunctionVarArg(self.0) != 0 }
    }

    /// The function from `parameters` to this type.
    pub fn function(self, parameters: &[Self]) -> Self {
        let mut raw: Vec<_> = parameters.iter().map(|parameter| parameter.0).collect();
        Self(unsafe { LLVMFunctionType(self.0, raw.as_mut_ptr(), count(raw.len()), 0) })
    }
}
