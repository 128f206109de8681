//! What a command says: to a person, or to a machine.

use std::process::ExitCode;

use serde_json::{Value, json};

/// The outcome of a command.
pub struct CommandOutput {
    /// For a person.
    pub text: String,
    /// For a machine: an object.
    pub facts: Value,
    /// Why the command counts as failed all the same.
    pub failed: Option<Failure>,
}

/// Why a command failed.
pub struct Failure {
    /// A sentence.
    pub reason: String,
    /// For whoever does not read it.
    code: u8,
}

impl Failure {
    /// What an audit found: a timer has to tell it from an endpoint that does not answer.
    pub const fn of_the_books(reason: String) -> Self {
        Self { reason, code: 3 }
    }

    /// The exit code.
    pub fn code(&self) -> ExitCode {
        self.code.into()
    }
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self { reason, code: 1 }
    }
}

impl CommandOutput {
    /// An outcome.
    pub fn new(text: impl ToString, facts: Value) -> Self {
        Self { text: text.to_string(), facts, failed: None }
    }

    /// Prints it.
    ///
    /// # Errors
    /// Why the command counts as failed.
    pub fn print(self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            println!("{}", self.facts);
        } else {
            println!("{}", self.text);
        }
        self.failed.map_or(Ok(()), Err)
    }
}

/// Both objects' facts in one.
pub fn joined(mut facts: Value, more: Value) -> Value {
    if let (Some(all), Value::Object(more)) = (facts.as_object_mut(), more) {
        all.extend(more);
    }
    facts
}

/// The millisecond something happened at; null where zero stands for never.
pub fn moment(milliseconds: u64) -> Value {
    if milliseconds == 0 { Value::Null } else { json!(milliseconds) }
}
