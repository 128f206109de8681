//! The fields of a described type.

use anchor_lang_idl::types::{IdlDefinedFields, IdlField, IdlTypeDef, IdlTypeDefTy};

/// The fields of a struct.
pub fn fields(defined: &IdlTypeDef) -> Option<&[IdlField]> {
    match &defined.ty {
        IdlTypeDefTy::Struct { fields: Some(IdlDefinedFields::Named(fields)) } => Some(fields),
        _ => None,
    }
}
