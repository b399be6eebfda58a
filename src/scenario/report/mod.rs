//! What a person or a program reads of a run of scenarios.

pub mod github;
pub mod json;
pub mod junit;
mod live;
mod longest;
pub mod markdown;
pub mod record;
#[cfg(test)]
mod tests;
pub mod text;

pub use live::Live;

use super::event::TestEvent;
use std::io;

/// Takes the events of one run, in order. Secrets are out of them already.
pub trait Consumer: Send {
    /// One thing that happened.
    fn event(&mut self, event: &TestEvent) -> io::Result<()>;

    /// The user's wish to stop was heard.
    fn interrupted(&mut self, text: &str) -> io::Result<()>;

    /// Time has passed; called a few times a second.
    fn tick(&mut self) {}
}
