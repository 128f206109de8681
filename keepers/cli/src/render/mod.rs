//! What the commands print.

mod account;
mod decimal;
mod market;
mod silo;
mod status;

pub use decimal::decimal;

use bytemuck::Pod;
use comfy_table::{Table, presets};
use holdfast_client::layout::Layout;
use holdfast_client::{Pubkey, decode, holdfast};

pub use account::account;
pub use market::{known_markets, market, markets};
pub use silo::silo;
pub use status::{state, state_now, status};

use crate::asking::first_answer;
use crate::config::Config;
use crate::preflight;
use holdfast_rpc::Endpoint;

/// A signed amount of six decimals.
pub fn signed(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", decimal(value.unsigned_abs(), 6))
}

/// An amount, price or size: six decimals.
pub fn amount(value: u64) -> String {
    decimal(value, 6)
}

/// How long ago a moment was, both in milliseconds of one clock.
pub fn ago(moment: u64, now: u64) -> String {
    match moment {
        0 => "never".to_owned(),
        _ => format!("{} s ago", now.saturating_sub(moment) / 1_000),
    }
}

/// How long it is until a moment, both in milliseconds of one clock, in its largest unit.
pub fn left(moment: u64, now: u64) -> String {
    let seconds = moment.saturating_sub(now) / 1_000;
    match seconds {
        0 => "now".to_owned(),
        1..120 => format!("in {seconds} s"),
        120..7_200 => format!("in {} min", seconds / 60),
        7_200..172_800 => format!("in {} h", seconds / 3_600),
        _ => format!("in {} days", seconds / 86_400),
    }
}

/// Two columns.
pub fn facts(rows: &[(&str, String)]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    for (name, value) in rows {
        table.add_row([*name, value]);
    }
    table
}

/// A table under a line of names.
pub fn table<const N: usize>(
    names: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(names);
    table.add_rows(rows);
    table
}

/// What the first endpoint says that answers and is on the settings' cluster.
///
/// # Errors
/// A sentence when one is on another cluster; what all of them said, when none answers.
pub async fn any<T>(
    config: &Config,
    ask: impl AsyncFn(&Endpoint) -> Result<T, String>,
) -> Result<T, String> {
    first_answer(&preflight::usable(config).await?, ask).await
}

/// One of the program's accounts.
pub async fn read<T>(endpoint: &Endpoint, what: &str, address: &Pubkey) -> Result<T, String>
where
    T: Pod + decode::Kind,
{
    let found = endpoint.account(address).await?;
    let found = found.ok_or_else(|| {
        format!("there is no {what} at {address}: check the address, silo and rpc")
    })?;
    let known = Layout::identify(&found.data, found.data.len()).is_ok();
    let decoded = decode::decode(&found.data).ok();
    let decoded = decoded.filter(|_| known && found.owner == holdfast::ID);
    decoded.ok_or_else(|| format!("{address} is no {what} of this program's present version"))
}

/// A market's name.
pub fn name(bytes: &[u8; 16]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

/// Now, milliseconds since 1970.
pub fn wall_clock() -> u64 {
    let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    passed.ok().and_then(|passed| u64::try_from(passed.as_millis()).ok()).unwrap_or_default()
}

/// The name of an order's trigger, by the code that the account keeps.
pub fn trigger_name(code: u8) -> &'static str {
    match code {
        0 => "at-or-above",
        1 => "at-or-below",
        _ => "immediate",
    }
}

#[cfg(test)]
mod tests;
