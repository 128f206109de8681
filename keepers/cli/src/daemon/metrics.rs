//! Prometheus' text form.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use holdfast_client::holdfast::oracle::Provider;
use holdfast_keeper_core::ListedFeed;
use holdfast_keeper_core::health::ChainCondition;
use holdfast_keeper_core::keeper::Report;
use holdfast_keeper_core::posting::SourceReport;
use holdfast_keeper_core::scheduler::Kind;

use super::leaders;
use super::wallet_balance::WalletBalance;
use crate::prices::{self, Refusal};

/// What is told of besides the keeper's own reports.
#[derive(Clone, Default)]
pub struct Told {
    /// Sending to leaders.
    pub leaders: Arc<leaders::Counts>,
    /// Following prices.
    pub prices: prices::Counted,
    /// The wallet.
    pub wallet_balance: Arc<WalletBalance>,
}

/// All metrics of a keeper.
pub fn metrics(report: &Report, told: &Told) -> String {
    let mut page = String::new();
    write_gauges(&mut page, report, &told.wallet_balance);
    write_counters(&mut page, report, &told.leaders);
    write_labelled(&mut page, report);
    write_feeds(&mut page, report);
    write_prices(&mut page, report);
    write_hosts(&mut page, &told.prices);
    page
}

fn write_gauges(page: &mut String, report: &Report, wallet_balance: &WalletBalance) {
    let counts = &report.counts;
    let soonest = report.changes.iter().map(|change| change.ready_in.0.div_ceil(1_000)).min();
    let gauges = [
        ("slot", "The newest slot known", report.slot),
        ("accounts", "Margin accounts in the mirror", report.accounts as u64),
        ("looked_at", "Accounts that the last decision looked at", report.hot as u64),
        ("due", "Things to do, by the last decision", counts.due),
        ("flying", "Transactions under way", report.flying as u64),
        ("held_back", "Things left alone after a refusal", report.held_back.len() as u64),
        ("wallet_lamports", "What the wallet holds", wallet_balance.lamports()),
        (
            "stale_prices",
            "Whether a market with positions has no price within its age limit and is not closed",
            u64::from(report.stale_prices),
        ),
        ("mirror_slots_behind", "Slots that the mirror is behind the chain", report.behind),
        (
            "witnesses",
            "Operators with a usable endpoint or stream",
            u64::from(report.diagnosis.witnesses),
        ),
        (
            "unsettled",
            "Accounts with a reported state that is not accepted yet",
            report.unsettled as u64,
        ),
        (
            "changes_pending",
            "Changes that were proposed and are there",
            report.changes.len() as u64,
        ),
        (
            "change_ready_seconds",
            "Seconds until the first of them may be applied; 0 if one may be, or none waits",
            soonest.unwrap_or_default(),
        ),
    ];
    for (name, help, value) in gauges {
        family(page, name, help, "gauge");
        sample(page, name, "", value);
    }
}

fn write_counters(page: &mut String, report: &Report, leaders: &leaders::Counts) {
    let counts = &report.counts;
    let counters = [
        ("sent_total", "Transactions handed to endpoints, repetitions included", counts.sent),
        ("begun_total", "Intents begun", counts.begun),
        (
            "landed_slots_total",
            "Slots from first signature to landing, summed",
            counts.slots_to_land,
        ),
        (
            "landed_price_total",
            "Micro-lamports per compute unit, summed over what landed",
            counts.prices,
        ),
        ("unreadable_total", "Accounts that could not be read", counts.unreadable),
        ("left_out_total", "Changes that streams left out", counts.left_out),
        ("forks_total", "Abandoned forks", counts.forks),
        ("failed_requests_total", "Probes and snapshots that failed", counts.failed_requests),
        ("leader_sent_total", "Transactions that a leader took", leaders.sent.load(Relaxed)),
        (
            "leader_failed_total",
            "Connections and streams to leaders that failed",
            leaders.failed.load(Relaxed),
        ),
        (
            "leader_dropped_total",
            "Transactions that leaders were not sent",
            leaders.dropped.load(Relaxed),
        ),
        (
            "leader_starts_total",
            "Starts of the service that knows the leaders",
            leaders.starts.load(Relaxed),
        ),
        ("simulations_total", "Simulations asked for", counts.simulations),
        ("simulated_total", "Simulations that said anything", counts.simulated),
    ];
    for (name, help, value) in counters {
        family(page, name, help, "counter");
        sample(page, name, "", value);
    }
}

