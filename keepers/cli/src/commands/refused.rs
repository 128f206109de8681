//! What is said when a transaction is refused: by whom, why, and what the state of the chain allows
//! now.

use holdfast_client::address;
use holdfast_client::holdfast::state::ChainHealth;
use holdfast_risk::chain::health::State;
use holdfast_risk::chain::policy::{Action, Permit, permit};
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;

use super::TraderSession;
use crate::render;
use holdfast_rpc::refusal;

/// What a person may want to do, and how it is called.
const DEEDS: [(Action, &str); 6] = [
    (Action::AddMargin, "deposit"),
    (Action::RequestReduction, "close"),
    (Action::Cancel, "cancel"),
    (Action::RequestOpening, "open"),
    (Action::WithdrawFree, "withdraw beside positions"),
    (Action::WithdrawIdle, "withdraw"),
];

impl TraderSession<'_> {
    /// Why a transaction was refused.
    pub async fn refusal(&self, error: &TransactionError, logs: &[String]) -> String {
        use TransactionError as Error;
        let wallet = self.owner();
        match error {
            Error::AccountNotFound
            | Error::InsufficientFundsForFee
            | Error::InsufficientFundsForRent { .. } => {
                format!("the wallet {wallet} cannot pay for this: send it SOL")
            }
            Error::InstructionError(_, reason) => {
                let said = refusal(error);
                let said = match reason {
                    // Not one of the program's: what its author had to say is in the logs.
                    InstructionError::Custom(_) if said == error.to_string() => {
                        spoken(logs).map_or(said.clone(), |spoken| format!("{said} ({spoken})"))
                    }
                    _ => said,
                };
                match self.state().await {
                    Ok(state) => format!("{said}{}", allowed(state)),
                    Err(_) => said,
                }
            }
            _ => refusal(error),
        }
    }

    /// The state of the chain as the program would judge it now.
    async fn state(&self) -> Result<State, String> {
        self.any(async |endpoint| {
            let address = address::chain_health();
            let health: ChainHealth = render::read(endpoint, "exchange", &address).await?;
            render::state_now(endpoint, &health).await
        })
        .await
    }
}

/// What a state other than the normal one allows.
fn allowed(state: State) -> String {
    if state == State::Normal {
        return String::new();
    }
    let with = |wanted: &[Permit]| {
        let deeds = DEEDS.iter().filter(|(action, _)| wanted.contains(&permit(*action, state)));
        deeds.map(|(_, deed)| *deed).collect::<Vec<_>>().join(", ")
    };
    let parts = [
        ("allowed now", with(&[Permit::Allowed])),
        ("with more margin", with(&[Permit::Stressed])),
        ("through `holdfast account exit request`", with(&[Permit::Queued])),
        ("not now", with(&[Permit::Refused])),
    ];
    let said: Vec<_> = parts
        .into_iter()
        .filter(|(_, deeds)| !deeds.is_empty())
        .map(|(how, deeds)| format!("{how}: {deeds}"))
        .collect();
    format!("\nthe chain's state is {}; {}", render::state(state), said.join("; "))
}

/// The last thing a program logged about an error.
fn spoken(logs: &[String]) -> Option<&str> {
    let mut said = logs.iter().filter_map(|line| line.strip_prefix("Program log: "));
    said.rfind(|line| line.contains("rror"))
}

#[cfg(test)]
#[path = "refused_tests.rs"]
mod tests;
