//! No two files of a crate need each other, directly or through others.
//!
//! A module and the modules within it are read together and may use one another. Names that a
//! module re-exports count as names of the file that defines them. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::modules::{Module, modules};
use super::resolve::resolve;
use super::{Finding, Source};

/// Uses of one file by another that a finding lists.
const LISTED: usize = 12;

/// Each group of files that need each other, in each crate that starts in one of `roots`.
pub fn check(roots: &[String], sources: &[Source]) -> Vec<Finding> {
    let mut findings = BTreeSet::new();
    for root in roots {
        let root = sources.iter().position(|source| source.path == *root);
        findings.extend(root.into_iter().flat_map(|root| circles(root, sources)));
    }
    findings.into_iter().collect()
}

fn circles(root: usize, sources: &[Source]) -> Vec<Finding> {
    let uses = uses(&modules(root, sources));
    let graph: DiGraphMap<usize, ()> = uses.keys().copied().collect();
    let groups = tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1);
    groups.map(|group| finding(&group, &uses, sources)).collect()
}

/// Which file uses which, and the first line that does.
type Uses = BTreeMap<(usize, usize), usize>;

fn uses(modules: &[Module]) -> Uses {
    let mut uses = Uses::new();
    for (index, module) in modules.iter().enumerate() {
        for (line, path) in &module.paths {
            let Some(target) = resolve(modules, index, path) else { continue };
            let target = target.module();
            if !is_within(modules, index, target) && !is_within(modules, target, index) {
                let first = uses.entry((module.file, modules[target].file)).or_insert(*line);
                *first = (*first).min(*line);
            }
        }
    }
    uses.retain(|(user, used), _| user != used);
    uses
}

/// Whether a module is another or within it.
fn is_within(modules: &[Module], module: usize, outer: usize) -> bool {
    let mut place = Some(module);
    while let Some(current) = place {
        if current == outer {
            return true;
        }
        place = modules[current].parent;
    }
    false
}

fn finding(group: &[usize], uses: &Uses, sources: &[Source]) -> Finding {
    let path = |file: usize| sources[file].path.as_str();
    let within =
        uses.iter().filter(|((user, used), _)| group.contains(user) && group.contains(used));
    let mut lines: Vec<_> = within
        .map(|((user, used), line)| format!("\n    {}:{line} uses {}", path(*user), path(*used)))
        .collect();
    lines.sort();
    let more = lines.len().saturating_sub(LISTED);
    lines.truncate(LISTED);
    if more > 0 {
        lines.push(format!("\n    and {more} more"));
    }
    let first = group.iter().map(|file| path(*file)).min().unwrap_or_default();
    let what = format!("{} files need each other:{}", group.len(), lines.concat());
    Finding::new(first, None, what)
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    /// What is found in a crate of these files.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let source = |(path, text): &(&str, &str)| {
            Source::new(&format!("src/{path}"), (*text).to_owned()).expect("Rust")
        };
        let sources: Vec<_> = files.iter().map(source).collect();
        let findings = check(&["src/lib.rs".to_owned()], &sources);
        findings.into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn files_that_use_each_other_are_found() {
        let found = found(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B;\npub struct A;"),
            ("b.rs", "pub struct B;\nfn f() { crate::a::A; }"),
        ]);
        let what = "src/a.rs: 2 files need each other:\
                    \n    src/a.rs:1 uses src/b.rs\n    src/b.rs:2 uses src/a.rs";
        assert_eq!(found, [what]);
    }

    #[test]
    fn a_circle_through_a_third_file_is_found() {
        let found = found(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use super::b; fn f() { b::f() }"),
            ("b/mod.rs", "use crate::c::{self, g}; pub fn f() {}"),
            ("c.rs", "use crate::{a::*}; pub fn g() {}"),
        ]);
        assert!(found[0].starts_with("src/a.rs: 3 files"), "{found:?}");
    }

    #[test]
    fn a_re_exported_name_belongs_to_the_file_that_defines_it() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "mod one; mod two; pub use one::One; pub use two::*;"),
            ("a/one.rs", "use super::Two; pub struct One;"),
            ("a/two.rs", "use crate::a::One; pub struct Two;"),
            ("b.rs", "use crate::a::One;"),
        ];
        let found = found(&files);
        assert!(found[0].starts_with("src/a/one.rs: 2 files"), "{found:?}");
    }

    #[test]
    fn a_module_and_those_within_it_may_use_each_other() {
        let files = [
            ("lib.rs", "mod a; use a::A; pub struct Root;"),
            ("a/mod.rs", "mod inner; use inner::Inner; pub struct A;"),
            ("a/inner.rs", "use super::A; use crate::Root; pub struct Inner;"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn one_way_is_no_circle_and_tests_do_not_count() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn names_of_other_crates_lead_nowhere() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; use std::fmt; fn f() { b::c::d() }"),
            ("b.rs", "use other::a::A; pub struct B;"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }
}
