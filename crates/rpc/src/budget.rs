//! What a transaction may take and pays, and signing it.

use holdfast_client::{Instruction, Pubkey};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_keypair::Keypair;
use solana_message::{Hash, Message, VersionedMessage};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::limits::{MOST_UNITS, SIGNATURE_FEE};

/// What the instructions that set limit and price need themselves, compute units.
const OVERHEAD: u32 = 300;
/// What the program spends on saying why it refuses, compute units.
const WORDS: u32 = 2_500;

/// What a transaction asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Compute units; `None`: what the cluster gives without being asked.
    pub units: Option<u32>,
    /// Micro-lamports per compute unit.
    pub price: u64,
}

impl Budget {
    /// How many instructions of its own a transaction with a limit has, in front of the others.
    pub const INSTRUCTIONS: u8 = 2;

    /// Compute units to ask for after a simulation took this many; `None` if no transaction may.
    pub fn measured(consumed: u64) -> Option<u32> {
        let consumed = u32::try_from(consumed).ok();
        let consumed = consumed.filter(|units| (1..=MOST_UNITS).contains(units))?;
        Some(Self::with_margin(consumed).min(MOST_UNITS))
    }

    /// A quarter more: accounts change until it lands. And enough for a refusal to be one by name.
    pub const fn with_margin(units: u32) -> u32 {
        units.saturating_add(units / 4).saturating_add(OVERHEAD + WORDS)
    }

    /// Lamports for a transaction with one signature that asks for its units, rounded up.
    pub fn lamports(&self) -> u64 {
        let units = u64::from(self.units.unwrap_or_default());
        SIGNATURE_FEE.saturating_add(units.saturating_mul(self.price).div_ceil(1_000_000))
    }

    /// The instructions that ask for it, in front of the others.
    fn before(&self, instructions: &[Instruction]) -> Vec<Instruction> {
        let limit = self.units.map(ComputeBudgetInstruction::set_compute_unit_limit);
        let priced = self.price > 0 || self.units.is_some();
        let price = priced.then(|| ComputeBudgetInstruction::set_compute_unit_price(self.price));
        limit.into_iter().chain(price).chain(instructions.iter().cloned()).collect()
    }
}

/// Signs instructions as one transaction, paid by the first signer.
///
/// # Errors
/// A sentence when a signature is missing or there is one too many.
pub fn sign(
    budget: Budget,
    instructions: &[Instruction],
    signers: &[&Keypair],
    blockhash: &Hash,
) -> Result<VersionedTransaction, String> {
    let payer = signers.first().map(|signer| signer.pubkey());
    let all = budget.before(instructions);
    let message = Message::new_with_blockhash(&all, payer.as_ref(), blockhash);
    VersionedTransaction::try_new(VersionedMessage::Legacy(message), signers)
        .map_err(|error| format!("the keypairs cannot sign this ({error}): check keypair"))
}

/// Instructions as one transaction that nobody has signed, to be tried as if everybody whom they name
/// had.
pub fn unsigned(
    budget: Budget,
    instructions: &[Instruction],
    payer: &Pubkey,
    blockhash: &Hash,
) -> VersionedTransaction {
    let all = budget.before(instructions);
    let message = Message::new_with_blockhash(&all, Some(payer), blockhash);
    let count = usize::from(message.header.num_required_signatures);
    let signatures = vec![Signature::default(); count];
    VersionedTransaction { signatures, message: VersionedMessage::Legacy(message) }
}

/// The same transaction for whoever is to try it: signed, they could land it themselves, beside what is
/// sent.
pub fn without_signatures(mut transaction: VersionedTransaction) -> VersionedTransaction {
    transaction.signatures.fill(Signature::default());
    transaction
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn a_transaction_asks_for_more_than_it_took_and_no_more_than_it_may() {
        assert_eq!(Budget::measured(40_000), Some(52_800));
        let most = [1_200_000, 1_400_000].map(Budget::measured);
        assert_eq!(most, [Some(1_400_000); 2]);
        assert_eq!([0, 1_400_001, u64::MAX].map(Budget::measured), [None; 3]);
    }

    #[test]
    fn its_own_instructions_are_counted() {
        for price in [0, 1] {
            let budget = Budget { units: Some(1), price };
            assert_eq!(budget.before(&[]).len(), usize::from(Budget::INSTRUCTIONS));
        }
    }

    #[test]
    fn what_it_costs_is_rounded_up() {
        let budget = Budget { units: Some(51_001), price: 1_000 };
        assert_eq!(budget.lamports(), 5_000 + 52);
        assert_eq!(Budget::default().lamports(), 5_000);
    }
}
