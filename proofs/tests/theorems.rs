//! The theorems on numbers, and their list in the documentation.

use holdfast_proofs::THEOREMS;
use holdfast_proofs::entries::BROKEN;
use holdfast_proofs::given::WORDS;

/// Words that lie where rules change: around zero, small, and around the largest.
fn word(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    match *seed % 4 {
        0 => *seed % 3,
        1 => *seed % 100_000,
        2 => u64::MAX - *seed % 3,
        _ => *seed,
    }
}

#[test]
fn no_theorem_is_false_for_numbers_tried() {
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    for theorem in THEOREMS {
        for _ in 0..2_000 {
            let words: [u64; WORDS] = std::array::from_fn(|_| word(&mut seed));
            assert_ne!((theorem.entry)(&words), BROKEN, "{}: {words:?}", theorem.name);
        }
    }
}

const PAGE: &str = include_str!("../../docs/proofs.md");

/// The rows of the page's table of theorems: name, what it says, file.
fn rows() -> Vec<[&'static str; 3]> {
    let row = |line: &'static str| -> Option<[&'static str; 3]> {
        let cells = line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")?;
        let (says, file) = cells.1.rsplit_once(" | ")?;
        Some([cells.0, says, file])
    };
    PAGE.lines().filter_map(row).filter(|[name, ..]| !name.contains(' ')).collect()
}

/// What the source says of a function, up to the first empty line of it.
fn documented(source: &str, name: &str) -> Option<String> {
    let before = source.split_once(&format!("\npub fn {name}("))?.0;
    let lines = before.lines().rev().map_while(|line| line.strip_prefix("///"));
    let mut lines: Vec<_> = lines.map(str::trim).collect();
    lines.reverse();
    Some(lines.split(|line| line.is_empty()).next()?.join(" "))
}

#[test]
fn the_documentation_lists_every_theorem() {
    let listed: Vec<_> = rows().into_iter().map(|[name, ..]| name).collect();
    let names: Vec<_> = THEOREMS.iter().map(|theorem| theorem.name).collect();
    assert_eq!(listed, names);
    // One is proved beside the harness.
    let all = format!("all {} theorems", THEOREMS.len() + 1);
    assert!(PAGE.contains(&all), "docs/proofs.md does not say `{all}`");
}

#[test]
fn the_documentation_says_what_the_source_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for [name, says, file] in rows() {
        let source = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        assert_eq!(documented(&source, name).as_deref(), Some(says), "{name} in {file}");
    }
}
