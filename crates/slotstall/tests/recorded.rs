//! The model shows what a validator did (`solana-test-validator` 4.2.2, recorded by
//! `validator-recorder` of `crates/localnet`): stopped with SIGSTOP, slow for a while and from its start
//! on, killed and restarted.
//!
//! A block was made between the newest look that did not see it (`unseen_ms`) and the look that did
//! (`at_ms`). So the model is replayed twice, with all blocks as early as they can have been made and as
//! late, and the clock has to be one of the seconds in between: nearly always there is only one.

use serde::Deserialize;
use slotstall::Chain;
use slotstall::chain::Epoch;

/// Slots that the recordings are moved by: the model begins with 512 blocks behind it.
const MOVED: u64 = 1_000_000;
/// Samples until the votes that a clock rests on have been seen.
const UNSEEN: usize = 3;
/// How many blocks after the one voted for a clock rests on its vote: two if the vote is in the next
/// block, three if it comes one later. The validator did both.
const VOTE_LAGS: [usize; 2] = [2, 3];
/// Slots of a recording whose clock rests on a vote that came later, at most.
const LATE: usize = 2;

/// A slot as it was seen.
#[derive(Deserialize)]
struct Sample {
    /// When the newest look began that did not see it, and when it was seen, milliseconds since 1970.
    unseen_ms: u64,
    at_ms: u64,
    slot: u64,
    /// What the clock showed at the epoch's first slot, and now, seconds.
    epoch_start: u64,
    clock: u64,
    restart: u64,
    /// The newest of `SlotHashes`.
    hashes: Vec<u64>,
}

/// What the model showed where a sample was taken.
struct Shown {
    clock: u64,
    hashes: Vec<u64>,
    restart: u64,
}

fn read(text: &str) -> Vec<Sample> {
    let mut samples: Vec<Sample> = serde_json::from_str(text).unwrap();
    // A validator that replays its ledger shows the blocks from before once more.
    let mut newest = 0;
    samples.retain(|sample| {
        let is_new = sample.slot > newest;
        newest = newest.max(sample.slot);
        is_new
    });
    assert!(samples.len() > 8, "{} samples", samples.len());
    samples
}

/// The model at every sample, with blocks made when `made_ms` says.
fn replay(samples: &[Sample], vote_lag: usize, made_ms: fn(&Sample) -> u64) -> Vec<Shown> {
    let first = &samples[0];
    let epoch = Epoch { number: 0, first_slot: MOVED, start_s: first.epoch_start };
    let mut chain = Chain::found(made_ms(first), MOVED + first.slot, epoch, first.clock);
    chain.set_vote_lag(vote_lag);
    let mut shown = vec![show(&chain, first)];
    for pair in samples.windows(2) {
        let (before, now) = (&pair[0], &pair[1]);
        let slots = now.slot - before.slot;
        let skipped = now.hashes.iter().filter(|slot| **slot >= before.slot).count() as u64;
        let made = if slots as usize <= now.hashes.len() { skipped } else { slots };
        chain.advance(made_ms(now) - made_ms(before), slots, made);
        shown.push(show(&chain, now));
    }
    shown
}

fn show(chain: &Chain, sample: &Sample) -> Shown {
    let hashes = chain.hashes().take(sample.hashes.len()).map(|slot| slot - MOVED);
    Shown { clock: chain.clock_s(), hashes: hashes.collect(), restart: chain.restart_slot() }
}

/// How far behind the truth the validator's clock is, seconds.
fn lag(sample: &Sample) -> u64 {
    (sample.at_ms / 1_000).saturating_sub(sample.clock)
}

/// The model shows what the validator did.
fn compare(samples: &[Sample]) {
    let replays = VOTE_LAGS.map(|lag| {
        let early = replay(samples, lag, |sample| sample.unseen_ms);
        let late = replay(samples, lag, |sample| sample.at_ms);
        early.into_iter().zip(late).collect::<Vec<_>>()
    });
    let (mut exact, mut late) = (0, 0);
    for (index, sample) in samples.iter().enumerate().skip(UNSEEN) {
        let slot = sample.slot;
        for (early, late) in replays.iter().map(|replay| &replay[index]) {
            assert_eq!((&early.hashes, &late.hashes), (&sample.hashes, &sample.hashes), "{slot}");
            assert_eq!((early.restart, late.restart), (sample.restart, sample.restart), "{slot}");
        }
        let clocks = replays.each_ref().map(|replay| replay[index].0.clock..=replay[index].1.clock);
        let [next, later] = clocks.each_ref().map(|seconds| seconds.contains(&sample.clock));
        assert!(next || later, "slot {slot}: {clocks:?}, {}", sample.clock);
        exact += usize::from(clocks[0].start() == clocks[0].end());
        late += usize::from(!next);
    }
    assert!(late <= LATE, "{late} clocks rest on votes that came later");
    let compared = samples.len() - UNSEEN;
    assert!(exact * 5 > compared * 4, "only {exact} of {compared} clocks are told to the second");
}

/// The sample after the longest time without a slot, and what lies before it.
fn longest(samples: &[Sample]) -> (&Sample, &Sample) {
    let pairs = samples.windows(2).map(|pair| (&pair[0], &pair[1]));
    pairs.max_by_key(|(before, after)| after.at_ms - before.at_ms).unwrap()
}

#[test]
fn a_halt_takes_no_slot_and_the_first_block_after_it_is_late() {
    let samples = read(include_str!("recorded/halt.json"));
    let (before, after) = longest(&samples);
    assert!(after.at_ms - before.at_ms > 15_000);
    assert!(after.slot - before.slot <= 2 && after.clock - before.clock <= 2);
    compare(&samples);
}

#[test]
fn early_in_an_epoch_a_halt_stays_hidden() {
    let samples = read(include_str!("recorded/hidden_halt.json"));
    let (_, after) = longest(&samples);
    let later = samples.iter().find(|sample| sample.slot == after.slot + 3).unwrap();
    assert!(lag(later) > 20, "{}", lag(later));
    compare(&samples);
}

#[test]
fn slots_that_take_longer_let_the_clock_lag() {
    compare(&read(include_str!("recorded/slow_slots.json")));
}

#[test]
fn a_slow_start_is_a_clock_that_lags_from_the_first_slot_on() {
    let samples = read(include_str!("recorded/slow_start.json"));
    // Slots of three seconds on average, while it starts.
    let slow = samples.iter().take_while(|sample| sample.at_ms < samples[0].at_ms + 20_000);
    assert!(slow.count() < 12);
    compare(&samples);
}

#[test]
fn a_killed_validator_goes_on_from_its_ledger_and_no_restart_is_shown() {
    let samples = read(include_str!("recorded/restart.json"));
    let (before, after) = longest(&samples);
    assert!(after.at_ms - before.at_ms > 6_000 && after.restart == 0);
    compare(&samples);
}
