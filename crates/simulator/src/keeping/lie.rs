//! What an endpoint or a stream can say that is not so.

use std::collections::BTreeMap;

use bytemuck::bytes_of;
use holdfast_client::decode::{Kind, decode};
use holdfast_client::holdfast::state::{MarginAccount, Silo};
use holdfast_client::{Pubkey, holdfast};
use holdfast_keeper_core::health::Progress;
use holdfast_keeper_core::tx_sender::Simulation;
use holdfast_risk::Millis;
use rand::Rng;
use rand_chacha::ChaCha20Rng;

use super::chain::Kept;

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// It answers, and what it shows stands still.
    Freezes,
    /// It does not answer, or a stream says nothing.
    FallsSilent,
    /// It refuses everything.
    Refuses,
    /// It shows the chain a hundred blocks ago.
    LagsFar,
    /// It shows the chain five blocks ago.
    LagsALittle,
    /// It flips between now and a hundred blocks ago.
    Jumps,
    /// Numbers without sense.
    TalksNonsense,
    /// Thirty slots that are not there.
    RunsAhead,
    /// Five hundred slots that are not there.
    RunsFarAhead,
    /// Its slot counts on over a bank that stands.
    CountsOverADeadBank,
    /// A block height far ahead.
    InventsBlocks,
    /// A block height that stands still.
    HidesBlocks,
    /// A clock an hour ahead.
    ClockAhead,
    /// A clock an hour behind.
    ClockBehind,
    /// A restart that was not.
    InventsARestart,
    /// Blockhashes of no block.
    InventsBlockhashes,
    /// One blockhash all the time.
    KeepsItsBlockhash,
    /// Blockhashes that never expire.
    BlockhashesForEver,
    /// Blockhashes that have expired.
    BlockhashesExpired,
    /// It vouches for whatever it is asked about, or for nothing.
    VouchesWrongly,
    /// Fees beyond every measure.
    InventsFees,
    /// It is another cluster.
    IsAnotherCluster,
    /// Half of the accounts are missing.
    LeavesAccountsOut,
    /// No accounts at all.
    ShowsNoAccounts,
    /// Traders have lost their collateral.
    ForgesAccounts,
    /// The silo's books are others.
    ForgesBooks,
    /// A margin account that is not there.
    InventsAnAccount,
    /// Traders' accounts are closed.
    ClosesAccounts,
    /// Now the truth, now traders that have lost their collateral.
    ChangesItsMind,
    /// The feed says half of the price.
    ForgesFeeds,
    /// Feed accounts are closed.
    ClosesFeeds,
    /// Accounts as they were before, in today's slot.
    ShowsOldAccounts,
    /// Accounts of slots to come.
    ShowsTheFuture,
    /// Accounts cut in half.
    TearsAccounts,
    /// Accounts of a layout to come.
    ShowsAnotherLayout,
    /// No snapshot ever comes.
    WithholdsSnapshots,
    /// Every transaction has landed.
    SaysLanded,
    /// Every transaction was refused.
    SaysRefused,
    /// No transaction has landed.
    DeniesLandings,
    /// Every simulation is refused.
    RefusesSimulations,
    /// Every simulation goes well and takes a thousand units.
    PraisesSimulations,
    /// It takes transactions and drops them.
    Drops,
    /// A stream closes again and again.
    Closes,
    /// A stream leaves out every third message.
    LeavesMessagesOut,
    /// A stream says everything twice.
    SaysTwice,
    /// A stream is two seconds late.
    ComesLate,
    /// A stream's messages come in any order.
    Shuffles,
    /// A stream names wrong parents.
    WrongParents,
    /// A stream tells of slots only, not of accounts.
    TellsNoAccounts,
    /// A stream floods: everything thirty times.
    Floods,
}

impl Lie {
    /// Every lie that an endpoint can tell.
    pub const ENDPOINTS: [Self; 42] = [
        Self::Freezes,
        Self::FallsSilent,
        Self::Refuses,
        Self::LagsFar,
        Self::LagsALittle,
        Self::Jumps,
        Self::TalksNonsense,
        Self::RunsAhead,
        Self::RunsFarAhead,
        Self::CountsOverADeadBank,
        Self::InventsBlocks,
        Self::HidesBlocks,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::InventsARestart,
        Self::InventsBlockhashes,
        Self::KeepsItsBlockhash,
        Self::BlockhashesForEver,
        Self::BlockhashesExpired,
        Self::VouchesWrongly,
        Self::InventsFees,
        Self::IsAnotherCluster,
        Self::LeavesAccountsOut,
        Self::ShowsNoAccounts,
        Self::ForgesAccounts,
        Self::ForgesBooks,
        Self::InventsAnAccount,
        Self::ForgesFeeds,
        Self::ClosesFeeds,
        Self::ShowsOldAccounts,
        Self::ShowsTheFuture,
        Self::TearsAccounts,
        Self::ShowsAnotherLayout,
        Self::WithholdsSnapshots,
        Self::SaysLanded,
        Self::SaysRefused,
        Self::DeniesLandings,
        Self::RefusesSimulations,
        Self::PraisesSimulations,
        Self::Drops,
        Self::ClosesAccounts,
        Self::ChangesItsMind,
    ];

