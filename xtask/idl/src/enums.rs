//! Codes in accounts, arguments and events, described as what they stand for. The bytes are the
//! same: an enum without fields is one byte, and so is a flag.

use anchor_lang_idl::types::{
    Idl, IdlArrayLen, IdlDefinedFields, IdlEnumVariant, IdlField, IdlSerialization, IdlType,
    IdlTypeDef, IdlTypeDefTy,
};
use anyhow::{Context as _, Result};
use holdfast_client::holdfast::checks::order::RemovalReason;
use holdfast_client::holdfast::oracle::Provider;
use holdfast_risk::chain::health::{Signal, State};
use holdfast_risk::market::aggregate::NoPrice;
use holdfast_risk::pool::PoolKind;

/// The state of the chain.
pub const CHAIN_STATE: &str = "ChainState";

/// A code with its names; the position of a name is its number.
struct Codes {
    name: &'static str,
    docs: &'static str,
    /// What zero stands for where the program has no name for it.
    zero: Option<&'static str>,
    /// The program's names with their numbers.
    variants: &'static [(&'static str, u8)],
    /// Type and field, as the program's source names them.
    fields: &'static [(&'static str, &'static str)],
}

const CODES: [Codes; 7] = [
    Codes {
        name: CHAIN_STATE,
        docs: "State of the chain: docs/chain-health.md says what is allowed in which.",
        zero: None,
        variants: &[
            ("Normal", State::Normal as u8),
            ("Strained", State::Strained as u8),
            ("Throttled", State::Throttled as u8),
            ("Thaw", State::Thaw as u8),
            ("Shelter", State::Shelter as u8),
        ],
        fields: &[
            ("MonitorState", "state"),
            ("ChainStateChanged", "from"),
            ("ChainStateChanged", "to"),
            ("ChainReport", "state"),
            ("ChainReport", "observed"),
        ],
    },
    Codes {
        name: "Signal",
        docs: "What tightened the state of the chain; `Time` where time loosened it.",
        zero: Some("Time"),
        variants: &[
            ("SlowSlots", Signal::SlowSlots as u8),
            ("SkippedSlots", Signal::SkippedSlots as u8),
            ("Silence", Signal::Silence as u8),
            ("Gap", Signal::Gap as u8),
            ("Restart", Signal::Restart as u8),
            ("Guardian", Signal::Guardian as u8),
        ],
        fields: &[("ChainStateChanged", "signal")],
    },
    Codes {
        name: "Provider",
        docs: "Who publishes a price; `Unset` in a slot that holds no feed, and refused in an argument.",
        zero: Some("Unset"),
        variants: &[
            ("PythPull", Provider::PythPull as u8),
            ("PythPriceAccount", Provider::PythPriceAccount as u8),
            ("Switchboard", Provider::Switchboard as u8),
        ],
        fields: &[("FeedSource", "provider"), ("FeedState", "provider")],
    },
    Codes {
        name: "TriggerKind",
        docs: "What a waiting order's trigger is.",
        zero: None,
        variants: &[("AtOrAbove", 0), ("AtOrBelow", 1), ("Immediate", 2)],
        fields: &[("OrderState", "trigger")],
    },
    Codes {
        name: "RemovalReason",
        docs: "Why an order was removed unexecuted.",
        zero: None,
        variants: &[
            ("Cancelled", RemovalReason::Cancelled as u8),
            ("Expired", RemovalReason::Expired as u8),
            ("Lapsed", RemovalReason::Lapsed as u8),
            ("Margin", RemovalReason::Margin as u8),
            ("TooSmall", RemovalReason::TooSmall as u8),
            ("Settled", RemovalReason::Settled as u8),
        ],
        fields: &[("OrderRemoved", "reason")],
    },
    Codes {
        name: "UnpricedReason",
        docs: "Why readings gave no new price; `Unset` in no event.",
        zero: Some("Unset"),
        variants: &[
            ("TooFew", NoPrice::TooFew as u8),
            ("Diverging", NoPrice::Diverging as u8),
            ("NotNewer", NoPrice::NotNewer as u8),
        ],
        fields: &[("MarketUnpriced", "reason")],
    },
    Codes {
        name: "Pool",
        docs: "Which pool a request is for.",
        zero: None,
        variants: &[
            ("Liquidity", PoolKind::Liquidity as u8),
            ("Insurance", PoolKind::Insurance as u8),
        ],
        fields: &[("PoolRequest", "pool"), ("PoolRequested", "pool")],
    },
];

