//! Random restarts, and from each a climb on what the attack gains.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::attempt::Attempt;
use super::course::{Course, Track};
use super::draw::Draw;
use super::exits;
use super::grammar::Move;
use super::playing::Outcome;
use super::stage::{Stage, Theatre};

/// Courses, drawn anew, on which a gain has to show again.
const PROOFS: u64 = 6;
/// Loss that a climb accepts now and then in the beginning, native units: about the fees of a trade.
const WARMTH: f64 = 2e9;

/// Which honest people are there whatever a seed draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Honest {
    /// None: some seeds draw a venue where nobody else acts. What is gained there is what the trust
    /// assumption carries, that one honest observer acts between a request and its execution.
    Nobody,
    /// A keeper that acts every second; prices may be left to the attacker.
    Keeper,
    /// The keeper, and somebody who posts prices every second: what liveness is promised for.
    All,
}

/// What a seed came to.
#[derive(Clone, Debug)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// What it drew.
    pub theatre: Theatre,
    /// The best sequence.
    pub moves: Vec<Move>,
    /// Its gain at zero exposure, native units: judged over courses the climb did not see.
    pub profit: i64,
    /// Its gain on each of them.
    pub proofs: Vec<i64>,
    /// Accounts that could not be liquidated in time, most in one attempt.
    pub violations: u32,
    /// Who could not leave afterwards.
    pub stuck: Vec<String>,
    /// A sequence with which that was so, if any.
    pub shield: Option<Vec<Move>>,
    /// Attempts played.
    pub attempts: u64,
}

/// A search for gain from one seed.
pub struct Search<'s> {
    stage: &'s Stage,
    theatre: Theatre,
    seed: u64,
    attempts: u64,
    /// Where courses are taken from; drawn where there is none.
    track: Option<&'s Track>,
}

impl<'s> Search<'s> {
    /// Begins a search in the theatre that a seed draws, with those honest people in it.
    pub fn new(stage: &'s Stage, seed: u64, honest: Honest) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let mut theatre = Theatre::draw(&mut random);
        if honest >= Honest::Keeper {
            theatre.keeper = Some(1);
        }
        if honest == Honest::All {
            theatre.poster = Some(1);
        }
        Self { stage, theatre, seed, attempts: 0, track: None }
    }

    /// The same on stretches of a track.
    pub const fn along(mut self, track: &'s Track) -> Self {
        self.track = Some(track);
        self
    }

    /// Searches: one random sequence, then `climb` changes of it.
    pub fn run(mut self, climb: u32) -> Found {
        let mut random = ChaCha20Rng::seed_from_u64(self.seed ^ 0x5EED);
        let course = self.course(0);
        let mut draw = Draw { random: &mut random, kinds: self.theatre.kinds };
        let mut climber = Climber::begin(self.stage, self.theatre, &course, draw.sequence());
        let (mut best, mut best_score) = (climber.moves.clone(), climber.score);
        let (mut violations, mut shield) = (0, None);
        for step in 0..climb {
            let child = draw.mutate(&climber.moves);
            let (outcome, attempts) = climber.attempt(&child);
            if outcome.violations > violations {
                violations = outcome.violations;
                shield = Some(child.clone());
            }
            let warmth = WARMTH * f64::from(climb - step) / f64::from(climb);
            if draw.random.random_bool(accepted(outcome.profit - climber.score, warmth)) {
                climber.take(child, outcome.profit, attempts);
            }
            if climber.score > best_score {
                (best, best_score) = (climber.moves.clone(), climber.score);
            }
        }
        self.attempts += u64::from(climb) + 1;
        let stuck = climber.attempts.last().map(|attempt| exits::stuck(attempt.fork()));
        let stuck = stuck.unwrap_or_default();
        if !stuck.is_empty() {
            violations += 1;
            shield = Some(climber.moves.clone());
        }
        let proofs = if best_score > 0 { self.prove(&best) } else { vec![narrow(best_score)] };
        let profit = judge(&proofs);
        Found {
            seed: self.seed,
            theatre: self.theatre,
            moves: best,
            profit,
            proofs,
            violations,
            shield,
            stuck,
            attempts: self.attempts,
        }
    }

    /// Plays a sequence on the course the climb saw, or on one drawn anew.
    pub fn replay(&mut self, moves: &[Move], course: u64) -> Outcome {
        let course = self.course(course);
        self.attempt(&course, moves, true)
    }

