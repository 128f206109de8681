//! A module's file lies in its folder: `#[path]` does not lead out of it.

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::sources::path_attribute;
use super::{Finding, Source};

/// Every `#[path]` that leaves the folder of the file it is in.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut modules = Modules { file: "", findings: Vec::new() };
    for source in sources {
        modules.file = &source.path;
        modules.visit_file(&source.syntax);
    }
    modules.findings
}

struct Modules<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl<'a> Visit<'a> for Modules<'_> {
    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        let leaves =
            |path: &String| path.starts_with('/') || path.split('/').any(|part| part == "..");
        if let Some(path) = path_attribute(&module.attrs).filter(leaves) {
            let what = format!("`#[path = \"{path}\"]` leads out of the folder: move the file");
            let line = module.mod_token.span().start().line;
            self.findings.push(Finding::new(self.file, line, what));
        }
        visit::visit_item_mod(self, module);
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, check};

    #[test]
    fn only_paths_that_leave_the_folder_are_found() {
        let text = "#[path = \"../b.rs\"]\nmod b;\n\
                    mod inner { #[path = \"c/../../d.rs\"] mod d; }\n\
                    #[path = \"/e.rs\"] mod e;\n\
                    #[path = \"a_tests.rs\"] mod tests;\n\
                    #[path = \"a/f..rs\"] mod f;\n\
                    mod g;";
        let source = Source::new("a.rs", text.to_owned()).expect("Rust");
        let lines: Vec<_> = check(&[source]).into_iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [Some(2), Some(3), Some(4)]);
    }
}