/// Fields that are one or zero.
const FLAGS: [(&str, &str); 8] = [
    ("Exchange", "locked"),
    ("MonitorState", "proven"),
    ("OrderState", "any_price"),
    ("OrderState", "reduce_only"),
    ("PoolRequest", "leaves"),
    ("PriceState", "believed"),
    ("PriceState", "sudden"),
    ("Silo", "locked"),
];

/// A type that an account holds with padding and an argument without: the field of the account that
/// holds it, the padding's bytes and the field they follow.
const PADDED: (&str, &str, usize, &str) = ("Silo", "SiloTermsState", 2, "insurance_target_bps");

/// Describes every code and flag as what it is.
///
/// # Errors
/// When a table names a field that the program does not have, or numbers do not follow each other.
pub fn apply(idl: &mut Idl) -> Result<()> {
    for codes in &CODES {
        for &(of, field) in codes.fields {
            let name = codes.name.to_owned();
            field_mut(idl, of, field)?.ty = IdlType::Defined { name, generics: Vec::new() };
        }
        idl.types.push(codes.definition()?);
    }
    for (of, field) in FLAGS {
        field_mut(idl, of, field)?.ty = IdlType::Bool;
    }
    pad(idl)?;
    // All padding is explicit, so Borsh reads the same bytes; and with an enum in it a type is not
    // one that any bytes are a value of.
    for defined in &mut idl.types {
        defined.serialization = IdlSerialization::Borsh;
    }
    Ok(())
}

/// Gives the account a type of its own, with the padding.
fn pad(idl: &mut Idl) -> Result<()> {
    let (account, argument, bytes, after) = PADDED;
    let plain = idl.types.iter().find(|defined| defined.name == argument);
    let mut stored = plain.context("a padded type is missing")?.clone();
    stored.name = format!("Stored{argument}");
    let padding = IdlField {
        name: "padding".to_owned(),
        docs: vec!["Explicit padding.".to_owned()],
        ty: IdlType::Array(Box::new(IdlType::U8), IdlArrayLen::Value(bytes)),
    };
    let fields = named_mut(&mut stored).context("a padded type has no fields")?;
    let at = fields.iter().position(|field| field.name == after).context("no field to follow")?;
    fields.insert(at.saturating_add(1), padding);
    for field in named_mut(definition_mut(idl, account)?).into_iter().flatten() {
        if matches!(&field.ty, IdlType::Defined { name, .. } if name == argument) {
            field.ty = IdlType::Defined { name: stored.name.clone(), generics: Vec::new() };
        }
    }
    idl.types.push(stored);
    Ok(())
}

impl Codes {
    fn definition(&self) -> Result<IdlTypeDef> {
        let named = self.variants.iter().copied();
        let all: Vec<_> = self.zero.map(|name| (name, 0)).into_iter().chain(named).collect();
        for (number, (name, code)) in all.iter().enumerate() {
            anyhow::ensure!(number == usize::from(*code), "{}::{name} is {code}", self.name);
        }
        let variant =
            |(name, _): &(&str, u8)| IdlEnumVariant { name: (*name).to_owned(), fields: None };
        Ok(IdlTypeDef {
            name: self.name.to_owned(),
            docs: vec![self.docs.to_owned()],
            serialization: IdlSerialization::Borsh,
            repr: None,
            generics: Vec::new(),
            ty: IdlTypeDefTy::Enum { variants: all.iter().map(variant).collect() },
        })
    }
}

fn field_mut<'idl>(idl: &'idl mut Idl, of: &str, field: &str) -> Result<&'idl mut IdlField> {
    let fields = named_mut(definition_mut(idl, of)?);
    let found = fields.into_iter().flatten().find(|candidate| candidate.name == field);
    found.with_context(|| format!("`{of}` has no field `{field}`: see xtask/idl/src/enums.rs"))
}

fn definition_mut<'idl>(idl: &'idl mut Idl, name: &str) -> Result<&'idl mut IdlTypeDef> {
    let found = idl.types.iter_mut().find(|defined| defined.name == name);
    found.with_context(|| format!("no type `{name}`: see xtask/idl/src/enums.rs"))
}

fn named_mut(defined: &mut IdlTypeDef) -> Option<&mut Vec<IdlField>> {
    match &mut defined.ty {
        IdlTypeDefTy::Struct { fields: Some(IdlDefinedFields::Named(fields)) } => Some(fields),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use holdfast_client::holdfast::oracle::Provider;

    use super::CODES;

    #[test]
    fn every_provider_has_a_name() {
        let codes = CODES.iter().find(|codes| codes.name == "Provider").unwrap();
        for code in 1..=u8::MAX {
            let named = codes.variants.iter().any(|(_, named)| *named == code);
            assert_eq!(named, Provider::from_code(code).is_ok(), "provider {code}");
        }
    }
}
