//! Takes away what solti has put on a host: for what a role stops declaring, and for `state: absent`.

use super::Draft;
use crate::plan::change::{Action, Detail};
use crate::plan::manifest::{Before, Item};
use crate::plan::operation::{Expectation, Operation, Verb};
use crate::plan::probe::Probe;
use crate::plan::state::{PathState, State};

/// How far a removal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The role no longer declares it: packages, users and groups stay.
    Pruned,
    /// The role is to be absent.
    Absent,
    /// The role is to be absent, and the user named this to go with all that is in it.
    Purged,
}

/// Asks what is there of an item.
pub fn ask(item: &Item, probe: &mut Probe) {
    match item {
        Item::File { path, .. } => probe.digest(path),
        Item::Directory { path, .. } => {
            probe.path(path);
            probe.listing(path);
        }
        Item::Service { unit, .. } => probe.unit(unit),
        Item::Package { name, .. } => probe.package(name, false),
        Item::User { name, .. } => probe.user(name),
        Item::Group { .. } => probe.groups(),
    }
}

/// The change that takes an item away, if it is there and solti made it; `state` is what is left afterwards.
pub fn plan(item: &Item, reach: Reach, state: &mut State) -> Option<Draft> {
    if *item.before() == Before::Same {
        return None;
    }
    match item {
        Item::File { path, before } => file(path, before, state),
        Item::Directory { path, .. } if reach == Reach::Purged => purged(path, state),
        Item::Directory { path, .. } => directory(path, state),
        Item::Service { unit, .. } => service(unit, state),
        Item::Package { name, .. } if reach != Reach::Pruned => {
            state.packages.remove(name)?;
            let operations = vec![Operation::Uninstall { packages: vec![name.clone()] }];
            Some(Draft {
                action: Action::Remove,
                details: vec![Detail::note(format!("package {name}; its data stays"))],
                operations,
            })
        }
        Item::User { name, .. } if reach != Reach::Pruned => {
            state.users.remove(name)?;
            Some(account("userdel", name, "user"))
        }
        Item::Group { name, .. } if reach != Reach::Pruned => {
            state.groups.remove(name)?;
            Some(account("groupdel", name, "group"))
        }
        _ => None,
    }
}

fn account(program: &str, name: &str, kind: &str) -> Draft {
    let operations = vec![Operation::Account { command: vec![program.to_owned(), name.to_owned()] }];
    Draft { action: Action::Remove, details: vec![Detail::note(format!("{kind} {name}"))], operations }
}

fn file(path: &str, before: &Before, state: &mut State) -> Option<Draft> {
    let now = state.path(path).clone();
    let mut operations = Vec::new();
    if let PathState::File { sha256: Some(sha256), .. } = &now {
        operations.push(Operation::Expect { path: path.to_owned(), expectation: Expectation::File(sha256.clone()) });
    }
    let (action, text) = match (before, &now) {
        (Before::Original(original), _) => {
            operations.push(Operation::Restore { path: path.to_owned(), original: original.clone() });
            (Action::PutBack, format!("{path} as it was before solti"))
        }
        (_, PathState::File { .. } | PathState::Link { .. }) => {
            operations.push(Operation::Remove { path: path.to_owned() });
            (Action::Remove, path.to_owned())
        }
        _ => {
            state.paths.insert(path.to_owned(), PathState::Absent);
            return None;
        }
    };
    if let Some(unit) = unit_of(path) {
        operations.push(Operation::DaemonReload);
        state.rewritten_units.insert(unit.to_owned());
    }
    let left = if action == Action::PutBack { PathState::Other } else { PathState::Absent };
    state.paths.insert(path.to_owned(), left);
    Some(Draft { action, details: vec![Detail::note(text)], operations })
}

/// The unit that a file in systemd's folder of the administrator belongs to.
fn unit_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/etc/systemd/system/")?;
    Some(rest.split_once(".d/").map_or(rest, |(unit, _)| unit))
}

fn directory(path: &str, state: &mut State) -> Option<Draft> {
    if !matches!(state.path(path), PathState::Directory { .. }) || !state.is_emptied(path) {
        return None;
    }
    state.paths.insert(path.to_owned(), PathState::Absent);
    let operations = vec![Operation::RemoveEmptyDirectory { path: path.to_owned() }];
    Some(Draft { action: Action::Remove, details: vec![Detail::note(path.to_owned())], operations })
}

fn purged(path: &str, state: &mut State) -> Option<Draft> {
    if !matches!(state.path(path), PathState::Directory { .. }) {
        return None;
    }
    state.paths.insert(path.to_owned(), PathState::Absent);
    let operations = vec![Operation::Remove { path: path.to_owned() }];
    Some(Draft { action: Action::Remove, details: vec![Detail::note(format!("{path} with all in it"))], operations })
}

fn service(unit: &str, state: &mut State) -> Option<Draft> {
    let mut now = state.unit(unit);
    let mut operations = Vec::new();
    let mut details = Vec::new();
    if now.is_active() {
        operations.push(Operation::Service { unit: unit.to_owned(), verb: Verb::Stop, settle: 0 });
        details.extend(Detail::value("state", Some("active"), Some("inactive")));
    }
    if now.is_enabled() {
        operations.push(Operation::Enable { unit: unit.to_owned(), enabled: false });
        details.extend(Detail::value("at boot", Some("enabled"), Some("disabled")));
    }
    if operations.is_empty() {
        return None;
    }
    now.active = "inactive".to_owned();
    now.enabled = "disabled".to_owned();
    state.units.insert(unit.to_owned(), now);
    Some(Draft { action: Action::Stop, details, operations })
}
