//! Numbers of the program that a client needs to read its accounts and to write its arguments.

use anchor_lang_idl::types::{Idl, IdlConst, IdlType};
use holdfast_client::holdfast::state::{
    HEALTH_SAMPLES, MAX_FEEDS, MAX_GUARDIANS, MAX_MARKETS, ORDER_SLOTS, RECENT_PRICES, VERSION,
};
use holdfast_risk::units::{BPS_ONE, ONE};

/// Adds them.
pub fn add(idl: &mut Idl) {
    let count = |number: usize| number.to_string();
    let constants = [
        ("BPS_ONE", "Basis points in the whole.", IdlType::U64, BPS_ONE.to_string()),
        ("HEALTH_SAMPLES", "Samples kept of the chain.", IdlType::U8, count(HEALTH_SAMPLES)),
        (
            "LAYOUT_VERSION",
            "First byte of every account's fields.",
            IdlType::U8,
            VERSION.to_string(),
        ),
        ("MAX_FEEDS", "Feeds of a market.", IdlType::U8, count(MAX_FEEDS)),
        ("MAX_GUARDIANS", "Guardians of the exchange.", IdlType::U8, count(MAX_GUARDIANS)),
        ("MAX_MARKETS", "Markets of a silo.", IdlType::U8, count(MAX_MARKETS)),
        ("ORDER_SLOTS", "Waiting orders of an account.", IdlType::U8, count(ORDER_SLOTS)),
        (
            "ONE",
            "Units of a size, a price or an amount in one whole.",
            IdlType::U64,
            ONE.to_string(),
        ),
        ("RECENT_PRICES", "Prices kept of a market.", IdlType::U8, count(RECENT_PRICES)),
    ];
    idl.constants = constants
        .into_iter()
        .map(|(name, docs, ty, value)| IdlConst {
            name: name.to_owned(),
            docs: vec![docs.to_owned()],
            ty,
            value,
        })
        .collect();
}
