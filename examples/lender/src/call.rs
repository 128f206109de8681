//! How to call the lender.

use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::{InstructionData, ToAccountMetas, prelude::Pubkey, system_program};

/// `lend`: a unit of collateral against a hundred dollars, priced by its borrower.
pub fn lend(borrower: Pubkey, loan: Pubkey) -> Instruction {
    let accounts = crate::accounts::Lend { borrower, loan, system_program: system_program::ID };
    let (collateral, debt) = (1_000_000, 100_000_000);
    build(accounts, crate::instruction::Lend { collateral, debt, oracle: borrower })
}

/// `liquidate` at `price`, in millionths.
pub fn liquidate(oracle: Pubkey, loan: Pubkey, chain_health: Pubkey, price: u64) -> Instruction {
    let accounts = crate::accounts::Liquidate { oracle, loan, chain_health };
    build(accounts, crate::instruction::Liquidate { price })
}

fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    let accounts = accounts.to_account_metas(None);
    Instruction { program_id: crate::ID, accounts, data: data.data() }
}
