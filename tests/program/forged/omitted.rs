//! Arguments that are left out, generated: a client that forgets or misspells a field sends zero for it,
//! so every part of every instruction's arguments is replaced by zero in turn. The instruction must be
//! refused, or be on the list of those that open, free and double nothing, with what zero means there.

use std::ops::Range;
use std::sync::LazyLock;

use holdfast_client::holdfast::instructions::{OrderRequest, OrderTrigger};
use holdfast_client::holdfast::state::{ChangeKind, FeedSource, Feeds};
use holdfast_client::{Instruction, Pubkey, instruction};
use holdfast_migrations::presets;
use holdfast_testkit::venue::{guardians, market_order};
use serde_json::Value;
use solana_signer::Signer;

use super::setup::{ALICE, account, person, populated};
use crate::world::{SOL, World, stranger};

/// What is accepted: the part, and what zero means there.
const HARMLESS: [(&str, &str); 26] = [
    ("ChangeKind::Market.name", "no name"),
    ("ChangeKind::Market.silo", "no market: there is no such silo"),
    ("ChangeKind::Silo.mint", "no silo: there is no such mint"),
    ("ChangeKind::Guardian.joins", "nobody joins"),
    ("ChangeKind::Guardian.leaves", "nobody leaves"),
    ("MarketTerms.account_share_bps", "nobody opens"),
    ("MarketTerms.base_spread_ppm", "no spread beside that for impact and volatility"),
    ("MarketTerms.borrow_ppb", "nothing is paid for time"),
    ("MarketTerms.first_share_bps", "a liquidator is paid for waiting alone"),
    ("MarketTerms.funding_cap_ppb", "no funding"),
    ("MarketTerms.funding_velocity_ppb", "no funding"),
    ("MarketTerms.future_ms", "no reading from ahead of the clock counts"),
    ("MarketTerms.ramp_ms", "a liquidator's share is whole at once"),
    ("MarketTerms.taker_fee_bps", "no fee"),
    ("MarketTerms.volatility_share_bps", "no spread for volatility"),
    ("OrderRequest.any_price", "only believed prices"),
    ("OrderRequest.effect", "it only reduces"),
    ("OrderRequest.fee", "nobody is paid for executing it"),
    ("SiloTerms.epoch_cap_bps", "insurance pays nothing"),
    ("SiloTerms.insurance_share_bps", "insurance gets nothing of fees"),
    ("SiloTerms.insurance_target_bps", "insurance has no target to grow back to"),
    ("SiloTerms.outage_reserve_bps", "insurance keeps no reserve"),
    ("SiloTerms.protocol_share_bps", "the protocol gets nothing of fees"),
    ("Thresholds.blackout_ms", "the preset"),
    ("list_market.name", "no name"),
    ("tighten.shelter", "Strained rather than Shelter"),
];

static IDL: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../idl/holdfast.json")).expect("the description")
});

/// A part of the arguments.
struct Part {
    /// An argument with its instruction, or a field with its type.
    name: String,
    /// Where it lies.
    at: Range<usize>,
    /// What stands for zero there.
    zero: Vec<u8>,
}

/// Tries an instruction that succeeds with every part of its arguments left out.
pub fn check(name: &str, world: &World, instruction: &Instruction, payer: &Pubkey) {
    let done = |instruction: Instruction| world.cluster.simulate(&[instruction], payer);
    done(instruction.clone()).unwrap_or_else(|failure| panic!("{name}: {}", failure.message));
    let listed = |name: &str| HARMLESS.iter().any(|(part, _)| *part == name);
    let accepted = |part: &Part| {
        let mut without = instruction.clone();
        without.data.splice(part.at.clone(), part.zero.iter().copied());
        without.data != instruction.data && done(without).is_ok()
    };
    let unknown = parts(instruction).into_iter().filter(|it| !listed(&it.name) && accepted(it));
    let unknown: Vec<_> = unknown.map(|part| part.name).collect();
    assert!(unknown.is_empty(), "{name}: accepted when it is left out: {unknown:?}");
}

/// Every part of an instruction's arguments, and all of them together.
fn parts(instruction: &Instruction) -> Vec<Part> {
    let mut described = IDL["instructions"].as_array().expect("instructions").iter();
    let starts = |described: &&Value| {
        let first = described["discriminator"].as_array().expect("a discriminator");
        first.iter().zip(&instruction.data).all(|(byte, own)| *byte == *own)
    };
    let described = described.find(starts).expect("an instruction of the program");
    let own = described["name"].as_str().expect("a name");
    let (mut parts, mut at) = (Vec::new(), 8);
    let mut nothing = Vec::new();
    for argument in described["args"].as_array().expect("arguments") {
        let name = format!("{own}.{}", argument["name"].as_str().expect("a name"));
        nothing.extend(zero(&argument["type"]));
        at = walk(&argument["type"], &instruction.data, at, &name, &mut parts);
    }
    assert_eq!(at, instruction.data.len(), "all of the arguments are described");
    if parts.len() > 1 {
        parts.push(Part { name: own.to_owned(), at: 8..at, zero: nothing });
    }
    parts
}

