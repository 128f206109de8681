//! A change as JSON: what `holdfast change show --json` prints and `holdfast change propose file` reads.
//!
//! The program's interface description gives every field its name. Keys are in base58, bytes in
//! hexadecimal, kinds without fields are their name, and text shorter than its field is padded with zeros.

use std::sync::LazyLock;

use holdfast_client::Pubkey;
use holdfast_client::decode;
use holdfast_client::holdfast::state::ChangeKind;
use serde_json::{Map, Value, json};

static IDL: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../idl/holdfast.json")).unwrap_or_default()
});

/// Fields that mean nothing.
const PADDING: &str = "padding";

/// A change's content as JSON.
pub fn to_json(content: &ChangeKind) -> Value {
    let bytes = decode::content_bytes(content);
    read(&named("ChangeKind"), &mut bytes.as_slice()).unwrap_or_default()
}

/// Reads a file's text.
///
/// # Errors
/// A sentence saying that it is not JSON, or what [`from_json`] says.
pub fn parse(text: &str) -> Result<ChangeKind, String> {
    let value = serde_json::from_str(text).map_err(|error| format!("it is not JSON ({error})"))?;
    from_json(&value)
}

/// Reads a change's content from JSON.
///
/// # Errors
/// A sentence naming the field that is missing, unknown or of another kind.
pub fn from_json(value: &Value) -> Result<ChangeKind, String> {
    let mut bytes = Vec::new();
    write(&named("ChangeKind"), value, "content", &mut bytes)?;
    decode::content(&bytes)
        .map_err(|_| "this is not a change that this version of the program knows".to_owned())
}

/// Every field that is neither an object nor a list, with its path and its value as text.
pub fn fields(value: &Value) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    collect(value, String::new(), &mut rows);
    rows
}

fn collect(value: &Value, path: String, rows: &mut Vec<(String, String)>) {
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| collect(value, below(name), rows));
        }
        Value::Array(list) => {
            let all = list.iter().enumerate();
            all.for_each(|(index, value)| collect(value, below(&index.to_string()), rows));
        }
        Value::String(text) => rows.push((path, text.clone())),
        Value::Null => rows.push((path, "none".to_owned())),
        other => rows.push((path, other.to_string())),
    }
}

fn named(name: &str) -> Value {
    json!({"defined": {"name": name}})
}

/// The definition of a type.
fn definition(kind: &Value) -> Option<&'static Value> {
    let name = kind["defined"]["name"].as_str()?;
    let found = IDL["types"].as_array()?.iter().find(|it| it["name"] == name)?;
    Some(&found["type"])
}

