//! Events as the interface description describes them: their names and fields, for any of them.

use std::sync::LazyLock;

use holdfast_client::Pubkey;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

/// What an event is called that this version does not know.
pub const UNKNOWN: &str = "Unknown";

/// The part of the interface description that is read here.
#[derive(Default, Deserialize)]
struct Description {
    events: Vec<Named>,
    types: Vec<Type>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    discriminator: [u8; 8],
}

#[derive(Deserialize)]
struct Type {
    name: String,
    #[serde(rename = "type")]
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    fields: Vec<Field>,
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Named {
        name: String,
        #[serde(rename = "type")]
        kind: Value,
    },
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Variant {
    name: String,
}

static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../idl/holdfast.json")).unwrap_or_default()
});

/// An event in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// What it is called.
    pub kind: &'static str,
    /// Its fields by their names, in the program's units.
    pub fields: Map<String, Value>,
}

/// Describes an event. One that this version does not know, or that is too short, has no fields.
pub fn describe(bytes: &[u8]) -> Described {
    known(bytes).unwrap_or(Described { kind: UNKNOWN, fields: Map::new() })
}

/// The names of all events.
#[cfg(test)]
pub fn kinds() -> impl Iterator<Item = &'static str> {
    DESCRIPTION.events.iter().map(|event| event.name.as_str())
}

impl Described {
    /// The account that a field names.
    pub fn address(&self, field: &str) -> Option<Pubkey> {
        self.fields.get(field)?.as_str()?.parse().ok()
    }

    /// A number among the fields.
    pub fn number(&self, field: &str) -> Option<u64> {
        self.fields.get(field)?.as_u64()
    }
}

fn known(bytes: &[u8]) -> Option<Described> {
    let (head, mut rest) = bytes.split_at_checked(8)?;
    let event = DESCRIPTION.events.iter().find(|event| event.discriminator == head)?;
    let mut fields = Map::new();
    for field in &body(&event.name)?.fields {
        let Field::Named { name, kind } = field else { return None };
        let (value, left) = value(kind, rest)?;
        fields.insert(name.clone(), value);
        rest = left;
    }
    Some(Described { kind: &event.name, fields })
}

fn body(name: &str) -> Option<&'static Body> {
    DESCRIPTION.types.iter().find(|known| known.name == name).map(|known| &known.body)
}

/// A value of a type, and the bytes after it.
fn value<'a>(kind: &Value, bytes: &'a [u8]) -> Option<(Value, &'a [u8])> {
    if let Some(name) = kind["defined"]["name"].as_str() {
        let (code, rest) = bytes.split_first()?;
        let variant = body(name)?.variants.get(usize::from(*code));
        let shown = variant.map_or_else(|| json!(code), |variant| json!(variant.name));
        return Some((shown, rest));
    }
    if kind["array"][0] == "u8" {
        let length = usize::try_from(kind["array"][1].as_u64()?).ok()?;
        let (bytes, rest) = bytes.split_at_checked(length)?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        return Some((json!(digits), rest));
    }
    match kind.as_str()? {
        "bool" => bytes.split_first().map(|(byte, rest)| (json!(*byte != 0), rest)),
        "u8" => bytes.split_first().map(|(byte, rest)| (json!(byte), rest)),
        "u32" => bytes.split_first_chunk().map(|(it, rest)| (json!(u32::from_le_bytes(*it)), rest)),
        "u64" => bytes.split_first_chunk().map(|(it, rest)| (json!(u64::from_le_bytes(*it)), rest)),
        "i64" => bytes.split_first_chunk().map(|(it, rest)| (json!(i64::from_le_bytes(*it)), rest)),
        "pubkey" => bytes
            .split_first_chunk()
            .map(|(it, rest)| (json!(Pubkey::new_from_array(*it).to_string()), rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::Event as _;
    use holdfast_client::holdfast::events::{ChainStateChanged, OrderExecuted};

    use super::*;

    #[test]
    fn every_event_of_the_description_has_fields_of_known_types() {
        assert!(DESCRIPTION.events.len() > 30);
        for event in &DESCRIPTION.events {
            let mut bytes = event.discriminator.to_vec();
            bytes.extend([0; 512]);
            let described = describe(&bytes);
            assert_eq!(described.kind, event.name);
            assert!(!described.fields.is_empty(), "{}", event.name);
        }
    }

    #[test]
    fn fields_are_what_the_program_wrote() {
        let executed = OrderExecuted {
            account: Pubkey::new_from_array([7; 32]),
            number: 3,
            market: 1,
            index_price: 150,
            published_ms: 9,
            price: 151,
            delta: -2,
            position: i64::MIN,
            realised: -5,
            carry: 6,
            fee: u64::MAX,
            debt: 0,
            bad_debt: 0,
        };
        let described = describe(&executed.data());
        assert_eq!(described.kind, "OrderExecuted");
        assert_eq!(described.address("account"), Some(executed.account));
        assert_eq!(described.number("fee"), Some(u64::MAX));
        assert_eq!(described.fields["position"], i64::MIN);
        let changed = ChainStateChanged {
            from: 0,
            to: 4,
            signal: 3,
            now_ms: 1,
            baseline_us: 2,
            window_us: u32::MAX,
        };
        let described = describe(&changed.data());
        assert_eq!(
            (&described.fields["to"], &described.fields["signal"]),
            (&"Shelter".into(), &"Silence".into())
        );
        assert_eq!(described.fields["window_us"], u32::MAX);
    }

    #[test]
    fn what_is_unknown_or_cut_short_is_said_to_be() {
        let bytes = ChainStateChanged {
            from: 0,
            to: 4,
            signal: 3,
            now_ms: 1,
            baseline_us: 2,
            window_us: 3,
        }
        .data();
        for short in [&[][..], &[1; 7], &[9; 40], &bytes[..bytes.len() - 1]] {
            assert_eq!(describe(short).kind, UNKNOWN);
        }
    }
}
