//! The lender of `examples/lender`: somebody else's program that asks the venue how the chain is.

use anyhow::{Context, Result, ensure};
use holdfast_client::{Pubkey, address};
use holdfast_localnet::cluster_client::ClusterClient;
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
        let lend = lender::call::lend(oracle.pubkey(), loan.pubkey());
        chain(stage).send(&[lend], &[&oracle, &loan]).await.context("lending")?;
        Ok(Self { oracle, loan: loan.pubkey() })
    }

    /// Takes the collateral.
    ///
    /// # Errors
    /// When the lender refuses.
    pub async fn liquidate(&self, stage: &Stage) -> Result<()> {
        let (oracle, health) = (self.oracle.pubkey(), address::chain_health());
        let liquidate = lender::call::liquidate(oracle, self.loan, health, PRICE);
        chain(stage).send(&[liquidate], &[&self.oracle]).await
    }

    /// The lender refuses because the chain was disrupted.
    ///
    /// # Errors
    /// When it does not, or for another reason.
    pub async fn is_refused(&self, stage: &Stage) -> Result<()> {
        let refused = self.liquidate(stage).await.err().context("it liquidates in shelter")?;
        let said = format!("{refused:#}");
        let code = format!("custom program error: {:#x}", u32::from(LenderError::Disrupted));
        ensure!(said.contains(&code), "the lender refuses for another reason: {said}");
        Ok(())
    }
}

fn chain(stage: &Stage) -> ClusterClient {
    ClusterClient::new(&stage.cluster.validator.url())
}
