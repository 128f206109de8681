//! Every account there is, by kind.

use holdfast_client::{Instruction, Pubkey, address, instruction};
use holdfast_testkit::feed::{Published, pyth_price_account, write_pyth_price_account};
use holdfast_testkit::tokens::{create_token_account, set_owned};
use holdfast_testkit::venue::{feed_account, keypair};
use solana_signer::Signer;

use super::setup::{people, request_numbers};
use crate::world::{SOL, World, stranger};

/// As much as a vault could have to hold.
const RICH: u64 = 1_000_000_000_000_000;

/// What an account is; foreign ones belong to the second silo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Nothing,
    Person,
    Program,
    Exchange,
    Change,
    Sysvar,
    Health,
    Silo,
    Market,
    ForeignMarket,
    Account,
    ForeignAccount,
    Request,
    ForeignRequest,
    Wallet,
    ForeignWallet,
    Shares,
    ForeignShares,
    Vault,
    ForeignVault,
    Mint,
    ShareMint,
    Feed,
    /// A token account that belongs to the silo without being its vault.
    Decoy,
    /// The slot's own account, byte for byte, owned by another program.
    Copy,
    /// The slot's own account, not writable.
    ReadOnly,
    /// The slot's own account, not signing.
    Unsigned,
}

pub struct Catalogue {
    pub entries: Vec<(Kind, Pubkey)>,
    /// Per slot of the instruction.
    pub copies: Vec<Pubkey>,
}

impl Catalogue {
    pub fn new(world: &mut World, instruction: &Instruction) -> Self {
        let mut entries = vec![
            (Kind::Nothing, keypair("nothing", 0).pubkey()),
            (Kind::Person, stranger()),
            (Kind::Program, holdfast_client::holdfast::ID),
            (Kind::Program, instruction::TOKEN_PROGRAM),
            (Kind::Program, Pubkey::default()),
            (Kind::Program, address::program_data()),
            (Kind::Exchange, address::exchange()),
            (Kind::Health, address::chain_health()),
            (Kind::Change, address::change(0)),
            (Kind::Change, address::change(1)),
            (Kind::Change, address::change(2)),
            (Kind::Sysvar, instruction::INSTRUCTIONS),
        ];
        entries.extend(of_silo(world, true));
        entries.extend(world.in_second(|world| of_silo(world, false)));
        entries.extend(feeds(world));
        entries.retain(|(kind, address)| {
            *kind == Kind::Nothing || world.cluster.get(address).is_some()
        });
        let copies = (0..).zip(&instruction.accounts);
        let copies = copies.map(|(slot, meta)| copy(world, slot, &meta.pubkey)).collect();
        Self { entries, copies }
    }
}

fn of_silo(world: &mut World, own: bool) -> Vec<(Kind, Pubkey)> {
    let either = |ours, foreign| if own { ours } else { foreign };
    let (silo, mint) = (world.silo, world.mint);
    let decoy = keypair("decoy", u64::from(own)).pubkey();
    create_token_account(&mut world.cluster, decoy, mint, silo, RICH);
    let vault = either(Kind::Vault, Kind::ForeignVault);
    let mut entries = vec![
        (Kind::Silo, silo),
        (Kind::Mint, mint),
        (Kind::Decoy, decoy),
        (vault, address::liquidity_vault(&silo)),
        (vault, address::insurance_vault(&silo)),
        (Kind::ShareMint, address::liquidity_mint(&silo)),
        (Kind::ShareMint, address::insurance_mint(&silo)),
    ];
    let market = either(Kind::Market, Kind::ForeignMarket);
    entries.extend(world.markets.iter().map(|address| (market, *address)));
    for person in people() {
        entries.push((Kind::Person, person));
        for number in 0..2 {
            let account = address::margin_account(&silo, &person, number);
            entries.push((either(Kind::Account, Kind::ForeignAccount), account));
        }
        for number in request_numbers() {
            let request = address::pool_request(&silo, &person, number);
            entries.push((either(Kind::Request, Kind::ForeignRequest), request));
        }
        let wallet = super::setup::wallet(&mint, &person);
        entries.push((either(Kind::Wallet, Kind::ForeignWallet), wallet));
        for share_mint in [address::liquidity_mint(&silo), address::insurance_mint(&silo)] {
            let shares = super::setup::wallet(&share_mint, &person);
            entries.push((either(Kind::Shares, Kind::ForeignShares), shares));
        }
    }
    entries
}

/// Both markets' feeds, the first one's once more at another address, and another provider's.
fn feeds(world: &mut World) -> Vec<(Kind, Pubkey)> {
    let again = keypair("feed again", 0).pubkey();
    if let Some(account) = world.cluster.get(&feed_account(0)) {
        world.cluster.set(again, account);
    }
    let other = keypair("price account", 0).pubkey();
    let published = Published::new(SOL, world.cluster.now_ms());
    write_pyth_price_account(&mut world.cluster, other, &pyth_price_account(published));
    [feed_account(0), feed_account(1), again, other].map(|address| (Kind::Feed, address)).to_vec()
}

fn copy(world: &mut World, slot: u64, address: &Pubkey) -> Pubkey {
    let copy = keypair("copy", slot).pubkey();
    let data = world.cluster.get(address).map(|account| account.data).unwrap_or_default();
    // A program of nobody in particular.
    set_owned(&mut world.cluster, copy, data, keypair("forger", 0).pubkey());
    copy
}
