//! The Rust files of the repository.

use std::process::Command;

use crate::command::{output, root};

/// A Rust file.
pub struct Source {
    /// Where it is, seen from the root of the repository.
    pub path: String,
    /// What it says.
    pub text: String,
    /// What it means.
    pub syntax: syn::File,
}

impl Source {
    /// Parses a file.
    ///
    /// # Errors
    /// When the text is not Rust.
    pub fn new(path: &str, text: String) -> Result<Self, String> {
        let syntax = syn::parse_file(&text)
            .map_err(|error| format!("{path}:{}: not Rust: {error}", error.span().start().line))?;
        Ok(Self { path: path.to_owned(), text, syntax })
    }
}

/// Every Rust file that Git tracks or would add.
///
/// # Errors
/// When Git is missing, or a file cannot be read or is not Rust.
pub fn read() -> Result<Vec<Source>, String> {
    let mut list = Command::new("git");
    list.current_dir(root());
    list.args(["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.rs"]);
    let mut sources = Vec::new();
    for path in output(&mut list)?.lines() {
        let full = root().join(path);
        // Git still lists a file that was deleted and not yet committed.
        if full.exists() {
            let text =
                std::fs::read_to_string(&full).map_err(|error| format!("{path}: {error}"))?;
            sources.push(Source::new(path, text)?);
        }
    }
    Ok(sources)
}

/// Whether attributes leave an item out of what is shipped.
pub fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// The value of `#[path = "…"]`.
pub fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
        let syn::Expr::Lit(value) = &pair.value else { return None };
        match &value.lit {
            syn::Lit::Str(text) if pair.path.is_ident("path") => Some(text.value()),
            _ => None,
        }
    })
}
