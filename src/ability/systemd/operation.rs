//! What a step does with units.

use crate::ability::operation::StepPhase;
use crate::ability::program::Program;
use crate::ability::scope;
use crate::host::quote;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

/// An operation, and the number of the change that it is for.
pub type Numbered<'a> = (usize, &'a UnitOperation);

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

    /// The unit, with its scope; nothing where it is about all of them.
    fn unit(&self) -> &str {
        match self {
            Self::Enable { unit, .. } | Self::Service { unit, .. } => unit,
            Self::DaemonReload { .. } => "",
        }
    }

    /// Whether a service is to start at boot from now on, and its systemd is about to read its files again.
    pub fn enables_before(&self, reloads: &[Numbered<'_>]) -> bool {
        self.enables() && reloads.iter().any(|(_, reload)| reload.rereads() == Some(self.user()))
    }

    fn enables(&self) -> bool {
        matches!(self, Self::Enable { enabled: true, .. })
    }

    /// Whose systemd is to read its files again.
    fn rereads(&self) -> Option<Option<&str>> {
        match self {
            Self::DaemonReload { user } => Some(user.as_deref()),
            _ => None,
        }
    }

    fn user(&self) -> Option<&str> {
        scope::split(self.unit()).0
    }

    /// With what others it can be done at once: those of the same verb and scope. What listens or waits for a service is started on
    /// its own, as it starts more.
    fn joins(&self) -> Option<(Verb, Option<&str>)> {
        match self {
            Self::Service { unit, verb: verb @ (Verb::Start | Verb::Restart), .. } if unit.ends_with(".service") => {
                Some((*verb, self.user()))
            }
            _ => None,
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

/// Writes that systemd reads its files again, once for each who has any; and before that, so that it need not do so twice, which
/// services start at boot.
pub fn write_reload(enables: &[Numbered<'_>], reloads: &[Numbered<'_>], program: &mut Program<'_>) {
    write_enables("before_reread", enables, program);
    let mut known = BTreeSet::new();
    for (at, operation) in reloads {
        if operation.rereads().is_none_or(|user| known.insert(user)) {
            operation.write(*at, program);
        }
    }
}

/// Writes what is done to units one after the other. What is enabled comes first, all of it at once; services that are started,
/// or restarted, one after the other are so together.
pub fn write_run(run: &[Numbered<'_>], program: &mut Program<'_>) {
    let (enables, rest): (Vec<Numbered<'_>>, Vec<Numbered<'_>>) =
        run.iter().partition(|(_, operation)| operation.enables());
    write_enables("now", &enables, program);
    for together in rest.chunk_by(|one, other| one.1.joins().is_some() && one.1.joins() == other.1.joins()) {
        match together.first().and_then(|(_, first)| first.joins()) {
            Some((verb, _)) if together.len() > 1 => {
                write_together(&format!("act_all {}", verb.word()), together, program)
            }
            _ => together.iter().for_each(|(at, operation)| operation.write(*at, program)),
        }
    }
}

fn write_enables(when: &str, all: &[Numbered<'_>], program: &mut Program<'_>) {
    let mut scopes: BTreeMap<Option<&str>, Vec<Numbered<'_>>> = BTreeMap::new();
    for one in all {
        scopes.entry(one.1.user()).or_default().push(*one);
    }
    for enables in scopes.values() {
        write_together(&format!("enable_all {when}"), enables, program);
    }
}

fn write_together(function: &str, all: &[Numbered<'_>], program: &mut Program<'_>) {
    let word = |(at, operation): &Numbered<'_>| format!(" {}", quote(&format!("{at}:{}", operation.unit())));
    let units: String = all.iter().map(word).collect();
    program.must(all.first().map_or(0, |(at, _)| *at), &format!("{function}{units}"));
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
        program.part("settling");
        program.must(last, &format!("settle {} {}", longest / 100, units.join(" ")));
    }
}
