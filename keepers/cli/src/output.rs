//! What a command says: to a person, or to a machine.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
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
    /// What is known all the same: an object.
    facts: Value,
    /// For whoever does not read it.
    code: u8,
}

impl Failure {
    /// What an audit found: a timer has to tell it from an endpoint that does not answer.
    pub fn of_the_books(reason: String) -> Self {
        Self { reason, facts: json!({}), code: 3 }
    }

    /// One of which something is known, such as a transaction's signature.
    pub const fn with(reason: String, facts: Value) -> Self {
        Self { reason, facts, code: 1 }
    }

    /// For a machine: one object, with the reason under `error`.
    pub fn object(&self) -> Value {
        joined(self.facts.clone(), json!({"error": self.reason}))
    }

    /// The exit code.
    pub fn code(&self) -> ExitCode {
        self.code.into()
    }
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::with(reason, json!({}))
    }
}

impl CommandOutput {
    /// An outcome.
    pub fn new(text: impl ToString, facts: Value) -> Self {
        Self { text: text.to_string(), facts, failed: None }
    }

    /// The same outcome; what could not be found out beside it goes to the error stream.
    pub fn noting(self, reason: &str) -> Self {
        note(reason);
        self
    }

    /// The same outcome, counted as failed for this reason.
    pub fn failing(self, reason: String) -> Self {
        Self { failed: Some(reason.into()), ..self }
    }

    /// Prints it.
    ///
    /// # Errors
    /// Why the command counts as failed; for a machine, with all that is known of it.
    pub fn print(self, as_json: bool) -> Result<(), Failure> {
        let Self { text, facts, failed } = self;
        if let Some(failed) = failed {
            if !as_json {
                say(text)?;
            }
            let facts = joined(facts, failed.facts);
            return Err(Failure { facts, ..failed });
        }
        if as_json { say(facts) } else { say(text) }
    }
}

/// Writes a line to the output. Whoever has stopped reading misses nothing.
///
/// # Errors
/// A sentence when it cannot be written.
pub fn say(line: impl Display) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("the output cannot be written ({error}): make room, or send it elsewhere")
                .into())
        }
        _ => Ok(()),
    }
}

/// Writes a line to the error stream. Nothing depends on whether anybody can read it.
pub fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Something that does not change the outcome, on the error stream.
pub fn note(reason: impl Display) {
    tell(format_args!("note: {reason}"));
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
