//! `create_exchange`, `create_silo` and `list_market`.

use anchor_lang::error::ErrorCode;
use holdfast_client::holdfast::error::HoldfastError;
use holdfast_client::holdfast::state::{
    Exchange, MarketTermsState, SideState, Silo, SiloTermsState, ThresholdsState,
};
use holdfast_client::holdfast::state::{FeedSource, Feeds};
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::venue::{Venue, keypair, majority};
use holdfast_testkit::{elf, tokens};
use solana_signer::Signer;

use crate::world::{IN_USE, START_MS, World, stranger};

pub fn bare() -> (Venue, Pubkey) {
    let venue = Venue::install_program(START_MS, keypair("mint", 0).pubkey()).unwrap();
    let admin = venue.admin.pubkey();
    (venue, admin)
}

fn refused(venue: &Venue, instruction: &Instruction, error: HoldfastError) {
    let failed = venue.cluster.simulate(std::slice::from_ref(instruction), &venue.admin.pubkey());
    assert!(failed.unwrap_err().is(error));
}

#[test]
fn the_upgrade_authority_creates_the_exchange_once() {
    let (mut venue, admin) = bare();
    let chosen = ThresholdsState { thaw_ms: 900_000, ..presets::thresholds() };
    let create = instruction::create_exchange(admin, stranger(), chosen);
    venue.cluster.send_unsigned(std::slice::from_ref(&create), &admin).unwrap();
    let exchange: Exchange = venue.cluster.read(&address::exchange());
    assert_eq!((exchange.version, exchange.silo_count), (1, 0));
    assert_eq!((exchange.admin, exchange.fee_receiver), (admin, stranger()));
    let health = venue.chain_health();
    assert_eq!((health.version, health.count, health.monitor.state), (1, 1, 0));
    assert_eq!(health.thresholds, chosen);
    let second = venue.cluster.simulate(&[create], &admin).unwrap_err();
    assert_eq!(second.code, Some(IN_USE));
}

#[test]
fn nobody_else_creates_the_exchange() {
    let (mut venue, admin) = bare();
    venue.cluster.fund(&stranger(), 1_000_000_000_000);
    let create = |admin| instruction::create_exchange(admin, admin, presets::thresholds());
    refused(&venue, &create(stranger()), HoldfastError::NotAdmin);
    // A program of the stranger's own, with its data account.
    let own = keypair("program", 0).pubkey();
    venue.cluster.install(own, &stranger(), &elf::read().unwrap());
    let loader = anchor_lang::solana_program::bpf_loader_upgradeable::ID;
    let own_data = Pubkey::find_program_address(&[own.as_ref()], &loader).0;
    let mut swapped = create(stranger());
    swapped.accounts[4].pubkey = own_data;
    refused(&venue, &swapped, HoldfastError::NotAdmin);
    swapped.accounts[3].pubkey = own;
    let failed = venue.cluster.simulate(&[swapped], &admin).unwrap_err();
    assert!(failed.is(ErrorCode::InvalidProgramId), "{}", failed.message);
}

#[test]
fn thresholds_out_of_bounds_create_no_exchange() {
    let (venue, admin) = bare();
    let bounds = [
        ("thaw_ms", ThresholdsState { thaw_ms: 59_999, ..presets::thresholds() }),
        ("gap_ms", ThresholdsState { gap_ms: 60_001, ..presets::thresholds() }),
        ("slow_bps", ThresholdsState { slow_bps: 10_999, ..presets::thresholds() }),
        ("failing_bps", ThresholdsState { failing_bps: 9_001, ..presets::thresholds() }),
    ];
    for (setting, beyond) in bounds {
        let create = instruction::create_exchange(admin, admin, beyond);
        let failed = venue.cluster.simulate(&[create], &admin).unwrap_err();
        assert!(failed.is(HoldfastError::TermsOutOfBounds), "{}", failed.message);
        let named = format!("TermsOutOfBounds: {setting} has to be ");
        assert!(failed.message.contains(&named), "not {setting}: {}", failed.message);
    }
}

