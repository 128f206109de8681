//! Every way the program refuses, and what the caller can do about it.

use anchor_lang::prelude::*;

mod refusals;

pub use refusals::OrRefuse;

/// Reasons to refuse. Nothing is changed when one is returned.
#[error_code]
pub enum HoldfastError {
    /// An amount does not fit its type.
    #[msg("An amount is out of range: use smaller sizes and prices")]
    Overflow,
    /// The ledger's parts do not sum to what it counts on in its vaults.
    #[msg("The silo's books would not add up: nothing was changed; please report this transaction")]
    LedgerBroken,
    /// A vault holds less than the ledger counts on.
    #[msg("A vault would hold less than the books say: nothing was changed; please report this")]
    VaultShort,
    /// Bits, positions, orders or fees of an account contradict each other.
    #[msg("The account's books would not add up: nothing was changed; please report this")]
    AccountBroken,
    /// The signer may not do this.
    #[msg("Not allowed for this signer: sign with the admin, or the program's upgrade authority")]
    NotAdmin,
    /// The signer does not own the account.
    #[msg("Only the owner may do this: sign with the account's owner")]
    NotOwner,
    /// A market, account or request belongs to another silo.
    #[msg("The accounts belong to different silos: pass accounts of one silo")]
    WrongSilo,
    /// A vault or share mint is not the silo's.
    #[msg("Not the silo's vault or share mint: pass the addresses stored in the silo")]
    WrongVault,
    /// The market account is not the one whose turn it is.
    #[msg(
        "Pass the order's market or those of all open positions, in rising index order, no others"
    )]
    WrongMarket,
    /// A token account has another mint, or is the vault itself.
    #[msg("Not a token account for this: use one of the silo's mint that is not its vault")]
    WrongTokenAccount,
    /// A setting leaves its bounds.
    #[msg("A setting is out of its bounds: the transaction's log names it and what it has to be")]
    TermsOutOfBounds,
    /// The silo has all the markets it can have.
    #[msg("The silo has 16 markets already: create another silo")]
    TooManyMarkets,
    /// Feeds and quorum do not fit together.
    #[msg(
        "Pass 1 to 5 different feeds, more than half as the quorum, fewer of any provider than that"
    )]
    FeedCount,
    /// The provider is not known.
    #[msg(
        "Unknown price provider: 1 is Pyth's pull feed, 2 its price account, 3 Switchboard's pull feed, 4 Stork's"
    )]
    UnknownProvider,
    /// The account passed is none of the market's feeds.
    #[msg("Not a feed of this market: pass the account whose provider and id the market lists")]
    WrongFeed,
    /// A feed account cannot be read.
    #[msg("The feed account cannot be read: it is malformed, not verified, or not trading")]
    UnreadableFeed,
    /// The feed has no positive price.
    #[msg("The feed has no usable price: wait for its next update")]
    NoFeedPrice,
    /// The feed's price is too old.
    #[msg("The feed's price is too old: post a newer update first")]
    StaleFeed,
    /// The feed's price lies in the future.
    #[msg("The feed's price is from the future: wait until the cluster's clock has caught up")]
    FutureFeed,
    /// The feed's confidence interval is too wide.
    #[msg("The feed is too unsure of its price: wait until its confidence narrows")]
    UncertainFeed,
    /// The market already has this price or a newer one.
    #[msg("The market already has this price: nothing to do until the feed publishes again")]
    FeedNotNewer,
    /// A market's newest price is older than its limit.
    #[msg("A market's price is too old for this: refresh the market first")]
    StalePrice,
    /// No price has been published since the request and its delay.
    #[msg(
        "No price since the request and its delay may decide it yet: refresh the market, try again"
    )]
    NoPriceYet,
    /// The amount is zero.
    #[msg("The amount is zero: pass at least one unit")]
    ZeroAmount,
    /// More than the account has.
    #[msg("Not enough collateral: deposit more or ask for less")]
    NotEnoughCollateral,
    /// The account would not meet its initial margin.
    #[msg("Initial margin would not be met: deposit more, trade less or withdraw less")]
    BelowInitialMargin,
    /// All order slots are taken.
    #[msg("All order slots are taken: cancel an order or wait for one to execute")]
    NoFreeOrderSlot,
    /// No such order.
    #[msg("No waiting order has this number: it was executed, cancelled or removed")]
    OrderNotFound,
    /// An order that can never execute, or that takes any price because a limit is missing.
    #[msg("An argument of the order or request is missing: the log names it and what it has to be")]
    InvalidOrder,
    /// The order has expired.
    #[msg("The order has expired: anyone may remove it with cancel_order")]
    OrderExpired,
    /// The order still waits and is not the signer's.
    #[msg("Only the owner may cancel an order that has neither expired nor lapsed")]
    OrderNotExpired,
    /// There is nothing to reduce.
    #[msg("Reduce-only, but there is no position on the other side: cancel the order")]
    NothingToReduce,
    /// The market's cap on open interest.
    #[msg("The market's open interest cap on this side is reached: trade less or wait")]
    OpenInterestCap,
    /// The account's share of the pool.
    #[msg("The position would exceed one account's share of the pool: trade less")]
    AccountShareCap,
    /// The pool's utilisation.
    #[msg("The pool has no liquidity left for this: trade less or wait")]
    UtilisationCap,
    /// The account is safe.
    #[msg("The account meets its maintenance margin: there is nothing to liquidate")]
    AccountSafe,
    /// The account was not flagged.
    #[msg("The account is not flagged: call flag first")]
    NotFlagged,
    /// Already flagged.
    #[msg("The account is flagged already: call liquidate once a price after the delay exists")]
    AlreadyFlagged,
    /// There is no position in this market.
    #[msg("The account has no position in this market")]
    NoPosition,
    /// Another position must be closed first.
    #[msg("Another position of the account has the larger requirement: liquidate that one first")]
    NotLargestLeg,
    /// Something is left in the account.
    #[msg("The account is not empty: close positions, cancel orders and withdraw everything first")]
    AccountNotEmpty,
    /// Pending profit is not due.
    #[msg("No profit is due: it matures some time after it was last added to")]
    NotMatured,
    /// The request is not due.
    #[msg("The request is not due yet: wait for its delay and a price published after it")]
    RequestNotDue,
    /// The liquidity is in use.
    #[msg("Open positions need this liquidity: wait until some close, or ask for less")]
    LiquidityInUse,
    /// Less than the owner accepts.
    #[msg("The result is below the request's minimum: cancel it and ask again")]
    BelowMinimum,
    /// The state of the chain does not allow it now.
    #[msg(
        "The chain was disrupted or is recovering: reductions, deposits and cancellations work; try later"
    )]
    ChainNotReady,
    /// Too few prices since the break.
    #[msg(
        "The market needs more prices published since the chain was disrupted: refresh it and try again"
    )]
    MarketNotReady,
    /// The feed's price is from before the break.
    #[msg("The feed's price was published before the chain's last break: post a newer update")]
    FeedBeforeDisruption,
    /// The sample is too close to the last one.
    #[msg("The last sample is of this slot or less than two seconds old: nothing to do")]
    SampleTooSoon,
    /// The collateral mint's decimals are not supported.
    #[msg("The collateral mint must have six decimals")]
    MintDecimals,
    /// A sysvar cannot be read.
    #[msg("The cluster does not provide a sysvar this needs: nothing was changed")]
    UnreadableSysvar,
    /// The tokens are in the other vault.
    #[msg("The vault's tokens are still in the other vault: call reconcile_vaults first")]
    ReconcileFirst,
    /// Nothing to collect.
    #[msg("There are no fees to collect: try again after trades")]
    NothingToMove,
    /// The price lies outside the band around the market's reference, or no second one bears it out.
    #[msg(
        "The price is outside the market's band, or no second one bears it out yet: wait for the next"
    )]
    PriceOutsideBand,
    /// The profit would be cut.
    #[msg("The silo cannot pay all pending profit now: only the owner may take less, or wait")]
    ProfitCut,
    /// Set-up is not over.
    #[msg("The exchange is still being set up: wait until the admin has locked it")]
    ExchangeNotLocked,
    /// Set-up is over already.
    #[msg("The exchange is locked already: propose a change instead")]
    AlreadyLocked,
    /// Not every silo, in order.
    #[msg("Pass every silo of the exchange, writable, in the order of their numbers")]
    SilosMissing,
    /// Creating needs a change that waited.
    #[msg("The exchange is locked: propose a change that names exactly this and wait for it")]
    ChangeRequired,
    /// The change still waits.
    #[msg("The change waits: try again once its time has come, and an hour after any break")]
    ChangeNotReady,
    /// The change was not applied in time.
    #[msg("The change has expired: propose it again; anyone may remove it with cancel_change")]
    ChangeExpired,
    /// The admin who proposed the change is gone.
    #[msg("The change's proposer is not the admin any more: it lapsed; propose it again")]
    ProposerReplaced,
    /// Accounts that do not fit the change.
    #[msg("Pass the market or silo the change names; what it lets you create, create instead")]
    WrongChange,
    /// A set of guardians that cannot be.
    #[msg(
        "Two to five different guardians, the admin none of them, and a change replaces only one"
    )]
    GuardianSet,
    /// The signer is no guardian.
    #[msg("Not allowed for this signer: sign with a guardian, or cancel a change with the admin")]
    NotGuardian,
    /// Nobody takes back their own removal.
    #[msg("Nobody cancels their own removal: another guardian has to do it")]
    OwnRemoval,
    /// The guardian has tightened, or blown fuses, often enough.
    #[msg(
        "The guardian's tightenings (three a day) or blown fuses (72 hours in 30 days) are used up: wait"
    )]
    BudgetExhausted,
    /// It would change nothing.
    #[msg("The venue is in this state for as long already, or in a stricter one: nothing to do")]
    NothingToTighten,
    /// A transaction that could be sent at any later time.
    #[msg("The admin's transactions take no durable nonce: sign with a recent blockhash")]
    DurableNonce,
    /// The minute's share of a thaw is used up.
    #[msg("This market's liquidations have closed all they may in this minute of the thaw: wait")]
    PaceExhausted,
    /// Withdrawals queue.
    #[msg("The chain is recovering, so withdrawals queue: call request_exit")]
    ExitsQueue,
    /// An exit waits already.
    #[msg("An exit waits already: it is paid with pay_exit, or taken back with cancel_exit")]
    ExitWaiting,
    /// No exit waits.
    #[msg("No exit waits for this account: call request_exit first")]
    NoExit,
    /// Nothing more of the exit is due yet.
    #[msg("Nothing more of this exit is due yet: try again later; everything is paid within a day")]
    OutflowLimit,
    /// The account has positions or orders.
    #[msg("Close all positions and cancel all orders before asking for an exit")]
    NotIdle,
    /// The market is settled.
    #[msg("This market is settled: call settle_position for what is open in it")]
    MarketSettled,
    /// The market is not settled.
    #[msg("This market is not settled: trade in it, or close with a reduce-only order")]
    NotSettled,
    /// Settlement was announced already.
    #[msg("Settlement is announced already: call settle_market once the notice is over")]
    AlreadyAnnounced,
    /// It is too early to give a market up.
    #[msg("A price may still return: settlement needs a day without one on a running chain")]
    PriceMayReturn,
    /// No notice was given, or it is not over.
    #[msg("Settlement is not due: it needs announce_settlement and a day of notice")]
    SettlementNotDue,
    /// The order waits for its trigger.
    #[msg("The order waits for its trigger: call trigger_order once the index price meets it")]
    OrderNotTriggered,
    /// The newest price does not meet the order's trigger.
    #[msg("The newest index price does not meet the order's trigger: try again when it does")]
    TriggerNotMet,
    /// The order's trigger is off already, or it has none.
    #[msg("The order waits for no trigger: call execute_order once its price is there")]
    AlreadyTriggered,
    /// The price that decided the order is too old to be acted on.
    #[msg(
        "The order's price passed unused: place it again; one with a trigger can be triggered again"
    )]
    OrderLapsed,
    /// The price with spread is beyond the order's limit.
    #[msg("The price with spread is beyond the order's limit: it executes within it, or lapses")]
    BeyondLimit,
    /// A price that decides the order is known.
    #[msg(
        "The order's price is known, or may be: it is executed now, or can be cancelled some ten seconds later"
    )]
    PriceKnown,
    /// A newer change of the same settings was proposed.
    #[msg("A newer change of the same settings was proposed, so this one is void: cancel it")]
    ChangeSuperseded,
    /// A pool request needs every market.
    #[msg("Pass every market of the silo, in rising index order and no others")]
    MarketsMissing,
    /// A moment that was left out, or is in another unit.
    #[msg("expires_ms is missing, or not in milliseconds since 1970: multiply seconds by 1,000")]
    NotMilliseconds,
    /// Nobody takes back a request whose price may be known.
    #[msg("The request is due: it is executed, or lapses within minutes and is returned")]
    RequestDue,
    /// Nobody executed the request in time.
    #[msg(
        "Nobody executed the request in time: once it lapses, cancel_pool_request returns it; then ask again"
    )]
    RequestLapsed,
    /// Rounding would cost too much.
    #[msg("The deposit buys so few shares that rounding would cost too much: deposit more")]
    DepositTooSmall,
    /// The pool owes too much to price a share.
    #[msg("Traders are owed too much of the pool's cash to price a share: wait")]
    PoolUndervalued,
    /// The debt may still be paid.
    #[msg("The account's collateral and positions may still cover its debt: nothing to write off")]
    DebtCoverable,
    /// The upgrade authority is still somebody's.
    #[msg("Hand the program's upgrade authority over to the exchange account first, for good")]
    UpgradeAuthority,
    /// A buffer that does not hold, frozen, what the change says.
    #[msg(
        "Pass the change's buffer, with the exchange as its authority and the change's hash as its own"
    )]
    WrongBuffer,
    /// A fuse is blown.
    #[msg("A fuse is blown: close, cancel, deposit and withdraw; the rest waits until it is reset")]
    FuseBlown,
    /// Nothing proves that the books are broken.
    #[msg(
        "The silo's books add up, or what is missing is known: there is nothing to trip a fuse for"
    )]
    BooksSound,
    /// Another order of the account closes part of the position.
    #[msg(
        "Another order of the account closes part of the position at a known price: execute it first"
    )]
    ClosingOrderFirst,
}