/// What is told apart by a label: the silo, outcomes, conditions, endpoints and streams.
fn write_labelled(page: &mut String, report: &Report) {
    let counts = &report.counts;
    let silo = format!("silo=\"{}\"", report.silo);
    family(page, "ready", "Whether the keeper of a silo does its work", "gauge");
    sample(page, "ready", &format!("{{{silo}}}"), u64::from(report.ready));
    let states = "The venue's state: 0 normal, 1 strained, 2 throttled, 3 thaw, 4 shelter";
    family(page, "venue_state", states, "gauge");
    // Before the first snapshot nobody knows, and nothing is told.
    if let Some(state) = report.state {
        sample(page, "venue_state", "", state as u64);
    }
    let oldest = "Seconds for which the oldest work of a kind has been due";
    family(page, "oldest_due_seconds", oldest, "gauge");
    for kind in Kind::ALL {
        let age = report.oldest.get(&kind).map_or(0, |age| age.0 / 1_000);
        let label = format!("{{{silo},kind=\"{}\"}}", kind.name());
        sample(page, "oldest_due_seconds", &label, age);
    }
    let drops = "Whether an endpoint takes transactions and brings none into blocks";
    family(page, "endpoint_drops", drops, "gauge");
    for (endpoint, drops) in report.drops.iter().enumerate() {
        sample(page, "endpoint_drops", &format!("{{endpoint=\"{endpoint}\"}}"), u64::from(*drops));
    }
    family(page, "ended_total", "Intents by what became of them", "counter");
    let ended = [
        ("landed", counts.landed),
        ("refused", counts.refused),
        ("foreseen", counts.foreseen),
        ("expired", counts.expired),
    ];
    for (outcome, value) in ended {
        sample(page, "ended_total", &format!("{{outcome=\"{outcome}\"}}"), value);
    }
    family(page, "class", "1 for what is going on now", "gauge");
    for class in ChainCondition::ALL {
        let label = format!("{{class=\"{}\"}}", class.name());
        sample(page, "class", &label, u64::from(class == report.diagnosis.class));
    }
    family(page, "endpoint_usable", "Whether an endpoint is of use", "gauge");
    for (endpoint, fault) in report.diagnosis.endpoints.iter().enumerate() {
        let label = format!("{{endpoint=\"{endpoint}\"}}");
        sample(page, "endpoint_usable", &label, u64::from(fault.is_none()));
    }
    family(page, "stream_silent", "Whether a stream is silent", "gauge");
    for (stream, silent) in report.diagnosis.silent.iter().enumerate() {
        sample(page, "stream_silent", &format!("{{stream=\"{stream}\"}}"), u64::from(*silent));
    }
}

/// The feeds of markets.
fn write_feeds(page: &mut String, report: &Report) {
    let label = |feed: &ListedFeed| {
        let ListedFeed { market, place, provider, .. } = feed;
        let (silo, provider) = (report.silo, provider.map_or("unknown", provider_name));
        let place = format!("silo=\"{silo}\",market=\"{market}\",feed=\"{place}\"");
        format!("{{{place},provider=\"{provider}\"}}")
    };
    let late = "Whether a feed has no price within its market's age limit and should have one";
    family(page, "feed_late", late, "gauge");
    for feed in &report.feeds {
        sample(page, "feed_late", &label(feed), u64::from(feed.late));
    }
    let closed = "Whether a feed has no price because its own market is closed";
    family(page, "feed_closed", closed, "gauge");
    for feed in &report.feeds {
        sample(page, "feed_closed", &label(feed), u64::from(feed.closed));
    }
}

/// As plan files name it.
const fn provider_name(provider: Provider) -> &'static str {
    match provider {
        Provider::PythPull => "pyth-pull",
        Provider::PythPriceAccount => "pyth-price-account",
        Provider::Switchboard => "switchboard",
        Provider::Stork => "stork",
    }
}

/// The bringing of prices.
fn write_prices(page: &mut String, report: &Report) {
    type Value = fn(&SourceReport) -> u64;
    let age = "Seconds since what hosts handed out last was signed, of the feed for which that is longest";
    let rows: [(&str, &str, &str, Value); 4] = [
        ("offer_age_seconds", age, "gauge", |it| it.offer_age.0 / 1_000),
        ("posts_begun_total", "Prices begun to be brought", "counter", |it| it.counts.begun),
        ("posts_stored_total", "Prices brought", "counter", |it| it.counts.posted),
        (
            "posts_refused_total",
            "Prices that were refused, or in no block in time",
            "counter",
            |it| it.counts.refused,
        ),
    ];
    for (name, help, kind, value) in rows {
        family(page, name, help, kind);
        for (source, report) in &report.posting.sources {
            sample(page, name, &format!("{{source=\"{}\"}}", source.name()), value(report));
        }
    }
    let help = "How much is used of the budget for bringing prices of which most is used";
    family(page, "post_budget_used_percent", help, "gauge");
    sample(page, "post_budget_used_percent", "", report.posting.budget_used);
}

/// The hosts that prices come from.
fn write_hosts(page: &mut String, prices: &prices::Counted) {
    let help = "Answers and events of hosts whose prices were handed on";
    family(page, "price_hosts_taken_total", help, "counter");
    for (source, counts) in prices {
        let label = format!("{{source=\"{}\"}}", source.name());
        sample(page, "price_hosts_taken_total", &label, counts.taken.load(Relaxed));
    }
    family(page, "price_hosts_refused_total", "Hosts left for a while, and why", "counter");
    for (source, counts) in prices {
        for (reason, count) in Refusal::NAMES.iter().zip(&counts.refused) {
            let label = format!("{{source=\"{}\",reason=\"{reason}\"}}", source.name());
            sample(page, "price_hosts_refused_total", &label, count.load(Relaxed));
        }
    }
}

fn family(page: &mut String, name: &str, help: &str, kind: &str) {
    // Writing to memory does not fail.
    let _ = writeln!(page, "# HELP holdfast_{name} {help}\n# TYPE holdfast_{name} {kind}");
}

fn sample(page: &mut String, name: &str, label: &str, value: u64) {
    let _ = writeln!(page, "holdfast_{name}{label} {value}");
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
