//! Playing an attempt: moves are made, seconds pass, honest people act.

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_risk::{Bps, Price};
use solana_signer::Signer;

use super::attempt::Attempt;
use super::course::{Course, SECONDS};
use super::grammar::{Act, Guard, Move};
use super::honest;
use super::moves::Bundle;
use super::print::WrongPrint;
use super::stage::{Stage, Theatre};
use super::trace::{Trace, reason};
use super::value::Holdings;

/// Seconds that pass after the last move, so that what was left waiting has its consequences.
const AFTERMATH: usize = 6;

/// What a band and a price may move towards each other while a wrong price is shown, basis points.
const MOVES_BPS: u16 = 200;

/// Native units that valuing pool shares can be off by: a gain below a tenth of a cent is none.
const ROUNDING: i128 = 1_000;

/// What an attempt came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The attacker's gain at zero exposure, native units.
    pub profit: i128,
    /// Transactions of the attacker that landed.
    pub landed: u32,
    /// Accounts that failed maintenance for longer than the venue promises, and honest ones that were
    /// liquidated.
    pub violations: u32,
    /// What happened.
    pub trace: Trace,
}

impl<'s> Attempt<'s> {
    /// A fork of a stage, before anything was done on it.
    pub fn begin(stage: &'s Stage, theatre: Theatre, course: &'s Course, traced: bool) -> Self {
        let mut attempt = Self::fork_of(stage, theatre, course, traced);
        attempt.before = Holdings::read(&attempt).worth;
        attempt
    }

    /// Plays moves. Before each, and after the last, `keep` gets the attempt as it is.
    pub fn play(&mut self, moves: &[Move], mut keep: impl FnMut(&Self)) {
        for step in moves {
            keep(self);
            if self.has_time() {
                self.trace.say(|| format!("{:>4} s  {step}", self.second));
                self.make(step);
            }
        }
        keep(self);
    }

    /// Lets what was left waiting have its consequences, and says what the attempt came to.
    pub fn end(mut self) -> Outcome {
        self.wait(AFTERMATH, false);
        let after = Holdings::read(&self).worth;
        Outcome {
            profit: after - self.before - self.drift.div_euclid(1_000_000) - ROUNDING,
            landed: self.landed,
            violations: self.watches.violations + self.harmed(),
            trace: self.trace,
        }
    }

    /// Honest traders whose positions are not what they were: none of them trades, and none comes
    /// near maintenance.
    fn harmed(&mut self) -> u32 {
        let stage = self.stage.venue(&self.theatre);
        let sizes = |state: MarginAccount| state.positions.map(|position| position.size);
        let harmed =
            self.cast.honest.iter().filter(|address| {
                sizes(self.venue.account(address)) != sizes(stage.account(address))
            });
        let harmed = harmed.count() as u32;
        if harmed > 0 {
            self.trace.clue("an honest trader was liquidated");
        }
        harmed
    }

    fn has_time(&self) -> bool {
        self.second + AFTERMATH < SECONDS
    }

    fn make(&mut self, step: &Move) {
        match step {
            Move::Wait { seconds, early } => self.wait(usize::from(*seconds), *early),
            Move::Until { moved, most, early } => self.wait_until(*moved, *most, *early),
            Move::Print { percent, seconds, early } => {
                if self.print.is_none() {
                    let longest = if self.may_be_believed(*percent) { 1 } else { *seconds };
                    let (from, seconds) = (self.second + 1, usize::from(longest));
                    self.print = Some(WrongPrint { percent: *percent, from, seconds });
                }
                self.wait(1, *early);
            }
            Move::Send { acts, guard, tries, early } => {
                for tried in 0..*tries {
                    if tried > 0 {
                        self.wait(1, *early);
                    }
                    if !self.has_time() || self.send(acts, *guard) {
                        break;
                    }
                }
            }
        }
    }

    /// Whether this percentage of the true price is inside the first market's band, or may be in a moment.
    /// There, a wrong price that is shown twice is the market's price to anybody; outside, the venue
    /// promises to wait.
    fn may_be_believed(&self, percent: u32) -> bool {
        let market = self.venue.market(0);
        let width = Bps(market.terms.band_bps.saturating_add(MOVES_BPS));
        let band = market.reference().band(width);
        let shown = Price(self.truth(0) * u64::from(percent) / 100);
        (band.low..=band.high).contains(&shown)
    }

    /// Seconds pass; in the last one honest people act unless somebody is `early`.
    pub fn wait(&mut self, seconds: usize, early: bool) {
        for left in (0..seconds).rev() {
            self.honest_people();
            self.pass_second();
            if left > 0 || !early {
                self.honest_people();
            }
        }
    }

    fn wait_until(&mut self, moved: i32, most: u8, early: bool) {
        let from = i128::from(self.truth(0));
        for _ in 0..most {
            self.honest_people();
            self.pass_second();
            let by = (i128::from(self.truth(0)) - from) * 10_000 / from;
            if by.signum() == i128::from(moved.signum()) && by.abs() >= i128::from(moved.abs()) {
                break;
            }
        }
        if !early {
            self.honest_people();
        }
    }

    /// Seconds pass at once, and then honest people act.
    pub fn pass(&mut self, seconds: usize) {
        self.honest_people();
        self.second += seconds;
        self.venue.cluster.pass(seconds as u64 * 1_000);
        honest::act(self);
        honest::observe(self);
    }

    /// A second passes; what the attacker's exposure gained in it is the market's doing.
    fn pass_second(&mut self) {
        let exposure = Holdings::read(self).exposure;
        let before = [0, 1].map(|market| self.truth(market));
        self.second += 1;
        self.venue.cluster.pass(1_000);
        for (market, exposed) in exposure.into_iter().enumerate() {
            let moved = i128::from(self.truth(market)) - i128::from(before[market]);
            self.drift += exposed * moved;
        }
        self.honest_wait = true;
    }

    fn honest_people(&mut self) {
        if std::mem::take(&mut self.honest_wait) {
            honest::act(self);
        }
    }

    /// Sends one transaction; `false` when it is not kept. What a guarded one would do is tried on
    /// a fork.
    fn send(&mut self, acts: &[Act], guard: Guard) -> bool {
        if guard == Guard::Landed {
            return self.send_once(acts);
        }
        let before = Holdings::read(self).worth;
        let mut fork = self.fork();
        let kept = fork.send_once(acts) && Holdings::read(&fork).worth > before;
        if kept {
            *self = fork;
        } else {
            self.trace.refused_only(fork.trace);
        }
        kept
    }

    fn send_once(&mut self, acts: &[Act]) -> bool {
        let instructions = Bundle::build(self, acts);
        if instructions.is_empty() {
            return false;
        }
        let payer = self.cast.attackers[0].keypair.pubkey();
        let sent = self.transact(&instructions, &payer);
        let second = self.second;
        self.trace.say(|| match &sent {
            Ok(_) => format!("{second:>4} s    landed"),
            Err(failure) => format!("{second:>4} s    refused: {}", reason(failure)),
        });
        self.landed += u32::from(sent.is_ok());
        sent.is_ok()
    }
}
