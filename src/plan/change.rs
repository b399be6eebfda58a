//! A change: what a run does to one resource of one host, and how that is said.

pub use super::action::Action;

use crate::ability::Operation;
use crate::ability::call::Call;
use crate::secret::Taint;
use serde::{Deserialize, Serialize};

/// One thing that a change says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    /// The content of a text file; shown as a unified diff.
    Text {
        /// The file on the host.
        path: String,
        /// What is there now; none if nothing is.
        old: Option<String>,
        /// What will be there; none if nothing will.
        new: Option<String>,
        /// The file is a secret as a whole: only that it differs is said.
        hidden: bool,
        /// What in the new content was made of secrets.
        secrets: Taint,
    },
    /// A value that is not a text file: `mode 0644 -> 0640`.
    Value {
        /// What has the value: "mode", "owner", "version".
        what: String,
        /// The value now; none if there is none.
        old: Option<String>,
        /// The value afterwards; none if there will be none.
        new: Option<String>,
    },
    /// A sentence: why a service restarts, what stays in place.
    Note {
        /// The sentence, without a full stop.
        text: String,
    },
}

impl Detail {
    /// A sentence.
    pub fn note(text: impl Into<String>) -> Self {
        Self::Note { text: text.into() }
    }

    /// A value that changes, or nothing if it stays.
    pub fn value(what: &str, old: Option<&str>, new: Option<&str>) -> Option<Self> {
        (old != new).then(|| Self::Value {
            what: what.to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        })
    }
}

/// What a run does to one resource of one host. All of it is data, and secrets are in it: no report gets it, events
/// have types of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The resource's public id, `role/step/kind:name`.
    pub resource: String,
    /// What happens to it.
    pub action: Action,
    /// What exactly.
    pub details: Vec<Detail>,
    /// How it is made on the host.
    pub operations: Vec<Operation>,
}

impl Change {
    /// The calls to services that it is made of.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.operations.iter().filter_map(|operation| match operation {
            Operation::Api(call) => Some(call),
            _ => None,
        })
    }
}
