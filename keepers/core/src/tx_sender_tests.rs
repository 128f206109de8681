use holdfast_client::instruction;
use holdfast_risk::Millis;
use solana_keypair::keypair_from_seed;
use solana_message::{Hash, VersionedMessage};
use solana_transaction::versioned::VersionedTransaction;

use holdfast_rpc::limits::SPARE_BLOCKS;
use holdfast_rpc::{Look, Status};
use solana_signature::Signature;

use super::{Blockhash, Moment, Outcome, Outgoing, Simulation, Tried, TxOutcome, TxSender};
use crate::Intent;
use crate::fees::Fees;
use crate::guard::GuardStep;
use crate::health::ChainCondition;
use crate::scheduler::Kind;
use crate::units::compute_units;
use crate::world::key;

const FLAG: Intent = Intent::Flag { account: holdfast_client::Pubkey::new_from_array([1; 32]) };

struct Pad {
    lander: TxSender,
    now: u64,
    height: u64,
    recent: Vec<u64>,
    class: ChainCondition,
}

impl Pad {
    fn new() -> Self {
        let wallet = keypair_from_seed(&[5; 32]).expect("32 bytes");
        Self {
            lander: TxSender::new(wallet, None, Fees::default()),
            now: 0,
            height: 100,
            recent: vec![2_000],
            class: ChainCondition::Healthy,
        }
    }

    fn moment<'a>(&self, recent: &'a [u64]) -> Moment<'a> {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.height.to_le_bytes());
        Moment {
            now: Millis(self.now),
            slot: self.height + 1_000,
            height: self.height,
            endpoints: &[0, 1],
            blockhash: Some(Blockhash {
                hash: Hash::new_from_array(hash),
                last_height: self.height + 150,
            }),
            recent,
            allowed: self.class.consequence(),
        }
    }

    fn begin(&mut self, kind: Kind) -> VersionedTransaction {
        let recent = self.recent.clone();
        let flag = instruction::flag(key(1), &[key(2)]);
        let moment = self.moment(&recent);
        self.lander.begin(FLAG, kind, vec![flag], &moment).expect("it is signed").transaction
    }

    /// Lets time pass, at two and a half blocks a second.
    fn hold(&mut self) -> (u64, VersionedTransaction) {
        let recent = self.recent.clone();
        let flag = instruction::flag(key(1), &[key(2)]);
        let moment = self.moment(&recent);
        self.lander.hold(FLAG, Kind::Risk, vec![flag], &moment).expect("it signs")
    }

    fn signatures(&self) -> Vec<Signature> {
        self.lander.waiting().into_iter().map(|(signature, _)| signature).collect()
    }

    /// Both endpoints show that it landed in a slot.
    fn landed(
        &mut self,
        signature: &Signature,
        slot: u64,
        refused: Option<String>,
    ) -> Option<TxOutcome> {
        let status = Status::Confirmed { slot, refused };
        let look = Look { height: self.height, status };
        let asked = [0, 1, 2];
        assert_eq!(self.lander.shown(signature, 0, look.clone(), &asked), None, "one of three");
        self.lander.shown(signature, 1, look, &asked)
    }

    /// What one simulation came to, where there is no other endpoint to ask.
    fn simulated(&mut self, number: u64, result: Option<Simulation>) -> Option<TxOutcome> {
        match self.lander.simulated(number, result, false, Millis(self.now)) {
            Tried::Goes => None,
            Tried::Again(_) => panic!("there is no other"),
            Tried::Ends(ended) => Some(*ended),
        }
    }

    fn pass(&mut self, ms: u64) -> (Vec<VersionedTransaction>, Vec<TxOutcome>) {
        let (sent, ended) = self.outgoing(ms);
        (sent.into_iter().map(|sent| sent.transaction).collect(), ended)
    }

    fn outgoing(&mut self, ms: u64) -> (Vec<Outgoing>, Vec<TxOutcome>) {
        self.now += ms;
        self.height += ms / 400;
        let recent = self.recent.clone();
        let moment = self.moment(&recent);
        self.lander.poll(&moment)
    }
}

/// Micro-lamports per compute unit a transaction pays.
fn price(transaction: &VersionedTransaction) -> u64 {
    let VersionedMessage::Legacy(message) = &transaction.message else { panic!("legacy") };
    let data = &message.instructions[1].data;
    u64::from_le_bytes(data[1..9].try_into().expect("a price"))
}

