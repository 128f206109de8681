//! The searching attacker: what it measures, and a short search.

use holdfast_simulator::adversary::attempt::Attempt;
use holdfast_simulator::adversary::course::{Course, Shape};
use holdfast_simulator::adversary::grammar::{
    Act, Amount, Guard, Kinds, Move, Size, Ticket, Trigger, Who,
};
use holdfast_simulator::adversary::stage::Stake;
use holdfast_simulator::adversary::value::Holdings;
use holdfast_simulator::adversary::{Honest, Search, Stage, Theatre};
use holdfast_testkit::{elf, tokens};

fn stage() -> Stage {
    Stage::open(&elf::read().unwrap()).unwrap()
}

fn theatre(shape: Shape, stake: Stake) -> Theatre {
    let (poster, keeper) = (Some(1), Some(1));
    Theatre { shape, poster, keeper, long: false, stake, kinds: Kinds(u32::MAX) }
}

fn send(act: Act) -> Move {
    Move::Send { acts: vec![act], guard: Guard::Landed, tries: 1, early: false }
}

fn buy() -> Ticket {
    Ticket {
        market: 0,
        buy: true,
        size: Size::Cap(2),
        limit: None,
        trigger: Trigger::None,
        reduce_only: false,
        any_price: false,
    }
}

#[test]
fn holding_a_position_gains_nothing_whatever_the_price_does() {
    let stage = stage();
    let (mut risen, mut fallen) = (0, 0);
    for seed in 0..6 {
        let course = Course::draw(Shape::Leap, seed);
        let mut attempt =
            Attempt::begin(&stage, theatre(Shape::Leap, Stake::Inside), &course, false);
        let wait = Move::Wait { seconds: 60, early: false };
        attempt.play(&[send(Act::Place(Who::A, buy())), wait], |_| ());
        let position = attempt.account(&attempt.cast.attackers[0].account).positions[0];
        assert!(position.size > 0, "it was bought");
        let worth = u64::try_from(position.size).unwrap() * (attempt.truth(0) / 1_000_000);
        if worth > position.entry {
            risen += 1
        } else {
            fallen += 1
        }
        let profit = attempt.end().profit;
        let fees = -i128::from(position.entry) / 200;
        assert!((fees..0).contains(&profit), "course {seed}: {profit}");
    }
    assert!(risen > 0 && fallen > 0, "{risen} courses rose and {fallen} fell");
}

#[test]
fn what_the_attacker_gets_is_a_gain() {
    let stage = stage();
    let course = Course::draw(Shape::Wander, 1);
    let mut attempt =
        Attempt::begin(&stage, theatre(Shape::Wander, Stake::Outside), &course, false);
    let before = Holdings::read(&attempt).worth;
    let trader = &attempt.cast.attackers[1];
    let held = tokens::balance(&attempt.venue.cluster, &trader.wallet);
    let (wallet, mint, owner) = (trader.wallet, attempt.venue.mint, attempt.venue.silo);
    tokens::create_token_account(&mut attempt.venue.cluster, wallet, mint, owner, held + 7_000);
    assert_eq!(Holdings::read(&attempt).worth, before + 7_000);
    assert_eq!(attempt.end().profit, 6_000, "a tenth of a cent is the measure's own rounding");
}

#[test]
fn a_guarded_transaction_that_loses_is_not_sent() {
    let stage = stage();
    let course = Course::draw(Shape::Wander, 1);
    let mut attempt = Attempt::begin(&stage, theatre(Shape::Wander, Stake::Inside), &course, false);
    let place = send(Act::Place(Who::A, buy()));
    let guarded = |act| Move::Send { acts: vec![act], guard: Guard::Gained, tries: 3, early: true };
    let withdraw = guarded(Act::Withdraw(Who::A, Amount::Units(5)));
    attempt.play(&[guarded(Act::Place(Who::A, buy())), withdraw], |_| ());
    let outcome = attempt.fork().end();
    assert_eq!((outcome.landed, outcome.profit), (0, -1_000));
    attempt.play(&[place], |_| ());
    assert_eq!(attempt.end().landed, 1);
}

#[test]
fn a_seed_always_finds_the_same() {
    let stage = stage();
    let found = |seed| {
        let found = Search::new(&stage, seed, Honest::All).run(6);
        (found.moves, found.profit, found.violations)
    };
    assert_eq!(found(3), found(3));
    assert_ne!(found(3).0, found(4).0);
}

#[test]
fn a_short_search_gains_nothing() {
    let stage = stage();
    for seed in 0..8 {
        let found = Search::new(&stage, seed, Honest::All).run(10);
        let moves: Vec<_> = found.moves.iter().map(ToString::to_string).collect();
        assert!(found.profit <= 0, "seed {seed} gains {}: {moves:#?}", found.profit);
        assert_eq!(found.violations, 0, "seed {seed}: {:?}", found.shield);
    }
}
