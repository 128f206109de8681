//! An endpoint that plays a script.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use anchor_lang::Event;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use holdfast_client::holdfast::events::{
    ChainStateChanged, Deposited, ExchangeCreated, MarketRefreshed, OrderExecuted,
    PositionLiquidated,
};
use holdfast_client::{Pubkey, address, holdfast};
use holdfast_history::Source;
use holdfast_rpc::{Listed, Past, Snapshot};
use solana_commitment_config::CommitmentConfig;

/// Transactions that can be seen before the first look.
const AT_FIRST: usize = 19;
/// Transactions that come with each look.
const EACH: usize = 3;
/// Slots until a block is final.
const FINAL_AFTER: u64 = 6;

/// A transaction of the script.
#[derive(Clone)]
pub struct Scripted {
    pub listed: Listed,
    pub past: Past,
    /// Not listed before its block is final.
    pub late: bool,
    /// Listed only until a look with this number: its fork is given up then.
    pub until: Option<usize>,
}

/// An endpoint that shows more with each look.
pub struct Script {
    pub all: Vec<Scripted>,
    looks: AtomicUsize,
    calls: AtomicUsize,
    /// What the accounts are after a slot, for slots that change any.
    pub accounts: BTreeMap<u64, Vec<(Pubkey, Vec<u8>)>>,
    /// The call that fails, and all after it.
    pub breaks_at: Option<usize>,
    pub fetched: Mutex<Vec<String>>,
}

/// The transaction with this number, in this slot.
pub fn scripted(number: usize, slot: u64, events: &[Vec<u8>]) -> Scripted {
    let id = holdfast::ID;
    let data =
        events.iter().map(|bytes| format!("Program data: {}", BASE64_STANDARD.encode(bytes)));
    let mut logs = vec![format!("Program {id} invoke [1]")];
    logs.extend(data);
    logs.push(format!("Program {id} success"));
    let time_s = Some(1_700_000_000 + i64::try_from(slot).expect("a slot") * 20);
    let signature = format!("tx{number:04}");
    Scripted {
        listed: Listed { signature, slot, time_s, failed: false, finalized: false },
        past: Past { logs, accounts: vec![address::silo(0)] },
        late: false,
        until: None,
    }
}

/// Someone's margin account.
pub fn account(number: usize) -> Pubkey {
    Pubkey::new_from_array([number as u8 % 3 + 1; 32])
}

fn events(number: usize, slot: u64) -> Vec<Vec<u8>> {
    let value = number as u64;
    let account = account(number);
    let price = 150_000_000 + value * 7_919 % 1_000_000;
    let refreshed = MarketRefreshed {
        market: address::market(&address::silo(0), 0),
        low: price,
        high: price + 1,
        published_ms: (1_700_000_000 + slot * 20) * 1_000,
        feeds: 1,
        outliers: 0,
        believed: !number.is_multiple_of(5),
        reference: price,
        funding_rate: -3,
        carry_long: number as i64,
        carry_short: -1,
    };
    let executed = OrderExecuted {
        account,
        number: value,
        market: 0,
        index_price: price,
        published_ms: 1,
        price,
        delta: 5,
        position: 5,
        realised: -2,
        carry: 1,
        fee: 3,
        debt: 0,
        bad_debt: 0,
    };
    let liquidated = PositionLiquidated {
        account,
        market: 0,
        price,
        published_ms: 1,
        closed: 5,
        position: 0,
        realised: -9,
        reward: 1,
        to_insurance: 2,
        debt: 0,
        bad_debt: 4,
        insured: 4,
    };
    let changed = ChainStateChanged {
        from: 0,
        to: 4,
        signal: 3,
        now_ms: value,
        baseline_us: 1,
        window_us: 2,
    };
    match number % 5 {
        _ if number == 0 => vec![ExchangeCreated { admin: account }.data()],
        0 => vec![changed.data()],
        1 => vec![Deposited { account, amount: value, collateral: value }.data(), refreshed.data()],
        2 => vec![refreshed.data(), executed.data()],
        3 => vec![refreshed.data()],
        _ => vec![liquidated.data(), refreshed.data(), vec![9; 12]],
    }
}

impl Script {
    /// So many transactions, several in some slots, some of which failed.
    pub fn new(count: usize) -> Self {
        let one = |number: usize| {
            let slot = 100 + (number - number % 4 / 2) as u64;
            let mut one = scripted(number, slot, &events(number, slot));
            one.listed.failed = number % 11 == 10;
            one
        };
        Self::of((0..count).map(one).collect())
    }