/// Adds the parts of a value that lies at a place; where it ends.
fn walk(of: &Value, data: &[u8], at: usize, name: &str, parts: &mut Vec<Part>) -> usize {
    let first = parts.len();
    let end = if let Some(of) = of.get("vec") {
        let count = u32::from_le_bytes(*data[at..].first_chunk().expect("a length"));
        let inner = format!("{name}[]");
        (0..count).fold(at + 4, |at, _| walk(of, data, at, &inner, parts))
    } else if let Some(of) = of.get("option") {
        let inner = format!("{name}?");
        if data[at] == 0 { at + 1 } else { walk(of, data, at + 1, &inner, parts) }
    } else if let Some((own, defined)) = definition(of) {
        let (own, fields, at) = match defined.get("variants") {
            Some(variants) => {
                let variant = &variants[usize::from(data[at])];
                let name = variant["name"].as_str().expect("a name");
                (format!("{own}::{name}"), &variant["fields"], at + 1)
            }
            None => (own.to_owned(), &defined["fields"], at),
        };
        fields.as_array().into_iter().flatten().fold(at, |at, field| {
            let part = field["name"].as_str().map(|field| format!("{own}.{field}"));
            let part = part.as_deref().unwrap_or(&own);
            walk(field.get("type").unwrap_or(field), data, at, part, parts)
        })
    } else {
        at + zero(of).len()
    };
    // A structure is left out with all of its fields, which is tried for each and for everything.
    let whole = definition(of).is_none_or(|(_, defined)| defined.get("variants").is_some());
    if whole {
        parts.insert(first, Part { name: name.to_owned(), at: at..end, zero: zero(of) });
    }
    end
}

/// What a client sends for a value that it does not have.
fn zero(of: &Value) -> Vec<u8> {
    if let Some(array) = of.get("array") {
        let count = array[1].as_u64().expect("a length") as usize;
        return zero(&array[0]).repeat(count);
    }
    if let Some((_, defined)) = definition(of) {
        let (first, fields) = match defined.get("variants") {
            Some(variants) => (vec![0], &variants[0]["fields"]),
            None => (Vec::new(), &defined["fields"]),
        };
        let fields = fields.as_array().into_iter().flatten();
        let fields = fields.flat_map(|field| zero(field.get("type").unwrap_or(field)));
        return first.into_iter().chain(fields).collect();
    }
    let length = match of.as_str() {
        Some("u8" | "bool") => 1,
        Some("u16") => 2,
        Some("u32") => 4,
        Some("u64" | "i64") => 8,
        Some("pubkey") => 32,
        Some(other) => panic!("a type that is not read here: {other}"),
        None => return vec![0; if of.get("vec").is_some() { 4 } else { 1 }],
    };
    vec![0; length]
}

/// A type with a name: the name, and what it is.
fn definition(of: &Value) -> Option<(&'static str, &'static Value)> {
    let name = of.get("defined")?["name"].as_str()?;
    let found = IDL["types"].as_array()?.iter().find(|defined| defined["name"] == name)?;
    Some((found["name"].as_str()?, &found["type"]))
}

/// A stop that was written slightly wrong does not trade.
#[test]
fn a_stop() {
    let world = populated();
    let owner = person(ALICE);
    let request = OrderRequest {
        trigger: OrderTrigger::AtOrBelow { price: SOL / 2 },
        any_price: true,
        fee: 9,
        ..market_order(10_000, world.cluster.now_ms())
    };
    let account = account(&world, &owner);
    let place = instruction::place_order(owner, account, world.markets[0], request, &world.markets);
    check("place_order, a stop", &world, &place, &world.admin.pubkey());
}

/// Before the lock nothing has to equal a change, so that every setting is looked at by itself.
#[test]
fn settings() {
    let world = World::set_up(|_, _| ());
    let admin = world.admin.pubkey();
    let feeds = Feeds {
        sources: vec![
            FeedSource { provider: 1, id: [1; 32] },
            FeedSource { provider: 3, id: [3; 32] },
            FeedSource { provider: 2, id: [2; 32] },
        ],
        quorum: 2,
    };
    let (mut name, terms) = ([0; 16], presets::market(150));
    name[..3].copy_from_slice(b"SOL");
    let list = instruction::list_market(admin, world.silo, 2, name, terms, feeds.clone());
    check("list_market, set-up", &world, &list, &admin);
    let world = World::new();
    let (silo, market, key) = (world.silo, world.markets[0], stranger());
    let [leaves, ..] = guardians().map(|guardian| guardian.pubkey());
    for (kind, content) in [
        ("guardian", ChangeKind::Guardian { leaves: Some(leaves), joins: Some(key) }),
        ("admin", ChangeKind::Admin(key)),
        ("timelock", ChangeKind::Timelock(presets::timelock())),
        ("thresholds", ChangeKind::Thresholds(presets::thresholds())),
        ("market terms", ChangeKind::MarketTerms { market, terms }),
        ("market feeds", ChangeKind::MarketFeeds { market, feeds: feeds.clone() }),
        ("silo terms", ChangeKind::SiloTerms { silo, terms: presets::silo() }),
        ("silo", ChangeKind::Silo { mint: world.mint, terms: presets::silo() }),
        ("market", ChangeKind::Market { silo, name, terms, feeds }),
        ("fuse", ChangeKind::FuseReset { silo }),
    ] {
        let propose = world.proposal(content);
        check(&format!("propose_change, {kind}"), &world, &propose, &admin);
    }
}