/// The type of bytes, and how many.
fn bytes_of(kind: &Value) -> Option<usize> {
    let array = kind["array"].as_array()?;
    (array.first()? == "u8").then(|| array.get(1)?.as_u64()?.try_into().ok())?
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn read(kind: &Value, bytes: &mut &[u8]) -> Option<Value> {
    if let Some(name) = kind.as_str() {
        return read_primitive(name, bytes);
    }
    if let Some(length) = bytes_of(kind) {
        let hex = take(bytes, length)?.iter().map(|byte| format!("{byte:02x}"));
        return Some(json!(hex.collect::<String>()));
    }
    if let Some(inner) = kind.get("option") {
        return match take(bytes, 1)? {
            [0] => Some(Value::Null),
            _ => read(inner, bytes),
        };
    }
    if let Some(inner) = kind.get("vec") {
        let count = u32::from_le_bytes(take(bytes, 4)?.try_into().ok()?);
        return (0..count).map(|_| read(inner, bytes)).collect();
    }
    let defined = definition(kind)?;
    if defined["kind"] == "struct" {
        return read_fields(&defined["fields"], bytes);
    }
    let index = usize::from(*take(bytes, 1)?.first()?);
    let variant = defined["variants"].get(index)?;
    if variant["fields"].is_null() {
        return Some(variant["name"].clone());
    }
    let inner = read_fields(&variant["fields"], bytes)?;
    Some(json!({variant["name"].as_str()?: inner}))
}

/// Named fields as an object; a single one without a name as itself.
fn read_fields(fields: &Value, bytes: &mut &[u8]) -> Option<Value> {
    let mut object = Map::new();
    for field in fields.as_array()? {
        let Some(name) = field["name"].as_str() else { return read(field, bytes) };
        let value = read(&field["type"], bytes)?;
        if name != PADDING {
            object.insert(name.to_owned(), value);
        }
    }
    Some(Value::Object(object))
}

fn read_primitive(name: &str, bytes: &mut &[u8]) -> Option<Value> {
    Some(match name {
        "bool" => json!(take(bytes, 1)? != [0]),
        "u8" => json!(take(bytes, 1)?.first()?),
        "u16" => json!(u16::from_le_bytes(take(bytes, 2)?.try_into().ok()?)),
        "u32" => json!(u32::from_le_bytes(take(bytes, 4)?.try_into().ok()?)),
        "u64" => json!(u64::from_le_bytes(take(bytes, 8)?.try_into().ok()?)),
        "i64" => json!(i64::from_le_bytes(take(bytes, 8)?.try_into().ok()?)),
        "pubkey" => json!(Pubkey::try_from(take(bytes, 32)?).ok()?.to_string()),
        _ => return None,
    })
}

fn write(kind: &Value, value: &Value, path: &str, out: &mut Vec<u8>) -> Result<(), String> {
    if let Some(name) = kind.as_str() {
        return write_primitive(name, value, path, out);
    }
    if let Some(length) = bytes_of(kind) {
        out.extend(
            bytes_from(value, length).ok_or(format!(
                "{path} has to be {length} bytes in hexadecimal, or shorter text"
            ))?,
        );
        return Ok(());
    }
    if let Some(inner) = kind.get("option") {
        out.push(u8::from(!value.is_null()));
        return if value.is_null() { Ok(()) } else { write(inner, value, path, out) };
    }
    if let Some(inner) = kind.get("vec") {
        let list = value.as_array().ok_or(format!("{path} has to be a list"))?;
        let count = u32::try_from(list.len()).map_err(|_| format!("{path} is too long"))?;
        out.extend(count.to_le_bytes());
        let mut all = list.iter().enumerate();
        return all.try_for_each(|(index, it)| write(inner, it, &format!("{path}.{index}"), out));
    }
    let defined =
        definition(kind).ok_or(format!("{path} has a type this version does not know"))?;
    if defined["kind"] == "struct" {
        return write_fields(&defined["fields"], value, path, out);
    }
    let variants = defined["variants"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names = || {
        let names = variants.iter().filter_map(|it| it["name"].as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    if let Some(index) =
        variants.iter().position(|it| it["fields"].is_null() && it["name"] == *value)
    {
        out.push(u8::try_from(index).map_err(|_| format!("{path} has too many kinds"))?);
        return Ok(());
    }
    let (name, inner) = value
        .as_object()
        .filter(|object| object.len() == 1)
        .and_then(|object| object.iter().next())
        .ok_or_else(|| format!("{path} has to be an object with one of: {}", names()))?;
    let index = variants.iter().position(|it| it["name"] == name.as_str());
    let index = index.ok_or_else(|| format!("{path} has no {name}, but one of: {}", names()))?;
    out.push(u8::try_from(index).map_err(|_| format!("{path} has too many kinds"))?);
    write_fields(&variants[index]["fields"], inner, &format!("{path}.{name}"), out)
}

fn write_fields(
    fields: &Value,
    value: &Value,
    path: &str,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let fields = fields.as_array().map(Vec::as_slice).unwrap_or_default();
    if let [field] = fields
        && field["name"].is_null()
    {
        return write(field, value, path, out);
    }
    let object = value.as_object().ok_or(format!("{path} has to be an object"))?;
    let known = |name: &str| fields.iter().any(|it| it["name"] == name && name != PADDING);
    if let Some(name) = object.keys().find(|name| !known(name)) {
        return Err(format!("{path} has no {name}"));
    }
    for field in fields {
        let name = field["name"].as_str().unwrap_or_default();
        if name == PADDING {
            out.resize(out.len() + bytes_of(&field["type"]).unwrap_or_default(), 0);
            continue;
        }
        let value = object.get(name).ok_or(format!("{path}.{name} is missing"))?;
        write(&field["type"], value, &format!("{path}.{name}"), out)?;
    }
    Ok(())
}

fn write_primitive(name: &str, value: &Value, path: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let number = value.as_u64();
    let written = match name {
        "bool" => value.as_bool().map(|it| vec![u8::from(it)]),
        "u8" => number.and_then(|it| Some(u8::try_from(it).ok()?.to_le_bytes().to_vec())),
        "u16" => number.and_then(|it| Some(u16::try_from(it).ok()?.to_le_bytes().to_vec())),
        "u32" => number.and_then(|it| Some(u32::try_from(it).ok()?.to_le_bytes().to_vec())),
        "u64" => number.map(|it| it.to_le_bytes().to_vec()),
        "i64" => value.as_i64().map(|it| it.to_le_bytes().to_vec()),
        "pubkey" => {
            value.as_str().and_then(|it| Some(it.parse::<Pubkey>().ok()?.to_bytes().to_vec()))
        }
        _ => None,
    };
    out.extend(written.ok_or(format!("{path} has to be a {name}, and is {value}"))?);
    Ok(())
}

/// Bytes in hexadecimal, or as text that leaves room.
fn bytes_from(value: &Value, length: usize) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    if text.len() == 2 * length {
        let pairs = text.as_bytes().chunks_exact(2);
        return pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
    }
    let mut bytes = text.as_bytes().to_vec();
    (bytes.len() <= length).then(|| bytes.resize(length, 0))?;
    Some(bytes)
}

#[cfg(test)]
#[path = "change_file_tests.rs"]
mod tests;
