//! Instructions for somebody else to sign.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::instruction::HASH_UNITS;
use holdfast_client::{Instruction, Pubkey};
use holdfast_rpc::{Budget, unsigned};
use serde_json::json;

use crate::output::CommandOutput;

/// Prints the transaction's message, as multisigs import it, and each instruction, to be read before
/// it is signed. Its blockhash is zeros: the multisig puts one in.
///
/// # Errors
/// A sentence when the message cannot be written.
pub fn print(
    instructions: &[Instruction],
    signer: &Pubkey,
    content: &ChangeKind,
) -> Result<CommandOutput, String> {
    let hashes = matches!(content, ChangeKind::Upgrade { .. });
    let budget = Budget { units: hashes.then_some(HASH_UNITS), price: 0 };
    let transaction = unsigned(budget, instructions, signer, &Default::default());
    let message = BASE64_STANDARD.encode(transaction.message.serialize());
    let mut text = format!("signer   {signer}\nmessage  {message}");
    let mut listed = Vec::new();
    for instruction in instructions {
        let data = BASE64_STANDARD.encode(&instruction.data);
        text.push_str(&format!("\nprogram  {}", instruction.program_id));
        let mut accounts = Vec::new();
        for account in &instruction.accounts {
            let key = account.pubkey.to_string();
            let writes = if account.is_writable { " writable" } else { "" };
            let signs = if account.is_signer { " signer" } else { "" };
            text.push_str(&format!("\naccount  {key}{writes}{signs}"));
            accounts.push(json!({
                "address": key,
                "writable": account.is_writable,
                "signer": account.is_signer,
            }));
        }
        text.push_str(&format!("\ndata     {data}"));
        let program = instruction.program_id.to_string();
        listed.push(json!({"program": program, "accounts": accounts, "data": data}));
    }
    let facts = json!({
        "signer": signer.to_string(),
        "message": message,
        "instructions": listed,
    });
    Ok(CommandOutput::new(text, facts))
}
