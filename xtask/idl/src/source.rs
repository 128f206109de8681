//! What the program's source says and its interface description does not: which accounts an
//! instruction takes by type, and which errors and events its file names.

use std::collections::BTreeSet;
use std::path::Path;

use anchor_lang_idl::types::{Idl, IdlInstruction, IdlInstructionAccountItem};
use anyhow::{Context as _, Result, bail};

use crate::fields::fields;

/// Errors that any instruction may return; they are explained once.
pub const ANYWHERE: [&str; 5] =
    ["AccountBroken", "LedgerBroken", "Overflow", "UnreadableSysvar", "VaultShort"];

/// An instruction's file.
pub struct Source {
    text: String,
}

/// Reads every instruction's file; each lies in the folder of its family.
pub fn read(root: &Path, idl: &Idl) -> Result<Vec<Source>> {
    let folder = root.join("programs/holdfast/src/instructions");
    let entries = std::fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
    let families: Vec<_> =
        entries.iter().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    let read = |instruction: &IdlInstruction| {
        let name = format!("{}.rs", instruction.name);
        let mut candidates = families.iter().map(|family| family.join(&name));
        let path = candidates
            .find(|path| path.is_file())
            .with_context(|| format!("no folder in {} has {name}", folder.display()))?;
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("reading {}", path.display()))?;
        Ok(Source { text })
    };
    idl.instructions.iter().map(read).collect()
}

/// Instructions that write accounts of a type.
pub fn writers<'idl>(idl: &'idl Idl, sources: &[Source], account: &str) -> Vec<&'idl str> {
    let writes = |(instruction, source): &(&IdlInstruction, &Source)| {
        source.takes_following(account)
            || instruction.accounts.iter().any(|item| match item {
                IdlInstructionAccountItem::Single(passed) => {
                    passed.writable && source.takes(&passed.name, account)
                }
                IdlInstructionAccountItem::Composite(_) => false,
            })
    };
    let pairs = idl.instructions.iter().zip(sources);
    pairs.filter(writes).map(|(instruction, _)| instruction.name.as_str()).collect()
}

/// Everything the interface describes has documentation, and that of an instruction names every
/// error and event that its file does, and none that does not exist.
pub fn check(idl: &Idl, sources: &[Source]) -> Result<()> {
    for defined in &idl.types {
        let fields = fields(defined).unwrap_or_default();
        if defined.docs.is_empty() || fields.iter().any(|field| field.docs.is_empty()) {
            bail!("`{}` or one of its fields has no documentation", defined.name);
        }
    }
    for (instruction, source) in idl.instructions.iter().zip(sources) {
        if instruction.docs.is_empty() || instruction.accounts.iter().any(is_undocumented) {
            bail!("`{}` or one of its accounts has no documentation", instruction.name);
        }
        check_names(idl, instruction, source)?;
    }
    Ok(())
}

fn check_names(idl: &Idl, instruction: &IdlInstruction, source: &Source) -> Result<()> {
    let errors = idl.errors.iter().map(|error| error.name.as_str());
    let exist: BTreeSet<_> =
        errors.chain(idl.events.iter().map(|event| event.name.as_str())).collect();
    let docs = instruction.docs.join(" ");
    let documented: BTreeSet<_> = docs.split('`').skip(1).step_by(2).collect();
    let used = source.names("HoldfastError::").chain(source.names("emit!("));
    for name in used.filter(|name| exist.contains(name) && !ANYWHERE.contains(name)) {
        if !documented.contains(name) {
            bail!("the documentation of `{}` in lib.rs lacks `{name}`", instruction.name);
        }
    }
    let is_type = |name: &&&str| name.starts_with(|first: char| first.is_ascii_uppercase());
    if let Some(name) = documented.iter().filter(is_type).find(|name| !exist.contains(*name)) {
        bail!("the documentation of `{}` names `{name}`: no such thing", instruction.name);
    }
    Ok(())
}

fn is_undocumented(item: &IdlInstructionAccountItem) -> bool {
    match item {
        IdlInstructionAccountItem::Single(account) => account.docs.is_empty(),
        IdlInstructionAccountItem::Composite(_) => true,
    }
}

impl Source {
    /// Accounts whose fields have to name another account: `has_one`. The naming one comes first.
    pub fn relations(&self) -> Vec<(String, String)> {
        let (mut relations, mut attributes) = (Vec::new(), String::new());
        for line in self.text.lines().map(str::trim_start) {
            if let Some((name, _)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(':'))
            {
                let attributes = std::mem::take(&mut attributes);
                for named in attributes.split("has_one = ").skip(1) {
                    let end = named.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                    let named = named[..end.unwrap_or(named.len())].to_owned();
                    relations.push((name.to_owned(), named));
                }
            } else if !line.starts_with("//") {
                attributes.push_str(line);
            }
        }
        relations
    }

    /// Whether the instruction takes accounts of a type to write after the listed ones.
    fn takes_following(&self, account: &str) -> bool {
        self.text.contains(&format!("AccountLoader::<{account}>::try_from"))
    }

    /// Whether the instruction takes `name` as an account of a type.
    fn takes(&self, name: &str, account: &str) -> bool {
        let mut lines = self.text.lines().map(str::trim_start);
        let field = lines.find_map(|line| line.strip_prefix(&format!("pub {name}: ")));
        field.is_some_and(|field| field.contains(&format!("<'info, {account}>")))
    }

    /// The identifiers that follow `prefix`.
    fn names<'text>(&'text self, prefix: &'text str) -> impl Iterator<Item = &'text str> {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        self.text.match_indices(prefix).map(move |(at, _)| {
            let rest = &self.text[at + prefix.len()..];
            &rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())]
        })
    }
}
