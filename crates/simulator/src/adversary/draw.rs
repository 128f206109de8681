//! Random moves, and random changes to a sequence of them.

use rand::Rng;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha20Rng;

use super::grammar::{
    Act, Amount, Guard, Kind, Kinds, Move, Size, Target, Tick, Ticket, Trigger, Who,
};

/// Moves in a sequence, at most.
const LONGEST: usize = 14;
/// Instructions in a transaction, at most.
const WIDEST: usize = 5;
/// Distances from the true price, basis points.
const DISTANCES: [i32; 14] = [2, 5, 10, 15, 20, 30, 40, 60, 100, 200, 400, 1_000, 5_000, 10_000];
/// Percent of the price that a wrong print shows, inside the preset's band of 15 % and outside.
const PRINTS: [u32; 18] =
    [10, 20, 30, 50, 70, 80, 86, 95, 105, 114, 120, 150, 200, 250, 300, 400, 500, 1_000];

/// Draws moves of the kinds allowed.
pub struct Draw<'r> {
    /// Where choices come from.
    pub random: &'r mut ChaCha20Rng,
    /// What may be drawn.
    pub kinds: Kinds,
}

impl Draw<'_> {
    /// A new sequence.
    pub fn sequence(&mut self) -> Vec<Move> {
        let length = self.random.random_range(2..9);
        (0..length).map(|_| self.step()).collect()
    }

    /// A change of a sequence: of one place or of a few.
    pub fn mutate(&mut self, moves: &[Move]) -> Vec<Move> {
        let mut moves = moves.to_vec();
        let times = if self.random.random_bool(0.6) { 1 } else { self.random.random_range(2..4) };
        for _ in 0..times {
            self.mutate_once(&mut moves);
        }
        moves
    }

    fn mutate_once(&mut self, moves: &mut Vec<Move>) {
        let place = if moves.is_empty() { 0 } else { self.random.random_range(0..moves.len()) };
        match self.random.random_range(0..10) {
            _ if moves.is_empty() => moves.push(self.step()),
            0..3 if moves.len() < LONGEST => moves.insert(place, self.step()),
            3 => {
                moves.remove(place);
            }
            4 => {
                let other = self.random.random_range(0..moves.len());
                moves.swap(place, other);
            }
            5 if moves.len() + 2 < LONGEST => {
                let end = (place + self.random.random_range(1..4)).min(moves.len());
                let block = moves[place..end].to_vec();
                let to = self.random.random_range(0..=moves.len());
                moves.splice(to..to, block);
            }
            6 => self.merge(moves, place),
            _ => moves[place] = self.vary(&moves[place]),
        }
    }

    /// Two neighbouring transactions become one, or one falls apart.
    fn merge(&mut self, moves: &mut Vec<Move>, place: usize) {
        let (Move::Send { acts, .. }, next) = (&moves[place], moves.get(place + 1)) else { return };
        let mut acts = acts.clone();
        if let Some(Move::Send { acts: more, .. }) = next {
            acts.extend(more);
            acts.truncate(WIDEST);
            moves.remove(place);
            moves[place] = self.send(acts);
        } else if acts.len() > 1 {
            let rest = acts.split_off(1);
            moves[place] = self.send(acts);
            let rest = self.send(rest);
            moves.insert(place + 1, rest);
        }
    }

    fn vary(&mut self, old: &Move) -> Move {
        let Move::Send { acts, guard, tries, early } = old else { return self.vary_time(old) };
        let (mut acts, mut guard, mut tries, mut early) = (acts.clone(), *guard, *tries, *early);
        let place = self.random.random_range(0..acts.len());
        match self.random.random_range(0..8) {
            0 => guard = self.guard(),
            1 => tries = self.tries(),
            2 => early = !early,
            3 if acts.len() < WIDEST => acts.insert(place, self.act()),
            4 if acts.len() > 1 => {
                acts.remove(place);
            }
            5 | 6 => acts[place] = self.vary_act(&acts[place]),
            _ => acts[place] = self.act(),
        }
        Move::Send { acts, guard, tries, early }
    }

    /// Another move, or the same one with something else about it.
    fn vary_time(&mut self, old: &Move) -> Move {
        if self.random.random_bool(0.3) {
            return self.step();
        }
        let early = self.random.random_bool(0.3);
        match *old {
            Move::Wait { .. } => Move::Wait { seconds: self.seconds(), early },
            Move::Print { .. } => self.print(early),
            _ => self.step(),
        }
    }

    fn vary_act(&mut self, old: &Act) -> Act {
        let Act::Place(who, mut ticket) = *old else {
            let kind = std::mem::discriminant(old);
            let alike = (0..40).map(|_| self.act()).find(|new| std::mem::discriminant(new) == kind);
            return alike.unwrap_or(*old);
        };
        match self.random.random_range(0..5) {
            0 => ticket.size = self.size(),
            1 => ticket.limit = self.limit(ticket.buy),
            2 => ticket.trigger = self.trigger(),
            3 => ticket.buy = !ticket.buy,
            _ => return Act::Place(if who == Who::A { Who::B } else { Who::A }, ticket),
        }
        Act::Place(who, ticket)
    }

    fn step(&mut self) -> Move {
        let (seconds, most) = (self.seconds(), self.random.random_range(5..60));
        let early = self.random.random_bool(0.3);
        match self.random.random_range(0..10) {
            0 | 1 => Move::Wait { seconds, early },
            2 => Move::Until { moved: self.distance(), most, early },
            3 if self.kinds.has(Kind::Print) => self.print(early),
            _ => {
                let acts = if self.random.random_bool(0.7) { 1 } else { 2 };
                let acts = (0..acts).map(|_| self.act()).collect();
                self.send(acts)
            }
        }
    }

    fn print(&mut self, early: bool) -> Move {
        let percent = self.pick(&PRINTS);
        Move::Print { percent, seconds: self.random.random_range(1..=3), early }
    }

    fn send(&mut self, acts: Vec<Act>) -> Move {
        let (guard, tries) = (self.guard(), self.tries());
        Move::Send { acts, guard, tries, early: self.random.random_bool(0.3) }
    }

    fn act(&mut self) -> Act {
        loop {
            let (who, has) = (self.who(), |kind| self.kinds.has(kind));
            let drawn = match self.random.random_range(0..29) {
                0 | 1 if has(Kind::Deposit) => Act::Deposit(who, self.amount()),
                2 if has(Kind::Withdraw) => Act::Withdraw(who, self.amount()),
                3..10 if has(Kind::Open) || has(Kind::Reduce) => Act::Place(who, self.ticket()),
                10 => Act::Cancel(who, self.random.random_range(0..3)),
                11..15 => Act::Execute(who, self.random.random_range(0..4)),
                15..19 if has(Kind::Post) => {
                    let (market, tick) = (self.market(), self.tick());
                    Act::Post { market, tick, others: self.random.random_range(0..4) }
                }
                19 if has(Kind::Liquidate) => Act::Flag(self.target()),
                20 if has(Kind::Liquidate) => Act::Liquidate(self.target(), self.market()),
                21 | 22 if has(Kind::Pool) => {
                    let insurance = self.random.random_bool(0.3);
                    Act::Join(insurance, self.amount())
                }
                23 if has(Kind::Pool) => {
                    let insurance = self.random.random_bool(0.3);
                    Act::Leave(insurance, self.amount())
                }
                24 | 25 if has(Kind::Pool) => Act::ExecutePool(self.random.random_bool(0.3)),
                26 if has(Kind::Pool) => Act::CancelPool(self.random.random_bool(0.3)),
                28 if has(Kind::Trigger) => Act::Trigger(who, self.random.random_range(0..4)),
                27 if has(Kind::Change) => self.pick(&[Act::Apply, Act::Observe, Act::Mature(who)]),
                _ => continue,
            };
            return drawn;
        }
    }

    fn ticket(&mut self) -> Ticket {
        let (opens, reduces) = (self.kinds.has(Kind::Open), self.kinds.has(Kind::Reduce));
        let buy = self.random.random_bool(0.5);
        Ticket {
            market: self.market(),
            buy,
            size: self.size(),
            limit: self.limit(buy),
            trigger: self.trigger(),
            reduce_only: reduces && (!opens || self.random.random_bool(0.5)),
            any_price: self.random.random_bool(0.1),
        }
    }

    fn size(&mut self) -> Size {
        match self.random.random_range(0..12) {
            0..6 => Size::Cap(self.random.random_range(0..5)),
            6 => Size::Smallest,
            7 => Size::HalfSmallest,
            8 | 9 => Size::Held(self.random.random_range(1..=8)),
            10 => Size::HeldLessSmallest,
            _ => Size::HeldLessHalf,
        }
    }

    fn limit(&mut self, buy: bool) -> Option<i32> {
        if !self.kinds.has(Kind::Limit) || self.random.random_bool(0.4) {
            return None;
        }
        // A buyer asks for less than now, a seller for more, mostly.
        let distance = self.pick(&DISTANCES);
        let better = self.random.random_bool(0.8);
        Some(if buy == better { -distance.min(9_000) } else { distance })
    }

    fn trigger(&mut self) -> Trigger {
        if !self.kinds.has(Kind::Trigger) || self.random.random_bool(0.5) {
            return Trigger::None;
        }
        let level = self.distance();
        if self.random.random_bool(0.5) { Trigger::Above(level) } else { Trigger::Below(level) }
    }

    fn distance(&mut self) -> i32 {
        let distance = self.pick(&DISTANCES);
        if self.random.random_bool(0.5) { distance } else { -distance.min(9_000) }
    }

    fn amount(&mut self) -> Amount {
        if self.random.random_bool(0.5) {
            return Amount::Share(self.random.random_range(0..4));
        }
        let tens = 10_u64.pow(self.random.random_range(0..13));
        Amount::Units(tens * self.random.random_range(1..4))
    }

    fn tick(&mut self) -> Tick {
        match self.random.random_range(0..5) {
            0 | 1 => Tick::Old(0),
            2 => Tick::Lowest,
            3 => Tick::Highest,
            _ => Tick::Old(self.random.random_range(1..30)),
        }
    }

    fn seconds(&mut self) -> u8 {
        self.pick(&[1, 2, 3, 5, 6, 8, 10, 15, 20, 30])
    }

    fn tries(&mut self) -> u8 {
        self.pick(&[1, 1, 1, 3, 10, 30])
    }

    fn guard(&mut self) -> Guard {
        if self.random.random_bool(0.35) { Guard::Gained } else { Guard::Landed }
    }

    fn who(&mut self) -> Who {
        if self.random.random_bool(0.6) { Who::A } else { Who::B }
    }

    fn target(&mut self) -> Target {
        if self.random.random_bool(0.6) {
            return Target::Own(self.who());
        }
        Target::Honest(self.random.random_range(0..7))
    }

    fn market(&mut self) -> u8 {
        u8::from(self.kinds.has(Kind::Second) && self.random.random_bool(0.3))
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.choose(self.random).unwrap_or(&from[0])
    }
}
