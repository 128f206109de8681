//! The lender of `examples/lender`: somebody else's program that asks the venue how the chain is.

use anchor_lang::{InstructionData, ToAccountMetas};
use anyhow::{Context, Result, ensure};
use holdfast_client::{Instruction, Pubkey, address};
use holdfast_localnet::chain::Chain;
use lender::LenderError;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::stage::Stage;

/// What the collateral costs once it does not cover the loan, millionths.
const PRICE: u64 = 90_000_000;

/// A loan that its collateral does not cover, whose oracle would take it at any time.
pub struct Lending {
    oracle: Keypair,
    loan: Pubkey,
}

impl Lending {
    /// Lends.
    ///
    /// # Errors
    /// When it does not land.
    pub async fn begin(stage: &Stage) -> Result<Self> {
        let (oracle, loan) = (Keypair::new(), Keypair::new());
        stage.cluster.give(&oracle.pubkey()).await?;
        let accounts = lender::accounts::Lend {
            borrower: oracle.pubkey(),
            loan: loan.pubkey(),
            system_program: anchor_lang::system_program::ID,
        };
        let data = lender::instruction::Lend {
            collateral: 1_000_000,
            debt: 100_000_000,
            oracle: oracle.pubkey(),
        };
        let lend = build(accounts, data);
        chain(stage).send(&[lend], &[&oracle, &loan]).await.context("lending")?;
        Ok(Self { oracle, loan: loan.pubkey() })
    }

    /// Takes the collateral.
    ///
    /// # Errors
    /// When the lender refuses.
    pub async fn liquidate(&self, stage: &Stage) -> Result<()> {
        let accounts = lender::accounts::Liquidate {
            oracle: self.oracle.pubkey(),
            loan: self.loan,
            chain_health: address::chain_health(),
        };
        let liquidate = build(accounts, lender::instruction::Liquidate { price: PRICE });
        chain(stage).send(&[liquidate], &[&self.oracle]).await
    }

    /// The lender refuses because the chain was disrupted.
    ///
    /// # Errors
    /// When it does not, or for another reason.
    pub async fn is_refused(&self, stage: &Stage) -> Result<()> {
        let refused = self.liquidate(stage).await.err().context("it liquidates in shelter")?;
        let said = format!("{refused:#}");
        let code = format!("{:#x}", u32::from(LenderError::Disrupted));
        ensure!(said.contains(&code), "the lender refuses for another reason: {said}");
        Ok(())
    }
}

fn chain(stage: &Stage) -> Chain {
    Chain::new(&stage.cluster.validator.url())
}

fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction {
        program_id: lender::ID,
        accounts: accounts.to_account_metas(None),
        data: data.data(),
    }
}
