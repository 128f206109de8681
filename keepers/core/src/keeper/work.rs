//! Deciding, sending, and noting how it ended.

use holdfast_client::{Instruction, Pubkey};
use holdfast_risk::Millis;
use holdfast_risk::chain::health::Monitor;
use tracing::{info, warn};

use super::{Command, Keeper};
use crate::decide::changes::unannounced;
use crate::decide::guardian::{Look, Verdict};
use crate::guard;
use crate::health::Venue;
use crate::posting::{DraftStep, Scene};
use crate::tx_sender::{Moment, Outcome, Outgoing, TxOutcome};
use crate::units::Work;
use crate::{AccountCache, Intent, VenueSnapshot};

impl Keeper {
    /// What the venue adds to the judgement of sources.
    pub(super) fn venue(&self, now: Millis) -> Venue {
        let disputed = self.agreed.disputed || self.disputed(now).is_some();
        let Some(mirror) = self.mirror() else { return Venue { disputed, ..Venue::default() } };
        let monitor = Monitor::from(&mirror.chain_health.monitor);
        let venue_now = self.venue_now();
        let stale = mirror.markets.iter().any(|(_, market)| {
            let idle = market.longs.size == 0 && market.shorts.size == 0;
            !idle
                && !market.is_settled()
                && !market.valuation(venue_now, monitor.last_disruption).fresh
                && !self.hours.is_closed(market, venue_now)
        });
        Venue {
            baseline_us: monitor.baseline_us,
            // A venue that knows of none has none to notice.
            restart_slot: monitor.restart_slot.unwrap_or(u64::MAX),
            stale_prices: stale,
            disputed,
        }
    }

    /// The venue's clock, as endpoints agree on the cluster's.
    pub(super) fn venue_now(&self) -> Millis {
        let Some(seen) = self.newest() else { return Millis(0) };
        let Some(mirror) = self.mirror() else { return seen.clock };
        let monitor = Monitor::from(&mirror.chain_health.monitor);
        monitor.now(seen.clock, seen.slot, Millis(0))
    }

    /// Accounts that most transactions write: what is paid on them is what a place costs.
    pub(super) fn written(&self) -> Vec<Pubkey> {
        let markets = self.mirror().map(crate::VenueSnapshot::market_addresses).unwrap_or_default();
        [vec![self.silo], markets].concat()
    }

    /// Decides and sends; follows what is under way.
    pub(super) fn work(&mut self, now: Millis, commands: &mut Vec<Command>) {
        let Some(seen) = self.newest() else { return };
        let venue_now = self.venue_now();
        let consequence = self.diagnosis.class.consequence();
        let endpoints = self.usable();
        let recent = self.recent_fees();
        let moment = Moment {
            now,
            slot: seen.slot,
            height: seen.height,
            endpoints: &endpoints,
            blockhash: seen.blockhash,
            recent: &recent,
            allowed: consequence,
        };
        let (again, ended) = self.lander.poll(&moment);
        for ended in ended {
            self.end(ended, now);
        }
        for outgoing in again {
            commands.push(self.send(outgoing));
        }
        self.ask_again(commands);
        for intent in self.decide(venue_now, now) {
            // Without a blockhash that two know there is nothing to sign with yet.
            if moment.blockhash.is_none() && !self.dry_run {
                break;
            }
            let poor = self.is_poor();
            let begun = if poor { None } else { self.begin(intent, venue_now, &moment) };
            if begun.is_none() && !self.dry_run {
                let reason = if poor {
                    "the wallet cannot pay for it: send it SOL"
                } else {
                    "the mirror lacks what it takes"
                };
                warn!(?intent, %reason, "not begun");
                self.desk.refused(intent.target(), reason.to_owned(), now);
            }
            commands.extend(begun);
        }
    }

    /// Fees paid lately, as the endpoint in the middle tells of them: one that exaggerates makes
    /// nothing dearer.
    fn recent_fees(&self) -> Vec<u64> {
        let usable = self.usable();
        let told = usable.iter().filter_map(|endpoint| self.recent_fees.get(endpoint));
        let mut told: Vec<_> = told.filter(|fees| !fees.is_empty()).collect();
        told.sort_by_key(|fees| {
            fees.iter().map(|fee| u128::from(*fee)).sum::<u128>() / fees.len() as u128
        });
        told.get(told.len().saturating_sub(1) / 2).map(|fees| (*fees).clone()).unwrap_or_default()
    }

