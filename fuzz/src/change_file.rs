use holdfast_cli::change_file::{fields, parse, to_json};

use crate::{Outcome, text};

/// The JSON file of a proposed change. What is read is written and read again without a change.
pub fn change_file(data: &[u8]) -> Outcome {
    let read = text(data).and_then(parse);
    if let Ok(change) = &read {
        let written = to_json(change);
        assert_eq!(parse(&written.to_string()).as_ref(), Ok(change));
        assert!(!fields(&written).is_empty(), "a change without a field");
    }
    Outcome::from(&read)
}
