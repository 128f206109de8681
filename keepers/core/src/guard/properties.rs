//! Whatever happens: the budget is never exceeded, and nobody above the line is topped up.

use holdfast_client::Pubkey;
use holdfast_risk::Millis;
use proptest::collection::vec;
use proptest::prelude::*;

use super::tests::terms;
use super::{Guard, GuardStep, Memory, Scene};
use crate::health::ChainCondition;
use crate::scheduler::Kind;
use crate::tx_sender::{Outcome, TxOutcome};
use crate::world::{NOW, key, long, mirror};
use crate::{Intent, VenueSnapshot};

const ACCOUNTS: u8 = 3;
const PERIOD: Millis = Millis::HOUR;

/// Something that happens.
#[derive(Clone, Debug)]
enum Happens {
    /// Time passes.
    Passes { ms: u64 },
    /// The price is this many thousandths of the first one, published now.
    Price { thousandths: u64, believed: bool },
    /// The guard decides, and what it wants is sent.
    Decides { condition: usize },
    /// What is under way for an account ends like this.
    Ends { name: u8, how: End },
    /// The guard is started anew, with what it has kept.
    Restarts,
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It lands, and that is noticed.
    Lands,
    /// It lands, and nobody notices: it seems to have expired.
    LandsUnseen,
    /// It is refused.
    Refused,
    /// It never lands, and endpoints agree on that.
    Absent,
}

fn happens() -> impl Strategy<Value = Happens> {
    let ends = prop_oneof![
        Just(End::Lands),
        Just(End::LandsUnseen),
        Just(End::Refused),
        Just(End::Absent)
    ];
    prop_oneof![
        2 => (0..2 * PERIOD.0 / 3).prop_map(|ms| Happens::Passes { ms }),
        2 => (900..1_010_u64, any::<bool>())
            .prop_map(|(thousandths, believed)| Happens::Price { thousandths, believed }),
        5 => (0..ChainCondition::ALL.len()).prop_map(|condition| Happens::Decides { condition }),
        4 => (1..=ACCOUNTS, ends).prop_map(|(name, how)| Happens::Ends { name, how }),
        1 => Just(Happens::Restarts),
    ]
}

/// A guard on a chain that is made up.
struct World {
    guard: Guard,
    mirror: VenueSnapshot,
    now: u64,
    slot: u64,
    /// What is under way, and what landed when.
    flying: Vec<(Pubkey, u64)>,
    landed: Vec<(u64, u64)>,
}

impl World {
    fn new(collaterals: &[u64]) -> Self {
        let mut mirror = mirror();
        for (name, collateral) in (1..=ACCOUNTS).zip(collaterals) {
            mirror.accounts.insert(key(name), long(*collateral));
        }
        let (flying, landed) = Default::default();
        let guard = Self::guard(Memory::default());
        Self { guard, mirror, now: NOW, slot: 0, flying, landed }
    }

    fn guard(memory: Memory) -> Guard {
        let mut terms = terms([1, 2, 3]);
        terms.period = PERIOD;
        Guard::new(terms, key(77), memory)
    }

    fn happen(&mut self, what: &Happens) {
        match *what {
            Happens::Passes { ms } => self.now += ms,
            Happens::Price { thousandths, believed } => {
                let newest = &mut self.mirror.markets[0].1.prices[31];
                (newest.low, newest.high) = (thousandths * 100_000, thousandths * 100_000);
                (newest.published_ms, newest.believed) = (self.now, believed.into());
            }
            Happens::Decides { condition } => self.decide(ChainCondition::ALL[condition]),
            Happens::Ends { name, how } => self.end(key(name), how),
            Happens::Restarts => self.guard = Self::guard(self.guard.memory()),
        }
    }

    fn decide(&mut self, condition: ChainCondition) {
        let venue_now = Millis(self.now);
        let (mirror, complete) = (&self.mirror, self.slot + 1);
        let scene = Scene { mirror, condition, venue_now, height: 1_000, complete };
        let line = self.guard.lines(&scene).top_up;
        for intent in self.guard.due(&scene) {
            let Intent::Guard { account, step: step @ GuardStep::TopUp { amount } } = intent else {
                panic!("only margin is added: {intent:?}");
            };
            self.is_needed(&account, line);
            assert!(self.guard.allows(step, venue_now));
            self.guard.begun(account, step, 1_150, venue_now);
            self.flying.push((account, amount));
        }
    }

    /// At the newest price, where that is believed, the account is below the line.
    fn is_needed(&self, account: &Pubkey, line: u32) {
        let newest = self.mirror.markets[0].1.prices[31];
        assert!(self.now - newest.published_ms <= 30_000, "at an old price");
        let collateral = i128::from(self.mirror.accounts[account].collateral);
        // Ten units that were bought for a thousand.
        let worth = i128::from(newest.low) * 10;
        let (equity, maintenance) = (collateral + worth - 1_000_000_000, worth / 20);
        assert!(equity * 100 < maintenance * i128::from(line), "{equity} of {maintenance}");
    }

    fn end(&mut self, account: Pubkey, how: End) {
        let Some(place) = self.flying.iter().position(|(other, _)| *other == account) else {
            return;
        };
        let (_, amount) = self.flying.remove(place);
        self.slot += 1;
        if matches!(how, End::Lands | End::LandsUnseen) {
            self.landed.push((self.now, amount));
            let mut known = self.mirror.accounts[&account];
            known.collateral += amount;
            self.mirror.accounts.insert(account, known);
        }
        let reason = String::new();
        let (outcome, is_absent) = match how {
            End::Lands => (Outcome::Landed { slot: self.slot }, false),
            End::LandsUnseen => (Outcome::Expired, false),
            End::Refused => (Outcome::Refused { slot: self.slot, reason }, false),
            End::Absent => (Outcome::Expired, true),
        };
        let (step, kind) = (GuardStep::TopUp { amount }, Kind::Exit);
        let intent = Intent::Guard { account, step };
        let (slots, price, lamports, signed) = (0, 0, 0, 1);
        let ended = TxOutcome { intent, kind, outcome, slots, price, lamports, signed, is_absent };
        self.guard.ended(account, step, &ended, Millis(self.now));
    }

    /// The most that landed within any period.
    fn most(&self) -> u64 {
        let within = |until: u64| -> u64 {
            let lately = self.landed.iter();
            let lately = lately.filter(|(at, _)| *at <= until && until - at < PERIOD.0);
            lately.map(|(_, amount)| amount).sum()
        };
        self.landed.iter().map(|(at, _)| within(*at)).max().unwrap_or_default()
    }
}

proptest! {
    #[test]
    fn the_budget_is_never_exceeded_and_nobody_above_the_line_is_topped_up(
        collaterals in vec(0..150_000_000_u64, usize::from(ACCOUNTS)),
        course in vec(happens(), 1..120),
    ) {
        let budget = terms([]).budget;
        let mut world = World::new(&collaterals);
        for what in &course {
            world.happen(what);
            prop_assert!(world.most() <= budget, "{:?}", world.landed);
        }
    }
}