/// Compute units a transaction asks for.
fn units(transaction: &VersionedTransaction) -> u32 {
    let VersionedMessage::Legacy(message) = &transaction.message else { panic!("legacy") };
    let data = &message.instructions[0].data;
    u32::from_le_bytes(data[1..5].try_into().expect("a limit"))
}

#[test]
fn what_is_simulated_first_is_sent_with_what_that_took() {
    let mut pad = Pad::new();
    let (number, trial) = pad.hold();
    assert_eq!((units(&trial), price(&trial)), (1_400_000, 0));
    assert_eq!(trial.signatures, [Signature::default()], "who tries it cannot land it");
    assert_eq!(pad.pass(999), (vec![], vec![]));
    assert_eq!((pad.lander.flying(), pad.signatures()), (1, vec![]));
    let simulation = Simulation { units: 4_000, refused: None };
    assert_eq!(pad.simulated(number, Some(simulation)), None);
    let (sent, _) = pad.pass(0);
    let usual = compute_units(&[instruction::flag(key(1), &[key(2)])]);
    assert!(usual < 7_800, "{usual}");
    assert_eq!((units(&sent[0]), price(&sent[0])), (7_800, 2_000));
    assert_eq!(pad.signatures(), sent[0].signatures);
    let (again, _) = pad.pass(4_000);
    assert_eq!((units(&again[0]), price(&again[0])), (7_800, 4_000));
    let (number, _) = pad.hold();
    pad.simulated(number, Some(Simulation { units: 1, refused: None }));
    assert_eq!(units(&pad.pass(0).0[0]), usual, "no fewer than usual, on one's word");
    let (number, _) = pad.hold();
    pad.simulated(number, Some(Simulation { units: 1_000_000, refused: None }));
    let (sent, _) = pad.pass(0);
    assert_eq!(units(&sent[0]), 2 * usual, "nor more than twice as many, on one's word");
}

#[test]
fn what_one_endpoint_refuses_another_is_asked_about() {
    let mut pad = Pad::new();
    let no = || Some(Simulation { units: 4_000, refused: Some("AccountSafe".into()) });
    let (number, trial) = pad.hold();
    pad.now += 900;
    let again = pad.lander.simulated(number, no(), true, Millis(pad.now));
    assert_eq!(again, Tried::Again(Box::new(trial)));
    assert_eq!(pad.pass(999), (vec![], vec![]), "it has a second of its own");
    let yes = Simulation { units: 4_000, refused: None };
    assert_eq!(pad.lander.simulated(number, Some(yes), true, Millis(pad.now)), Tried::Goes);
    assert_eq!(pad.pass(0).0.len(), 1);
    let (number, _) = pad.hold();
    assert!(matches!(pad.lander.simulated(number, no(), true, Millis(pad.now)), Tried::Again(_)));
    assert!(matches!(pad.lander.simulated(number, no(), true, Millis(pad.now)), Tried::Ends(_)));
}

#[test]
fn what_a_simulation_refuses_is_not_sent() {
    let mut pad = Pad::new();
    let (number, _) = pad.hold();
    let refused = Simulation { units: 4_000, refused: Some("AccountSafe".into()) };
    let ended = pad.simulated(number, Some(refused.clone())).expect("it ends");
    assert_eq!(ended.outcome, Outcome::Foreseen { reason: "AccountSafe".into() });
    assert_eq!((ended.intent, ended.signed), (FLAG, 0));
    assert_eq!((pad.lander.flying(), pad.pass(10_000)), (0, (vec![], vec![])));
    assert_eq!(pad.simulated(number, Some(refused)), None);
}

#[test]
fn a_simulation_that_says_nothing_stops_nothing() {
    let nonsense = [0, 1_400_001, u64::MAX].map(|units| Some(Simulation { units, refused: None }));
    for said in [None].into_iter().chain(nonsense) {
        let mut pad = Pad::new();
        let usual = units(&pad.begin(Kind::Risk));
        let (number, _) = pad.hold();
        assert_eq!(pad.simulated(number, said), None);
        let (sent, _) = pad.pass(0);
        assert_eq!(sent.iter().map(units).collect::<Vec<_>>(), [usual]);
    }
}