#[test]
fn a_silo_is_created_with_its_vaults() {
    let mut world = World::set_up(|_, _| ());
    let admin = world.admin.pubkey();
    let mint = world.mint;
    world.send(instruction::create_silo(admin, 2, mint, presets::silo()));
    let silo = address::silo(2);
    let state: Silo = world.cluster.read(&silo);
    assert_eq!((state.version, state.number, state.market_count), (1, 2, 0));
    assert_eq!(state.mint, mint);
    assert_eq!(state.liquidity_vault, address::liquidity_vault(&silo));
    assert_eq!(state.insurance_vault, address::insurance_vault(&silo));
    assert_eq!(state.liquidity_mint, address::liquidity_mint(&silo));
    assert_eq!(state.insurance_mint, address::insurance_mint(&silo));
    assert_eq!(state.terms, presets::silo());
    let exchange: Exchange = world.cluster.read(&address::exchange());
    assert_eq!(exchange.silo_count, 3);
}

#[test]
pub(crate) fn creating_a_silo_is_refused() {
    let mut world = World::set_up(|_, _| ());
    let (admin, mint) = (world.admin.pubkey(), world.mint);
    let create = |mint, terms| instruction::create_silo(admin, 2, mint, terms);
    let mut stolen = create(mint, presets::silo());
    stolen.accounts[0].pubkey = stranger();
    world.refuses(&stolen, HoldfastError::NotAdmin);
    let skipped = instruction::create_silo(admin, 3, mint, presets::silo());
    world.anchor_refuses(&skipped, ErrorCode::ConstraintSeeds);
    for decimals in [0, 5, 7, 9, 255] {
        let odd = keypair("odd mint", u64::from(decimals)).pubkey();
        tokens::create_mint(&mut world.cluster, odd, decimals);
        world.refuses(&create(odd, presets::silo()), HoldfastError::MintDecimals);
    }
    let no_mint = create(world.silo, presets::silo());
    world.anchor_refuses(&no_mint, ErrorCode::AccountOwnedByWrongProgram);
    let sound = presets::silo();
    let out = [
        SiloTermsState { insurance_share_bps: 9_001, ..sound },
        SiloTermsState { insurance_share_bps: u16::MAX, protocol_share_bps: u16::MAX, ..sound },
        SiloTermsState { outage_reserve_bps: 9_001, ..sound },
        SiloTermsState { epoch_cap_bps: 10_001, ..sound },
        SiloTermsState { payable_share_bps: 10_001, ..sound },
        SiloTermsState { payable_share_bps: 999, ..sound },
        SiloTermsState { utilisation_bps: 9_999, ..sound },
        SiloTermsState { utilisation_bps: 50_001, ..sound },
        SiloTermsState { maturity_ms: 0, ..sound },
        SiloTermsState { maturity_ms: 86_400_001, ..sound },
        SiloTermsState { request_delay_ms: 999, ..sound },
        SiloTermsState { request_delay_ms: 3_600_001, ..sound },
        SiloTermsState { unstake_cooldown_ms: 0, ..sound },
        SiloTermsState { unstake_cooldown_ms: u64::MAX, ..sound },
    ];
    for terms in out {
        world.refuses(&create(mint, terms), HoldfastError::TermsOutOfBounds);
    }
}

const FEED: FeedSource = FeedSource { provider: 1, id: [9; 32] };

fn list(world: &World, terms: MarketTermsState, feeds: Vec<FeedSource>) -> Instruction {
    list_with(world, terms, majority(feeds))
}

fn list_with(world: &World, terms: MarketTermsState, feeds: Feeds) -> Instruction {
    let index = world.silo_state().market_count;
    instruction::list_market(world.admin.pubkey(), world.silo, index, [7; 16], terms, feeds)
}

#[test]
pub(crate) fn sixteen_markets_are_listed_and_no_more() {
    let mut world = World::set_up(|_, _| ());
    let terms = presets::market(1);
    for index in 2..16 {
        let provider = 1 + index % 2;
        world.send(list(&world, terms, vec![FeedSource { provider, ..FEED }]));
        let listed = address::market(&world.silo, index);
        world.markets.push(listed);
        let market = world.market(usize::from(index));
        assert_eq!((market.version, market.index, market.feed_count), (1, index, 1));
        assert_eq!((market.silo, market.name, market.terms), (world.silo, [7; 16], terms));
        assert_eq!((market.feeds[0].provider, market.feeds[0].id), (provider, FEED.id));
        assert_eq!((market.longs, market.shorts), (SideState::default(), SideState::default()));
    }
    assert_eq!(world.silo_state().market_count, 16);
    world.refuses(&list(&world, terms, vec![FEED]), HoldfastError::TooManyMarkets);
}

