//! The documentation that follows from the interface description.

use std::fmt::Write as _;

use anchor_lang_idl::types::{
    Idl, IdlArrayLen, IdlDefinedFields, IdlEnumVariant, IdlField, IdlInstruction,
    IdlInstructionAccountItem, IdlType, IdlTypeDef, IdlTypeDefTy,
};
use anyhow::{Result, bail};
use holdfast_client::layout::LAYOUTS;

use crate::fields::fields;
use crate::source::{ANYWHERE, Source, writers};

/// The table of errors.
pub fn errors(idl: &Idl) -> String {
    let mut text = header("Errors", "error.rs", "When one is returned, nothing was changed.");
    text.push_str("| code | name | what to do |\n|--:|---|---|\n");
    for error in &idl.errors {
        let message = error.msg.as_deref().unwrap_or_default();
        let _ = writeln!(text, "| {} | `{}` | {message} |", error.code, error.name);
    }
    text
}

/// Every instruction with its accounts and arguments.
pub fn instructions(idl: &Idl) -> String {
    let anywhere = ANYWHERE.map(|name| format!("`{name}`")).join(", ");
    let explained = format!(
        "Each has a file of its own there, with its checks and its handler. Anyone may call what \
         asks for no owner or admin. What each refuses with is explained in \
         [errors](errors.md); any may also refuse with {anywhere}, and with Anchor's own errors \
         for accounts of another program, type or address and for missing signatures. Accounts \
         that follow the listed ones are named in the text."
    );
    let mut text = header("Instructions", "instructions", &explained);
    for instruction in &idl.instructions {
        describe(&mut text, instruction);
    }
    text
}

fn describe(text: &mut String, instruction: &IdlInstruction) {
    let _ = writeln!(text, "## `{}`\n\n{}\n", instruction.name, prose(&instruction.docs));
    text.push_str("| account | | what it is |\n|---|---|---|\n");
    for item in &instruction.accounts {
        let IdlInstructionAccountItem::Single(account) = item else { continue };
        let flags = [
            (account.optional, "optional"),
            (account.signer, "signs"),
            (account.writable, "written"),
        ];
        let flags: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        let docs = account.docs.join(" ");
        let docs = docs.strip_prefix("CHECK: ").unwrap_or(&docs);
        let _ = writeln!(text, "| `{}` | {} | {docs} |", account.name, flags.join(", "));
    }
    text.push('\n');
    if !instruction.args.is_empty() {
        text.push_str("| argument | type | what it is |\n|---|---|---|\n");
        for IdlField { name, docs, ty } in &instruction.args {
            let _ = writeln!(text, "| `{name}` | `{}` | {} |", kind(ty), docs.join(" "));
        }
        text.push('\n');
    }
}

fn argument(field: &IdlField) -> String {
    format!("`{}: {}`", field.name, kind(&field.ty))
}

/// Every account, argument and event type with its fields.
pub fn layouts(idl: &Idl, sources: &[Source]) -> Result<String> {
    let explained = "Accounts are zero-copy: an eight-byte discriminator, then these fields in \
                     this order, little-endian, aligned to eight bytes. Sizes are asserted where \
                     the types are defined. An account without a size is in Borsh, as arguments \
                     and events are. Other types are parts of accounts, arguments or events.";
    let mut text = header("Accounts and types", "state", explained);
    let is_account = |name: &str| idl.accounts.iter().any(|account| account.name == name);
    let (accounts, others): (Vec<_>, Vec<_>) =
        idl.types.iter().partition(|defined| is_account(&defined.name));
    for defined in accounts {
        let writers: Vec<_> =
            writers(idl, sources, &defined.name).iter().map(|name| format!("`{name}`")).collect();
        let size = match fixed_length(&defined.name) {
            None => String::new(),
            Some(length) if length == DISCRIMINATOR + size_of_type(idl, defined)? => {
                format!("{length} bytes. ")
            }
            Some(length) => bail!("{} has {length} bytes, and not as described", defined.name),
        };
        let facts = format!("{size}Written by {}.\n\n", writers.join(", "));
        lay_out(&mut text, defined, &facts);
    }
    for defined in others {
        lay_out(&mut text, defined, "");
    }
    Ok(text)
}