    /// Of these transactions, the oldest first.
    pub fn of(all: Vec<Scripted>) -> Self {
        let (looks, calls) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (accounts, fetched) = (BTreeMap::new(), Mutex::new(Vec::new()));
        Self { all, looks, calls, accounts, breaks_at: None, fetched }
    }

    /// The same endpoint, which has shown everything already.
    pub fn caught_up(self) -> Self {
        self.looks.store(self.all.len(), Relaxed);
        self
    }

    /// Whether everything can be seen, and is final.
    pub fn is_over(&self) -> bool {
        self.visible() >= self.all.len() + 2 * FINAL_AFTER as usize
    }

    /// How often it was asked.
    pub fn calls(&self) -> usize {
        self.calls.load(Relaxed)
    }

    /// The first look that shows a slot, or shows it as final.
    pub fn look_at(&self, slot: u64, is_final: bool) -> usize {
        let shows = |looks: &usize| self.reached_at(*looks, is_final) >= slot;
        (0..).find(shows).expect("every slot becomes final")
    }

    fn visible(&self) -> usize {
        visible_at(self.looks.load(Relaxed))
    }

    fn called(&self) -> Result<(), String> {
        let call = self.calls.fetch_add(1, Relaxed);
        match self.breaks_at {
            Some(breaks_at) if call >= breaks_at => Err("it is gone".to_owned()),
            _ => Ok(()),
        }
    }

    /// The newest slot at a commitment: a block is there in whole or not at all.
    fn reached(&self, commitment: CommitmentConfig) -> u64 {
        self.reached_at(self.looks.load(Relaxed), commitment.is_finalized())
    }

    fn reached_at(&self, looks: usize, is_final: bool) -> u64 {
        let (visible, last) = (visible_at(looks), self.all.len() - 1);
        let next = self.all.get(visible).map(|next| next.listed.slot - 1);
        let extra = visible.saturating_sub(last) as u64;
        let newest = next.unwrap_or(self.all[last].listed.slot + extra);
        if is_final { newest.saturating_sub(FINAL_AFTER) } else { newest }
    }

    fn shown(&self, commitment: CommitmentConfig) -> Vec<Listed> {
        let (reached, looks) = (self.reached(commitment), self.looks.load(Relaxed));
        let final_slot = self.reached(CommitmentConfig::finalized());
        let shown = self.all.iter().rev().filter(|one| {
            one.listed.slot <= reached
                && (!one.late || one.listed.slot <= final_slot)
                && one.until.is_none_or(|until| looks < until)
        });
        let listed = shown.map(|one| {
            let finalized = one.listed.slot <= final_slot;
            Listed { finalized, ..one.listed.clone() }
        });
        listed.collect()
    }
}

impl Source for Script {
    async fn slot(&self, commitment: CommitmentConfig) -> Result<u64, String> {
        self.called()?;
        if !commitment.is_finalized() {
            self.looks.fetch_add(1, Relaxed);
        }
        Ok(self.reached(commitment))
    }

    async fn listed(
        &self,
        before: Option<&str>,
        until: Option<&str>,
        limit: usize,
        commitment: CommitmentConfig,
    ) -> Result<Vec<Listed>, String> {
        self.called()?;
        let shown = self.shown(commitment).into_iter();
        let mut begun = before.is_none();
        let below = shown.filter(|listed| {
            let is_below = begun;
            begun |= before == Some(listed.signature.as_str());
            is_below
        });
        let above = below.take_while(|listed| until != Some(listed.signature.as_str()));
        Ok(above.take(limit).collect())
    }

    async fn past(&self, signature: &str) -> Result<Option<Past>, String> {
        self.called()?;
        self.fetched.lock().expect("no panic").push(signature.to_owned());
        let found = self.all.iter().rev().find(|one| one.listed.signature == signature);
        Ok(found.map(|one| one.past.clone()))
    }

    async fn knows(&self, signature: &str) -> Result<bool, String> {
        self.called()?;
        Ok(self
            .shown(CommitmentConfig::confirmed())
            .iter()
            .any(|listed| listed.signature == signature))
    }

    async fn everything(&self) -> Result<Snapshot, String> {
        self.called()?;
        let slot = self.reached(CommitmentConfig::finalized());
        let accounts = self.accounts.range(..=slot).next_back();
        let accounts = accounts.map(|(_, accounts)| accounts.clone()).unwrap_or_default();
        Ok(Snapshot { slot, accounts })
    }
}

/// How many transactions can be seen at a look.
fn visible_at(looks: usize) -> usize {
    AT_FIRST + EACH * looks
}
