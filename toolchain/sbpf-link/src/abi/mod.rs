//! Fits functions and calls to the machine's registers: five for arguments, one for the result.
//!
//! A result that is larger than a register, or an aggregate, is written through a pointer that
//! becomes the first parameter. Arguments that do not fit are packed into a structure in the
//! caller's frame, whose address becomes the last parameter. Both follow from the function's type
//! alone, so definitions, calls and function pointers agree without knowing of one another.

mod calls;
mod definitions;

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};

use crate::llvm::{Builder, Kind, Module, Place, Type};

const ARGUMENT_REGISTERS: u64 = 5;

/// Rewrites all definitions, then all calls.
pub fn apply(module: &Module) -> Result<()> {
    let mut plans = Plans::default();
    for function in module.functions() {
        if function.intrinsic().is_none() {
            definitions::rewrite(module, &mut plans, function)
                .with_context(|| format!("{} cannot be defined", function.name()))?;
        }
    }
    for function in module.functions() {
        calls::rewrite(module, &mut plans, function)
            .with_context(|| format!("a call in {} is not handled", function.name()))?;
    }
    Ok(())
}

/// How functions of one type are really called.
#[derive(Clone)]
struct Plan {
    /// The type they are called by.
    type_: Type,
    /// What is returned through memory.
    result: Option<Type>,
    /// How many leading arguments stay in registers.
    kept: usize,
    /// The structure of the other arguments.
    packed: Option<Type>,
}

impl Plan {
    /// What an argument that stays in a register becomes.
    fn moved(&self, argument: usize) -> usize {
        argument + usize::from(self.result.is_some())
    }

    /// Pairs of places between which the attributes of small integers move: old, then new.
    fn kept_places(&self) -> impl Iterator<Item = (Place, Place)> {
        let result = self.result.is_none().then_some((Place::Result, Place::Result));
        let argument = |old| (Place::Argument(old), Place::Argument(self.moved(old)));
        result.into_iter().chain((0..self.kept).map(argument))
    }
}

/// The plan for each function type met, or `None` where the type fits as it is.
#[derive(Default)]
struct Plans(HashMap<Type, Option<Plan>>);

impl Plans {
    fn of(&mut self, builder: &Builder, type_: Type) -> Result<Option<Plan>> {
        if let Some(plan) = self.0.get(&type_) {
            return Ok(plan.clone());
        }
        let plan = plan(builder, type_)?;
        self.0.insert(type_, plan.clone());
        Ok(plan)
    }
}

fn plan(builder: &Builder, type_: Type) -> Result<Option<Plan>> {
    if type_.is_variadic() {
        bail!("a variable number of arguments");
    }
    let (returned, parameters) = (type_.returned(), type_.parameters());
    let through_memory = is_aggregate(returned) || registers(returned)? > 1;
    let needs = parameters.iter().map(|parameter| registers(*parameter));
    let needs = needs.collect::<Result<Vec<_>>>()?;
    let leading = u64::from(through_memory);
    let fits = leading + needs.iter().sum::<u64>() <= ARGUMENT_REGISTERS;
    if fits && !through_memory {
        return Ok(None);
    }
    let kept = if fits { parameters.len() } else { leading_that_fit(leading, &needs) };
    let packed = (!fits).then(|| builder.structure(&parameters[kept..]));
    let mut new = Vec::new();
    new.extend(through_memory.then(|| builder.pointer()));
    new.extend(&parameters[..kept]);
    new.extend(packed.map(|_| builder.pointer()));
    let type_ = if through_memory { builder.void() } else { returned }.function(&new);
    Ok(Some(Plan { type_, result: through_memory.then_some(returned), kept, packed }))
}

/// How many arguments fit in front of the pointer to the others.
fn leading_that_fit(mut used: u64, needs: &[u64]) -> usize {
    let fits = |need: &&u64| {
        used += **need;
        used < ARGUMENT_REGISTERS
    };
    needs.iter().take_while(fits).count()
}

fn is_aggregate(type_: Type) -> bool {
    matches!(
        type_.kind(),
        Kind::LLVMStructTypeKind | Kind::LLVMArrayTypeKind | Kind::LLVMVectorTypeKind
    )
}

/// Registers that a value of the type takes.
fn registers(type_: Type) -> Result<u64> {
    match type_.kind() {
        Kind::LLVMVoidTypeKind => Ok(0),
        Kind::LLVMPointerTypeKind | Kind::LLVMFloatTypeKind | Kind::LLVMDoubleTypeKind => Ok(1),
        Kind::LLVMIntegerTypeKind => {
            Ok(u64::from(type_.integer_bits().unwrap_or_default().div_ceil(64)))
        }
        Kind::LLVMStructTypeKind => type_.fields().into_iter().map(registers).sum(),
        Kind::LLVMArrayTypeKind | Kind::LLVMVectorTypeKind => {
            Ok(type_.length() * registers(type_.element())?)
        }
        kind => bail!("a value of kind {kind:?}"),
    }
}