    /// Leaves out every move without which the gain, or what `keeps` asks for, stays.
    pub fn minimise(&mut self, moves: &[Move], keeps: impl Fn(&Outcome) -> bool) -> Vec<Move> {
        let course = self.course(0);
        let mut moves = moves.to_vec();
        let mut place = 0;
        while place < moves.len() {
            let mut shorter = moves.clone();
            let removed = shorter.remove(place);
            if keeps(&self.attempt(&course, &shorter, false)) {
                moves = shorter;
                continue;
            }
            if let Move::Send { acts, guard, tries, early } = removed {
                self.narrow_acts(
                    &mut moves,
                    place,
                    acts,
                    |acts| Move::Send { acts, guard, tries, early },
                    &keeps,
                    &course,
                );
            }
            place += 1;
        }
        moves
    }

    fn narrow_acts(
        &mut self,
        moves: &mut [Move],
        place: usize,
        mut acts: Vec<super::grammar::Act>,
        send: impl Fn(Vec<super::grammar::Act>) -> Move,
        keeps: &impl Fn(&Outcome) -> bool,
        course: &Course,
    ) {
        let mut act = 0;
        while acts.len() > 1 && act < acts.len() {
            let mut fewer = acts.clone();
            fewer.remove(act);
            let mut tried = moves.to_vec();
            tried[place] = send(fewer.clone());
            if keeps(&self.attempt(course, &tried, false)) {
                moves[place] = tried[place].clone();
                acts = fewer;
            } else {
                act += 1;
            }
        }
    }

    fn prove(&mut self, moves: &[Move]) -> Vec<i64> {
        let proofs = (1..=PROOFS).map(|number| {
            let course = self.course(number);
            narrow(self.attempt(&course, moves, false).profit)
        });
        proofs.collect()
    }

    fn course(&self, number: u64) -> Course {
        let seed = self.seed.wrapping_mul(31).wrapping_add(number);
        self.track.map_or_else(
            || Course::draw(self.theatre.shape, seed),
            |track| Course::along(track, seed),
        )
    }

    fn attempt(&mut self, course: &Course, moves: &[Move], traced: bool) -> Outcome {
        self.attempts += 1;
        let mut attempt = Attempt::begin(self.stage, self.theatre, course, traced);
        attempt.play(moves, |_| ());
        attempt.end()
    }
}

/// Where a climb stands. The attempt before each move is kept: a changed sequence is played from its
/// first change on.
struct Climber<'c> {
    moves: Vec<Move>,
    score: i128,
    attempts: Vec<Attempt<'c>>,
}

impl<'c> Climber<'c> {
    fn begin(stage: &'c Stage, theatre: Theatre, course: &'c Course, moves: Vec<Move>) -> Self {
        let attempts = vec![Attempt::begin(stage, theatre, course, false)];
        let mut climber = Self { moves: Vec::new(), score: 0, attempts };
        let (outcome, attempts) = climber.attempt(&moves);
        climber.take(moves, outcome.profit, attempts);
        climber
    }

    /// Plays a sequence, and says how the attempt was before each move that is new and at the end.
    fn attempt(&self, moves: &[Move]) -> (Outcome, Vec<Attempt<'c>>) {
        let same = self.same(moves);
        let mut attempt = self.attempts[same].fork();
        let mut attempts = Vec::with_capacity(moves.len() - same + 1);
        attempt.play(&moves[same..], |attempt| attempts.push(attempt.fork()));
        (attempt.end(), attempts)
    }

    fn take(&mut self, moves: Vec<Move>, score: i128, attempts: Vec<Attempt<'c>>) {
        self.attempts.truncate(self.same(&moves));
        self.attempts.extend(attempts);
        (self.moves, self.score) = (moves, score);
    }

    /// Moves with which a sequence begins as this one does.
    fn same(&self, moves: &[Move]) -> usize {
        self.moves.iter().zip(moves).take_while(|(own, new)| own == new).count()
    }
}

/// What gains on several courses are worth: their mean, unless some of them are losses that are not
/// small beside the gains. Then it was luck, such as of trading at a stale price without choosing,
/// and the worst counts.
fn judge(proofs: &[i64]) -> i64 {
    let worst = proofs.iter().copied().min().unwrap_or(0);
    let best = proofs.iter().copied().max().unwrap_or(0);
    if worst < -best.max(0) / 10 {
        return worst;
    }
    let sum: i128 = proofs.iter().map(|one| i128::from(*one)).sum();
    narrow(sum / proofs.len().max(1) as i128)
}

/// How likely a climb takes a change of its score.
#[expect(clippy::cast_precision_loss, reason = "a probability")]
fn accepted(change: i128, warmth: f64) -> f64 {
    if change >= 0 { 1.0 } else { (change as f64 / warmth).exp() }
}

fn narrow(profit: i128) -> i64 {
    i64::try_from(profit).unwrap_or(if profit < 0 { i64::MIN } else { i64::MAX })
}