#[test]
fn a_simulation_is_waited_for_a_second_and_not_heard_after_it() {
    let mut pad = Pad::new();
    let (number, _) = pad.hold();
    assert_eq!(pad.pass(999), (vec![], vec![]));
    assert_eq!(pad.pass(1).0.len(), 1);
    let refused = Simulation { units: 4_000, refused: Some("AccountSafe".into()) };
    assert_eq!(pad.simulated(number, Some(refused)), None);
    assert_eq!(pad.lander.flying(), 1, "it is on its way");
}

#[test]
fn it_is_sent_again_as_it_is_until_it_escalates() {
    let mut pad = Pad::new();
    let first = pad.begin(Kind::Risk);
    assert_eq!(price(&first), 2_000);
    assert_eq!(pad.pass(999), (vec![], vec![]));
    assert_eq!(pad.pass(1), (vec![first.clone()], vec![]));
    let (sent, _) = pad.pass(3_000);
    assert_eq!(sent.len(), 1);
    assert_eq!(price(&sent[0]), 4_000);
    assert_ne!(sent[0].signatures, first.signatures);
    assert_eq!(pad.signatures().len(), 2, "the first version may still land");
}

#[test]
fn at_the_cap_it_goes_on_at_that_price() {
    let mut pad = Pad::new();
    pad.recent = vec![1_500_000];
    let mut prices = vec![price(&pad.begin(Kind::Risk))];
    for _ in 0..10 {
        let (sent, ended) = pad.pass(4_000);
        assert!(ended.is_empty() && sent.len() == 1);
        prices.push(price(&sent[0]));
    }
    assert_eq!(prices[..3], [1_500_000, 2_000_000, 2_000_000]);
    assert!(prices[3..].iter().all(|price| *price == 2_000_000));
    assert_eq!(pad.signatures().len(), 2);
}

#[test]
fn a_fee_that_falls_elsewhere_does_not_make_it_cheaper() {
    let mut pad = Pad::new();
    pad.recent = vec![100_000];
    pad.begin(Kind::Exit);
    pad.recent = vec![1_000];
    assert_eq!(price(&pad.pass(4_000).0[0]), 100_000);
}

#[test]
fn an_expired_chore_is_given_up_and_what_is_urgent_is_signed_anew() {
    let mut pad = Pad::new();
    pad.begin(Kind::Chore);
    pad.height += 158;
    assert!(pad.pass(0).1.is_empty(), "its landing may not be confirmed yet");
    pad.height += 1;
    let (sent, ended) = pad.pass(0);
    assert!(sent.is_empty());
    assert_eq!((&ended[0].outcome, ended[0].slots, ended[0].signed), (&Outcome::Expired, 159, 1));
    assert_eq!(pad.lander.flying(), 0);

    pad.recent = vec![u64::MAX];
    pad.begin(Kind::Exit);
    for versions in 2..=6 {
        pad.height += 151;
        let (sent, ended) = pad.pass(0);
        assert_eq!((sent.len(), ended.len(), pad.signatures().len()), (1, 0, versions));
    }
    pad.height += 159;
    let (sent, ended) = pad.pass(0);
    assert_eq!((sent.len(), ended.len()), (0, 1));
    assert_eq!((ended[0].signed, ended[0].price), (6, 5_000_000));
}

#[test]
fn what_counts_each_time_has_one_version_that_can_land() {
    let mut pad = Pad::new();
    let guardian = pad.lander.wallet();
    let (intent, recent) = (Intent::Tighten { guardian }, pad.recent.clone());
    let tighten = instruction::tighten(guardian, false, 600_000);
    let first = pad.lander.begin(intent, Kind::Observe, vec![tighten], &pad.moment(&recent));
    let first = first.expect("it is signed").transaction;
    assert_eq!(pad.pass(4_000).0, std::slice::from_ref(&first), "sent again as it is");
    pad.height += 131;
    assert_eq!(pad.pass(4_000), (vec![], vec![]), "it has lapsed, and may have landed");
    assert_eq!(pad.signatures(), first.signatures);
    pad.height += 8;
    let (again, _) = pad.pass(0);
    assert_eq!((again.len(), price(&again[0])), (1, 4_000));
}

