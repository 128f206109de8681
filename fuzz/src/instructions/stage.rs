//! A venue in use, and an instruction of each kind that would succeed or come far there.

use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_client::holdfast::state::ChangeKind;
use holdfast_client::instruction as make;
use holdfast_client::{Instruction, Pubkey, address};
use holdfast_migrations::presets;
use holdfast_testkit::venue::{
    Listing, feed_address, feed_source, guardians, keypair, majority, market_order,
};
use holdfast_testkit::{Cluster, Trader, Venue};
use solana_signer::Signer as _;

/// Now, milliseconds since 1970.
const NOW_MS: u64 = 1_760_000_000_000;

/// What the only market's unit costs, millionths.
const PRICE: u64 = 150_000_000;

/// Native units that people bring.
const RICH: u64 = 1_000_000_000_000;

/// Where instructions are tried.
pub struct Stage {
    /// The cluster.
    pub cluster: Cluster,
    /// Pays for transactions.
    pub payer: Pubkey,
    /// The instructions.
    pub valid: Vec<Instruction>,
    /// Every address that one of them names.
    pub addresses: Vec<Pubkey>,
}

thread_local! {
    static STAGE: Stage = Stage::open().expect("a venue: run `cargo xtask build` first");
}

/// Runs `act` on this thread's stage.
pub fn with_stage<T>(act: impl FnOnce(&Stage) -> T) -> T {
    STAGE.with(act)
}

impl Stage {
    fn open() -> Result<Self, String> {
        let listing = Listing { name: "SOL", price: PRICE, providers: &[Provider::PythPull] };
        let silo = holdfast_testkit::venue::silo_plan(&[listing]);
        let mut venue = Venue::install_silo(NOW_MS, silo)?;
        let trader = populate(&mut venue).map_err(|failure| failure.message)?;
        let upgrade = propose_upgrade(&mut venue).map_err(|failure| failure.message)?;
        let governance = governance(&venue, &trader, &upgrade);
        let valid = [trading(&venue, &trader), pool(&venue, &trader), governance].concat();
        let named = valid.iter().flat_map(|instruction| &instruction.accounts);
        let mut addresses: Vec<_> = named.map(|account| account.pubkey).collect();
        addresses.sort();
        addresses.dedup();
        Ok(Self { payer: venue.admin.pubkey(), cluster: venue.cluster, valid, addresses })
    }
}

/// Someone with a position, an order that waits, and a pool behind them.
fn populate(venue: &mut Venue) -> Result<Trader, holdfast_testkit::Failure> {
    venue.publish(&[PRICE])?;
    venue.join_pool(false, RICH, &[PRICE])?;
    venue.join_pool(true, RICH, &[PRICE])?;
    let trader = venue.trader(RICH)?;
    venue.trade(&trader, 0, 10_000_000, &[PRICE])?;
    let order = market_order(1_000_000, venue.cluster.now_ms());
    venue.place(&trader, 0, order)?;
    venue.cluster.pass(3_000);
    venue.publish(&[PRICE])?;
    Ok(trader)
}

fn trading(venue: &Venue, trader: &Trader) -> Vec<Instruction> {
    let Trader { keypair, account, wallet } = trader;
    let (owner, silo, market, markets) =
        (keypair.pubkey(), venue.silo, venue.markets[0], &venue.markets[..]);
    let number = venue.account(account).next_order - 1;
    let order = market_order(1_000_000, venue.cluster.now_ms());
    vec![
        make::deposit(owner, *wallet, silo, *account, 0),
        make::withdraw(owner, silo, *account, *wallet, 1, markets),
        make::request_exit(owner, silo, *account, *wallet, 1),
        make::pay_exit(silo, *account, *wallet),
        make::cancel_exit(owner, *account),
        make::open_margin_account(owner, owner, silo, 1),
        make::close_margin_account(owner, *account),
        make::place_order(owner, *account, market, order, markets),
        make::cancel_order(owner, *account, market, number),
        make::trigger_order(*account, market, number),
        make::execute_order(silo, market, *account, *account, number, &[]),
        make::flag(*account, markets),
        make::liquidate(silo, market, *account, *account, &[]),
        make::mature_profit(owner, silo, *account),
        make::refresh_market(silo, market, &[feed_address(Provider::PythPull, 0)]),
        make::announce_settlement(market),
        make::settle_market(market),
        make::settle_position(silo, market, *account),
        make::observe(markets),
        make::chain_state(),
    ]
}

fn pool(venue: &Venue, trader: &Trader) -> Vec<Instruction> {
    let (owner, silo) = (trader.keypair.pubkey(), venue.silo);
    let request = address::pool_request(&silo, &owner, 0);
    let order = PoolOrder { insurance: false, leaves: false, amount: 1, least: 1 };
    vec![
        make::request_pool(owner, silo, 0, trader.wallet, trader.wallet, order),
        make::cancel_pool_request(owner, silo, request, trader.wallet, false),
        make::execute_pool_request(owner, silo, request, trader.wallet, false, &venue.markets),
        make::reconcile_vaults(silo),
        make::collect_fees(silo, trader.wallet),
    ]
}

/// Proposes an upgrade, the first change, to something that is no program.
fn propose_upgrade(venue: &mut Venue) -> Result<ChangeKind, holdfast_testkit::Failure> {
    let (admin, buffer) = (venue.admin.pubkey(), keypair("buffer", 0).pubkey());
    venue.cluster.write_buffer(buffer, &address::exchange(), &[1; 64]);
    let sha256 = solana_sha256_hasher::hash(&[1; 64]).to_bytes();
    let upgrade = ChangeKind::Upgrade { buffer, sha256 };
    let propose = make::propose_change(admin, 0, upgrade.clone());
    venue.cluster.send_unsigned(&[propose], &admin)?;
    Ok(upgrade)
}

fn governance(venue: &Venue, trader: &Trader, upgrade: &ChangeKind) -> Vec<Instruction> {
    let admin = venue.admin.pubkey();
    let guardian = guardians()[0].pubkey();
    let change = ChangeKind::Admin(guardian);
    let plan = holdfast_testkit::venue::silo_plan(&[]);
    let guardians = guardians().map(|guardian| guardian.pubkey()).to_vec();
    let two = [guardians[0], guardians[1]];
    let feeds = majority(vec![feed_source(Provider::PythPull, 1)]);
    vec![
        make::create_silo(admin, 1, venue.mint, plan.terms),
        make::lock_exchange(admin, guardians, presets::timelock(), 1),
        make::tighten(guardian, true, 60_000),
        make::propose_change(admin, 1, change.clone()),
        make::cancel_change(guardian, 0, admin),
        make::apply_change(0, admin, &change),
        make::propose_change(admin, 1, upgrade.clone()),
        make::apply_upgrade(0, admin, keypair("buffer", 0).pubkey()),
        make::blow_fuses(two, 7, 60_000),
        make::trip_fuse(venue.silo, None),
        make::create_exchange(admin, admin, presets::thresholds()),
        make::list_market(admin, venue.silo, 1, [1; 16], presets::market(150), feeds),
        make::write_off_debt(venue.silo, trader.account, &venue.markets),
    ]
}
