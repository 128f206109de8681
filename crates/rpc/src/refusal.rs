//! What the program said, in words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The program's errors by code, from its interface description.
static ERRORS: LazyLock<BTreeMap<u32, String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Interface {
        errors: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        code: u32,
        name: String,
        msg: String,
    }
    let interface: Option<Interface> =
        serde_json::from_str(include_str!("../../../idl/holdfast.json")).ok();
    let errors = interface.map(|interface| interface.errors).unwrap_or_default();
    errors.into_iter().map(|error| (error.code, format!("{}: {}", error.name, error.msg))).collect()
});

/// A transaction's error; the program's by name and message.
pub fn refusal(error: &solana_transaction_error::TransactionError) -> String {
    use solana_transaction_error::TransactionError::InstructionError;
    let said = match error {
        InstructionError(_, solana_instruction::error::InstructionError::Custom(code)) => {
            ERRORS.get(code).cloned()
        }
        _ => None,
    };
    said.unwrap_or_else(|| error.to_string())
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
