//! The keeper in a drill: it looks, decides and acts, and what is refused is counted.

use holdfast_client::Pubkey;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::events::PositionLiquidated;
use holdfast_client::instruction;
use holdfast_keeper_core::{Intent, decide};
use holdfast_risk::chain::health::State;
use solana_signer::Signer;

use super::running::DrillState;
use holdfast_testkit::{Failure, events};

/// An account that changed since the look makes these answers right.
const GONE: [HoldfastError; 2] = [HoldfastError::NothingToReduce, HoldfastError::OrderNotFound];
/// An opening that meets a cap is taken back.
const CAPPED: [HoldfastError; 4] = [
    HoldfastError::BelowInitialMargin,
    HoldfastError::AccountShareCap,
    HoldfastError::UtilisationCap,
    HoldfastError::OpenInterestCap,
];
/// What a venue answers when the chain or the feeds do not let it act.
const WAITS: [HoldfastError; 9] = [
    HoldfastError::ChainNotReady,
    HoldfastError::MarketNotReady,
    HoldfastError::NoPriceYet,
    HoldfastError::StalePrice,
    HoldfastError::PriceOutsideBand,
    HoldfastError::StaleFeed,
    HoldfastError::FutureFeed,
    HoldfastError::FeedNotNewer,
    HoldfastError::FeedBeforeDisruption,
];

impl DrillState {
    /// The keeper looks, decides and acts.
    pub(super) fn keep(&mut self) -> Result<(), String> {
        let chain = self.venue.seen_chain();
        for intent in decide(&self.mirror, chain.now) {
            self.carry_out(&intent)?;
        }
        Ok(())
    }

    /// Sends one intent. The account and the markets are read again first: an earlier intent of the
    /// same round may have changed them.
    fn carry_out(&mut self, intent: &Intent) -> Result<(), String> {
        if let Some(account) = intent.account() {
            self.refresh_for(account);
        }
        let signer = self.venue.admin.pubkey();
        let Some(instruction) = intent.instruction(&self.mirror, self.keeper, signer) else {
            return Err(format!("{intent:?} is about an account the mirror does not hold"));
        };
        let exits = self.is_exit(intent);
        let state = self.venue.seen_chain().monitor.state;
        self.transactions += 1;
        match self.venue.cluster.send(&[instruction], &[&self.venue.admin]) {
            Ok(landed) => {
                self.compute_units += landed.compute_units_consumed;
                self.landed(intent, exits, state);
                if let Some(event) = events::find::<PositionLiquidated>(&landed) {
                    // The mirror still shows what was true before.
                    let now = self.venue.seen_chain().now;
                    self.measure.judge(&self.mirror, now, &event, self.watch.last_disruption);
                    self.measure.landed(&event, self.venue.cluster.slot());
                    self.watch.liquidated(self.mark());
                }
                Ok(())
            }
            Err(failure) => {
                self.transactions_refused += 1;
                self.refused(intent, exits, &failure)
            }
        }
    }

    fn landed(&mut self, intent: &Intent, exits: bool, state: State) {
        let Intent::ExecuteOrder { account, .. } = intent else { return };
        if exits {
            self.exits += 1;
        } else if *account == self.people.newcomer() {
            self.watch.traded(self.mark(), state);
        }
    }

    /// A refusal that the decision could not foresee: the account changed since the look, an opening
    /// met a cap, or the program saw that the chain or the feeds are not well. Anything else is an
    /// error of the keeper or the program.
    fn refused(&mut self, intent: &Intent, exits: bool, failure: &Failure) -> Result<(), String> {
        let pointless = is_one_of(failure, &GONE) || !exits && is_one_of(failure, &CAPPED);
        match intent {
            Intent::ExecuteOrder { account, market, number } if pointless => {
                self.withdraw_order(*account, *market, *number)
            }
            Intent::Liquidate { .. } if failure.is(HoldfastError::AccountSafe) => Ok(()),
            Intent::WriteOffDebt { .. } if failure.is(HoldfastError::DebtCoverable) => Ok(()),
            _ => self.waits(action(intent, exits), failure, exits),
        }
    }

    /// Counts what has to wait. Without a price an exit waits; refused for anything else, it is
    /// refused.
    pub(super) fn waits(
        &mut self,
        action: &'static str,
        failure: &Failure,
        exits: bool,
    ) -> Result<(), String> {
        if !is_one_of(failure, &WAITS) {
            return Err(format!("{action} was refused: {}", failure.message));
        }
        if exits && !failure.is(HoldfastError::NoPriceYet) {
            self.exits_refused += 1;
        }
        let state = self.venue.seen_chain().monitor.state;
        *self.refusals.entry((action, state)).or_insert(0) += 1;
        Ok(())
    }

    /// The owner takes an order back that has become pointless.
    fn withdraw_order(&mut self, account: Pubkey, market: u8, number: u64) -> Result<(), String> {
        let owner = self.people.owner(&account).ok_or_else(|| format!("nobody owns {account}"))?;
        let cancel = instruction::cancel_order(
            owner.keypair.pubkey(),
            account,
            self.venue.markets[usize::from(market)],
            number,
        );
        let sent = self.venue.cluster.send(&[cancel], &[&owner.keypair]);
        match sent {
            Err(failure) if !failure.is(HoldfastError::PriceKnown) => Err(failure.message),
            // A price that decides it is known: it lapses soon and can be taken back then.
            _ => Ok(()),
        }
    }

    fn is_exit(&self, intent: &Intent) -> bool {
        let Intent::ExecuteOrder { account, number, .. } = intent else { return false };
        let state = self.mirror.accounts.get(account);
        state.is_some_and(|state| {
            state.orders.iter().any(|order| order.number == *number && order.reduce_only == 1)
        })
    }
}

fn is_one_of(failure: &Failure, errors: &[HoldfastError]) -> bool {
    errors.iter().any(|error| failure.code == Some(u32::from(*error)))
}

fn action(intent: &Intent, exits: bool) -> &'static str {
    match intent {
        Intent::Liquidate { .. } => "liquidate",
        Intent::Flag { .. } => "flag",
        Intent::ExecuteOrder { .. } if exits => "reduce",
        Intent::ExecuteOrder { .. } => "open",
        Intent::TriggerOrder { .. } => "trigger order",
        Intent::RemoveOrder { .. } => "remove order",
        Intent::MatureProfit { .. } => "mature profit",
        Intent::AnnounceSettlement { .. } => "announce settlement",
        Intent::SettleMarket { .. } => "settle market",
        Intent::SettlePosition { .. } => "settle position",
        Intent::PayExit { .. } => "pay exit",
        Intent::WriteOffDebt { .. } => "write off debt",
        Intent::ReturnPool { .. } => "return pool request",
        Intent::ExecutePool { .. } => "execute pool request",
        Intent::Reconcile => "reconcile",
        Intent::RefreshMarket { .. } => "refresh market",
        Intent::BringPrice { .. } => "bring price",
        Intent::Observe => "observe",
        Intent::Tighten { .. } => "tighten",
        Intent::CancelChange { .. } => "take change back",
        Intent::Guard { .. } => "guard",
    }
}
