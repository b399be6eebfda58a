//! What happens to a resource, in one word. Plans and reports both say it.

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
