//! What an attacker can do: a grammar of moves that knows no particular attack.

use std::fmt::{self, Display, Formatter};

/// One of the attacker's two margin accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The first.
    A,
    /// The second.
    B,
}

/// Whose account a permissionless move is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One of the attacker's own.
    Own(Who),
    /// An honest trader's, by its place among them.
    Honest(u8),
}

/// How much an order trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// The largest position an account may have, halved this many times.
    Cap(u8),
    /// The market's smallest position.
    Smallest,
    /// Half of it.
    HalfSmallest,
    /// The position held now, in eighths.
    Held(u8),
    /// The position held now without the market's smallest.
    HeldLessSmallest,
    /// The position held now without half of the market's smallest.
    HeldLessHalf,
}

/// Tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Native units.
    Units(u64),
    /// All there is, divided by a power of two.
    Share(u8),
}

/// Which published tick is meant, among those of the last half minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// This many seconds old.
    Old(u8),
    /// The lowest.
    Lowest,
    /// The highest.
    Highest,
}

/// What an order waits for, basis points from the true price when it is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Nothing.
    None,
    /// The index at or above.
    Above(i32),
    /// The index at or below.
    Below(i32),
}

/// An order to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Which market.
    pub market: u8,
    /// Buys, or sells.
    pub buy: bool,
    /// How much.
    pub size: Size,
    /// Worst price accepted, basis points from the true price; any without.
    pub limit: Option<i32>,
    /// What it waits for.
    pub trigger: Trigger,
    /// Never opens.
    pub reduce_only: bool,
    /// Takes a price that the venue does not believe yet, where that is worse for its owner.
    pub any_price: bool,
}

/// Something one instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Adds collateral out of the attacker's wallet.
    Deposit(Who, Amount),
    /// Takes collateral out.
    Withdraw(Who, Amount),
    /// Places an order.
    Place(Who, Ticket),
    /// Cancels the waiting order at this place, oldest first.
    Cancel(Who, u8),
    /// Sets the trigger of the waiting order at this place off, oldest first.
    Trigger(Who, u8),
    /// Executes the waiting order at this place, oldest first.
    Execute(Who, u8),
    /// Posts a published tick and refreshes a market from it and, by a bit each, from the other
    /// feeds as they stand.
    Post {
        /// Which market.
        market: u8,
        /// Which tick.
        tick: Tick,
        /// Bit per other feed.
        others: u8,
    },
    /// Flags an account.
    Flag(Target),
    /// Liquidates an account's position in a market.
    Liquidate(Target, u8),
    /// Asks to join a pool; insurance when true.
    Join(bool, Amount),
    /// Asks to leave a pool.
    Leave(bool, Amount),
    /// Executes the attacker's request at a pool.
    ExecutePool(bool),
    /// Takes a request at a pool back.
    CancelPool(bool),
    /// Matures profit.
    Mature(Who),
    /// Applies the change that waits.
    Apply,
    /// Samples the chain.
    Observe,
}

/// When a transaction is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Whenever it lands.
    Landed,
    /// When the attacker has more afterwards, at true prices and with what closing costs: the
    /// transaction ends with a check, or is simulated before it is sent.
    Gained,
}

/// One step of an attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Lets seconds pass. An `early` attacker acts in the last of them before honest people do.
    Wait {
        /// How many.
        seconds: u8,
        /// Before honest people.
        early: bool,
    },
    /// Waits until the first market's true price has moved this far, basis points.
    Until {
        /// How far, up when positive.
        moved: i32,
        /// Seconds after which to go on anyway.
        most: u8,
        /// Before honest people.
        early: bool,
    },
    /// A second passes, from which on the feed of the first market shows a wrong price.
    Print {
        /// What it shows, percent of the true price.
        percent: u32,
        /// How long, including the second that passes: that alone where the market may believe it.
        seconds: u8,
        /// Before honest people.
        early: bool,
    },
    /// One transaction, tried in this many seconds until it is kept.
    Send {
        /// Its instructions.
        acts: Vec<Act>,
        /// When it is kept.
        guard: Guard,
        /// Seconds in which it is tried.
        tries: u8,
        /// Before honest people.
        early: bool,
    },
}

