//! The modules of a crate: which file each is in, what it defines, and what it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::Source;
use super::sources::{is_test, path_attribute};

/// A module, in a file of its own or within another's. Tests are left out.
#[derive(Default)]
pub struct Module {
    /// The index of its file.
    pub file: usize,
    /// The module it is in; the root is in none.
    pub parent: Option<usize>,
    /// What can be named in it.
    pub names: BTreeMap<String, Name>,
    /// Modules all of whose names can be named in it: `use path::*`.
    pub globs: Vec<Vec<String>>,
    /// The paths it names that may lead to another module, with their lines.
    pub paths: Vec<(usize, Vec<String>)>,
}

/// What a name stands for.
pub enum Name {
    /// A module.
    Module(usize),
    /// Something imported.
    Import(Vec<String>),
    /// Something defined in the module.
    Item,
}

/// All modules of a crate that starts in a file, the root first.
pub fn modules(root: usize, sources: &[Source]) -> Vec<Module> {
    let mut crate_ = Crate { sources, modules: vec![Module { file: root, ..Module::default() }] };
    let folder = parent(&sources[root].path);
    crate_.fill(0, &folder, &sources[root].syntax.items);
    crate_.modules
}

struct Crate<'a> {
    sources: &'a [Source],
    modules: Vec<Module>,
}

impl Crate<'_> {
    /// Reads the items of a module whose own modules lie in `folder`.
    fn fill(&mut self, module: usize, folder: &Path, items: &[syn::Item]) {
        for item in items {
            if is_test(attributes(item)) {
                continue;
            }
            if let syn::Item::Mod(inner) = item {
                self.add(module, folder, inner);
                continue;
            }
            if let syn::Item::Use(import) = item {
                self.import(module, &mut Vec::new(), &import.tree);
                continue;
            }
            if let Some(name) = name(item) {
                self.modules[module].names.insert(name, Name::Item);
            }
            Paths(&mut self.modules[module].paths).visit_item(item);
        }
    }

    fn add(&mut self, parent: usize, folder: &Path, declared: &syn::ItemMod) {
        let name = declared.ident.to_string();
        let index = self.modules.len();
        let inner = folder.join(&name);
        if let Some((_, items)) = &declared.content {
            let file = self.modules[parent].file;
            self.modules.push(Module { file, parent: Some(parent), ..Module::default() });
            self.modules[parent].names.insert(name, Name::Module(index));
            self.fill(index, &inner, items);
        } else if let Some(file) = self.file(self.modules[parent].file, folder, declared) {
            self.modules.push(Module { file, parent: Some(parent), ..Module::default() });
            self.modules[parent].names.insert(name, Name::Module(index));
            let sources = self.sources;
            self.fill(index, &inner, &sources[file].syntax.items);
        }
    }

    /// The file of a module that is declared in the file `declaring`.
    fn file(&self, declaring: usize, folder: &Path, declared: &syn::ItemMod) -> Option<usize> {
        let name = &declared.ident;
        let candidates = match path_attribute(&declared.attrs) {
            Some(path) => vec![parent(&self.sources[declaring].path).join(path)],
            None => vec![folder.join(format!("{name}.rs")), folder.join(format!("{name}/mod.rs"))],
        };
        let is = |source: &Source| candidates.iter().any(|path| path == Path::new(&source.path));
        self.sources.iter().position(is)
    }

    fn import(&mut self, module: usize, path: &mut Vec<String>, tree: &syn::UseTree) {
        let known = &mut self.modules[module];
        match tree {
            syn::UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.import(module, path, &step.tree);
                path.pop();
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(module, path, tree));
            }
            syn::UseTree::Glob(glob) => {
                known.paths.push((glob.span().start().line, path.clone()));
                known.globs.push(path.clone());
            }
            syn::UseTree::Name(name) => self.named(module, path, &name.ident, &name.ident),
            syn::UseTree::Rename(name) => self.named(module, path, &name.ident, &name.rename),
        }
    }

    fn named(&mut self, module: usize, path: &[String], what: &syn::Ident, as_: &syn::Ident) {
        let mut full = path.to_vec();
        // `use path::{self}` names the module itself, by its own name.
        let itself = what == "self";
        if !itself {
            full.push(what.to_string());
        }
        let last = full.last().cloned().unwrap_or_default();
        let as_ = if itself && as_ == "self" { last } else { as_.to_string() };
        let known = &mut self.modules[module];
        known.paths.push((what.span().start().line, full.clone()));
        // A module's own name wins: `pub use child::child` is found through the module.
        known.names.entry(as_).or_insert(Name::Import(full));
    }
}

/// The paths of several segments in everything but `use` items.
struct Paths<'a>(&'a mut Vec<(usize, Vec<String>)>);

impl<'a> Visit<'a> for Paths<'_> {
    fn visit_path(&mut self, path: &'a syn::Path) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string());
            self.0.push((path.span().start().line, segments.collect()));
        }
        visit::visit_path(self, path);
    }
}

fn parent(path: &str) -> PathBuf {
    Path::new(path).parent().unwrap_or(Path::new("")).to_owned()
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &syn::Item) -> Option<String> {
    let name = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Macro(item) => item.ident.as_ref()?,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
