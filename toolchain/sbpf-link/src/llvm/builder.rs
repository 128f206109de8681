//! Writes instructions.

use llvm_sys::{core::*, prelude::LLVMBuilderRef};

use super::{Context, Module, Predicate, Type, UNNAMED, Value, c_string, count};

/// Writes instructions at one place.
pub struct Builder {
    raw: LLVMBuilderRef,
    context: Context,
}

/// Instructions of two operands of one type.
macro_rules! binary {
    ($($name:ident = $function:ident;)*) => {
        $(
            pub fn $name(&self, left: Value, right: Value) -> Value {
                Value(unsafe { $function(self.raw, left.0, right.0, UNNAMED) })
            }
        )*
    };
}

// SAFETY of all blocks below: see the module's documentation.
impl Builder {
    /// Makes types and constants, and has no place to write at.
    pub fn detached(context: Context) -> Self {
        Self { raw: unsafe { LLVMCreateBuilderInContext(context.raw) }, context }
    }

    /// Writes in front of an instruction.
    pub fn before(context: Context, instruction: Value) -> Self {
        let builder = Self::detached(context);
        unsafe { LLVMPositionBuilderBefore(builder.raw, instruction.0) };
        builder
    }

    /// Writes at the start of a function's body.
    pub fn at_start(context: Context, function: Value) -> Self {
        let builder = Self::detached(context);
        unsafe {
            let entry = LLVMGetEntryBasicBlock(function.0);
            LLVMPositionBuilder(builder.raw, entry, LLVMGetFirstInstruction(entry));
        }
        builder
    }

    /// Writes into a block appended to the function.
    pub fn in_new_block(context: Context, function: Value) -> Self {
        let builder = Self::detached(context);
        unsafe {
            let block = LLVMAppendBasicBlockInContext(context.raw, function.0, UNNAMED);
            LLVMPositionBuilderAtEnd(builder.raw, block);
        }
        builder
    }

    /// The integer type of this many bits.
    pub fn integer(&self, bits: u32) -> Type {
        Type(unsafe { LLVMIntTypeInContext(self.context.raw, bits) })
    }

    /// The type of pointers.
    pub fn pointer(&self) -> Type {
        Type(unsafe { LLVMPointerTypeInContext(self.context.raw, 0) })
    }

    /// The type of nothing.
    pub fn void(&self) -> Type {
        Type(unsafe { LLVMVoidTypeInContext(self.context.raw) })
    }

    /// The structure of these fields.
    pub fn structure(&self, fields: &[Type]) -> Type {
        let mut raw: Vec<_> = fields.iter().map(|field| field.0).collect();
        let length = count(raw.len());
        Type(unsafe { LLVMStructTypeInContext(self.context.raw, raw.as_mut_ptr(), length, 0) })
    }

    /// An integer constant, zero-extended to this many bits.
    pub fn constant(&self, bits: u32, value: u64) -> Value {
        Value(unsafe { LLVMConstInt(self.integer(bits).0, value, 0) })
    }

    /// A constant that stands for any value.
    pub fn poison(&self, type_: Type) -> Value {
        Value(unsafe { LLVMGetPoison(type_.0) })
    }

    /// A pointer to a constant text.
    pub fn text(&self, text: &str) -> Value {
        let text = c_string(text);
        Value(unsafe { LLVMBuildGlobalString(self.raw, text.as_ptr(), UNNAMED) })
    }

    binary! {
        add = LLVMBuildAdd;
        sub = LLVMBuildSub;
        mul = LLVMBuildMul;
        udiv = LLVMBuildUDiv;
        urem = LLVMBuildURem;
        and = LLVMBuildAnd;
        or = LLVMBuildOr;
        xor = LLVMBuildXor;
        shl = LLVMBuildShl;
        lshr = LLVMBuildLShr;
        ashr = LLVMBuildAShr;
    }

    pub fn compare(&self, predicate: Predicate, left: Value, right: Value) -> Value {
        Value(unsafe { LLVMBuildICmp(self.raw, predicate, left.0, right.0, UNNAMED) })
    }

