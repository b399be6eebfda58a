//! What a step does with units.

use crate::ability::operation::StepPhase;
use crate::ability::program::Program;
use crate::host::quote;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One thing that a step does with units; all of it is undone when the step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnitOperation {
    /// Changes whether a service starts at boot.
    Enable {
        /// The unit's full name, with its scope ([`crate::ability::scope::key`]).
        unit: String,
        /// Enabled or disabled.
        enabled: bool,
    },
    /// Starts, stops, restarts or reloads a service.
    Service {
        /// The unit's full name, with its scope ([`crate::ability::scope::key`]).
        unit: String,
        /// What to do.
        verb: Verb,
        /// How long the service must stay up to count as started, in milliseconds.
        settle: u64,
    },
    /// Has systemd read its unit files again.
    DaemonReload {
        /// Whose systemd; none for the system's.
        user: Option<String>,
    },
}

/// What is done to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// `systemctl start`
    Start,
    /// `systemctl stop`
    Stop,
    /// `systemctl restart`
    Restart,
    /// `systemctl reload`
    Reload,
}

impl Verb {
    /// systemctl's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
        }
    }
}

impl UnitOperation {
    /// When it is carried out.
    pub fn phase(&self) -> StepPhase {
        match self {
            Self::DaemonReload { .. } => StepPhase::Reload,
            Self::Enable { .. } | Self::Service { .. } => StepPhase::Services,
        }
    }

    /// Adds it to a step's program.
    pub fn write(&self, at: usize, program: &mut Program<'_>) {
        match self {
            Self::Enable { unit, enabled } => {
                program.must(at, &format!("{} {}", if *enabled { "enable" } else { "disable" }, quote(unit)));
            }
            Self::Service { unit, verb, .. } => {
                program.must(at, &format!("service {} {}", verb.word(), quote(unit)));
            }
            Self::DaemonReload { user } => program.must(at, &reread(user.as_deref())),
        }
    }
}

fn reread(user: Option<&str>) -> String {
    format!("reread{}", user.map(|user| format!(" {}", quote(user))).unwrap_or_default())
}

/// Has systemd read its files again, once for each who has any.
pub fn reread_all(users: BTreeSet<Option<&str>>, program: &mut Program<'_>) {
    for user in users {
        program.line(&format!("{} || return 1", reread(user)));
    }
}

/// Services that were started must stay up for as long as they say.
pub fn settle<'o>(all: impl Iterator<Item = (usize, &'o UnitOperation)>, program: &mut Program<'_>) {
    let (mut units, mut longest, mut last) = (Vec::new(), 0, 0);
    for (at, operation) in all {
        if let UnitOperation::Service { unit, verb: Verb::Start | Verb::Restart | Verb::Reload, settle } = operation {
            units.push(quote(&format!("{at}:{unit}")));
            longest = longest.max(*settle);
            last = at;
        }
    }
    if !units.is_empty() {
        program.must(last, &format!("settle {} {}", longest / 100, units.join(" ")));
    }
}