    /// Every lie that a stream can tell.
    pub const STREAMS: [Self; 21] = [
        Self::FallsSilent,
        Self::Closes,
        Self::LeavesMessagesOut,
        Self::SaysTwice,
        Self::ComesLate,
        Self::Shuffles,
        Self::WrongParents,
        Self::TellsNoAccounts,
        Self::Floods,
        Self::LagsFar,
        Self::RunsAhead,
        Self::RunsFarAhead,
        Self::TalksNonsense,
        Self::ForgesAccounts,
        Self::ForgesBooks,
        Self::InventsAnAccount,
        Self::ForgesFeeds,
        Self::ClosesFeeds,
        Self::TearsAccounts,
        Self::IsAnotherCluster,
        Self::ClosesAccounts,
    ];

    /// What is made of an endpoint's word on the chain.
    pub fn progress(self, progress: &mut Progress, random: &mut ChaCha20Rng) {
        match self {
            Self::TalksNonsense => {
                progress.slot = random.random();
                progress.block_height = random.random();
                progress.transactions = random.random();
                progress.last_height = random.random();
                progress.clock = Millis(random.random());
                progress.restart_slot = random.random();
            }
            Self::RunsAhead => progress.slot += 30,
            Self::RunsFarAhead => progress.slot += 500,
            Self::InventsBlocks => progress.block_height += 100_000,
            Self::HidesBlocks => progress.block_height = 1,
            Self::ClockAhead => progress.clock.0 += 3_600_000,
            Self::ClockBehind => progress.clock.0 -= 3_600_000,
            Self::InventsARestart => progress.restart_slot = progress.slot,
            Self::InventsBlockhashes => progress.blockhash = random.random(),
            Self::KeepsItsBlockhash => progress.blockhash = [9; 32],
            Self::BlockhashesForEver => progress.last_height = u64::MAX,
            Self::BlockhashesExpired => progress.last_height = 1,
            Self::IsAnotherCluster => {
                progress.genesis = [7; 32];
                progress.blockhash = random.random();
            }
            _ => {}
        }
    }

    /// What is made of accounts that an endpoint shows all of, or of some of them.
    pub fn accounts(self, accounts: &mut BTreeMap<Pubkey, Kept>) {
        match self {
            Self::LeavesAccountsOut => {
                let mut turn = false;
                accounts.retain(|_, kept| {
                    turn = !turn;
                    turn || decode::<MarginAccount>(&kept.data).is_err()
                });
            }
            Self::ShowsNoAccounts | Self::IsAnotherCluster => accounts.clear(),
            Self::InventsAnAccount => {
                let model =
                    accounts.values().find(|kept| decode::<MarginAccount>(&kept.data).is_ok());
                if let Some(kept) = model.cloned() {
                    accounts.insert(Pubkey::new_from_array([99; 32]), kept);
                }
            }
            Self::ClosesFeeds => accounts.retain(|_, kept| kept.owner == holdfast::ID),
            _ => accounts.values_mut().for_each(|kept| self.account(kept)),
        }
    }

    /// What is made of one account.
    pub fn account(self, kept: &mut Kept) {
        let ours = kept.owner == holdfast::ID;
        match self {
            Self::ForgesAccounts => {
                if let Ok(mut account) = decode::<MarginAccount>(&kept.data) {
                    account.collateral = 1;
                    kept.data = [MarginAccount::DISCRIMINATOR, bytes_of(&account)].concat();
                }
            }
            Self::ForgesBooks => {
                if let Ok(mut silo) = decode::<Silo>(&kept.data) {
                    silo.ledger.liquidity /= 2;
                    kept.data = [Silo::DISCRIMINATOR, bytes_of(&silo)].concat();
                }
            }
            Self::ClosesAccounts if decode::<MarginAccount>(&kept.data).is_ok() => {
                *kept = Kept { owner: Pubkey::default(), data: Vec::new() };
            }
            Self::ForgesFeeds if !ours => halve_price(&mut kept.data),
            Self::TearsAccounts => kept.data.truncate(kept.data.len() / 2),
            Self::ShowsAnotherLayout if ours => {
                if let Some(byte) = kept.data.get_mut(8) {
                    *byte = byte.wrapping_add(1);
                }
            }
            _ => {}
        }
    }

    /// What is made of a simulation.
    pub fn simulation(self, simulation: &mut Option<Simulation>, random: &mut ChaCha20Rng) {
        let units = match self {
            Self::TalksNonsense => random.random(),
            _ => 1_000,
        };
        match self {
            Self::RefusesSimulations => {
                *simulation = Some(Simulation { units, refused: Some("it says no".to_owned()) });
            }
            Self::PraisesSimulations | Self::TalksNonsense => {
                *simulation = Some(Simulation { units, refused: None });
            }
            _ => {}
        }
    }
}

/// Where a Pyth update has its price: after discriminator, authority, a level of verification of one
/// byte, and the feed's id.
const PRICE_AT: usize = 8 + 32 + 1 + 32;

fn halve_price(data: &mut [u8]) {
    if let Some(bytes) = data.get_mut(PRICE_AT..PRICE_AT + 8) {
        let mut price = [0; 8];
        price.copy_from_slice(bytes);
        bytes.copy_from_slice(&(i64::from_le_bytes(price) / 2).to_le_bytes());
    }
}
