//! The kinds of checks.

use super::{command, file, http, marker, port, unit};
use crate::schema::Schema;

/// A kind of check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckKind {
    /// A request to a server, and what it should answer.
    Http,
    /// A port that should accept connections (or not).
    Port,
    /// A read-only command that should succeed.
    Command,
    /// What should be at a path.
    File,
    /// How a unit of systemd should be.
    Unit,
    /// A value that is written at one end, and should be found at the other.
    Marker,
}

impl CheckKind {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 6] = [Self::Http, Self::Port, Self::Command, Self::File, Self::Unit, Self::Marker];

    /// Its arguments, beside those that every check has.
    pub const fn schema(self) -> &'static Schema {
        match self {
            Self::Http => &http::SCHEMA,
            Self::Port => &port::SCHEMA,
            Self::Command => &command::SCHEMA,
            Self::File => &file::SCHEMA,
            Self::Unit => &unit::SCHEMA,
            Self::Marker => &marker::SCHEMA,
        }
    }

    /// What it is, in a line.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Http => {
                "A request, asked on the host with curl; where there is none, by solti through the SSH connection."
            }
            Self::Port => "Whether anything listens.",
            Self::Command => "A read-only command that must succeed.",
            Self::File => "What is at a path.",
            Self::Unit => "How a unit of systemd is.",
            Self::Marker => "A value that nobody has seen before is written at one end, and looked for at the other.",
        }
    }

    /// Its name in YAML and in ids.
    pub const fn name(self) -> &'static str {
        self.schema().what
    }

    /// Whether `name` is what it asks about, not a label.
    pub fn has_name(self) -> bool {
        self.schema().argument("name").is_some()
    }

    /// Whether a user of its own may ask it.
    pub const fn has_user(self) -> bool {
        matches!(self, Self::Command | Self::Marker)
    }

    /// The arguments that name a check that has no `name`.
    pub fn identities(self) -> impl Iterator<Item = &'static str> {
        self.schema().arguments.iter().filter(|argument| argument.identity).map(|argument| argument.name)
    }
}
