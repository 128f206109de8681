//! Lists the theorems, or runs them on numbers that come in on standard input: a theorem's name and
//! its words on a line.

use std::io::{self, BufRead};
use std::panic::catch_unwind;

use holdfast_proofs::THEOREMS;
use holdfast_proofs::entries::{BROKEN, HOLDS, VOID};
use holdfast_proofs::given::WORDS;

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("list") {
        for theorem in THEOREMS {
            let speed = if theorem.fast { "fast" } else { "slow" };
            println!("{} {speed} {}", theorem.name, theorem.cases);
        }
        return Ok(());
    }
    for line in io::stdin().lock().lines() {
        println!("{}", run(&line?));
    }
    Ok(())
}

/// What a theorem says of a line's numbers; those left out are zero.
fn run(line: &str) -> &'static str {
    let mut parts = line.split_whitespace();
    let name = parts.next().unwrap_or_default();
    let mut words = [0; WORDS];
    for (word, part) in words.iter_mut().zip(parts) {
        let Ok(number) = part.parse() else { return "not numbers" };
        *word = number;
    }
    let Some(theorem) = THEOREMS.iter().find(|theorem| theorem.name == name) else {
        return "no such theorem";
    };
    match catch_unwind(|| (theorem.entry)(&words)) {
        Ok(HOLDS) => "holds",
        Ok(VOID) => "void",
        Ok(BROKEN) => "broken",
        Ok(_) => "no answer",
        Err(_) => "panics",
    }
}
