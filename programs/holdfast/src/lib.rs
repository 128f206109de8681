//! Holdfast's on-chain program: a perpetual-futures venue that holds when the chain does not.
//!
//! One line per instruction here; each has a file of its own in `instructions`, each account type
//! in `state`. Every handler reads the same way: check accounts, gather inputs, one call into
//! `holdfast_risk`, apply the outcome, check the books, emit an event.

use anchor_lang::prelude::*;

pub mod books;
pub mod clock;
pub mod error;
pub mod events;
pub mod instructions;
pub mod legs;
pub mod oracle;
pub mod state;
pub mod tokens;

use instructions::*;
use state::{MarketTermsState, SiloTermsState};

declare_id!("693HMonhx2oYyQacBnmmMLWbUTW4qfUA7UXSHw8nhdXj");

/// Instructions; see the file of each.
#[program]
pub mod holdfast {
    use super::*;

    /// Creates the exchange and its chain health.
    pub fn create_exchange(ctx: Context<CreateExchange>, fee_receiver: Pubkey) -> Result<()> {
        instructions::create_exchange(ctx, fee_receiver)
    }

    /// Creates a silo with its vaults and share mints.
    pub fn create_silo(ctx: Context<CreateSilo>, terms: SiloTermsState) -> Result<()> {
        instructions::create_silo(ctx, terms)
    }

    /// Lists a market.
    pub fn list_market(
        ctx: Context<ListMarket>,
        name: [u8; 16],
        terms: MarketTermsState,
        feeds: Vec<FeedSource>,
    ) -> Result<()> {
        instructions::list_market(ctx, name, terms, feeds)
    }

    /// Takes a market's newest price and accrues what time moves.
    pub fn refresh_market<'info>(ctx: Context<'info, RefreshMarket<'info>>) -> Result<()> {
        instructions::refresh_market(ctx)
    }

    /// Opens an empty margin account.
    pub fn open_margin_account(ctx: Context<OpenMarginAccount>, number: u16) -> Result<()> {
        instructions::open_margin_account(ctx, number)
    }

    /// Closes a margin account that holds nothing.
    pub fn close_margin_account(ctx: Context<CloseMarginAccount>) -> Result<()> {
        instructions::close_margin_account(ctx)
    }

    /// Adds collateral.
    pub fn deposit(ctx: Context<Deposit>, amount: u64) -> Result<()> {
        instructions::deposit(ctx, amount)
    }

    /// Takes free collateral out.
    pub fn withdraw<'info>(ctx: Context<'info, Withdraw<'info>>, amount: u64) -> Result<()> {
        instructions::withdraw(ctx, amount)
    }

    /// Puts an order into a free slot.
    pub fn place_order(ctx: Context<PlaceOrder>, request: OrderRequest) -> Result<()> {
        instructions::place_order(ctx, request)
    }

    /// Removes a waiting order.
    pub fn cancel_order(ctx: Context<CancelOrder>, number: u64) -> Result<()> {
        instructions::cancel_order(ctx, number)
    }

    /// Executes an order at the oldest price it may get.
    pub fn execute_order<'info>(
        ctx: Context<'info, ExecuteOrder<'info>>,
        number: u64,
    ) -> Result<()> {
        instructions::execute_order(ctx, number)
    }

    /// Flags an account that fails its maintenance margin.
    pub fn flag<'info>(ctx: Context<'info, Flag<'info>>) -> Result<()> {
        instructions::flag(ctx)
    }

    /// Liquidates a flagged account's largest position, partly or whole.
    pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>) -> Result<()> {
        instructions::liquidate(ctx)
    }

    /// Turns pending profit into collateral.
    pub fn mature_profit(ctx: Context<MatureProfit>) -> Result<()> {
        instructions::mature_profit(ctx)
    }

    /// Asks to join or leave a pool.
    pub fn request_pool(ctx: Context<RequestPool>, number: u16, order: PoolOrder) -> Result<()> {
        instructions::request_pool(ctx, number, order)
    }

    /// Takes a pool request back.
    pub fn cancel_pool_request(ctx: Context<CancelPoolRequest>) -> Result<()> {
        instructions::cancel_pool_request(ctx)
    }

    /// Executes a pool request.
    pub fn execute_pool_request<'info>(
        ctx: Context<'info, ExecutePoolRequest<'info>>,
    ) -> Result<()> {
        instructions::execute_pool_request(ctx)
    }

    /// Keeps a sample of the chain's speed.
    pub fn observe<'info>(ctx: Context<'info, Observe<'info>>) -> Result<()> {
        instructions::observe(ctx)
    }

    /// Brings a silo's vaults in line with its ledger.
    pub fn reconcile_vaults(ctx: Context<ReconcileVaults>) -> Result<()> {
        instructions::reconcile_vaults(ctx)
    }

    /// Pays protocol fees out.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        instructions::collect_fees(ctx)
    }
}
