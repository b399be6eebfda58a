//! A command line of podman.

use super::super::words::join;
use std::collections::BTreeMap;
use std::fmt;

/// Where podman is.
const PODMAN: &str = "/usr/bin/podman";

/// A command line of podman that grows.
#[derive(Debug, Clone)]
pub struct Command {
    words: Vec<String>,
}

impl Command {
    /// podman with what goes before its command.
    pub fn new(global: Vec<String>) -> Self {
        let mut words = vec![PODMAN.to_owned()];
        words.extend(global);
        Self { words }
    }

    /// Adds words.
    pub fn add<const N: usize>(&mut self, words: [&str; N]) {
        self.words.extend(words.map(str::to_owned));
    }

    /// Adds words.
    pub fn extend(&mut self, words: Vec<String>) {
        self.words.extend(words);
    }

    /// Adds an option that is given (`--init`) or denied (`--init=false`).
    pub fn flag(&mut self, option: &str, value: bool) {
        self.words.push(if value { option.to_owned() } else { format!("{option}=false") });
    }

    /// Adds an option for each assignment, sorted by name.
    pub fn assignments(&mut self, option: &str, assignments: &BTreeMap<String, Option<String>>) {
        for (name, value) in assignments {
            match value {
                Some(value) => self.add([option, &format!("{name}={value}")]),
                None => self.add([option, name]),
            }
        }
    }

    /// The words as a shell reads them.
    pub fn for_shell(&self) -> String {
        shell_words::join(&self.words)
    }

    /// The words.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join(&self.words))
    }
}
