//! What is asked about users and groups.

use crate::host::{quote, quote_words};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What is asked about users and groups.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    users: BTreeSet<String>,
    user_numbers: BTreeSet<u32>,
    groups: bool,
}

impl Questions {
    /// Asks for a user, and for all groups.
    pub fn user(&mut self, name: &str) {
        self.users.insert(name.to_owned());
        self.groups = true;
    }

    /// Asks who has a user's number.
    pub fn user_number(&mut self, uid: u32) {
        self.user_numbers.insert(uid);
    }

    /// Asks for all groups.
    pub fn groups(&mut self) {
        self.groups = true;
    }

    /// Adds the questions to a program.
    pub fn write(&self, program: &mut String) {
        if !self.users.is_empty() {
            let numbers = self.user_numbers.iter().map(u32::to_string).collect::<Vec<_>>();
            let keys = self.users.iter().chain(&numbers);
            let by_name = self.users.iter().map(|name| format!("{}:*", quote(name)));
            let entries = by_name.chain(numbers.iter().map(|uid| format!("*:*:{uid}:*:*:*:*"))).collect::<Vec<_>>();
            let _ = writeln!(
                program,
                "if command -v getent >/dev/null; then getent passwd {}; else cat /etc/passwd; fi | while IFS= read -r line; do case $line in {}) \
                 say user \"$line\" ;; esac; done",
                quote_words(keys),
                entries.join("|")
            );
        }
        if self.groups {
            program.push_str(
                "if command -v getent >/dev/null; then getent group; else cat /etc/group; fi | while IFS= read -r line; do say group \"$line\"; done\n",
            );
        }
    }
}
