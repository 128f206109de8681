//! Every instruction that names all of an account's markets fits a real transaction with sixteen of
//! them: a packet of 1,232 bytes and 64 accounts, with a lookup table for the venue's addresses.

use holdfast_client::holdfast::instructions::PoolOrder;
use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_testkit::tokens::{create_token_account, set_owned};
use holdfast_testkit::venue::{LONE, Listing, keypair, market_order};
use holdfast_testkit::{Trader, Venue};
use solana_keypair::Keypair;
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_signer::Signer;

const PRICE: u64 = 150_000_000;
const FALLEN: u64 = 136_000_000;
const MARKETS: usize = 16;
const PACKET: usize = 1_232;
const LARGEST_ACCOUNT_LIST: usize = 64;
const LOOKUP_TABLES: Pubkey = Pubkey::from_str_const("AddressLookupTab1e1111111111111111111111111");

/// A venue of sixteen markets with its addresses in a lookup table.
struct Stage {
    venue: Venue,
    table: AddressLookupTableAccount,
}

impl Stage {
    fn new() -> Self {
        let listings = [Listing { name: "SOL-PERP", price: PRICE, providers: LONE }; MARKETS];
        let mut venue = Venue::deploy(1_760_000_000_000, &listings).unwrap();
        venue.publish(&[PRICE; MARKETS]).unwrap();
        venue.join_pool(false, 10_000_000_000_000, &[PRICE; MARKETS]).unwrap();
        venue.join_pool(true, 100_000_000_000, &[PRICE; MARKETS]).unwrap();
        let silo = venue.silo;
        let mut addresses = venue.markets.clone();
        addresses.extend([
            silo,
            address::chain_health(),
            address::liquidity_vault(&silo),
            address::liquidity_mint(&silo),
            instruction::TOKEN_PROGRAM,
        ]);
        let key = keypair("lookup table", 0).pubkey();
        let data = lookup_table(&addresses);
        set_owned(&mut venue.cluster, key, data, LOOKUP_TABLES);
        venue.cluster.pass(400);
        Self { venue, table: AddressLookupTableAccount { key, addresses } }
    }

    /// A trader with a position in each of the first `count` markets.
    fn trader(&mut self, count: usize) -> Trader {
        let trader = self.venue.trader(180_000_000 * MARKETS as u64).unwrap();
        for market in 0..count {
            self.venue.trade(&trader, market, 10_000_000, &[PRICE; MARKETS]).unwrap();
        }
        trader
    }

    /// Sends one instruction as a versioned transaction, after weighing it.
    fn send(&mut self, instruction: &Instruction, signers: &[&Keypair]) {
        let payer = signers[0].pubkey();
        let instructions = std::slice::from_ref(instruction);
        let tables = std::slice::from_ref(&self.table);
        let blockhash = self.venue.cluster.blockhash();
        let message = v0::Message::try_compile(&payer, instructions, tables, blockhash).unwrap();
        let looked_up: usize = message
            .address_table_lookups
            .iter()
            .map(|lookup| lookup.writable_indexes.len() + lookup.readonly_indexes.len())
            .sum();
        let accounts = message.account_keys.len() + looked_up;
        assert!(accounts <= LARGEST_ACCOUNT_LIST, "{accounts} accounts");
        let message = VersionedMessage::V0(message);
        let size = 1 + 64 * signers.len() + message.serialize().len();
        assert!(size <= PACKET, "{size} bytes");
        if let Err(failure) = self.venue.cluster.send_message(message, signers) {
            panic!("{}", failure.message);
        }
    }
}

/// Data of an active lookup table (`solana_address_lookup_table_interface::state`): a header of 56
/// bytes (kind, deactivation slot, last extension and its start, authority), then the addresses.
fn lookup_table(addresses: &[Pubkey]) -> Vec<u8> {
    let mut data = 1_u32.to_le_bytes().to_vec();
    data.extend(u64::MAX.to_le_bytes());
    data.resize(56, 0);
    for address in addresses {
        data.extend(address.as_ref());
    }
    data
}

