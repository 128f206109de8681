//! What an account did, as a table for whoever files taxes: one line for each thing, the oldest first, amounts
//! as decimal numbers of tokens.

use crate::store::{FillRow, Happened};

/// Decimals of amounts, prices and sizes: the program takes no collateral of others.
pub const SCALE: u8 = 6;

/// Kinds of events that move an account's tokens in or out.
pub const FLOWS: [&str; 3] = ["Deposited", "Withdrawn", "ExitPaid"];

const COLUMNS: [&str; 14] = [
    "time_utc",
    "slot",
    "kind",
    "market",
    "size",
    "price",
    "position_after",
    "realised",
    "funding_and_borrow_paid",
    "fee_paid",
    "penalty_paid",
    "tokens_in",
    "tokens_out",
    "signature",
];

/// The table. Both lists are the oldest first; `written` says a moment in words.
///
/// # Errors
/// When a moment cannot be written.
pub fn table<E>(
    fills: &[FillRow],
    flows: &[Happened],
    mut written: impl FnMut(i64) -> Result<String, E>,
) -> Result<String, E> {
    let mut lines: Vec<(String, Option<i64>, Vec<String>)> = Vec::new();
    lines.extend(fills.iter().map(|fill| (fill.cursor.clone(), fill.time_s, of_fill(fill))));
    lines.extend(flows.iter().map(|flow| (flow.cursor.clone(), flow.time_s, of_flow(flow))));
    lines.sort_by_key(|(cursor, ..)| cursor.parse::<crate::store::Cursor>().ok());
    let mut text = csv_line(&COLUMNS.map(str::to_owned));
    for (_, time_s, mut line) in lines {
        let moment = time_s.map(&mut written).transpose()?.unwrap_or_default();
        line.insert(0, moment);
        text.push_str(&csv_line(&line));
    }
    Ok(text)
}

fn of_fill(fill: &FillRow) -> Vec<String> {
    let size = i128::from(fill.size) * if fill.side < 0 { -1 } else { 1 };
    let penalty = i128::from(fill.reward) + i128::from(fill.to_insurance);
    vec![
        fill.slot.to_string(),
        fill.kind.clone(),
        fill.market.to_string(),
        decimal(size),
        decimal(fill.price.into()),
        decimal(fill.position.into()),
        decimal(fill.realised.into()),
        fill.carry.map_or_else(String::new, |carry| decimal(carry.into())),
        decimal(fill.fee.into()),
        decimal(penalty),
        String::new(),
        String::new(),
        fill.signature.clone(),
    ]
}

fn of_flow(flow: &Happened) -> Vec<String> {
    let amount = flow.fields.get("amount").and_then(serde_json::Value::as_u64).unwrap_or_default();
    let (kind, comes) = match flow.kind.as_str() {
        "Deposited" => ("deposit", true),
        "Withdrawn" => ("withdrawal", false),
        _ => ("exit", false),
    };
    let amount = decimal(amount.into());
    let (into, out) = if comes { (amount, String::new()) } else { (String::new(), amount) };
    let mut line = vec![flow.slot.to_string(), kind.to_owned()];
    line.extend(vec![String::new(); 8]);
    line.extend([into, out, flow.signature.clone()]);
    line
}

/// An amount of millionths as a decimal number.
fn decimal(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = usize::from(SCALE) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(SCALE));
    format!("{sign}{whole}.{fraction}")
}

fn csv_line(fields: &[String]) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(fields);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
#[path = "taxes_tests.rs"]
mod tests;
