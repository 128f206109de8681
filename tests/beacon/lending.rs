//! The lender of `examples/lender`, compiled, beside the venue.

use holdfast_client::{Instruction, Pubkey, address};
use holdfast_risk::chain::health::State;
use holdfast_testkit::venue::keypair;
use holdfast_testkit::{Failure, elf};
use holdfast_tests::{PRICE, Stage};
use lender::LenderError;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

/// The venue's cluster with a lender, and a loan that its collateral does not cover.
struct Lending {
    stage: Stage,
    oracle: Keypair,
    loan: Pubkey,
}

impl Lending {
    fn begin() -> Self {
        let mut stage = Stage::open();
        let (oracle, loan) = (keypair("oracle", 0), keypair("loan", 0));
        let elf = elf::read_lender().unwrap();
        stage.venue.cluster.install(lender::ID, &oracle.pubkey(), &elf);
        stage.venue.cluster.fund(&oracle.pubkey(), 1_000_000_000);
        let lend = lender::call::lend(oracle.pubkey(), loan.pubkey());
        stage.venue.cluster.send(&[lend], &[&oracle, &loan]).unwrap();
        Self { stage, oracle, loan: loan.pubkey() }
    }

    /// At a price at which the collateral covers most of the loan.
    fn liquidation(&self, chain_health: Pubkey) -> Instruction {
        lender::call::liquidate(self.oracle.pubkey(), self.loan, chain_health, 90_000_000)
    }

    /// Tries to liquidate on a fork.
    fn liquidate(&self) -> Result<(), Failure> {
        let liquidation = self.liquidation(address::chain_health());
        self.stage.fork().venue.cluster.send(&[liquidation], &[&self.oracle]).map(|_| ())
    }

    #[track_caller]
    fn refuses(&self, error: LenderError) {
        let failure = self.liquidate().unwrap_err();
        assert_eq!(failure.code, Some(u32::from(error)), "{}", failure.message);
    }
}

#[test]
fn nobody_is_liquidated_in_a_halt_and_it_goes_on_by_itself() {
    let mut lending = Lending::begin();
    lending.liquidate().unwrap();
    // A halt: no slots. The account still says that all is well.
    lending.stage.venue.cluster.advance(45_000, 1, 1);
    assert_eq!(lending.stage.state(), State::Normal);
    lending.refuses(LenderError::Disrupted);
    // The venue's keepers go on with their work, and the lender with its own once it is over.
    let mut waited = 0;
    while lending.liquidate().is_err() {
        lending.refuses(LenderError::Disrupted);
        lending.stage.calm(10, PRICE);
        waited += 10;
        assert!(waited < 1_000, "it never goes on");
    }
    // Grace and thaw: five and ten minutes.
    assert!(waited >= 900, "{waited} s");
}

#[test]
fn a_restart_is_a_disruption_too() {
    let mut lending = Lending::begin();
    lending.stage.venue.cluster.restart();
    lending.refuses(LenderError::Disrupted);
}

/// Leaving the venue alone stops nobody who reads the beacon.
#[test]
fn hours_without_a_look_strain_and_stop_nothing() {
    let mut lending = Lending::begin();
    lending.stage.venue.cluster.pass(6 * 3_600_000);
    lending.liquidate().unwrap();
}

#[test]
fn another_account_is_not_believed() {
    let lending = Lending::begin();
    let wrong = lending.liquidation(lending.stage.venue.markets[0]);
    let failure =
        lending.stage.fork().venue.cluster.send(&[wrong], &[&lending.oracle]).unwrap_err();
    assert_eq!(failure.code, Some(u32::from(LenderError::NotTheBeacon)), "{}", failure.message);
}
