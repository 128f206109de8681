//! Holdfast's on-chain program: a perpetual-futures venue that holds when the chain does not.
//!
//! One line per instruction here, with the errors it may return (besides those that any may, see
//! `docs/instructions.md`) and the events it emits. Each has a file of its own in `instructions`,
//! each account type in `state`. Every handler reads the same way: check accounts, gather inputs,
//! one call into `holdfast_risk`, apply the outcome, check the books, emit an event.

use anchor_lang::prelude::*;

#[deny(missing_docs)]
pub mod account_health;
#[deny(missing_docs)]
pub mod checks;
#[deny(missing_docs)]
pub mod clock;
#[deny(missing_docs)]
pub mod governance;
#[deny(missing_docs)]
pub mod oracle;
#[deny(missing_docs)]
pub mod pool_worth;
mod profile;
#[deny(missing_docs)]
pub mod tokens;
#[deny(missing_docs)]
pub mod trade_context;

// Anchor's macros add items without documentation here; `cargo xtask idl` asks for it instead.
pub mod error;
pub mod events;
pub mod instructions;
pub mod state;

use instructions::*;
use state::{ChangeKind, Feeds, MarketTermsState, SiloTermsState, ThresholdsState, TimelockState};

declare_id!("693HMonhx2oYyQacBnmmMLWbUTW4qfUA7UXSHw8nhdXj");

/// Instructions; see the file of each.
#[program]
pub mod holdfast {
    use super::*;

    /// Creates the exchange and its chain health. Only the program's upgrade authority may: it
    /// becomes the admin.
    ///
    /// Refuses: `NotAdmin`, `DurableNonce`, `TermsOutOfBounds`. Emits: `ExchangeCreated`.
    ///
    /// - `fee_receiver`: owner of the token accounts that protocol fees may be paid to; not the empty key.
    /// - `thresholds`: when the states of the chain are entered and left; zero `blackout_ms` is the preset.
    pub fn create_exchange(
        ctx: Context<CreateExchange>,
        fee_receiver: Pubkey,
        thresholds: ThresholdsState,
    ) -> Result<()> {
        instructions::create_exchange(ctx, fee_receiver, thresholds)
    }

    /// Creates a silo with its vaults and share mints. Only the admin may; once the exchange is
    /// locked, only with a ready change that names exactly this.
    ///
    /// Refuses: `NotAdmin`, `DurableNonce`, `MintDecimals`, `TermsOutOfBounds`, `ChangeRequired`,
    /// `ChangeNotReady`, `ChangeExpired`, `ProposerReplaced`. Emits: `SiloCreated`, `ChangeApplied`.
    ///
    /// - `terms`: the silo's settings.
    pub fn create_silo(ctx: Context<CreateSilo>, terms: SiloTermsState) -> Result<()> {
        instructions::create_silo(ctx, terms)
    }

    /// Lists a market, with settings inside the bounds of the code. Only the admin may; once the
    /// exchange is locked, only with a ready change that names exactly this.
    ///
    /// Refuses: `NotAdmin`, `DurableNonce`, `TermsOutOfBounds`, `FeedCount`, `UnknownProvider`,
    /// `TooManyMarkets`, `ChangeRequired`, `ChangeNotReady`, `ChangeExpired`, `ProposerReplaced`.
    /// Emits: `MarketListed`, `ChangeApplied`.
    ///
    /// - `name`: UTF-8, filled up with zeros.
    /// - `terms`: the market's settings.
    /// - `feeds`: what it is priced by.
    pub fn list_market(
        ctx: Context<ListMarket>,
        name: [u8; 16],
        terms: MarketTermsState,
        feeds: Feeds,
    ) -> Result<()> {
        instructions::list_market(ctx, name, terms, feeds)
    }

