//! Names of types as a client wants them. In the program, "State" tells what is stored from the
//! rules' type of the same name; a client sees only one of the two.

use std::collections::BTreeSet;

use anchor_lang_idl::types::{Idl, IdlDefinedFields, IdlField, IdlType, IdlTypeDef, IdlTypeDefTy};
use anyhow::{Result, bail};

/// What is taken off a name.
const SUFFIX: &str = "State";

/// Takes "State" off the names of all types that the program's source has it on.
///
/// # Errors
/// When two types would have the same name.
pub fn shorten(idl: &mut Idl) -> Result<()> {
    idl.types.iter_mut().for_each(rename);
    for argument in idl.instructions.iter_mut().flat_map(|instruction| &mut instruction.args) {
        refer(&mut argument.ty);
    }
    idl.types.sort_by(|first, second| first.name.cmp(&second.name));
    let mut seen = BTreeSet::new();
    match idl.types.iter().find(|defined| !seen.insert(&defined.name)) {
        None => Ok(()),
        Some(twice) => bail!("two types would be called `{}`", twice.name),
    }
}

fn rename(defined: &mut IdlTypeDef) {
    defined.name = short(&defined.name);
    match &mut defined.ty {
        IdlTypeDefTy::Struct { fields: Some(fields) } => in_fields(fields),
        IdlTypeDefTy::Enum { variants } => {
            variants.iter_mut().filter_map(|variant| variant.fields.as_mut()).for_each(in_fields);
        }
        IdlTypeDefTy::Struct { fields: None } | IdlTypeDefTy::Type { .. } => {}
    }
}

fn in_fields(fields: &mut IdlDefinedFields) {
    match fields {
        IdlDefinedFields::Named(named) => {
            named.iter_mut().for_each(|IdlField { ty, .. }| refer(ty));
        }
        IdlDefinedFields::Tuple(types) => types.iter_mut().for_each(refer),
    }
}

fn refer(ty: &mut IdlType) {
    match ty {
        IdlType::Defined { name, .. } => *name = short(name),
        IdlType::Option(inner) | IdlType::Vec(inner) | IdlType::Array(inner, _) => refer(inner),
        _ => {}
    }
}

fn short(name: &str) -> String {
    // `ChainState` is what the state of the chain is called.
    let shortened = name.strip_suffix(SUFFIX).filter(|_| name != crate::enums::CHAIN_STATE);
    shortened.unwrap_or(name).to_owned()
}
