use anchor_lang::prelude::*;
use bytemuck::{Pod, Zeroable};
use holdfast_risk::Millis;
use holdfast_risk::governance::{
    Budget, TIGHTENINGS_PER_PERIOD, Timelock, check_admin, check_guardians,
};

use crate::error::{HoldfastError, OrRefuse};

/// Most guardians an exchange can have.
pub const MAX_GUARDIANS: usize = 5;

/// The venue: one per program. Address: `["exchange"]`, which is the program's upgrade authority and
/// signs for nothing but `apply_upgrade`.
///
/// Holds: once locked it stays so, and then two to five different guardians, none of whom is the
/// admin, fill the first places.
#[account(zero_copy)]
pub struct Exchange {
    /// Layout version, for readers off chain: the program writes it and does not look at it.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Silos created so far; the next one's number.
    pub silo_count: u16,
    /// 1 once set-up is over: from then on silos take money and every change waits.
    pub locked: u8,
    /// Guardians in use.
    pub guardian_count: u8,
    /// Explicit padding.
    pub padding: [u8; 2],
    /// Proposes changes, and makes what they create. Cannot move user collateral.
    pub admin: Pubkey,
    /// Where protocol fees may go: the owner of the receiving token account.
    pub fee_receiver: Pubkey,
    /// How long changes wait.
    pub timelock: TimelockState,
    /// Changes proposed so far; the next one's number.
    pub change_count: u64,
    /// Who may take changes back and tighten.
    pub guardians: [GuardianState; MAX_GUARDIANS],
    /// The newest changes of what belongs to the exchange.
    pub newest: NewestChanges,
    /// Room for attesters.
    pub reserved: [u8; 640],
}

/// The newest change proposed for each target: its number plus one, zero where none was. Older
/// changes of the same target are void.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct NewestChanges {
    /// Of the fee receiver.
    pub fee_receiver: u64,
    /// Of the timelock.
    pub timelock: u64,
    /// Of the chain's thresholds.
    pub thresholds: u64,
    /// Of a guardian who joins without another's leaving.
    pub joining: u64,
    /// Of the program.
    pub upgrade: u64,
}

/// As [`Timelock`], in milliseconds.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable, AnchorSerialize, AnchorDeserialize,
)]
pub struct TimelockState {
    /// From a proposal until the change may be applied.
    pub wait_ms: u64,
    /// From then until it may no longer be.
    pub ready_ms: u64,
}

/// A guardian with its budget.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GuardianState {
    /// Its key.
    pub key: Pubkey,
    /// When it last tightened, milliseconds; zero where it has not.
    pub tightened_ms: [u64; TIGHTENINGS_PER_PERIOD],
    /// The newest change by which it would leave: its number plus one, zero where none was proposed.
    pub leaving: u64,
}

const _: () = assert!(size_of::<Exchange>() == 1096);

impl Exchange {
    /// First seed of the address.
    pub const SEED: &'static [u8] = b"exchange";

    /// Whether set-up is over.
    pub fn is_locked(&self) -> bool {
        self.locked != 0
    }

    /// Guardians in use.
    pub fn guardians(&self) -> &[GuardianState] {
        &self.guardians[..usize::from(self.guardian_count).min(MAX_GUARDIANS)]
    }

    /// Whether a key is a guardian's.
    pub fn is_guardian(&self, key: &Pubkey) -> bool {
        self.guardians().iter().any(|guardian| guardian.key == *key)
    }

    /// Takes over a set of guardians. Those who stay keep their budgets.
    pub fn set_guardians(&mut self, keys: &[Pubkey]) -> Result<()> {
        check_keys(keys, &self.admin)?;
        let known = |key: &Pubkey| self.guardians().iter().find(|it| it.key == *key).copied();
        let mut guardians = [GuardianState::default(); MAX_GUARDIANS];
        for (place, key) in guardians.iter_mut().zip(keys) {
            *place = known(key).unwrap_or(GuardianState { key: *key, ..Default::default() });
        }
        self.guardians = guardians;
        self.guardian_count = keys.len() as u8;
        Ok(())
    }

    /// The guardians' keys once one has left and another joined.
    pub fn replaced(&self, leaves: Option<Pubkey>, joins: Option<Pubkey>) -> Result<Vec<Pubkey>> {
        require!(leaves != joins, HoldfastError::GuardianSet);
        let is_here = leaves.is_none_or(|key| self.is_guardian(&key));
        require!(is_here, HoldfastError::GuardianSet);
        let stay = self.guardians().iter().map(|guardian| guardian.key);
        let keys: Vec<_> = stay.filter(|key| Some(*key) != leaves).chain(joins).collect();
        check_keys(&keys, &self.admin)?;
        Ok(keys)
    }

    /// A guardian, for changing it.
    pub fn guardian_mut(&mut self, key: &Pubkey) -> Option<&mut GuardianState> {
        let count = usize::from(self.guardian_count).min(MAX_GUARDIANS);
        self.guardians[..count].iter_mut().find(|guardian| guardian.key == *key)
    }

    /// Notes that a guardian tightens.
    pub fn spend(&mut self, guardian: &Pubkey, now: Millis) -> Result<()> {
        let found = self.guardian_mut(guardian).ok_or(HoldfastError::NotGuardian)?;
        let budget = Budget(found.tightened_ms.map(Millis)).spend(now).into_program_error()?;
        found.tightened_ms = budget.0.map(|used| used.0);
        Ok(())
    }
}

/// Whether these may be the guardians' keys; the empty key, which nobody has, is none.
fn check_keys(keys: &[Pubkey], admin: &Pubkey) -> Result<()> {
    require!(!keys.contains(&Pubkey::default()), HoldfastError::GuardianSet);
    check_guardians(keys).into_program_error()?;
    check_admin(admin, keys).into_program_error()
}

impl From<&TimelockState> for Timelock {
    fn from(state: &TimelockState) -> Self {
        Self { wait: Millis(state.wait_ms), ready: Millis(state.ready_ms) }
    }
}
