//! Units of systemd, the system's and those of users.

mod answers;
mod operation;
mod questions;

pub use answers::Answers;
pub use operation::{UnitOperation, Verb, reread_all, settle, write_reload, write_run};
pub use questions::Questions;

use std::collections::HashMap;

/// What steps do with services.
pub const STEP: &str = include_str!("services.sh");

/// What systemd says of units, by full name.
pub type Units = HashMap<String, UnitState>;

/// What systemd says of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitState {
    /// `loaded`, `not-found`, `masked`, ...
    pub load: String,
    /// `active`, `inactive`, `failed`, ...
    pub active: String,
    /// `enabled`, `disabled`, `static`, `generated`, ... or empty.
    pub enabled: String,
    /// Whether its files on disk are newer than what systemd has read.
    pub stale: bool,
    /// Whether it can reload.
    pub can_reload: bool,
    /// When it became active, in seconds since 1970; 0 if never.
    pub since: i64,
    /// The unit's file.
    pub fragment: String,
}

impl UnitState {
    /// Whether it runs, or is just coming up.
    pub fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "activating" | "reloading" | "refreshing")
    }

    /// What ends its being masked, which lasts until the host boots, or beyond that.
    pub fn unmask(&self) -> &'static str {
        if self.enabled == "masked-runtime" { "unmask --runtime" } else { "unmask" }
    }

    /// Whether it starts at boot.
    pub fn is_enabled(&self) -> bool {
        matches!(self.enabled.as_str(), "enabled" | "enabled-runtime" | "linked" | "alias")
    }
}
