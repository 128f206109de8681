//! A program's interface description: what Anchor's builder says of it, and what that leaves out.

use std::path::Path;

use anchor_lang_idl::build::IdlBuilder;
use anchor_lang_idl::types::Idl;
use anyhow::{Context as _, Result, bail};

use crate::source::Source;
use crate::{accounts, arguments, constants, enums, names};

/// What Anchor's builder describes, with documented arguments.
///
/// # Errors
/// When the program does not compile, or an argument has no documentation.
pub fn described(root: &Path, program: &str) -> Result<Idl> {
    // The builder's resolver cannot read seeds that load a zero-copy account: `accounts` adds them.
    let mut idl = IdlBuilder::new()
        .program_path(root.join("programs").join(program))
        .resolution(false)
        .cargo_args(vec!["--locked".to_owned()])
        .build()
        .with_context(|| format!("the interface of {program} could not be generated"))?;
    arguments::document(&mut idl)?;
    accounts::add_addresses(&mut idl);
    check_texts(&idl)?;
    Ok(idl)
}

/// Adds what only the venue's program has: seeds, relations, enums, constants and names without
/// "State".
///
/// # Errors
/// When a table names something that the program does not have, or leaves something out that it has.
pub fn enrich(mut idl: Idl, sources: &[Source]) -> Result<Idl> {
    accounts::add_seeds(&mut idl)?;
    accounts::add_relations(&mut idl, sources)?;
    enums::apply(&mut idl)?;
    constants::add(&mut idl);
    names::shorten(&mut idl)?;
    accounts::check(&idl)?;
    arguments::check(&idl)?;
    Ok(idl)
}

/// A literal that continues on the next line comes out of the builder with its backslash.
fn check_texts(idl: &Idl) -> Result<()> {
    let messages = idl.errors.iter().filter_map(|error| error.msg.as_ref());
    let docs = idl.instructions.iter().flat_map(|instruction| &instruction.docs);
    if let Some(text) = messages.chain(docs).find(|text| text.contains(['\\', '\n'])) {
        bail!("put this text into one literal without a line break: {text}");
    }
    Ok(())
}
