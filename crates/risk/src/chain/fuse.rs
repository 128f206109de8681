//! Fuses take actions away at once; time or a change that waited gives them back.
//!
//! They take away what adds risk or pays out at a price. Exits, reductions, deposits, liquidations and
//! settlement have no fuse, so a fuse never locks anybody in.

use core::ops::RangeInclusive;

use crate::bounds::{self, OutOfBounds};
use crate::chain::health::State;
use crate::chain::policy::{Action, Permit, permit};
use crate::governance::GovernanceError;
use crate::math::Overflow;
use crate::units::{Millis, Usd};

/// How long guardians may blow fuses for at once.
pub const BLOWS: RangeInclusive<Millis> = Millis::MINUTE..=MOST_BLOWN;
/// How long fuses that guardians blew may be blown within any [`BLOWN_PERIOD`].
pub const MOST_BLOWN: Millis = Millis::HOUR.times(72);
/// Period of the guardians' budget.
pub const BLOWN_PERIOD: Millis = Millis::DAY.times(30);
/// Blows that are remembered, and so the most within a [`BLOWN_PERIOD`].
pub const BLOWS_KEPT: usize = 4;

/// Families of actions that can be taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fuses {
    /// Opening and increasing positions.
    pub openings: bool,
    /// Joining and leaving the pools.
    pub pools: bool,
    /// Turning pending profit into collateral.
    pub maturing: bool,
}

/// A time for which guardians blew fuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blow {
    /// From this moment on.
    pub from: Millis,
    /// Up to this moment; zero where the place is free.
    pub until: Millis,
    /// What it took away.
    pub fuses: Fuses,
}

/// The guardians' blows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blows(pub [Blow; BLOWS_KEPT]);

/// A silo's books beside what its vaults hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Books {
    /// Sum of the ledger's parts.
    pub parts: Usd,
    /// What the ledger counts on in the liquidity vault.
    pub counted: Usd,
    /// What the ledger counts on in the insurance vault.
    pub counted_insurance: Usd,
    /// What the liquidity vault holds.
    pub held: Usd,
    /// What the insurance vault holds.
    pub held_insurance: Usd,
}

/// By how much books do not add up. Exits go on and leave it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// Parts of the ledger that it counts on in no vault.
    pub unbacked: Usd,
    /// What the ledger counts on in the vaults and has no part for.
    pub unclaimed: Usd,
    /// What is missing in the liquidity vault.
    pub short: Usd,
    /// What is missing in the insurance vault.
    pub short_insurance: Usd,
}

impl Fuses {
    /// None is blown.
    pub const NONE: Self = Self { openings: false, pools: false, maturing: false };
    /// All are: a silo whose books are broken only reduces.
    pub const ALL: Self = Self { openings: true, pools: true, maturing: true };

    /// From a bit for each family, openings lowest.
    pub const fn from_bits(bits: u8) -> Self {
        Self { openings: bits & 1 > 0, pools: bits & 2 > 0, maturing: bits & 4 > 0 }
    }

    /// As [`Fuses::from_bits`] reads it.
    pub const fn bits(self) -> u8 {
        self.openings as u8 | (self.pools as u8) << 1 | (self.maturing as u8) << 2
    }

    /// The fuses that are blown in either set.
    pub const fn or(self, other: Self) -> Self {
        Self::from_bits(self.bits() | other.bits())
    }

    /// Whether these fuses take an action away.
    pub const fn take(self, action: Action) -> bool {
        match action {
            Action::RequestOpening | Action::Open => self.openings,
            Action::ChangePool => self.pools,
            Action::MatureProfit => self.maturing,
            Action::AddMargin
            | Action::Cancel
            | Action::RequestReduction
            | Action::Reduce
            | Action::WithdrawIdle
            | Action::WithdrawFree
            | Action::Flag
            | Action::Liquidate
            | Action::RequestPool
            | Action::ChangeInCalm => false,
        }
    }
}

impl Blows {
    /// Whether guardians' fuses are blown at `now`.
    pub fn is_blown(&self, now: Millis) -> bool {
        self.0.iter().any(|blow| blow.from <= now && now < blow.until)
    }

    /// The blows after guardians blew `fuses` at `now`. A running blow is lengthened, never shortened.
    ///
    /// # Errors
    /// [`GovernanceError::Exhausted`] where one blow, or all of them within a [`BLOWN_PERIOD`], would
    /// be longer than [`MOST_BLOWN`], or there were [`BLOWS_KEPT`] already.
    pub fn blow(
        mut self,
        fuses: Fuses,
        now: Millis,
        lasts: Millis,
    ) -> Result<Self, GovernanceError> {
        let until = now.after(lasts);
        let running = self.0.iter().position(|blow| blow.from <= now && now < blow.until);
        let free = |blow: &Blow| blow.until.0 == 0 || now >= blow.until.after(BLOWN_PERIOD);
        let place = running.or_else(|| self.0.iter().position(free));
        let place = place.and_then(|place| self.0.get_mut(place));
        let place = place.ok_or(GovernanceError::Exhausted)?;
        *place = match running {
            Some(_) => {
                let fuses = place.fuses.or(fuses);
                Blow { until: place.until.max(until), fuses, ..*place }
            }
            None => Blow { from: now, until, fuses },
        };
        let until = place.until;
        let since = Millis(until.0.saturating_sub(BLOWN_PERIOD.0));
        // Periods that end earlier were checked then; later ones contain no more of earlier blows.
        let blown = self.0.iter().fold(Millis(0), |sum, blow| {
            sum.after(Millis(blow.until.0.saturating_sub(blow.from.max(since).0)))
        });
        if blown > MOST_BLOWN { Err(GovernanceError::Exhausted) } else { Ok(self) }
    }
}

/// Whether guardians may blow fuses for this long at once.
///
/// # Errors
/// [`OutOfBounds`] where they may not.
pub fn check_blow(lasts: Millis) -> Result<(), OutOfBounds> {
    let within = BLOWS.contains(&lasts);
    bounds::check(&[("lasts_ms", "a minute to 72 hours, in milliseconds", within)])
}

impl Books {
    /// By how much they do not add up.
    ///
    /// # Errors
    /// [`Overflow`] where both vaults together are beyond counting.
    pub fn gap(&self) -> Result<Gap, Overflow> {
        let over = |more: Usd, less: Usd| Usd(more.0.saturating_sub(less.0));
        let counted = self.counted.plus(self.counted_insurance)?;
        Ok(Gap {
            unbacked: over(self.parts, counted),
            unclaimed: over(counted, self.parts),
            short: over(self.counted, self.held),
            short_insurance: over(self.counted_insurance, self.held_insurance),
        })
    }
}

impl Gap {
    /// Whether the books add up.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the books are worse than when `known` was found, which is another proof.
    pub fn exceeds(&self, known: &Self) -> bool {
        (self.unbacked, self.unclaimed) != (known.unbacked, known.unclaimed)
            || self.short > known.short
            || self.short_insurance > known.short_insurance
    }
}

/// As [`permit`], unless a fuse is blown that takes the action away.
pub const fn permit_with(action: Action, state: State, fuses: Fuses) -> Permit {
    if fuses.take(action) { Permit::Refused } else { permit(action, state) }
}

#[cfg(test)]
#[path = "fuse_tests.rs"]
mod tests;
