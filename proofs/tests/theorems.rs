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

#[test]
fn the_documentation_lists_every_theorem() {
    let page = include_str!("../../docs/proofs.md");
    let listed = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let listed: Vec<_> = listed.map(|(name, _)| name).filter(|name| !name.contains(' ')).collect();
    let names: Vec<_> = THEOREMS.iter().map(|theorem| theorem.name).collect();
    assert_eq!(listed, names);
}
