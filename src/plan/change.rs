//! A change: what a run does to one resource of one host, and how that is said.

use crate::ability::Operation;
use crate::ability::call::Call;
use crate::secret::Taint;
use serde::{Deserialize, Serialize};

/// What happens to a resource, in one word; where it is several, the last of them in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is not there yet.
    Create,
    /// It is there, but not as declared.
    Update,
    /// It goes.
    Remove,
    /// What was there before solti comes back.
    PutBack,
    /// A package is installed.
    Install,
    /// A package that is there, but not as it should be, is installed again.
    Reinstall,
    /// A package gets a newer version.
    Upgrade,
    /// A package gets an older version.
    Downgrade,
    /// A service starts.
    Start,
    /// A service stops.
    Stop,
    /// A service starts anew, because something that it was started with has changed.
    Restart,
    /// A service reads its configuration again.
    Reload,
    /// A command runs.
    Run,
}

impl Action {
    /// The word as the user reads it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Remove => "remove",
            Self::PutBack => "put back",
            Self::Install => "install",
            Self::Reinstall => "reinstall",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::Run => "run",
        }
    }

    /// The mark in front of a line of the plan: `+` something new, `-` something gone, `~` something different.
    pub fn mark(self) -> char {
        match self {
            Self::Create | Self::Install | Self::Start => '+',
            Self::Remove | Self::Stop => '-',
            _ => '~',
        }
    }
}

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
