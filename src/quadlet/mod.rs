//! podman's quadlet files: what they say, what is wrong with them, what they refer to, and the services they become.
//!
//! Everything here is pure: texts go in, and texts and findings come out.

pub mod check;
pub mod inputs;
pub mod keys;
pub mod kind;
pub mod mount;
pub mod service;
#[cfg(test)]
mod tests;
pub mod unit_file;
pub mod version;
pub mod words;

pub use check::{check, check_drop_in};
pub use inputs::{Inputs, Reference, inputs};
pub use kind::{Kind, Named};
pub use service::{Link, Translated, install_links, to_service};
pub use unit_file::UnitFile;
pub use version::Version;

/// One thing that is wrong with a quadlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line it is on, counted from 1.
    pub line: usize,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into(), hint: None }
    }
}