    pub fn select(&self, condition: Value, yes: Value, no: Value) -> Value {
        Value(unsafe { LLVMBuildSelect(self.raw, condition.0, yes.0, no.0, UNNAMED) })
    }

    /// Fixes one of the values that an undefined operand could take.
    pub fn freeze(&self, value: Value) -> Value {
        Value(unsafe { LLVMBuildFreeze(self.raw, value.0, UNNAMED) })
    }

    /// The same integer in this many bits, extended with zeros or truncated.
    pub fn resize(&self, value: Value, bits: u32) -> Value {
        self.cast(value, bits, 0)
    }

    /// The same integer in this many bits, extended by its sign or truncated.
    pub fn resize_signed(&self, value: Value, bits: u32) -> Value {
        self.cast(value, bits, 1)
    }

    fn cast(&self, value: Value, bits: u32, signed: i32) -> Value {
        let type_ = self.integer(bits);
        Value(unsafe { LLVMBuildIntCast2(self.raw, value.0, type_.0, signed, UNNAMED) })
    }

    /// Calls a function by its own type.
    pub fn call(&self, function: Value, arguments: &[Value]) -> Value {
        self.call_as(function.function_type(), function, arguments)
    }

    /// Calls a function or a pointer to one as if it had that type.
    pub fn call_as(&self, type_: Type, callee: Value, arguments: &[Value]) -> Value {
        let mut raw: Vec<_> = arguments.iter().map(|argument| argument.0).collect();
        let length = count(raw.len());
        Value(unsafe {
            LLVMBuildCall2(self.raw, type_.0, callee.0, raw.as_mut_ptr(), length, UNNAMED)
        })
    }

    /// Calls a function of the virtual machine that returns nothing, whatever type the program
    /// declared it with.
    pub fn system_call(&self, module: &Module, name: &str, arguments: &[Value]) {
        let parameters: Vec<_> = arguments.iter().map(|argument| argument.type_()).collect();
        let type_ = self.void().function(&parameters);
        let callee = module.function(name).unwrap_or_else(|| module.add_function(name, type_));
        self.call_as(type_, callee, arguments);
    }

    /// Bytes on the stack, aligned for every type.
    pub fn reserve(&self, bytes: u64) -> Value {
        unsafe {
            let type_ = LLVMArrayType2(LLVMInt8TypeInContext(self.context.raw), bytes);
            let slot = LLVMBuildAlloca(self.raw, type_, UNNAMED);
            LLVMSetAlignment(slot, 16);
            Value(slot)
        }
    }

    pub fn load(&self, type_: Type, from: Value) -> Value {
        Value(unsafe { LLVMBuildLoad2(self.raw, type_.0, from.0, UNNAMED) })
    }

    pub fn store(&self, value: Value, to: Value) {
        unsafe { LLVMBuildStore(self.raw, value.0, to.0) };
    }

    /// The address of a structure's field.
    pub fn field(&self, structure: Type, address: Value, index: usize) -> Value {
        let index = count(index);
        Value(unsafe { LLVMBuildStructGEP2(self.raw, structure.0, address.0, index, UNNAMED) })
    }

    /// The structure with one field replaced.
    pub fn insert(&self, structure: Value, field: Value, index: u32) -> Value {
        Value(unsafe { LLVMBuildInsertValue(self.raw, structure.0, field.0, index, UNNAMED) })
    }

    /// The same bits as another type.
    pub fn bitcast(&self, value: Value, type_: Type) -> Value {
        Value(unsafe { LLVMBuildBitCast(self.raw, value.0, type_.0, UNNAMED) })
    }

    pub fn return_value(&self, value: Value) {
        unsafe { LLVMBuildRet(self.raw, value.0) };
    }

    pub fn return_nothing(&self) {
        unsafe { LLVMBuildRetVoid(self.raw) };
    }

    pub fn unreachable(&self) {
        unsafe { LLVMBuildUnreachable(self.raw) };
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        unsafe { LLVMDisposeBuilder(self.raw) };
    }
}
