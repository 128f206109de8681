//! Anchor takes an unchecked account only with a `CHECK:` comment. Auditors search for these
//! comments, so each says what is checked of its own account, or why nothing has to be.

use std::collections::BTreeMap;

use super::{Finding, Source};

const MARK: &str = "/// CHECK:";

/// Words of a comment that sends its reader somewhere else.
const ELSEWHERE: [&str; 8] =
    ["as above", "as below", "as said", "as before", "see above", "see below", "same as", "ditto"];

/// The fewest words that can say what is checked.
const WORDS: usize = 4;

/// Every `CHECK:` that is copied, empty, or says to look elsewhere.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut first = BTreeMap::new();
    let mut findings = Vec::new();
    for source in sources {
        for (line, text) in comments(&source.text) {
            let place = format!("{}:{line}", source.path);
            let what = match first.get(&text) {
                Some(other) => Some(format!("the CHECK comment is a copy of the one at {other}")),
                None => says_nothing(&text),
            };
            findings.extend(what.map(|what| Finding::new(&source.path, line, what)));
            first.entry(text).or_insert(place);
        }
    }
    findings
}

fn says_nothing(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    if let Some(words) = ELSEWHERE.iter().find(|words| lower.contains(*words)) {
        return Some(format!("the CHECK comment says \"{words}\" and not what is checked"));
    }
    let short = text.split_whitespace().count() < WORDS;
    short.then(|| format!("the CHECK comment is \"{text}\" and does not say what is checked"))
}

/// The text of each comment, all its lines joined, with the line it starts in.
fn comments(text: &str) -> Vec<(usize, String)> {
    let mut comments: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if let Some(start) = line.strip_prefix(MARK) {
            comments.push((index + 1, start.trim().to_owned()));
            inside = true;
        } else if let Some(more) = line.strip_prefix("///").filter(|_| inside) {
            if let Some((_, text)) = comments.last_mut() {
                text.push(' ');
                text.push_str(more.trim());
            }
        } else {
            inside = false;
        }
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::{Finding, Source, check};

    fn found(comments: &[&str]) -> Vec<Finding> {
        let fields = comments.iter().enumerate();
        let fields = fields.map(|(index, comment)| format!("{comment}\nfield{index}: A,\n"));
        let text = format!("struct A {{\n{}}}", fields.collect::<String>());
        check(&[Source::new("a.rs", text).expect("Rust")])
    }

    #[test]
    fn a_comment_that_says_its_check_is_fine() {
        let comments = [
            "/// CHECK: the handler compares it with the market's feed.",
            "/// CHECK: signs for the vault; derived from\n/// the silo's address.",
            "/// Not a check.",
        ];
        assert_eq!(found(&comments), []);
    }

    #[test]
    fn a_copy_is_found_however_its_lines_are_broken() {
        let comments = [
            "/// CHECK: only signs, nothing is read from it.",
            "/// CHECK: only signs,\n/// nothing is read from it.",
        ];
        let what = "the CHECK comment is a copy of the one at a.rs:2";
        assert_eq!(found(&comments), [Finding::new("a.rs", 4, what.to_owned())]);
    }

    #[test]
    fn a_comment_that_says_to_look_elsewhere_is_found() {
        let what = found(&["/// CHECK: as said above, by the handler."]);
        assert!(what[0].what.contains("\"as said\""), "{what:?}");
    }

    #[test]
    fn a_comment_without_content_is_found() {
        assert_eq!(found(&["/// CHECK: checked"]).len(), 1);
        assert_eq!(found(&["/// CHECK:"]).len(), 1);
    }
}
