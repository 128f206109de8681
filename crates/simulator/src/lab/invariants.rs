//! What has to hold after every step, whatever happened.

use holdfast_client::holdfast::state::MarginAccount;
use holdfast_risk::account::position::Position;
use holdfast_risk::market::exposure::SideTotal;
use holdfast_risk::{Millis, Side};
use holdfast_testkit::chain::Chain;

use super::book::Book;
use super::venue::Venue;

/// Clock and truth differ by this much at most in what carry may have been charged for: the venue's
/// clock never runs more than a day ahead.
const LEAD: Millis = Millis::DAY;

/// Looks at a venue after every step.
pub struct Invariants {
    began_ms: u64,
    maintenance: Vec<u16>,
    highest: Vec<u64>,
    /// What each account held and had at the last look.
    before: Vec<Standing>,
    /// What came into the vaults so far, at the least.
    counted: u64,
    /// How often blocks had vanished then.
    forks: u64,
}

/// What an account holds, by market, and what it has beside that, native units.
#[derive(Clone, PartialEq, Eq)]
struct Standing {
    held: Vec<(i64, u64)>,
    has: i128,
}

impl Invariants {
    /// For a venue that begins with these books.
    pub fn new(book: &Book, now_ms: u64) -> Self {
        Self {
            began_ms: now_ms,
            maintenance: book.markets.iter().map(|market| market.terms.maintenance_bps).collect(),
            highest: vec![0; book.markets.len()],
            before: book.accounts.iter().map(|account| Standing::new(book, account)).collect(),
            counted: 0,
            forks: 0,
        }
    }

    /// Checks everything.
    ///
    /// # Errors
    /// What does not hold.
    pub fn look(&mut self, chain: &Chain, venue: &dyn Venue) -> Result<(), String> {
        let book = venue.book();
        money(book)?;
        interest(book)?;
        self.carry(book, chain.now_ms())?;
        let now: Vec<_> = book.markets.iter().map(|market| market.terms.maintenance_bps).collect();
        holds(now == self.maintenance, "maintenance ratios stay as they were")?;
        if venue.forks() != self.forks {
            // What was paid in meanwhile is gone with the blocks.
            *self = Self { forks: venue.forks(), began_ms: self.began_ms, ..Self::new(book, 0) };
        }
        self.nothing_taken(book)?;
        let counted = counted(book);
        holds(counted >= self.counted, "nothing leaves the vaults but to whom it belongs")?;
        self.counted = counted;
        venue.broken().map_or(Ok(()), |what| Err(format!("an invariant is broken: {what}")))
    }

    /// An account whose positions are what they were has no less beside them: but for prices and
    /// carry nothing moves it towards its liquidation.
    fn nothing_taken(&mut self, book: &Book) -> Result<(), String> {
        for (before, account) in self.before.iter_mut().zip(&book.accounts) {
            let now = Standing::new(book, account);
            let taken = now.held == before.held && now.has < before.has;
            *before = now;
            holds(!taken, "nothing is taken from an account that did not trade")?;
        }
        Ok(())
    }

    /// Funding and borrowing over any time stay within their caps, whatever the clocks did.
    fn carry(&mut self, book: &Book, now_ms: u64) -> Result<(), String> {
        let passed = i128::from(now_ms.saturating_sub(self.began_ms) + LEAD.0);
        for (market, highest) in book.markets.iter().zip(&mut self.highest) {
            let newest = market.newest_price().high.0.max(market.reference_price);
            *highest = newest.max(*highest);
            let rate =
                i128::from(market.terms.funding_cap_ppb) + i128::from(market.terms.borrow_ppb);
            // Billionths an hour of millionths, as millionths of millionths.
            let most = rate * i128::from(*highest) * passed / 3_600_000_000 + 2;
            let charged = i128::from(market.carry_long.unsigned_abs());
            let charged = charged.max(i128::from(market.carry_short.unsigned_abs()));
            holds(charged <= most, "carry stays within its caps")?;
        }
        Ok(())
    }
}

impl Standing {
    fn new(book: &Book, account: &MarginAccount) -> Self {
        let positions = book.markets.iter().map(|market| account.position(market.index));
        let has = account.collateral + account.reserved_fees + account.exit_amount;
        Self {
            held: positions.map(|position| (position.size.0, position.entry.0)).collect(),
            has: i128::from(has) + i128::from(account.pending_profit) - i128::from(account.debt),
        }
    }
}

/// What the vaults hold, with what providers of liquidity have beside them.
fn counted(book: &Book) -> u64 {
    let ledger = &book.silo.ledger;
    let wallets: u64 = book.stakes.iter().map(|stake| stake.wallet).sum();
    ledger.in_liquidity_vault + ledger.in_insurance_vault + wallets
}

/// The ledger is the sum of the accounts, and the vaults hold what it counts on.
fn money(book: &Book) -> Result<(), String> {
    book.silo.invariant().map_err(|error| format!("the silo's books: {error}"))?;
    let everybody = || book.accounts.iter().chain([&book.keeper]);
    let collateral: u64 = everybody()
        .map(|account| account.collateral + account.reserved_fees + account.exit_amount)
        .sum();
    let pending: u64 = everybody().map(|account| account.pending_profit).sum();
    let debt: u64 = everybody().map(|account| account.debt).sum();
    let ledger = &book.silo.ledger;
    holds(collateral == ledger.collateral, "accounts hold what the ledger says")?;
    holds(pending == ledger.pending_profit, "pending profit is the sum of the accounts'")?;
    holds(debt == ledger.debt, "debt is the sum of the accounts'")?;
    let queued: u64 = book.stakes.iter().map(|stake| stake.outside() - stake.wallet).sum();
    holds(queued == ledger.queued, "what waits to join is what stakes have asked with")?;
    everybody().try_for_each(|account| {
        account.invariant().map_err(|error| format!("a margin account: {error}"))
    })
}

/// Open interest is the sum of the positions, and so is what the silo counts as open.
fn interest(book: &Book) -> Result<(), String> {
    let mut open = 0;
    for market in &book.markets {
        for (side, state) in [(Side::Long, &market.longs), (Side::Short, &market.shorts)] {
            let mut sum = SideTotal::default();
            for account in &book.accounts {
                let position = account.position(market.index);
                sum = sum
                    .replace(side, &Position::default(), &position)
                    .map_err(|error| format!("a sum of positions: {error:?}"))?;
            }
            let total = SideTotal::from(state);
            holds(sum.size == total.size, "open interest is the sum of the positions")?;
            holds(sum.entry == total.entry, "entry values add up")?;
            open += sum.entry.0;
        }
    }
    holds(open == book.silo.open_notional, "the silo counts all that is open")
}

fn holds(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("an invariant is broken: {what}")) }
}
