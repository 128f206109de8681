//! Files and functions stay small enough to be read in one go.

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::{Finding, Source};

/// Lines of a file.
const FILE: usize = 500;

/// Lines of a function, from `fn` to its closing brace.
const FUNCTION: usize = 70;

/// Every file and function that is too long.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    sources.iter().flat_map(file).collect()
}

fn file(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    let mut functions = Functions { file: &source.path, findings: Vec::new() };
    if lines > FILE {
        let what = format!("{lines} lines; a file has at most {FILE}");
        functions.findings.push(Finding::new(&source.path, None, what));
    }
    functions.visit_file(&source.syntax);
    functions.findings
}

struct Functions<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span().start().line;
        let lines = block.span().end().line + 1 - first;
        if lines > FUNCTION {
            let name = &signature.ident;
            let what = format!("`{name}` has {lines} lines; a function has at most {FUNCTION}");
            self.findings.push(Finding::new(self.file, first, what));
        }
    }
}

impl<'a> Visit<'a> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'a syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.measure(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE, FUNCTION, Finding, Source, check};

    fn found(text: String) -> Vec<Finding> {
        check(&[Source::new("a.rs", text).expect("Rust")])
    }

    /// A function of this many lines: the signature, statements, and the closing brace.
    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}", "    work();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_may_fill_its_lines_and_no_more() {
        assert_eq!(found(function(FUNCTION)), []);
        let what = format!("`long` has 71 lines; a function has at most {FUNCTION}");
        assert_eq!(found(function(FUNCTION + 1)), [Finding::new("a.rs", 1, what)]);
    }

    #[test]
    fn methods_and_functions_within_modules_and_functions_count() {
        let long = function(FUNCTION + 1);
        for text in [
            format!("impl A {{\n{long}\n}}"),
            format!("trait A {{\n{long}\n}}"),
            format!("mod a {{\n{long}\n}}"),
        ] {
            assert_eq!(found(text).len(), 1);
        }
        assert_eq!(found(format!("fn outer() {{\n{long}\n}}")).len(), 2);
    }

    #[test]
    fn documentation_of_a_function_does_not_count() {
        assert_eq!(found(format!("/// A line.\n#[must_use]\n{}", function(FUNCTION))), []);
    }

    #[test]
    fn a_file_may_fill_its_lines_and_no_more() {
        assert_eq!(found("// A line.\n".repeat(FILE)), []);
        let what = format!("501 lines; a file has at most {FILE}");
        assert_eq!(found("// A line.\n".repeat(FILE + 1)), [Finding::new("a.rs", None, what)]);
    }
}
