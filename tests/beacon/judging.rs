//! What the beacon makes of an account is what the rules make of what the program stored there.

use anchor_lang::Discriminator;
use holdfast_beacon::{Beacon, HEALTH, Judgement, NotTheBeacon, Now, PROGRAM};
use holdfast_client::holdfast::state::{ChainHealth, MonitorState, ThresholdsState};
use holdfast_client::{address, holdfast, instruction};
use holdfast_migrations::presets;
use holdfast_risk::Millis;
use holdfast_risk::chain::health::{ChainSample, Monitor, State, Thresholds};
use holdfast_tests::{PRICE, Stage};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const NOW: u64 = 1_800_000_000_000;

fn account(health: &ChainHealth) -> Vec<u8> {
    [ChainHealth::DISCRIMINATOR, bytemuck::bytes_of(health)].concat()
}

fn random(random: &mut ChaCha8Rng) -> ChainHealth {
    let mut health: ChainHealth = bytemuck::Zeroable::zeroed();
    let mut ago = |most| NOW - random.random_range(0..most);
    health.monitor = MonitorState {
        since_ms: ago(1_000_000),
        until_ms: ago(1_000_000) + 500_000,
        unrest_ms: ago(100_000),
        last_disruption_ms: ago(2_000_000),
        seen_ms: ago(100_000),
        slot: 400_000_000,
        restart_slot: 399_000_000,
        window_start_ms: NOW - 110_000,
        window_slot: 399_999_750,
        ..MonitorState::default()
    };
    health.version = 1;
    health.monitor.state = random.random_range(0..5);
    health.monitor.proven = random.random_range(0..2);
    health.monitor.lead_ms = random.random_range(0..3_000);
    health.monitor.window_us = random.random_range(0..900_000);
    health.monitor.baseline_us = random.random_range(300_000..500_000);
    health.thresholds = ThresholdsState {
        gap_ms: random.random_range(5_000..60_000),
        silence_ms: random.random_range(20_000..90_000),
        slow_bps: random.random_range(12_500..20_000),
        ..presets::thresholds()
    };
    health
}

#[test]
fn a_judgement_is_what_the_rules_say_of_the_stored_monitor() {
    let random_numbers = &mut ChaCha8Rng::seed_from_u64(16);
    let mut states = [0; 5];
    for _ in 0..4_000 {
        let health = random(random_numbers);
        let now = Now {
            slot: 400_000_000 + random_numbers.random_range(0..400),
            unix_timestamp: (NOW / 1_000) as i64 + random_numbers.random_range(0..100),
            last_restart_slot: Some(399_000_000 + random_numbers.random_range(0..20) / 19),
        };
        let judged = Beacon::read(&HEALTH, &PROGRAM, &account(&health)).unwrap().judge(&now);
        let (last, clock) = (Monitor::from(&health.monitor), now.unix_timestamp as u64 * 1_000);
        let seen = ChainSample {
            slot: now.slot,
            clock: Millis(clock),
            now: last.now(Millis(clock), now.slot, Millis(0)),
            restart_slot: now.last_restart_slot,
            ..ChainSample::default()
        };
        let thresholds = Thresholds::from(&health.thresholds);
        let guarded = last.guard(&seen, &Thresholds { blackout: Millis(u64::MAX), ..thresholds });
        let expected = Judgement {
            state: guarded.state,
            observed: State::from_code(health.monitor.state),
            age_ms: seen.now.since(last.seen).0,
            last_disruption_ms: guarded.last_disruption.0,
            slot_us: health.monitor.baseline_us,
        };
        assert_eq!(judged, expected, "{health:?} {now:?}", health = health.monitor);
        states[guarded.state as usize] += 1;
    }
    assert!(states.iter().all(|count| *count > 50), "{states:?}");
}

#[test]
fn nothing_else_is_taken_for_the_beacon() {
    assert_eq!(HEALTH, address::chain_health().to_bytes());
    assert_eq!(PROGRAM, holdfast::ID.to_bytes());
    let sound = account(&random(&mut ChaCha8Rng::seed_from_u64(1)));
    let read = |address, owner, data: &[u8]| Beacon::read(&address, &owner, data).map(drop);
    assert_eq!(read(HEALTH, PROGRAM, &sound), Ok(()));
    assert_eq!(read(PROGRAM, PROGRAM, &sound), Err(NotTheBeacon::Address));
    assert_eq!(read(HEALTH, HEALTH, &sound), Err(NotTheBeacon::Owner));
    for at in 0..9 {
        let mut other = sound.clone();
        other[at] ^= 1;
        assert_eq!(read(HEALTH, PROGRAM, &other), Err(NotTheBeacon::Layout));
    }
    for length in 0..176 {
        assert_eq!(read(HEALTH, PROGRAM, &sound[..length]), Err(NotTheBeacon::Layout));
    }
}

/// What the instruction returns is what the crate says of the same account and sysvars.
#[test]
fn the_instruction_returns_what_the_crate_says() {
    let mut stage = Stage::open();
    let mut seen = Vec::new();
    for (seconds, slots) in [(2_u64, 5_u64), (90, 225), (45, 1), (1, 3)] {
        stage.venue.cluster.advance(seconds * 1_000, slots, slots);
        let now = Now {
            slot: stage.venue.cluster.slot(),
            unix_timestamp: (stage.venue.cluster.now_ms() / 1_000) as i64,
            last_restart_slot: Some(0),
        };
        let beacon = Beacon::read(&HEALTH, &PROGRAM, &account(&stage.health())).unwrap();
        let payer = stage.trader.keypair.insecure_clone();
        let done = stage.venue.cluster.send(&[instruction::chain_state()], &[&payer]).unwrap();
        assert_eq!(done.return_data.program_id, holdfast::ID);
        let returned = Judgement::returned(&done.return_data.data);
        assert_eq!(returned, Some(beacon.judge(&now)));
        seen.extend(returned.map(|judged| judged.state));
        if seconds == 90 {
            stage.venue.publish(&[PRICE]).unwrap();
            stage.venue.observe().unwrap();
        }
    }
    assert_eq!(seen, [State::Normal, State::Strained, State::Shelter, State::Shelter]);
    assert_eq!(Judgement::returned(&[0; 21]), None);
}
