//! Commands of traders, of those who provide liquidity or insurance, and of guardians.

use clap::{Args, Subcommand, ValueEnum};
use holdfast_client::Pubkey;

use crate::amount;

#[derive(Subcommand)]
pub enum AccountTask {
    /// Open the wallet's margin account with the number in the settings
    Open,
    /// Show an account's money, positions and orders
    Show {
        /// Its address [default: the wallet's own]
        address: Option<Pubkey>,
    },
    /// List all margin accounts of the wallet
    List,
    /// Add collateral, out of the wallet's token account; works in every state of the chain
    Deposit {
        /// In units of the collateral, such as 12.5
        #[arg(value_parser = amount::millionths, allow_negative_numbers = true)]
        amount: u64,
    },
    /// Take collateral out into the wallet's token account, as far as positions do not need it
    Withdraw {
        /// In units of the collateral, such as 12.5
        #[arg(value_parser = amount::millionths, allow_negative_numbers = true)]
        amount: u64,
    },
    /// Withdraw through the queue, which is open in every state of the chain
    ///
    /// For an account without positions, orders and pending profit. An exit is paid at once while the
    /// chain is trusted, within an hourly limit while it recovers, and after a day in any case.
    #[command(subcommand)]
    Exit(ExitTask),
}

#[derive(Subcommand)]
pub enum ExitTask {
    /// Put collateral on its way out, into the wallet's token account
    Request {
        /// In units of the collateral, such as 12.5
        #[arg(value_parser = amount::millionths, allow_negative_numbers = true)]
        amount: u64,
    },
    /// Pay what may be paid now; anyone may do it for any account
    Pay {
        /// The account whose exit waits [default: the wallet's own]
        address: Option<Pubkey>,
    },
    /// Take back what has not been paid
    Cancel,
}

#[derive(Subcommand)]
pub enum TradeTask {
    /// Place an order that opens or changes a position
    ///
    /// Keepers execute it at the first price that keeps the limit and is published after the order and
    /// its delay. Until then, or until it expires, it waits in one of the account's order slots.
    Open {
        /// The market's index or name
        market: String,
        /// Direction
        side: Way,
        /// In units of the asset, such as 0.25
        #[arg(value_parser = amount::size, allow_negative_numbers = true)]
        size: i64,
        #[command(flatten)]
        terms: OrderTerms,
    },
    /// Place an order that reduces or closes a position, and never opens one; works in every state of
    /// the chain
    Close {
        /// The market's index or name
        market: String,
        /// In units of the asset [default: the whole position]
        #[arg(value_parser = amount::size, allow_negative_numbers = true)]
        size: Option<i64>,
        #[command(flatten)]
        terms: OrderTerms,
    },
    /// Take waiting orders back; works in every state of the chain
    Cancel {
        /// The order's slot, as `account show` lists it
        #[arg(required_unless_present = "all")]
        order_slot: Option<u8>,
        /// All orders that wait, in one transaction: all are taken back or none is
        #[arg(long, conflicts_with = "order_slot")]
        all: bool,
    },
}

/// Terms of an order.
#[derive(Args, Clone, Copy)]
pub struct OrderTerms {
    /// Worst price accepted, the spread included: the highest when buying, the lowest when selling
    /// [default: what --slippage says]
    #[arg(long, value_name = "PRICE", value_parser = amount::millionths)]
    #[arg(allow_negative_numbers = true)]
    pub limit: Option<u64>,
    /// Without a limit: how much worse than the price now, or than the one it waits for, the price
    /// may be, in hundredths of a percent
    #[arg(long, value_name = "BPS", default_value_t = 50, conflicts_with = "limit")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=5_000))]
    pub slippage: u16,
    /// Wait until the index price is at or above this
    #[arg(long, value_name = "PRICE", value_parser = amount::millionths, conflicts_with = "below")]
    pub above: Option<u64>,
    /// Wait until the index price is at or below this
    #[arg(long, value_name = "PRICE", value_parser = amount::millionths)]
    pub below: Option<u64>,
    /// Closing only: also take a price outside the market's band, when it is worse for you than the
    /// reference price; never when it would leave a debt
    #[arg(long)]
    pub any_price: bool,
    /// Seconds until it expires unexecuted
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
    pub lasts: u64,
    /// What the keeper who executes it gets besides, out of the account's collateral; it is set aside at once
    /// [default: nothing]
    #[arg(long, value_name = "AMOUNT", value_parser = amount::millionths)]
    pub fee: Option<u64>,
    /// Wait until it is executed and say at which price; exit code 1 when it was not. Interrupting
    /// leaves the order where it is
    #[arg(long)]
    pub wait: bool,
}

/// Direction of a trade.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Way {
    /// Buy: gains when the price rises
    Long,
    /// Sell: gains when the price falls
    Short,
}

#[derive(Subcommand)]
pub enum PoolTask {
    /// Ask to join with an amount out of the wallet's token account; priced after the request
    Join {
        /// In units of the collateral, such as 12.5
        #[arg(value_parser = amount::millionths, allow_negative_numbers = true)]
        amount: u64,
        /// Take no fewer shares; the request waits until there are as many, or lapses [default: 99 % of
        /// what the amount buys now]
        #[arg(long, value_name = "SHARES", value_parser = amount::millionths)]
        least: Option<u64>,
    },
    /// Ask to leave with shares out of the wallet's share account; priced after the request
    Leave {
        /// Shares to give up, such as 12.5
        #[arg(value_parser = amount::millionths, allow_negative_numbers = true)]
        shares: u64,
        /// Take no less; the request waits until there is as much, or lapses [default: 99 % of what the
        /// shares are worth now]
        #[arg(long, value_name = "AMOUNT", value_parser = amount::millionths)]
        least: Option<u64>,
    },
    /// Take a waiting request back: deposit or shares return in full
    Cancel {
        /// The request's number, as `show` lists it; needed when several wait
        number: Option<u16>,
    },
    /// Show the pool, the wallet's shares and its waiting requests
    Show,
}

#[derive(Subcommand)]
pub enum GuardianTask {
    /// Put the venue into a stricter state at once, for a time that runs out
    ///
    /// Sign with a guardian's keypair (--keypair). A guardian may do this three times in 24 hours; it
    /// never loosens anything.
    Tighten {
        /// At least this strict
        minimum_state: MinimumState,
        /// For how long, 1 to 30
        #[arg(long, default_value_t = 10)]
        minutes: u64,
    },
}

/// What a guardian can ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum MinimumState {
    /// Opening and withdrawing need more margin
    Strained,
    /// Nothing opens; deposits, reductions and cancellations go on
    Shelter,
}
