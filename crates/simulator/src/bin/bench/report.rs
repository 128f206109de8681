//! The table, the figures and the ceilings.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::Units;
use crate::cases::Measured;
use crate::profile::{self, save};

/// What a case covers, the goal it was built for, and the best figure published by a peer.
struct Case {
    name: &'static str,
    covers: &'static str,
    goal: Option<u64>,
    peer: &'static str,
}

const fn case(name: &'static str, covers: &'static str) -> Case {
    Case { name, covers, goal: None, peer: "" }
}

const fn beside(name: &'static str, covers: &'static str, peer: &'static str) -> Case {
    Case { name, covers, goal: None, peer }
}

const fn goal(name: &'static str, covers: &'static str, goal: u64, peer: &'static str) -> Case {
    Case { name, covers, goal: Some(goal), peer }
}

/// Every case in the order of the table. Peers' figures: percolator's programs at commits b06a6de6
/// ("v12": one market, one position per account) and 36fa587 ("v16"), built with this toolchain and
/// measured on LiteSVM 0.16.
const CASES: &[Case] = &[
    goal("deposit", "token transfer, ledger and vault check", 5_000, "percolator v12 5,549"),
    case("withdraw_0", "no position; token transfer"),
    beside("withdraw_1", "one position's margin; token transfer", "percolator v12 8,084"),
    case("withdraw_16", "16 positions' margin; token transfer"),
    goal("place_order", "margin and fee set aside, slot, event", 5_000, ""),
    case("trigger_order", "its price is one to come"),
    case("cancel_order", "slot freed, fee returned"),
    goal(
        "execute_order_1",
        "opens the only position: trade, caps, margin",
        9_500,
        "percolator v12 5,878 in one step, at a price that is known, whatever the chain does; v16 90,930",
    ),
    case("execute_order_4", "opens the fourth position"),
    case("execute_order_16", "opens the sixteenth position"),
    beside("execute_order_close", "closes the only position", "percolator v12 9,468"),
    case(
        "execute_order_removed",
        "its margin is no longer carried: the second of two markets, removed",
    ),
    case("execute_order_kept", "beyond its limit: refused, and it waits"),
    goal("flag_1", "one position's margin", 4_000, ""),
    case("flag_4", "four positions' margin"),
    case("flag_16", "16 positions' margin"),
    goal(
        "liquidate_1",
        "the only position: margin twice, trade, reward",
        7_300,
        "percolator v12 6,734; v16 194,826",
    ),
    beside(
        "liquidate_bankrupt",
        "the only position, worth less than nothing: insurance pays the bad debt",
        "percolator v12 16,942",
    ),
    case("liquidate_4", "the largest of four positions"),
    goal("liquidate_16", "the largest of 16 positions", 40_000, "percolator v16 819,618 (14 legs)"),
    goal(
        "refresh_market_1",
        "one Pyth pull feed: price, funding, borrow, volatility",
        6_000,
        "percolator v12 12,689 (128 candidates); v16 68,887 (with margin)",
    ),
    case("refresh_market_price_account", "one Pyth price account"),
    goal("observe", "Clock, LastRestartSlot, two reads of SlotHashes", 3_000, ""),
    goal("chain_state", "Clock, LastRestartSlot; the state of the chain as return data", 1_500, ""),
    case("mature_profit", "pending profit into collateral"),
    case("request_pool", "joins: account created, token transfer"),
    case("execute_pool_request_1", "joins liquidity valued over one market; mints shares"),
    case("execute_pool_request_16", "joins liquidity valued over 16 markets; mints shares"),
    case("cancel_pool_request", "returns a deposit"),
    case("reconcile_vaults", "moves between the vaults"),
    case("announce_settlement", "a day without a price"),
    case("settle_market", "after a day of notice"),
    case("settle_position", "one position at the settlement price"),
    case("request_exit", "collateral set aside"),
    case("pay_exit", "token transfer, outflow limit"),
    case("cancel_exit", "collateral again"),
    case("collect_fees", "token transfer"),
    case("open_margin_account", "account created"),
    case("close_margin_account", "rent returned"),
    case("create_exchange", "two accounts created"),
    case("create_silo", "five accounts created"),
    case("list_market", "account created"),
    case("lock_exchange", "one silo; guardians and timelock named"),
    case("propose_change", "market terms: account created"),
    case("cancel_change", "rent returned"),
    case("apply_change", "market terms; rent returned"),
    case("propose_upgrade", "this program: its bytes are hashed"),
    case("apply_upgrade", "this program: hashed again, and replaced through the loader"),
    case("blow_fuses", "by two guardians"),
    case("trip_fuse", "a ledger that does not sum up"),
    case("tighten", "shelter, one of a guardian's three"),
];