/// Kinds of moves, of which a search may have to do without some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// Deposits after the beginning.
    Deposit = 1,
    /// Withdrawals.
    Withdraw = 2,
    /// Orders that may open.
    Open = 4,
    /// Reduce-only orders.
    Reduce = 8,
    /// Triggers.
    Trigger = 16,
    /// Posting prices.
    Post = 32,
    /// Pools.
    Pool = 64,
    /// Flags and liquidations.
    Liquidate = 128,
    /// Wrong prints.
    Print = 256,
    /// Limits.
    Limit = 512,
    /// The second market.
    Second = 1_024,
    /// Applying changes.
    Change = 2_048,
}

/// A set of [`Kind`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(pub u32);

impl Kinds {
    /// Whether a kind is in it.
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & kind as u32 != 0
    }
}

impl Display for Size {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        match self {
            Self::Cap(0) => write!(to, "the largest position"),
            Self::Cap(halved) => write!(to, "1/{} of the largest position", 1_u32 << halved),
            Self::Smallest => write!(to, "the smallest position"),
            Self::HalfSmallest => write!(to, "half of the smallest position"),
            Self::Held(eighths) => write!(to, "{eighths}/8 of what is held"),
            Self::HeldLessSmallest => write!(to, "what is held but the smallest position"),
            Self::HeldLessHalf => write!(to, "what is held but half of the smallest position"),
        }
    }
}

impl Display for Ticket {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        let side = if self.buy { "buy" } else { "sell" };
        write!(to, "{side} {} in market {}", self.size, self.market)?;
        if self.reduce_only {
            write!(to, ", reduce only")?;
        }
        if self.any_price {
            write!(to, ", at any price")?;
        }
        if let Some(limit) = self.limit {
            write!(to, ", limit {limit:+} bps")?;
        }
        match self.trigger {
            Trigger::None => Ok(()),
            Trigger::Above(level) => write!(to, ", once at or above {level:+} bps"),
            Trigger::Below(level) => write!(to, ", once at or below {level:+} bps"),
        }
    }
}

impl Display for Act {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        let pool = |insurance: &bool| if *insurance { "insurance" } else { "liquidity" };
        match self {
            Self::Deposit(who, amount) => write!(to, "{who:?} deposits {amount:?}"),
            Self::Withdraw(who, amount) => write!(to, "{who:?} withdraws {amount:?}"),
            Self::Place(who, ticket) => write!(to, "{who:?} places: {ticket}"),
            Self::Cancel(who, place) => write!(to, "{who:?} cancels order #{place}"),
            Self::Trigger(who, place) => write!(to, "trigger order #{place} of {who:?}"),
            Self::Execute(who, place) => write!(to, "execute order #{place} of {who:?}"),
            Self::Post { market, tick, others } => {
                write!(to, "post tick {tick:?} of market {market}, other feeds {others:02b}")
            }
            Self::Flag(target) => write!(to, "flag {target:?}"),
            Self::Liquidate(target, market) => {
                write!(to, "liquidate {target:?} in market {market}")
            }
            Self::Join(insurance, amount) => {
                write!(to, "ask to join {} with {amount:?}", pool(insurance))
            }
            Self::Leave(insurance, amount) => {
                write!(to, "ask to leave {} with {amount:?}", pool(insurance))
            }
            Self::ExecutePool(insurance) => write!(to, "execute {} request", pool(insurance)),
            Self::CancelPool(insurance) => write!(to, "cancel {} request", pool(insurance)),
            Self::Mature(who) => write!(to, "mature profit of {who:?}"),
            Self::Apply => write!(to, "apply the change"),
            Self::Observe => write!(to, "observe"),
        }
    }
}

impl Display for Move {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        let when = |early: &bool| if *early { ", before honest people" } else { "" };
        match self {
            Self::Wait { seconds, early } => write!(to, "wait {seconds} s{}", when(early)),
            Self::Until { moved, most, early } => {
                write!(to, "wait for a move of {moved:+} bps, {most} s at most{}", when(early))
            }
            Self::Print { percent, seconds, early } => {
                write!(to, "for {seconds} s {percent} % of the price is shown{}", when(early))
            }
            Self::Send { acts, guard, tries, early } => {
                let acts: Vec<_> = acts.iter().map(ToString::to_string).collect();
                write!(to, "send [{}]", acts.join("; "))?;
                if *guard == Guard::Gained {
                    write!(to, " if it gains")?;
                }
                if *tries > 1 {
                    write!(to, ", tried for {tries} s{}", when(early))?;
                }
                Ok(())
            }
        }
    }
}