    /// Asks another endpoint about simulations that one has refused.
    fn ask_again(&mut self, commands: &mut Vec<Command>) {
        for (simulation, transaction, refused_by) in std::mem::take(&mut self.second_opinions) {
            let other = self.usable().into_iter().find(|endpoint| *endpoint != refused_by);
            let Some(endpoint) = other else { continue };
            self.counts.simulations += 1;
            commands.push(Command::Simulate { endpoint, simulation, since: 0, transaction });
        }
    }

    /// What this keeper does now.
    fn decide(&mut self, venue_now: Millis, now: Millis) -> Vec<Intent> {
        let tightens = self.tighten(venue_now, now);
        let complete = self.complete(now);
        let decides = self.complete_once && !self.resting;
        let Some(replica) = self.replica.as_mut().filter(|_| decides) else {
            return Vec::new();
        };
        self.due = match &mut self.guard {
            None => replica.decide(venue_now, self.sources.frontier().saturating_add(1)),
            Some(guard) => guard.due(&guard::Scene {
                mirror: replica.mirror(),
                condition: self.diagnosis.class,
                venue_now,
                height: self.agreed.height,
                complete,
            }),
        };
        self.due.extend(tightens);
        if let (Some(guardian), Some(announced)) = (&self.guardian, &self.announced) {
            self.due.extend(unannounced(replica.mirror(), announced, guardian.key()));
        }
        if let Some(poster) = &mut self.poster {
            let waits = replica.waits(venue_now);
            let (mirror, feeds) = (replica.mirror(), &self.feeds);
            self.due.extend(poster.due(&Scene { mirror, feeds, waits: &waits, venue_now, now }));
        }
        self.counts.due = self.due.len() as u64;
        let allowed = self.diagnosis.class.consequence();
        self.desk.pick(replica.mirror(), &self.due, &allowed, complete, venue_now, now)
    }

    /// What a guardian does now.
    fn tighten(&mut self, venue_now: Millis, now: Millis) -> Option<Intent> {
        let clock = self.newest()?.clock;
        let replica = self.replica.as_ref().filter(|_| self.complete_once)?;
        let guardian = self.guardian.as_mut()?;
        let verdict = guardian.judge(&Look {
            mirror: replica.mirror(),
            hours: &self.hours,
            diagnosis: &self.diagnosis,
            snapshot: self.asked.snapshot_at(),
            clock,
            venue_now,
            now,
        });
        match verdict {
            Verdict::Nothing => None,
            Verdict::Confirm => {
                self.asked.snapshot_soon();
                None
            }
            Verdict::Tighten => Some(Intent::Tighten { guardian: guardian.key() }),
        }
    }

    /// Begins an intent: its transaction is sent, or simulated first.
    fn begin(&mut self, intent: Intent, venue_now: Millis, moment: &Moment) -> Option<Command> {
        let replica = self.replica.as_ref()?;
        let (mirror, target) = (replica.mirror(), intent.target());
        let kind = intent.kind(mirror);
        if self.dry_run {
            info!(?intent, "would send");
            self.desk.refused(target, "dry run".to_owned(), moment.now);
            return None;
        }
        if let (Some(guard), Intent::Guard { step, .. }) = (&self.guard, intent)
            && !guard.allows(step, venue_now)
        {
            return None;
        }
        let instructions = self.instructions(&intent, mirror)?;
        let command = if self.doubts(&intent, replica, venue_now, moment.now) {
            let since = self.seen_in(&intent, &instructions, replica);
            let endpoint = self.judge(target)?;
            let work = self.measured(&intent, instructions);
            let (simulation, transaction) = self.lander.hold(intent, kind, work, moment)?;
            info!(?intent, "simulated first");
            self.counts.simulations += 1;
            Command::Simulate { endpoint, simulation, since, transaction }
        } else {
            let work = self.measured(&intent, instructions);
            let outgoing = self.lander.begin(intent, kind, work, moment)?;
            info!(?intent, "sent");
            self.send(outgoing)
        };
        self.desk.sent(target);
        self.counts.begun += 1;
        if let (Some(poster), Intent::BringPrice { feed, market, step }) =
            (&mut self.poster, intent)
        {
            poster.begun(&feed, market, step, moment.now);
        }
        if let (Some(guard), Intent::Guard { account, step }) = (&mut self.guard, intent) {
            let last_height = moment.blockhash.map_or(u64::MAX, |blockhash| blockhash.last_height);
            guard.begun(account, step, last_height, venue_now);
        }
        Some(command)
    }