/// Bytes of an account that always has as many.
fn fixed_length(name: &str) -> Option<usize> {
    LAYOUTS.iter().find(|layout| layout.name == name).and_then(|layout| layout.length)
}

/// Bytes before an account's fields.
const DISCRIMINATOR: usize = 8;

fn lay_out(text: &mut String, defined: &IdlTypeDef, facts: &str) {
    let _ = writeln!(text, "## `{}`\n\n{}\n", defined.name, prose(&defined.docs));
    text.push_str(facts);
    if let IdlTypeDefTy::Enum { variants } = &defined.ty {
        text.push_str("| number | variant | holds |\n|--:|---|---|\n");
        for (number, variant) in variants.iter().enumerate() {
            let _ = writeln!(text, "| {number} | `{}` | {} |", variant.name, held(variant));
        }
        text.push('\n');
    }
    let Some(fields) = fields(defined) else { return };
    text.push_str("| field | type | what it is |\n|---|---|---|\n");
    for field in fields {
        let docs = prose(&field.docs);
        let _ = writeln!(text, "| `{}` | `{}` | {docs} |", field.name, kind(&field.ty));
    }
    text.push('\n');
}

/// What a variant of an enum holds.
fn held(variant: &IdlEnumVariant) -> String {
    let held: Vec<_> = match &variant.fields {
        None => Vec::new(),
        Some(IdlDefinedFields::Named(fields)) => fields.iter().map(argument).collect(),
        Some(IdlDefinedFields::Tuple(types)) => {
            types.iter().map(|ty| format!("`{}`", kind(ty))).collect()
        }
    };
    held.join(", ")
}

/// Bytes of a zero-copy type: the sum of its fields, because all padding is explicit. A code or flag
/// in one is a byte.
fn size_of_type(idl: &Idl, defined: &IdlTypeDef) -> Result<usize> {
    if let IdlTypeDefTy::Enum { .. } = &defined.ty {
        return Ok(1);
    }
    let fields = fields(defined).unwrap_or_default();
    fields.iter().map(|field| size_of_field(idl, &field.ty)).sum()
}

fn size_of_field(idl: &Idl, ty: &IdlType) -> Result<usize> {
    Ok(match ty {
        IdlType::Bool | IdlType::U8 => 1,
        IdlType::U16 => 2,
        IdlType::U32 => 4,
        IdlType::I64 | IdlType::U64 => 8,
        IdlType::Pubkey => 32,
        IdlType::Array(item, IdlArrayLen::Value(length)) => size_of_field(idl, item)? * length,
        IdlType::Defined { name, .. } => match idl.types.iter().find(|part| part.name == *name) {
            Some(part) => size_of_type(idl, part)?,
            None => bail!("{name} is not described"),
        },
        other => bail!("{} has no fixed size in an account", kind(other)),
    })
}

/// Lines of a comment as paragraphs, without links into the code.
fn prose(docs: &[String]) -> String {
    let paragraphs = docs.split(String::is_empty).map(|lines| lines.join(" "));
    let text = paragraphs.collect::<Vec<_>>().join("\n\n");
    text.replace("[`", "`").replace("`]", "`")
}

fn kind(ty: &IdlType) -> String {
    match ty {
        IdlType::Defined { name, .. } => name.clone(),
        IdlType::Array(item, length) => {
            let length = serde_json::to_string(length).unwrap_or_default();
            format!("[{}; {length}]", kind(item))
        }
        IdlType::Vec(item) => format!("vec<{}>", kind(item)),
        IdlType::Option(item) => format!("option<{}>", kind(item)),
        other => serde_json::to_string(other).unwrap_or_default().replace('"', ""),
    }
}

fn header(title: &str, source: &str, explained: &str) -> String {
    format!(
        "# {title}\n\nGenerated by `cargo xtask idl` from `programs/holdfast/src/{source}`. \
         {explained}\n\n"
    )
}
