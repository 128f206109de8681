//! A chain to which everything happens, and what it shows after each: what the model in TypeScript
//! (`clients/slotstall/src/chain.ts`) is compared with.

use serde::Serialize;
use slotstall::{Chain, Pace};

const NOW: u64 = 1_800_000_000_123;
const SLOT: u64 = 1_000_000;
/// How old the epoch is at first.
const EPOCH_SLOTS: u64 = 136_000;

/// The whole run.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    now_ms: u64,
    slot: u64,
    epoch_slots: u64,
    steps: Vec<(Step, Shown)>,
}

/// What happens.
#[derive(Clone, Copy, Serialize)]
#[serde(tag = "does", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Step {
    Run { ms: u64, slot_ms: u64, failing_percent: u64 },
    Stall { ms: u64 },
    Restart,
    Nominal { ms: u64 },
    Age { slots: u64 },
}

/// What the chain shows afterwards.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    now_ms: u64,
    slot: u64,
    height: u64,
    clock: u64,
    restart_slot: u64,
    epoch: u64,
    epoch_start: u64,
    /// The newest of `SlotHashes`, with when they were made, and the oldest.
    hashes: Vec<(u64, u64)>,
    oldest: u64,
}

/// Everything that can happen, in an order in which it matters.
const STEPS: [Step; 26] = [
    run(10_000, 400, 0),
    run(7_777, 1_400, 0),
    run(60_000, 400, 60),
    Step::Stall { ms: 45_000 },
    run(0, 400, 0),
    run(400, 400, 0),
    run(1_200, 400, 0),
    Step::Restart,
    run(30_000, 250, 0),
    Step::Age { slots: 10 },
    run(4_000, 400, 0),
    Step::Stall { ms: 7_200_000 },
    run(400, 400, 0),
    run(20_000, 400, 0),
    run(600_000, 400, 0),
    Step::Nominal { ms: 200 },
    run(600_000, 200, 0),
    run(600_000, 200, 25),
    run(60_000, 100, 0),
    Step::Stall { ms: 1 },
    run(199, 200, 99),
    Step::Nominal { ms: 300 },
    run(3_000_000, 150, 0),
    Step::Age { slots: 431_900 },
    run(60_000, 300, 0),
    run(60_000, 2_000, 50),
];

const fn run(ms: u64, slot_ms: u64, failing_percent: u64) -> Step {
    Step::Run { ms, slot_ms, failing_percent }
}

/// Plays it.
pub fn all() -> Trace {
    let mut chain = Chain::new(NOW, SLOT);
    chain.vote_time(EPOCH_SLOTS);
    let steps = STEPS.map(|step| {
        happen(&mut chain, step);
        (step, show(&chain))
    });
    Trace { now_ms: NOW, slot: SLOT, epoch_slots: EPOCH_SLOTS, steps: steps.into() }
}

fn happen(chain: &mut Chain, step: Step) {
    match step {
        Step::Run { ms, slot_ms, failing_percent } => {
            chain.run(ms, Pace { slot_ms, failing_percent });
        }
        Step::Stall { ms } => chain.stall(ms),
        Step::Restart => chain.restart(),
        Step::Nominal { ms } => chain.set_nominal(ms),
        Step::Age { slots } => chain.vote_time(slots),
    }
}

fn show(chain: &Chain) -> Shown {
    Shown {
        now_ms: chain.now_ms(),
        slot: chain.slot(),
        height: chain.height(),
        clock: chain.clock_s(),
        restart_slot: chain.restart_slot(),
        epoch: chain.epoch().number,
        epoch_start: chain.epoch().start_s,
        hashes: chain.parents().take(4).map(|block| (block.slot, block.made_ms)).collect(),
        oldest: chain.hashes().last().unwrap_or_default(),
    }
}
