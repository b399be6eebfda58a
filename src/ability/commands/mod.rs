//! Commands that a role asks or runs.

mod answers;
mod operation;
mod questions;

pub use answers::Answers;
pub use operation::CommandOperation;
pub use questions::{Question, Questions, listing_key};

use crate::host::{quote, quote_words};
use std::collections::HashMap;

/// What steps need for commands beside their own lines: nothing.
pub const STEP: &str = "";

/// What read-only commands answered, by the key that they were asked under.
pub type Commands = HashMap<String, Answer>;

/// What a read-only command answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its exit status.
    pub status: i32,
    /// Its standard output.
    pub output: String,
}

/// A command as one line of shell that runs it in its folder, with its environment, as its user. It is never one of the
/// functions that the shell has been given, which have names like `install`.
pub fn command_line(
    command: &[String],
    chdir: Option<&str>,
    environment: &[(String, String)],
    user: Option<&str>,
) -> String {
    // assignments, not env(1): its arguments would show the values to every user of the host
    let mut words: Vec<String> = environment.iter().map(|(name, value)| format!("{name}={}", quote(value))).collect();
    match user {
        Some(user) => words.push(format!("runuser -u {} --", quote(user))),
        None => words.push("command".to_owned()),
    }
    words.push(quote_words(command));
    // who has the lock open keeps it
    words.push("8>&-".to_owned());
    let line = words.join(" ");
    match chdir {
        Some(folder) => format!("(cd {} && {line})", quote(folder)),
        None => line,
    }
}