/// Largest cost of one more position, and the goal for it.
const POSITION_GOAL: u64 = 1_000;

/// What one account may be written for in a block: solana-cost-model 4.2.2, `block_cost_limits.rs`.
const WRITTEN_IN_A_BLOCK: u64 = 24_000_000;

/// What peers' keepers ask for: the limits in GMX-Solana's client (`exchange/order.rs`,
/// `exchange/position_cut.rs`) and in Drift's filler (`src/main.rs`).
const PEERS: [(&str, u64); 2] = [
    ("GMX-Solana at 53b4e45, to execute an order and to liquidate", 400_000),
    ("Drift's keep-rs at 95a8bb5, to fill an order", 256_000),
];

/// Writes the figures and the table, then compares with the ceilings.
pub fn write(root: &Path, measured: &Measured, toolchain: &str) -> Result<(), String> {
    let units = &measured.units;
    if let Some(missing) = CASES.iter().find(|case| !units.contains_key(case.name)) {
        return Err(format!("{} was not measured", missing.name));
    }
    let json = serde_json::to_string_pretty(units).map_err(|error| error.to_string())?;
    save(&root.join("target/bench/compute-units.json"), &format!("{json}\n"))?;
    let table = page(measured, toolchain, &profile::table(root, units)?);
    save(&root.join("docs/compute-units.md"), &table)?;
    println!("{table}");
    check(&root.join("docs/compute-unit-ceilings.json"), units)
}

fn page(measured: &Measured, toolchain: &str, profile: &str) -> String {
    format!(
        "# Compute units\n\nWritten by `cargo xtask bench` on the compiled program; built with {toolchain}. \
         Figures are whole instructions, token program included (p-token, as LiteSVM and mainnet have it), with one event each. \
         v12 and v16 are percolator at commits b06a6de6 (one market, one position per account) and 36fa587, built here and measured on LiteSVM 0.16; \
         the 7,278 units it publishes for a liquidation are those of one that finds a healthy account and does nothing.\n\n\
         A silo takes as many transactions in a block as fit into {} million units, the cluster's limit for one written account: \
         each with its signature and the accounts it writes, as solana-cost-model 4.2.2 counts them. \
         Peers' keepers ask for fixed limits: {}.\n\n{}\n\
         ## Where they go\n\nMeasured on a program that marks its stages in the log; what the marks take is taken off. \
         v12's trade takes less than executing an order because it does not judge the chain: the column `chain` is what that takes here.\n\n{profile}",
        WRITTEN_IN_A_BLOCK / 1_000_000,
        peers(),
        table(measured)
    )
}

fn peers() -> String {
    let grouped = |limit: u64| format!("{},000 units", limit / 1_000);
    let peers = PEERS.map(|(who, limit)| {
        format!("{who}, {}, so {} in a block", grouped(limit), WRITTEN_IN_A_BLOCK / limit)
    });
    peers.join("; ")
}

fn table(measured: &Measured) -> String {
    let Measured { units, silo_costs, .. } = measured;
    let mut text = "| instruction | what it includes | units | goal | a silo's in a block | best peer found |\n\
                    |---|---|--:|--:|--:|---|\n"
        .to_owned();
    for case in CASES {
        let goal = case.goal.map_or_else(String::new, |goal| format!("≤ {goal}"));
        let per_block = silo_costs.get(case.name).map(|cost| WRITTEN_IN_A_BLOCK / cost);
        let per_block = per_block.map_or_else(String::new, |count| count.to_string());
        let (name, covers, peer) = (case.name, case.covers, case.peer);
        let _ = writeln!(
            text,
            "| `{name}` | {covers} | {} | {goal} | {per_block} | {peer} |",
            units[name]
        );
    }
    let per_position = per_position(units);
    let _ = writeln!(
        text,
        "| one more position | (`flag_16` − `flag_1`) ÷ 15, rounded up | {per_position} | ≤ {POSITION_GOAL} | | mango-v4 at 018f51f asserts < 4,800 for a perp market more |"
    );
    text
}

fn per_position(units: &Units) -> u64 {
    (units["flag_16"] - units["flag_1"]).div_ceil(15)
}

fn check(path: &Path, units: &Units) -> Result<(), String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let ceilings: BTreeMap<String, u64> =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let too_much: Vec<_> = units
        .iter()
        .filter_map(|(name, measured)| match ceilings.get(*name) {
            None => Some(format!("{name} has no ceiling in {}", path.display())),
            Some(ceiling) if measured > ceiling => Some(format!(
                "{name} takes {measured} compute units, above its ceiling of {ceiling}"
            )),
            Some(_) => None,
        })
        .collect();
    if too_much.is_empty() { Ok(()) } else { Err(too_much.join("\n")) }
}