    /// Stores the readings of a market's feeds and takes their median as its newest price once a
    /// quorum agrees, then accrues funding, borrow fee and volatility: the one place where feeds are
    /// read. Some or all of the market's feed accounts follow; one that does not count stops nothing
    /// unless none does.
    ///
    /// Refuses: `WrongSilo`, `WrongFeed`, `UnreadableFeed`, `NoFeedPrice`, `FutureFeed`,
    /// `StaleFeed`, `FeedBeforeDisruption`, `FeedNotNewer`, `UncertainFeed`, `MarketSettled`. Emits:
    /// `MarketRefreshed`, `MarketUnpriced`, `SettlementCancelled`.
    pub fn refresh_market<'info>(ctx: Context<'info, RefreshMarket<'info>>) -> Result<()> {
        instructions::refresh_market(ctx)
    }

    /// Opens an empty margin account.
    ///
    /// Emits: `AccountOpened`.
    ///
    /// - `number`: the owner's number for it; each has an address of its own.
    pub fn open_margin_account(ctx: Context<OpenMarginAccount>, number: u16) -> Result<()> {
        instructions::open_margin_account(ctx, number)
    }

    /// Closes a margin account that holds nothing.
    ///
    /// Refuses: `NotOwner`, `AccountNotEmpty`. Emits: `AccountClosed`.
    pub fn close_margin_account(ctx: Context<CloseMarginAccount>) -> Result<()> {
        instructions::close_margin_account(ctx)
    }

    /// Adds collateral to any account, in every state of the chain. It lowers the shortfall of a
    /// flagged account and clears a flag made good.
    ///
    /// Refuses: `ZeroAmount`, `WrongSilo`, `WrongVault`, `ExchangeNotLocked`. Emits: `Deposited`.
    ///
    /// - `amount`: native units.
    pub fn deposit(ctx: Context<Deposit>, amount: u64) -> Result<()> {
        instructions::deposit(ctx, amount)
    }

    /// Takes collateral out, as far as the initial margin asked now is met without unrealised
    /// gains. The markets of all open positions follow, in rising index order.
    ///
    /// Refuses: `ZeroAmount`, `NotOwner`, `WrongSilo`, `WrongVault`, `WrongTokenAccount`,
    /// `NotEnoughCollateral`, `ChainNotReady`, `ExitsQueue`, `WrongMarket`, `BelowInitialMargin`,
    /// `ReconcileFirst`. Emits: `Withdrawn`.
    ///
    /// - `amount`: native units.
    pub fn withdraw<'info>(ctx: Context<'info, Withdraw<'info>>, amount: u64) -> Result<()> {
        instructions::withdraw(ctx, amount)
    }

    /// Puts an order into a free slot. Requests to reduce are taken in every state of the chain. What
    /// opens reserves initial margin, and a fee is set aside only as far as a withdrawal could take it:
    /// for either the markets of all open positions follow, in rising index order.
    ///
    /// Refuses: `NotOwner`, `WrongSilo`, `NotMilliseconds`, `InvalidOrder`, `ChainNotReady`, `StalePrice`,
    /// `NotEnoughCollateral`, `WrongMarket`, `BelowInitialMargin`, `NoFreeOrderSlot`,
    /// `MarketSettled`, `FuseBlown`. Emits: `OrderPlaced`.
    ///
    /// - `request`: what to trade, when, and at which price at worst.
    pub fn place_order<'info>(
        ctx: Context<'info, PlaceOrder<'info>>,
        request: OrderRequest,
    ) -> Result<()> {
        instructions::place_order(ctx, request)
    }

    /// Sets a waiting order's trigger off, once the newest price meets it: it is decided by the first
    /// price published after the delay from now.
    ///
    /// Refuses: `WrongSilo`, `OrderNotFound`, `WrongMarket`, `OrderExpired`, `AlreadyTriggered`,
    /// `NothingToReduce`, `NoPriceYet`, `TriggerNotMet`, `MarketSettled`. Emits: `OrderTriggered`.
    ///
    /// - `number`: the order's number in the account; orders are numbered from one.
    pub fn trigger_order(ctx: Context<TriggerOrder>, number: u64) -> Result<()> {
        instructions::trigger_order(ctx, number)
    }

    /// Removes a waiting order: the owner as long as no price that decides it is known, anyone once it
    /// has expired undecided or lapsed, or its market is settled.
    ///
    /// Refuses: `WrongSilo`, `OrderNotFound`, `WrongMarket`, `OrderNotExpired`, `PriceKnown`. Emits:
    /// `OrderRemoved`.
    ///
    /// - `number`: the order's number in the account.
    pub fn cancel_order(ctx: Context<CancelOrder>, number: u64) -> Result<()> {
        instructions::cancel_order(ctx, number)
    }

    /// Executes an order at the price that decides it: the first published after its delay and after
    /// the chain's last disruption, or a worse one believed since. Of an order whose opening the
    /// account's margin no longer carries only what closes is executed; one that closes nothing is
    /// removed. When it opens, the markets of the account's other open
    /// positions follow, in rising index order; a reduction needs no margin.
    ///
    /// Refuses: `WrongSilo`, `OrderNotFound`, `WrongMarket`, `OrderExpired`, `OrderNotTriggered`,
    /// `ChainNotReady`, `NothingToReduce`, `NoPriceYet`, `OrderLapsed`, `BeyondLimit`,
    /// `OpenInterestCap`, `AccountShareCap`, `UtilisationCap`, `MarketNotReady`, `StalePrice`,
    /// `PriceOutsideBand`, `MarketSettled`, `FuseBlown`, `ClosingOrderFirst`. Emits: `OrderExecuted`,
    /// `OrderRemoved`.
    ///
    /// - `number`: the order's number in the account.
    pub fn execute_order<'info>(
        ctx: Context<'info, ExecuteOrder<'info>>,
        number: u64,
    ) -> Result<()> {
        instructions::execute_order(ctx, number)
    }

    /// Flags an account that fails its maintenance margin: the request that a liquidation executes.
    /// The markets of all open positions follow, in rising index order.
    ///
    /// Refuses: `WrongMarket`, `AlreadyFlagged`, `AccountSafe`. Emits: `AccountFlagged`.
    pub fn flag<'info>(ctx: Context<'info, Flag<'info>>) -> Result<()> {
        instructions::flag(ctx)
    }

    /// Liquidates a position of a flagged account, partly or whole, at the newest price published
    /// after the flag's delay and the chain's last disruption, if the account fails at that and at the
    /// newest prices. Of the positions that can be liquidated now at their market's newest price the
    /// largest comes first. What the account cannot pay is its debt while it has other positions; with
    /// the last one bad debt is booked. The markets of the account's other open positions follow, in
    /// rising index order.
    ///
    /// Refuses: `WrongSilo`, `NotFlagged`, `NoPosition`, `MarketNotReady`, `NoPriceYet`,
    /// `PriceOutsideBand`, `WrongMarket`, `AccountSafe`, `ChainNotReady`, `PaceExhausted`,
    /// `NotLargestLeg`, `MarketSettled`. Emits: `PositionLiquidated`.
    pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>) -> Result<()> {
        instructions::liquidate(ctx)
    }

    /// Turns pending profit into collateral: for anyone while the silo can pay all that is pending,
    /// for the owner also cut by what it can pay.
    ///
    /// Refuses: `WrongSilo`, `ChainNotReady`, `NotMatured`, `ProfitCut`, `FuseBlown`. Emits:
    /// `ProfitMatured`.
    pub fn mature_profit(ctx: Context<MatureProfit>) -> Result<()> {
        instructions::mature_profit(ctx)
    }

    /// Asks to join or leave the liquidity pool or the insurance fund, in every state of the chain.
    ///
    /// Refuses: `ZeroAmount`, `InvalidOrder`, `WrongVault`, `WrongTokenAccount`, `ExchangeNotLocked`.
    /// Emits: `PoolRequested`.
    ///
    /// - `number`: the owner's number for the request; each has an address of its own.
    /// - `order`: which pool, in or out, and how much.
    pub fn request_pool(ctx: Context<RequestPool>, number: u16, order: PoolOrder) -> Result<()> {
        instructions::request_pool(ctx, number, order)
    }

    /// Takes a pool request back: its owner while it is not due, or the chain or a fuse does not allow
    /// it, anyone once it has lapsed. Deposit or shares return in full.
    ///
    /// Refuses: `NotOwner`, `WrongSilo`, `WrongVault`, `WrongTokenAccount`, `RequestDue`,
    /// `ReconcileFirst`. Emits: `PoolRequestCancelled`.
    pub fn cancel_pool_request(ctx: Context<CancelPoolRequest>) -> Result<()> {
        instructions::cancel_pool_request(ctx)
    }

    /// Executes a pool request at prices published after it, within ten minutes of the moment it was
    /// due, or since when chain and guardians allow it again. For the liquidity pool every market of
    /// the silo follows, in index order. What a closed or frozen destination cannot receive waits in
    /// the request, as if that had lapsed.
    ///
    /// Refuses: `NotOwner`, `WrongSilo`, `WrongTokenAccount`, `WrongVault`, `ChainNotReady`,
    /// `RequestNotDue`, `RequestLapsed`, `MarketsMissing`, `StalePrice`, `PriceOutsideBand`,
    /// `ZeroAmount`, `BelowMinimum`, `DepositTooSmall`, `PoolUndervalued`, `LiquidityInUse`,
    /// `ReconcileFirst`, `FuseBlown`. Emits: `PoolRequestExecuted`.
    pub fn execute_pool_request<'info>(
        ctx: Context<'info, ExecutePoolRequest<'info>>,
    ) -> Result<()> {
        instructions::execute_pool_request(ctx)
    }

    /// Judges the chain by its sysvars and keeps the sample and the state. Markets may follow, whose
    /// stored readings are evidence of the time.
    ///
    /// Refuses: `WrongMarket`, `SampleTooSoon`. Emits: `ChainObserved`, `ChainStateChanged`.
    pub fn observe<'info>(ctx: Context<'info, Observe<'info>>) -> Result<()> {
        instructions::observe(ctx)
    }

    /// Says how the chain is doing, as return data for a program that calls it or for whoever
    /// simulates it: the stricter of what was last observed and of what the sysvars say now. A sample
    /// that is stale reads as Strained. Nothing changes.
    pub fn chain_state(ctx: Context<ReadChainState>) -> Result<ChainReport> {
        instructions::chain_state(ctx)
    }

    /// Brings a silo's vaults in line with its ledger; donations join the insurance fund. Where they are
    /// in line, nothing happens.
    ///
    /// Refuses: `WrongVault`, `VaultShort`. Emits: `VaultsReconciled`.
    pub fn reconcile_vaults(ctx: Context<ReconcileVaults>) -> Result<()> {
        instructions::reconcile_vaults(ctx)
    }

    /// Pays protocol fees out to the exchange's fee receiver.
    ///
    /// Refuses: `WrongVault`, `FuseBlown`, `WrongTokenAccount`, `NothingToMove`, `ReconcileFirst`. Emits:
    /// `FeesCollected`.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        instructions::collect_fees(ctx)
    }

    /// Ends set-up: names guardians and timelock, and lets money in. Only the admin may, once, and only
    /// when the exchange is the program's upgrade authority. Every silo follows, in the order of their
    /// numbers.
    ///
    /// Refuses: `NotAdmin`, `DurableNonce`, `UpgradeAuthority`, `AlreadyLocked`, `TermsOutOfBounds`,
    /// `GuardianSet`, `SilosMissing`. Emits: `ExchangeLocked`.
    ///
    /// - `guardians`: two to five different keys, the admin's not among them.
    /// - `timelock`: how long changes wait.
    pub fn lock_exchange<'info>(
        ctx: Context<'info, LockExchange<'info>>,
        guardians: Vec<Pubkey>,
        timelock: TimelockState,
    ) -> Result<()> {
        instructions::lock_exchange(ctx, guardians, timelock)
    }

    /// Announces a change, in full and in public, that waits out the timelock, and voids older changes
    /// of the same target. Only the admin may. A handover voids none and is voided by none. An upgrade
    /// of the program waits for a week at least; its buffer has to be frozen and to have the hash that
    /// the change names.
    ///
    /// Refuses: `NotAdmin`, `DurableNonce`, `ExchangeNotLocked`, `TermsOutOfBounds`, `FeedCount`,
    /// `UnknownProvider`, `GuardianSet`, `WrongChange`, `WrongBuffer`. Emits: `ChangeProposed`,
    /// `UpgradeProposed`.
    ///
    /// - `content`: what it changes.
    pub fn propose_change(ctx: Context<ProposeChange>, content: ChangeKind) -> Result<()> {
        instructions::propose_change(ctx, content)
    }

    /// Takes a change back: the admin and any guardian, but nobody their own removal; anyone once it
    /// has expired or its proposer is not the admin any more.
    ///
    /// Refuses: `NotGuardian`, `OwnRemoval`, `DurableNonce`, `WrongChange`. Emits:
    /// `ChangeCancelled`.
    pub fn cancel_change(ctx: Context<CancelChange>) -> Result<()> {
        instructions::cancel_change(ctx)
    }

    /// Makes a change that has waited, has not expired and is the newest of its target. Changes of
    /// maintenance margin wait for a normal state of the chain as well.
    ///
    /// Refuses: `ChangeNotReady`, `ChangeExpired`, `ProposerReplaced`, `ChangeSuperseded`,
    /// `WrongChange`, `ChainNotReady`, `TermsOutOfBounds`, `FeedCount`, `UnknownProvider`,
    /// `GuardianSet`, `WrongVault`, `LedgerBroken`, `VaultShort`. Emits: `ChangeApplied`.
    pub fn apply_change<'info>(ctx: Context<'info, ApplyChange<'info>>) -> Result<()> {
        instructions::apply_change(ctx)
    }

    /// Replaces the program by what the buffer of a change holds, once the change has waited for a
    /// week and for 48 hours after any break, has not expired and is the newest of its target, in a
    /// normal state of the chain. The new program runs from the next slot on.
    ///
    /// Refuses: `ChangeNotReady`, `ChangeExpired`, `ProposerReplaced`, `ChangeSuperseded`,
    /// `WrongChange`, `WrongBuffer`, `ChainNotReady`. Emits: `ChangeApplied`.
    pub fn apply_upgrade(ctx: Context<ApplyUpgrade>) -> Result<()> {
        instructions::apply_upgrade(ctx)
    }

    /// Puts the venue into Shelter, or else Strained, for one to thirty minutes. Only a guardian
    /// may, three times in 24 hours. Time loosens it again.
    ///
    /// Refuses: `NotGuardian`, `TermsOutOfBounds`, `NothingToTighten`, `BudgetExhausted`. Emits:
    /// `ChainStateChanged`.
    ///
    /// - `shelter`: into Shelter; otherwise into Strained.
    /// - `lasts_ms`: for how long, 60,000 to 1,800,000 milliseconds.
    pub fn tighten(ctx: Context<Tighten>, shelter: bool, lasts_ms: u64) -> Result<()> {
        instructions::tighten(ctx, shelter, lasts_ms)
    }

    /// Takes families of actions away for a minute to 72 hours: openings, pools, maturing of profit.
    /// Two guardians together may, for 72 hours in any thirty days. Time gives them back.
    ///
    /// Refuses: `NotGuardian`, `TermsOutOfBounds`, `BudgetExhausted`. Emits: `FusesBlown`.
    ///
    /// - `families`: a bit for each: openings 1, pools 2, maturing 4.
    /// - `lasts_ms`: for how long, 60,000 to 259,200,000 milliseconds.
    pub fn blow_fuses(ctx: Context<BlowFuses>, families: u8, lasts_ms: u64) -> Result<()> {
        instructions::blow_fuses(ctx, families, lasts_ms)
    }

    /// Lets a silo only reduce until a change resets its fuse: anyone may, where its ledger does not sum
    /// up, a vault holds less than the ledger counts on, or an account of the silo contradicts itself.
    ///
    /// Refuses: `WrongVault`, `WrongSilo`, `BooksSound`. Emits: `FuseTripped`.
    pub fn trip_fuse(ctx: Context<TripFuse>) -> Result<()> {
        instructions::trip_fuse(ctx)
    }

    /// Puts collateral of an account without positions and orders on its way out, in every state of
    /// the chain: the way to withdraw while it recovers. Profit that waits to mature keeps nothing in.
    ///
    /// Refuses: `ZeroAmount`, `NotOwner`, `WrongSilo`, `WrongVault`, `WrongTokenAccount`,
    /// `ExitWaiting`, `NotIdle`, `NotEnoughCollateral`. Emits: `ExitRequested`.
    ///
    /// - `amount`: native units.
    pub fn request_exit(ctx: Context<RequestExit>, amount: u64) -> Result<()> {
        instructions::request_exit(ctx, amount)
    }

    /// Pays an exit: at once while the chain is trusted, about a tenth of it an hour while it
    /// recovers, and after a day in any case. Nothing that others do changes it.
    ///
    /// Refuses: `WrongSilo`, `WrongVault`, `WrongTokenAccount`, `NoExit`, `OutflowLimit`,
    /// `ReconcileFirst`. Emits: `ExitPaid`.
    pub fn pay_exit(ctx: Context<PayExit>) -> Result<()> {
        instructions::pay_exit(ctx)
    }

    /// Takes back what of an exit has not been paid.
    ///
    /// Refuses: `NotOwner`, `NoExit`. Emits: `ExitCancelled`.
    pub fn cancel_exit(ctx: Context<CancelExit>) -> Result<()> {
        instructions::cancel_exit(ctx)
    }

    /// Gives a day's notice that a market will be settled, after a day without a price on a running
    /// chain. A price that returns cancels it.
    ///
    /// Refuses: `MarketSettled`, `AlreadyAnnounced`, `PriceMayReturn`. Emits: `SettlementAnnounced`.
    pub fn announce_settlement(ctx: Context<AnnounceSettlement>) -> Result<()> {
        instructions::announce_settlement(ctx)
    }

    /// Settles a market whose notice is over.
    ///
    /// Refuses: `MarketSettled`, `SettlementNotDue`. Emits: `MarketSettled`.
    pub fn settle_market(ctx: Context<SettleMarket>) -> Result<()> {
        instructions::settle_market(ctx)
    }

    /// Closes an account's position in a settled market at the settlement price.
    ///
    /// Refuses: `WrongSilo`, `NotSettled`, `NoPosition`. Emits: `PositionSettled`.
    pub fn settle_position(ctx: Context<SettlePosition>) -> Result<()> {
        instructions::settle_position(ctx)
    }

    /// Books as bad debt what an account owes beyond its collateral and the most that its positions
    /// can be worth. The markets of all open positions follow, in rising index order.
    ///
    /// Refuses: `WrongSilo`, `ChainNotReady`, `WrongMarket`, `DebtCoverable`. Emits:
    /// `DebtWrittenOff`.
    pub fn write_off_debt<'info>(ctx: Context<'info, WriteOffDebt<'info>>) -> Result<()> {
        instructions::write_off_debt(ctx)
    }
}
