//! What a market's feeds say at the moment that matters.

use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_risk::chain::policy::Action;
use holdfast_testkit::Failure;
use holdfast_testkit::feed::Published;
use holdfast_testkit::venue::ALL;

use holdfast_tests::Stage;

/// How a market is priced after something was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All feeds agree on a new price.
    Valid,
    /// Nobody has published for longer than the market's age limit.
    Stale,
    /// Only one feed has.
    Missing,
    /// All have, and they disagree.
    Diverging,
    /// All have agreed, but the chain was disrupted since.
    PostGap,
    /// All agree on a price outside the band.
    Unbelieved,
    /// All agree on a price inside the band and far from the one before; no other has followed.
    Sudden,
    /// All have agreed, and nobody stored it in time.
    Late,
}

pub const CONDITIONS: [Condition; 8] = [
    Condition::Valid,
    Condition::Stale,
    Condition::Missing,
    Condition::Diverging,
    Condition::PostGap,
    Condition::Unbelieved,
    Condition::Sudden,
    Condition::Late,
];

/// Longer than the age limit, shorter than a silence.
const STALE_MS: u64 = 31_000;
/// Longer than a price may take to be stored and decide.
const LATE_MS: u64 = 6_000;

impl Condition {
    /// Lets `wait_ms` or more pass and publishes `price` as the condition has it.
    pub fn publish(self, stage: &mut Stage, wait_ms: u64, price: u64) -> Result<(), Failure> {
        let aged = matches!(self, Self::Stale | Self::Missing | Self::Diverging);
        stage.venue.cluster.pass(if aged { STALE_MS.max(wait_ms) } else { wait_ms });
        let now = stage.venue.cluster.now_ms();
        let mut say = |provider: Provider, price: u64| {
            stage.venue.publish_feed(provider, 0, Published::new(price, now));
        };
        match self {
            Self::Stale => return Ok(()),
            Self::Missing => say(Provider::PythPull, price),
            Self::Diverging => {
                for (step, provider) in (10..).zip(ALL) {
                    say(*provider, price * step / 10);
                }
            }
            Self::Valid | Self::PostGap | Self::Late => {
                ALL.iter().for_each(|provider| say(*provider, price));
            }
            Self::Unbelieved => ALL.iter().for_each(|provider| say(*provider, price * 4 / 10)),
            Self::Sudden => ALL.iter().for_each(|provider| say(*provider, price * 85 / 100)),
        }
        if self == Self::Late {
            stage.venue.cluster.pass(LATE_MS);
        }
        let providers = if self == Self::Missing { &ALL[..1] } else { ALL };
        stage.venue.refresh(0, providers)?;
        // One that is sudden decides with the next.
        match self {
            Self::Sudden | Self::Unbelieved => Ok(()),
            _ if !stage.venue.market(0).newest_stored().sudden => Ok(()),
            Self::Late => self.publish(stage, 1_000, price),
            _ => {
                stage.venue.cluster.pass(1_000);
                stage.venue.reprice(0, price)
            }
        }
    }

    /// Why an action that the state of the chain allows is refused for its price; `None` when it
    /// needs none, or a stale one only makes it dearer.
    pub fn refuses(self, action: Action) -> Option<HoldfastError> {
        match self {
            Self::Valid => None,
            Self::Unbelieved => Self::refuses_unbelieved(action),
            Self::Sudden => Self::refuses_sudden(action),
            Self::Late => Self::refuses_late(action),
            _ => self.refuses_without_price(action),
        }
    }

    /// It decides nothing; to value a position it counts at no more than the band's edge.
    fn refuses_unbelieved(action: Action) -> Option<HoldfastError> {
        match action {
            Action::Reduce | Action::Open => Some(HoldfastError::NoPriceYet),
            Action::Flag => Some(HoldfastError::AccountSafe),
            Action::Liquidate | Action::ChangePool => Some(HoldfastError::PriceOutsideBand),
            Action::WithdrawFree | Action::RequestOpening => {
                Some(HoldfastError::BelowInitialMargin)
            }
            _ => None,
        }
    }

    /// It decides with the next; until then the worse of it and the one before counts against whoever
    /// wants something, and the better is what a flagged account is closed at.
    fn refuses_sudden(action: Action) -> Option<HoldfastError> {
        match action {
            Action::Reduce | Action::Open => Some(HoldfastError::NoPriceYet),
            Action::Flag => Some(HoldfastError::AccountSafe),
            Action::ChangePool => Some(HoldfastError::RequestNotDue),
            Action::WithdrawFree | Action::RequestOpening => {
                Some(HoldfastError::BelowInitialMargin)
            }
            _ => None,
        }
    }

    /// It values positions and decides nothing.
    fn refuses_late(action: Action) -> Option<HoldfastError> {
        match action {
            Action::Reduce | Action::Open | Action::Liquidate => Some(HoldfastError::NoPriceYet),
            Action::ChangePool => Some(HoldfastError::RequestNotDue),
            _ => None,
        }
    }

    fn refuses_without_price(self, action: Action) -> Option<HoldfastError> {
        match action {
            Action::Reduce | Action::Open => Some(HoldfastError::NoPriceYet),
            // At the edge of the band that favours its owner the account is safe.
            Action::Flag => Some(HoldfastError::AccountSafe),
            Action::Liquidate if self == Self::PostGap => Some(HoldfastError::MarketNotReady),
            Action::Liquidate => Some(HoldfastError::NoPriceYet),
            Action::ChangePool => Some(HoldfastError::StalePrice),
            // At the other edge there is nothing to spare, to take out or to reserve for an opening.
            Action::WithdrawFree | Action::RequestOpening => {
                Some(HoldfastError::BelowInitialMargin)
            }
            // Everybody has an hour after a disruption to take a change back.
            Action::ChangeInCalm if self == Self::PostGap => Some(HoldfastError::ChangeNotReady),
            _ => None,
        }
    }
}