#[test]
fn opening_the_sixteenth_position() {
    let mut stage = Stage::new();
    let trader = stage.trader(MARKETS - 1);
    let keeper = stage.venue.trader(0).unwrap();
    let order = market_order(10_000_000, stage.venue.cluster.now_ms());
    let number = stage.venue.place(&trader, MARKETS - 1, order).unwrap();
    stage.venue.cluster.pass(3_000);
    stage.venue.publish(&[PRICE; MARKETS]).unwrap();
    let markets = stage.venue.markets.clone();
    let (market, others) = markets.split_last().unwrap();
    let silo = stage.venue.silo;
    let execute =
        instruction::execute_order(silo, *market, trader.account, keeper.account, number, others);
    let admin = stage.venue.admin.insecure_clone();
    stage.send(&execute, &[&admin]);
    assert_eq!(stage.venue.account(&trader.account).open_markets, u16::MAX);
}

#[test]
fn flagging_and_liquidating_sixteen_positions() {
    let mut stage = Stage::new();
    let trader = stage.trader(MARKETS);
    let keeper = stage.venue.trader(0).unwrap();
    let admin = stage.venue.admin.insecure_clone();
    stage.venue.cluster.pass(1_000);
    stage.venue.publish(&[FALLEN; MARKETS]).unwrap();
    let markets = stage.venue.markets.clone();
    stage.send(&instruction::flag(trader.account, &markets), &[&admin]);
    stage.venue.cluster.pass(4_000);
    stage.venue.publish(&[FALLEN; MARKETS]).unwrap();
    let (market, others) = markets.split_first().unwrap();
    let silo = stage.venue.silo;
    let liquidate = instruction::liquidate(silo, *market, trader.account, keeper.account, others);
    stage.send(&liquidate, &[&admin]);
    assert!(stage.venue.account(&keeper.account).collateral > 0);
}

#[test]
fn withdrawing_with_sixteen_positions_through_a_payer() {
    let mut stage = Stage::new();
    let trader = stage.trader(MARKETS);
    let markets = stage.venue.markets.clone();
    let (silo, owner) = (stage.venue.silo, trader.keypair.pubkey());
    let withdraw = instruction::withdraw(owner, silo, trader.account, trader.wallet, 1, &markets);
    let admin = stage.venue.admin.insecure_clone();
    stage.send(&withdraw, &[&admin, &trader.keypair]);
}

#[test]
fn joining_liquidity_priced_over_sixteen_markets() {
    let mut stage = Stage::new();
    let (owner, wallet) = stage.venue.person(1_000_000);
    let (key, silo) = (owner.pubkey(), stage.venue.silo);
    let shares = keypair("packet shares", 0).pubkey();
    let mint = address::liquidity_mint(&silo);
    create_token_account(&mut stage.venue.cluster, shares, mint, key, 0);
    let order = PoolOrder { insurance: false, leaves: false, amount: 1_000_000, least: 1 };
    let request = instruction::request_pool(key, silo, 0, wallet, shares, order);
    stage.send(&request, &[&owner]);
    stage.venue.cluster.pass(6_000);
    stage.venue.publish(&[PRICE; MARKETS]).unwrap();
    let markets = stage.venue.markets.clone();
    let request = address::pool_request(&silo, &key, 0);
    let execute = instruction::execute_pool_request(key, silo, request, shares, false, &markets);
    let admin = stage.venue.admin.insecure_clone();
    stage.send(&execute, &[&admin]);
}

#[test]
fn observing_with_sixteen_markets_as_evidence() {
    let mut stage = Stage::new();
    stage.venue.cluster.pass(3_000);
    let admin = stage.venue.admin.insecure_clone();
    let markets = stage.venue.markets.clone();
    stage.send(&instruction::observe(&markets), &[&admin]);
}
