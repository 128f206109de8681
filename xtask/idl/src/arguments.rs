//! Documentation of arguments. Rust takes none on a function's parameters, so that of an
//! instruction has a line `- name: text` for each of its arguments, at its end.

use std::collections::BTreeSet;

use anchor_lang_idl::types::{Idl, IdlDefinedFields, IdlInstruction, IdlType, IdlTypeDefTy};
use anyhow::{Result, bail};

use crate::fields::fields;

/// Moves the lines about arguments from each instruction's documentation to the arguments.
///
/// # Errors
/// When an argument has no line, or a line no argument.
pub fn document(idl: &mut Idl) -> Result<()> {
    idl.instructions.iter_mut().try_for_each(one)
}

fn one(instruction: &mut IdlInstruction) -> Result<()> {
    let docs = std::mem::take(&mut instruction.docs);
    let begins = docs.iter().position(|line| line.starts_with("- ")).unwrap_or(docs.len());
    let (prose, lines) = docs.split_at(begins);
    instruction.docs = prose.to_vec();
    while instruction.docs.last().is_some_and(String::is_empty) {
        instruction.docs.pop();
    }
    let mut described = Vec::<(String, String)>::new();
    for line in lines {
        match (line.strip_prefix("- ").and_then(|rest| rest.split_once(": ")), described.last_mut())
        {
            (Some((name, text)), _) => described.push((name.replace('`', ""), text.to_owned())),
            (None, Some((_, text))) => {
                text.push(' ');
                text.push_str(line);
            }
            (None, None) => bail!("`{}`: cannot read the line {line}", instruction.name),
        }
    }
    for argument in &mut instruction.args {
        let Some(at) = described.iter().position(|(name, _)| *name == argument.name) else {
            let (name, of) = (&argument.name, &instruction.name);
            bail!("the documentation of `{of}` has no line `- {name}: what it is`");
        };
        argument.docs = vec![described.remove(at).1];
    }
    match described.first() {
        None => Ok(()),
        Some((name, _)) => bail!("`{}` has no argument `{name}`", instruction.name),
    }
}

/// No type that an argument is made of holds bytes that mean nothing.
///
/// # Errors
/// When one does.
pub fn check(idl: &Idl) -> Result<()> {
    let arguments = idl.instructions.iter().flat_map(|instruction| &instruction.args);
    let mut open: Vec<_> = arguments.flat_map(|argument| named(&argument.ty)).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some(defined) = idl.types.iter().find(|defined| defined.name == name) else { continue };
        if !seen.insert(name.clone()) {
            continue;
        }
        let variants = match &defined.ty {
            IdlTypeDefTy::Enum { variants } => variants.as_slice(),
            _ => &[],
        };
        let of_variants = variants.iter().filter_map(|variant| variant.fields.as_ref());
        let of_variants = of_variants.flat_map(|fields| match fields {
            IdlDefinedFields::Named(fields) => fields.iter().map(|field| &field.ty).collect(),
            IdlDefinedFields::Tuple(types) => types.iter().collect::<Vec<_>>(),
        });
        open.extend(of_variants.flat_map(named));
        for field in fields(defined).unwrap_or_default() {
            if ["padding", "reserved"].iter().any(|word| field.name.contains(word)) {
                bail!("`{name}`, of an argument, has the field `{}`: leave it out", field.name);
            }
            open.extend(named(&field.ty));
        }
    }
    Ok(())
}

/// The types with names that a type is made of.
fn named(of: &IdlType) -> Vec<String> {
    match of {
        IdlType::Defined { name, .. } => vec![name.clone()],
        IdlType::Option(inner) | IdlType::Vec(inner) | IdlType::Array(inner, _) => named(inner),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang_idl::types::{Idl, IdlField, IdlInstruction, IdlType};

    use super::{check, one};

    fn instruction(docs: &[&str]) -> IdlInstruction {
        IdlInstruction {
            name: "tighten".to_owned(),
            docs: docs.iter().map(|line| (*line).to_owned()).collect(),
            discriminator: Vec::new(),
            accounts: Vec::new(),
            args: vec![IdlField {
                name: "lasts_ms".to_owned(),
                docs: Vec::new(),
                ty: IdlType::U64,
            }],
            returns: None,
        }
    }

    #[test]
    fn lines_move_to_their_argument() {
        let mut tighten = instruction(&["Tightens.", "", "- `lasts_ms`: how long,", "in ms."]);
        one(&mut tighten).unwrap();
        assert_eq!(tighten.docs, ["Tightens."]);
        assert_eq!(tighten.args[0].docs, ["how long, in ms."]);
    }

    #[test]
    fn no_argument_goes_without_and_no_line_is_about_another() {
        let missing = one(&mut instruction(&["Tightens."])).unwrap_err().to_string();
        assert!(missing.contains("- lasts_ms: what it is"), "{missing}");
        let docs = ["Tightens.", "", "- `lasts_ms`: how long.", "- `shelter`: how far."];
        let unknown = one(&mut instruction(&docs)).unwrap_err().to_string();
        assert!(unknown.contains("no argument `shelter`"), "{unknown}");
    }

    /// The program as it is committed, with a field among those of an argument's type.
    #[test]
    fn no_argument_holds_padding() {
        let committed = include_str!("../../../idl/holdfast.json");
        check(&serde_json::from_str(committed).unwrap()).unwrap();
        let padded = committed.replace("\"name\": \"any_price\"", "\"name\": \"padding\"");
        let padded: Idl = serde_json::from_str(&padded).unwrap();
        let refused = check(&padded).unwrap_err().to_string();
        assert!(refused.contains("`OrderRequest`"), "{refused}");
    }
}