    /// The instructions that carry an intent out.
    fn instructions(&self, intent: &Intent, mirror: &VenueSnapshot) -> Option<Vec<Instruction>> {
        if let Intent::BringPrice { feed, step, .. } = intent {
            return self.poster.as_ref()?.instructions(feed, *step);
        }
        if let (Some(guard), Intent::Guard { account, step }) = (&self.guard, intent) {
            return step.instructions(*account, mirror, guard.source(), self.lander.wallet());
        }
        Some(vec![intent.instruction(mirror, self.account, self.lander.wallet())?])
    }

    /// Instructions with the compute units that they ask for.
    fn measured(&self, intent: &Intent, instructions: Vec<Instruction>) -> Work {
        let known = match (&self.poster, intent) {
            (Some(poster), Intent::BringPrice { feed, step, .. }) => poster.units(feed, *step),
            _ => None,
        };
        let work = Work::from(instructions);
        Work { units: known.unwrap_or(work.units), ..work }
    }

    /// The slot that a simulation must not be older than: it has all that the intent was decided on.
    fn seen_in(
        &self,
        intent: &Intent,
        instructions: &[Instruction],
        replica: &AccountCache,
    ) -> u64 {
        let accounts = instructions.iter().flat_map(|it| &it.accounts);
        let known = replica.known_since(accounts.map(|account| &account.pubkey));
        match (&self.poster, intent) {
            (Some(poster), Intent::BringPrice { feed, .. }) => known.max(poster.opened_in(feed)),
            _ => known,
        }
    }

    /// The account that a price was stored in: endpoints are asked for it at once.
    fn stored_in(&self, intent: &Intent) -> Option<Pubkey> {
        match intent {
            Intent::BringPrice { feed, step: DraftStep::Post, .. } => {
                self.poster.as_ref()?.account(feed)
            }
            _ => None,
        }
    }

    fn send(&mut self, outgoing: Outgoing) -> Command {
        let Outgoing { endpoints, transaction } = outgoing;
        self.counts.sent += 1;
        Command::Send { endpoints, transaction }
    }

    pub(super) fn end(&mut self, ended: TxOutcome, now: Millis) {
        let target = ended.intent.target();
        match ended.outcome {
            Outcome::Landed { .. } | Outcome::Refused { .. } => self.sources.ended(true, now),
            // Nobody takes what nobody pays for.
            Outcome::Expired if self.is_poor() => {}
            Outcome::Expired => self.sources.ended(false, now),
            Outcome::Foreseen { .. } => {}
        }
        self.counts.end(&ended);
        if let (Some(poster), Intent::BringPrice { feed, step, .. }) =
            (&mut self.poster, &ended.intent)
        {
            poster.ended(feed, *step, &ended, now);
        }
        let venue_now = self.venue_now();
        if let (Some(guard), Intent::Guard { account, step }) = (&mut self.guard, &ended.intent) {
            guard.ended(*account, *step, &ended, venue_now);
        }
        if matches!(ended.outcome, Outcome::Refused { .. } | Outcome::Foreseen { .. }) {
            let subject = self.mirror().and_then(|mirror| ended.intent.subject(mirror));
            self.doubtful.extend(subject);
        }
        match &ended.outcome {
            Outcome::Landed { slot } => {
                info!(intent = ?ended.intent, slots = ended.slots, price = ended.price, "landed");
                self.desk.landed(target, *slot, now);
                // Streams report the program's accounts only, and this is no longer one.
                self.doubtful.extend(ended.intent.closes());
                self.doubtful.extend(self.stored_in(&ended.intent));
            }
            Outcome::Refused { slot, reason } => {
                warn!(intent = ?ended.intent, %reason, "refused");
                self.desk.landed(target, *slot, now);
                self.desk.refused(target, reason.clone(), now);
            }
            Outcome::Foreseen { reason } => {
                info!(intent = ?ended.intent, %reason, "not sent: a simulation was refused");
                self.desk.refused(target, reason.clone(), now);
            }
            Outcome::Expired => {
                warn!(intent = ?ended.intent, signed = ended.signed, "did not land");
                let reason = "it did not land before its blockhash expired".to_owned();
                self.desk.refused(target, reason, now);
            }
        }
    }
}
