//! One attempt at an attack: a fork of the stage on which seconds pass and moves are made.

use holdfast_client::holdfast::state::{MarginAccount, Market, PoolRequest};
use holdfast_client::{Instruction, Pubkey, instruction};
use holdfast_testkit::{Failure, Venue};
use litesvm::types::TransactionMetadata;
use solana_signer::Signer;

use super::course::{Course, MEMORY};
use super::grammar::Tick;
use super::print::WrongPrint;
use super::stage::{Cast, Stage, Theatre};
use super::trace::{At, Trace};
use super::watches::Watches;

/// A running attempt.
pub struct Attempt<'s> {
    /// The venue.
    pub venue: Venue,
    /// Who is there.
    pub cast: &'s Cast,
    /// What the seed drew.
    pub theatre: Theatre,
    /// Seconds since the beginning.
    pub second: usize,
    /// What the venue did with what was sent.
    pub trace: Trace,
    pub(super) stage: &'s Stage,
    pub(super) course: &'s Course,
    began_ms: u64,
    /// Honest people have not acted in this second yet.
    pub(super) honest_wait: bool,
    /// A wrong print in the first market.
    pub(super) print: Option<WrongPrint>,
    /// Accounts that fail maintenance, and since when.
    pub(super) watches: Watches,
    /// What the attacker had in the beginning, native units.
    pub(super) before: i128,
    /// What the market's moves alone gave the attacker so far, millionths of a native unit.
    pub(super) drift: i128,
    pub(super) landed: u32,
}

impl<'s> Attempt<'s> {
    /// A fork of a stage.
    pub(super) fn fork_of(
        stage: &'s Stage,
        theatre: Theatre,
        course: &'s Course,
        traced: bool,
    ) -> Self {
        let venue = stage.venue(&theatre).fork();
        let began_ms = venue.cluster.now_ms();
        Self {
            venue,
            cast: &stage.cast,
            theatre,
            second: 0,
            trace: Trace::new(traced),
            stage,
            course,
            began_ms,
            honest_wait: false,
            print: None,
            watches: Watches::default(),
            before: 0,
            drift: 0,
            landed: 0,
        }
    }

    /// The same attempt, to go on differently.
    pub fn fork(&self) -> Self {
        Self {
            venue: self.venue.fork(),
            trace: self.trace.clone(),
            watches: self.watches.clone(),
            ..*self
        }
    }

    /// Sends a transaction in anybody's name and notes what the venue did.
    ///
    /// # Errors
    /// What the program said.
    pub fn transact(
        &mut self,
        instructions: &[Instruction],
        payer: &Pubkey,
    ) -> Result<TransactionMetadata, Failure> {
        let sent = self.venue.cluster.send_unsigned(instructions, payer);
        let print = self.print;
        let at = At { second: self.second, now_ms: self.at_ms(self.second), print };
        self.trace.note(at, instructions, &sent);
        sent
    }

    /// True price of a market now, millionths.
    pub fn truth(&self, market: usize) -> u64 {
        self.course.price(market, self.second)
    }

    /// What a market's feeds published in a second, millionths.
    pub fn published(&self, market: usize, second: usize) -> u64 {
        let truth = self.course.price(market, second);
        match self.print {
            Some(print) if market == 0 && print.is_shown(second) => {
                truth * u64::from(print.percent) / 100
            }
            _ => truth,
        }
    }

    /// When a second was, milliseconds since 1970.
    pub fn at_ms(&self, second: usize) -> u64 {
        self.began_ms + second as u64 * 1_000
    }

    /// Price and publish time of a tick that can still be posted.
    pub fn tick(&self, market: usize, tick: Tick) -> Option<(u64, u64)> {
        let oldest = self.second.saturating_sub(MEMORY - 1);
        let seconds = oldest..=self.second;
        let price = |second: &usize| self.published(market, *second);
        let second = match tick {
            Tick::Old(age) => self.second.checked_sub(usize::from(age)),
            Tick::Lowest => seconds.min_by_key(price),
            Tick::Highest => seconds.max_by_key(price),
        }?;
        Some((self.published(market, second), self.at_ms(second)))
    }

    /// The attacker's request at a pool, and its address.
    pub fn pool_request(&self, insurance: bool) -> Option<(Pubkey, PoolRequest)> {
        let address = self.cast.requests[usize::from(insurance)];
        let exists = self.venue.cluster.get(&address).is_some_and(|found| !found.data.is_empty());
        exists.then(|| (address, self.venue.cluster.read(&address)))
    }

    /// Applies the change that the stage has ready.
    pub fn stage_change(&self) -> Option<Instruction> {
        let admin = self.venue.admin.pubkey();
        Some(instruction::apply_change(0, admin, &self.stage.change))
    }

    /// Everybody's margin accounts: the attacker's two, then honest ones.
    pub fn accounts(&self) -> impl Iterator<Item = Pubkey> {
        let own = self.cast.attackers.iter().map(|trader| trader.account);
        own.chain(self.cast.honest.iter().copied())
    }

    /// The markets' accounts.
    pub fn markets(&self) -> [Market; 2] {
        [0, 1].map(|market| self.venue.market(market))
    }

    /// A margin account.
    pub fn account(&self, address: &Pubkey) -> MarginAccount {
        self.venue.account(address)
    }

    /// The watches over accounts that fail maintenance.
    pub fn watches_mut(&mut self) -> &mut Watches {
        &mut self.watches
    }
}
