//! A step as a program for the host's shell, as far as it is written.

use super::files::sha256;
use std::fmt::Write as _;

/// What takes its time in a step: the words of its phases, and what comes after them.
pub const PARTS: [&str; 11] = [
    "preparing",
    "packages",
    "accounts",
    "images",
    "files",
    "trials",
    "daemon-reload",
    "services",
    "podman",
    "settling",
    "API calls",
];

/// A program as far as it is written.
pub struct Program<'a> {
    /// Itself.
    pub text: String,
    /// Known to nobody else.
    name: &'a str,
    staged: usize,
    /// All packages that the step removes, of which any may go with another.
    pub going: Vec<&'a str>,
}

impl<'a> Program<'a> {
    /// Nothing yet; what is staged is called after `name`.
    pub fn new(name: &'a str) -> Self {
        Self { text: String::new(), name, staged: 0, going: Vec::new() }
    }

    /// A line as it is.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Says that another part of it begins, one of [`PARTS`].
    pub fn part(&mut self, what: &'static str) {
        self.line(&format!("say part {what}"));
    }

    /// A line after which the step ends if it fails; `at` says which change it is for.
    pub fn must(&mut self, change: usize, line: &str) {
        let _ = writeln!(self.text, "at={change}; {line} || return 1");
    }

    /// A name for a folder of our own beside a path, which cannot be guessed from those that were seen before.
    pub fn number(&mut self) -> String {
        self.staged += 1;
        sha256(format!("{} {}", self.name, self.staged).as_bytes())[..16].to_owned()
    }
}
