//! What a person or a program reads of a run: each consumer takes the engine's events and makes its own of them.

pub mod diff;
pub mod errors;
pub mod json;
pub mod record;
pub mod redact;
mod shorten;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod text;

use crate::engine::event::Event;
use std::io;

/// Takes the events of one run, in order, already redacted.
pub trait Consumer: Send {
    /// One thing that happened.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// All plans are out and something is going to change: shows them, and words the question that a person is asked.
    fn before_changes(&mut self) -> io::Result<String>;

    /// The user's wish to stop was heard; when `leaving`, nothing more follows.
    fn interrupted(&mut self, text: &str, leaving: bool) -> io::Result<()>;

    /// Something else is to be shown on the terminal: what changes there goes away, until time passes again.
    fn pause(&mut self) {}

    /// Time has passed; called a few times a second.
    fn tick(&mut self) {}
}
