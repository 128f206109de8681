use holdfast_client::holdfast::error::HoldfastError;
use solana_instruction::error::InstructionError::Custom;
use solana_transaction_error::TransactionError;

use super::refusal;

#[test]
fn the_programs_errors_have_their_words() {
    let safe = Custom(u32::from(HoldfastError::AccountSafe));
    let said = refusal(&TransactionError::InstructionError(2, safe));
    assert!(said.starts_with("AccountSafe: The account meets"), "{said}");
    let said = refusal(&TransactionError::InstructionError(2, Custom(1)));
    assert!(said.contains("0x1"), "{said}");
    assert!(refusal(&TransactionError::AccountNotFound).contains("record of a prior credit"));
}