#[test]
fn in_a_halt_nothing_is_signed_again() {
    let mut pad = Pad::new();
    let first = pad.begin(Kind::Exit);
    pad.class = ChainCondition::Halt;
    for _ in 0..20 {
        pad.now += 4_000;
        assert_eq!(pad.pass(0), (vec![first.clone()], vec![]));
    }
    pad.height += 500;
    assert_eq!(pad.pass(4_000), (vec![], vec![]), "nor what has lapsed");
    pad.class = ChainCondition::Healthy;
    assert_eq!(pad.pass(0).0.len(), 1);
}

#[test]
fn any_version_that_lands_ends_it() {
    let mut pad = Pad::new();
    let first = pad.begin(Kind::Risk);
    pad.pass(4_000);
    let signature = first.signatures[0];
    let ended = pad.landed(&signature, 1_103, None).expect("it is followed");
    assert_eq!(
        (ended.intent, ended.outcome, ended.slots),
        (FLAG, Outcome::Landed { slot: 1_103 }, 3)
    );
    assert_eq!(pad.landed(&signature, 1_103, None), None);
    assert_eq!((pad.lander.flying(), pad.pass(10_000)), (0, (vec![], vec![])));
    let second = pad.begin(Kind::Risk);
    let refused = pad.landed(&second.signatures[0], 1_140, Some("AccountSafe".into()));
    let expected = Outcome::Refused { slot: 1_140, reason: "AccountSafe".into() };
    assert_eq!(refused.expect("it is followed").outcome, expected);
}

#[test]
fn each_attempt_goes_to_the_next_endpoint_and_in_doubt_to_all() {
    let mut pad = Pad::new();
    pad.begin(Kind::Exit);
    let sent = |pad: &mut Pad| pad.outgoing(1_000).0.into_iter().map(|it| it.endpoints).collect();
    let endpoints: Vec<Vec<usize>> = sent(&mut pad);
    assert_eq!(endpoints, [[1]]);
    assert_eq!(sent(&mut pad), [[0]]);
    pad.class = ChainCondition::SlowSlots;
    assert_eq!(sent(&mut pad), [[0, 1]]);
}

#[test]
fn an_endpoint_that_takes_and_drops_is_passed_over() {
    let mut pad = Pad::new();
    for _ in 0..3 {
        let first = pad.begin(Kind::Exit);
        pad.pass(1_000);
        // After both had it: the first one has had its time.
        let slot = pad.height + 1_001;
        assert!(pad.landed(&first.signatures[0], slot, None).is_some());
        pad.height += 10;
    }
    assert!(pad.lander.passes_over(0) && !pad.lander.passes_over(1));
    let recent = pad.recent.clone();
    let flag = instruction::flag(key(1), &[key(2)]);
    let moment = pad.moment(&recent);
    let sent = pad.lander.begin(FLAG, Kind::Exit, vec![flag], &moment).expect("it is signed");
    assert_eq!(sent.endpoints, [1]);
}

/// What is signed once is not signed again, and is over once endpoints agree that it never lands, or will
/// not say.
#[test]
fn a_guards_deposit_is_signed_once_and_waited_for_until_its_fate_is_known() {
    for agree in [true, false] {
        let mut pad = Pad::new();
        let (account, step) = (key(1), GuardStep::TopUp { amount: 5 });
        let intent = Intent::Guard { account, step };
        let deposit = instruction::deposit(pad.lander.wallet(), key(3), key(4), account, 5);
        let recent = pad.recent.clone();
        let moment = pad.moment(&recent);
        let begun = pad.lander.begin(intent, Kind::Exit, vec![deposit], &moment).expect("signed");
        let signature = begun.transaction.signatures[0];
        let last = pad.height + 150;
        (pad.now, pad.height) = (60_000, last + 1 + SPARE_BLOCKS);
        let moment = pad.moment(&recent);
        let (sent, ended) = pad.lander.poll(&moment);
        assert_eq!((sent, ended), (Vec::new(), Vec::new()), "it may have landed unseen");
        if agree {
            for endpoint in [0, 1] {
                let status = Status::Absent { searched: true };
                let look = Look { height: pad.height, status };
                assert_eq!(pad.lander.shown(&signature, endpoint, look, &[0, 1]), None);
            }
        } else {
            pad.height += 150;
        }
        let moment = pad.moment(&recent);
        let (_, ended) = pad.lander.poll(&moment);
        let ended: Vec<_> = ended.iter().map(|it| (&it.outcome, it.is_absent, it.signed)).collect();
        assert_eq!(ended, [(&Outcome::Expired, agree, 1)]);
    }
}
