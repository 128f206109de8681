//! Which file a path leads to.

use super::modules::{Module, Name};

/// Imports of imports are followed this far; a longer chain is one that leads back to itself.
const DEPTH: usize = 16;

/// Where a path leads.
#[derive(Clone, Copy, PartialEq)]
pub enum Target {
    /// To a module.
    Module(usize),
    /// To something that a module defines.
    ItemOf(usize),
}

impl Target {
    /// The module it leads to or into.
    pub fn module(self) -> usize {
        match self {
            Self::Module(module) | Self::ItemOf(module) => module,
        }
    }
}

/// Where a path in a module leads; nothing when it leads to another crate.
pub fn resolve(modules: &[Module], from: usize, path: &[String]) -> Option<Target> {
    follow(modules, from, path, DEPTH)
}

fn follow(modules: &[Module], from: usize, path: &[String], depth: usize) -> Option<Target> {
    let depth = depth.checked_sub(1)?;
    let (first, rest) = path.split_first()?;
    let start = match first.as_str() {
        "crate" => Some(Target::Module(0)),
        "self" => Some(Target::Module(from)),
        "super" => modules[from].parent.map(Target::Module),
        name => named(modules, from, name, depth),
    };
    let mut target = start?;
    for name in rest {
        let Target::Module(module) = target else { return Some(target) };
        target = match name.as_str() {
            "self" => target,
            "super" => Target::Module(modules[module].parent?),
            name => named(modules, module, name, depth).unwrap_or(Target::ItemOf(module)),
        };
    }
    Some(target)
}

/// What a name in a module stands for.
fn named(modules: &[Module], module: usize, name: &str, depth: usize) -> Option<Target> {
    let known = &modules[module];
    match known.names.get(name) {
        Some(Name::Module(inner)) => return Some(Target::Module(*inner)),
        Some(Name::Item) => return Some(Target::ItemOf(module)),
        Some(Name::Import(path)) => return follow(modules, module, path, depth),
        None => {}
    }
    known.globs.iter().find_map(|path| {
        let Target::Module(all) = follow(modules, module, path, depth)? else { return None };
        let depth = depth.checked_sub(1)?;
        if all == module { None } else { named(modules, all, name, depth) }
    })
}