#[test]
pub(crate) fn listing_is_refused() {
    let world = World::set_up(|_, _| ());
    let sound = presets::market(150);
    let mut stolen = list(&world, sound, vec![FEED]);
    stolen.accounts[0].pubkey = stranger();
    world.refuses(&stolen, HoldfastError::NotAdmin);
    for index in [1, 3] {
        let mut elsewhere = list(&world, sound, vec![FEED]);
        elsewhere.accounts[3].pubkey = address::market(&world.silo, index);
        world.anchor_refuses(&elsewhere, ErrorCode::ConstraintSeeds);
    }
    for feeds in [vec![], vec![FEED; 2], vec![FEED; 6]] {
        world.refuses(&list(&world, sound, feeds), HoldfastError::FeedCount);
    }
    let of = |provider, id| FeedSource { provider, id: [id; 32] };
    let one_provider = vec![of(1, 1), of(1, 2), of(2, 3)];
    world.refuses(&list(&world, sound, one_provider), HoldfastError::FeedCount);
    world.refuses_setting(&list(&world, sound, vec![of(1, 0)]), "feeds.id");
    for quorum in [0, 1, 4, u8::MAX] {
        let feeds = vec![of(1, 1), of(2, 2), of(3, 3)];
        let unfit = list_with(&world, sound, Feeds { sources: feeds, quorum });
        world.refuses(&unfit, HoldfastError::FeedCount);
    }
    for provider in [0, 5, u8::MAX] {
        let unknown = list(&world, sound, vec![FeedSource { provider, ..FEED }]);
        world.refuses(&unknown, HoldfastError::UnknownProvider);
    }
    type Change = fn(&mut MarketTermsState);
    let out: [Change; 33] = [
        |terms| terms.initial_bps = terms.maintenance_bps,
        |terms| terms.initial_bps = 10_001,
        |terms| terms.maintenance_bps = 49,
        |terms| terms.maintenance_bps = 260,
        |terms| terms.penalty_bps = terms.maintenance_bps,
        |terms| terms.first_share_bps = terms.last_share_bps + 1,
        |terms| terms.last_share_bps = 10_001,
        |terms| terms.taker_fee_bps = 101,
        |terms| terms.confidence_bps = 0,
        |terms| terms.confidence_bps = 501,
        |terms| terms.volatility_share_bps = 10_001,
        |terms| terms.account_share_bps = 10_001,
        |terms| terms.utilisation_bps = 0,
        |terms| terms.base_spread_ppm = 10_001,
        |terms| terms.funding_cap_ppb = 10_000_001,
        |terms| terms.borrow_ppb = 1_000_001,
        |terms| terms.tier_volatility_ppm = 0,
        |terms| terms.tier_volatility_ppm = u32::MAX,
        |terms| terms.age_ms = 14_999,
        |terms| terms.future_ms = 60_001,
        |terms| terms.execution_delay_ms = 999,
        |terms| terms.flag_delay_ms = 30_001,
        |terms| terms.smallest = 0,
        |terms| terms.depth = 0,
        |terms| terms.full_skew = terms.side_cap / 4 - 1,
        |terms| terms.decide_within_ms = 4_999,
        |terms| terms.side_cap = 0,
        |terms| terms.divergence_bps = 0,
        |terms| terms.band_bps = 99,
        |terms| terms.band_bps = 5_001,
        |terms| terms.reference_speed_bps = 0,
        |terms| terms.thaw_pace_bps = 0,
        |terms| terms.thaw_pace_bps = 10_001,
    ];
    for (number, change) in out.iter().enumerate() {
        let mut terms = sound;
        change(&mut terms);
        println!("setting {number}");
        world.refuses(&list(&world, terms, vec![FEED]), HoldfastError::TermsOutOfBounds);
    }
}
