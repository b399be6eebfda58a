//! Takes away what solti has put on a host: for what a role stops declaring, and for `state: absent`.

use super::reasons::image_input;
use super::{Draft, kept};
use crate::ability::accounts::AccountOperation;
use crate::ability::files::{Expectation, FileOperation, PathState};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::packages::{Offers, PackageOperation};
use crate::ability::podman::{PodmanOperation, PodmanThing};
use crate::ability::systemd::{UnitOperation, Verb};
use crate::ability::{Operation, Probe, State, scope};
use crate::plan::change::{Action, Detail};
use crate::quadlet::Named;

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

impl Reach {
    /// Whether it takes such a thing; what it leaves is for a role that is to be absent.
    pub fn takes(self, item: &Item) -> bool {
        let lasts = matches!(item.kind, ItemKind::Package | ItemKind::User | ItemKind::Group | ItemKind::Volume);
        self != Self::Pruned || !lasts
    }
}

/// Whether the id is that of a quadlet.
fn is_quadlet(resource: &str) -> bool {
    resource.contains("/quadlet:")
}

/// Whether a label of the resource (`purge: data`) is meant for this one of its things: of a quadlet only a volume is
/// data, and never the folders that lead to it, which may be somebody's home.
pub fn is_data(resource: &str, item: &Item) -> bool {
    !is_quadlet(resource) || item.kind == ItemKind::Volume
}

/// Whether it is a folder for everybody's quadlets, or one that leads to those or to units in a user's home: not ours by
/// its name. `claims` are all things of the resource.
pub fn is_common_folder(resource: &str, claims: &[Item], item: &Item) -> bool {
    let in_home =
        |item: &Item| matches!(item, Item { kind: ItemKind::File, name: path, .. } if path.contains(scope::USER_UNITS));
    item.kind == ItemKind::Directory && (is_quadlet(resource) || claims.iter().any(in_home))
}

/// Asks what is there of an item.
pub fn ask(item: &Item, probe: &mut Probe) {
    let Item { kind, name, .. } = item;
    match kind {
        ItemKind::File => probe.files.digest(name),
        ItemKind::Directory => {
            probe.files.path(name);
            probe.commands.listing(name);
        }
        ItemKind::Service => probe.units.ask(name),
        ItemKind::Package => probe.packages.ask(name, Offers::No),
        ItemKind::User => probe.accounts.user(name),
        ItemKind::Group => probe.accounts.groups(),
        ItemKind::Volume => probe.podman.things(scope::split(name).0, PodmanThing::Volume),
        ItemKind::Network => probe.podman.things(scope::split(name).0, PodmanThing::Network),
        // it comes and goes with its service
        ItemKind::Container => {}
    }
}

/// The change that takes an item away, if it is there and solti made it; `state` is what is left afterwards.
pub fn plan(item: &Item, reach: Reach, state: &mut State) -> Option<Draft> {
    let Item { kind, name, before } = item;
    if *before == Before::Same || !reach.takes(item) {
        return None;
    }
    match kind {
        ItemKind::File => file(name, before, state),
        ItemKind::Directory if reach == Reach::Purged => purged(name, state),
        ItemKind::Directory => directory(name, state),
        ItemKind::Service => service(name, state),
        ItemKind::Package => {
            state.packages.installed.remove(name)?;
            let operations = vec![Operation::Packages(PackageOperation::Uninstall { packages: vec![name.clone()] })];
            let mut details = vec![Detail::note(format!("package {name}; its data stays"))];
            if state.packages.apt.held.contains(name) {
                details.push(Detail::note(format!(
                    "it is held on the host, so apt will not remove it before `apt-mark unhold {name}` there"
                )));
            }
            Some(Draft { action: Action::Remove, details, operations })
        }
        ItemKind::User => {
            state.accounts.users.remove(name)?;
            Some(account("userdel", name, "user"))
        }
        ItemKind::Group => {
            state.accounts.groups.remove(name)?;
            Some(account("groupdel", name, "group"))
        }
        ItemKind::Volume => {
            let there = state.podman.volumes.remove(name);
            there.then(|| discard(PodmanThing::Volume, name, "with all in it"))
        }
        ItemKind::Container => Some(discard(PodmanThing::Container, name, "")),
        // a network has nothing in it that could be lost
        ItemKind::Network => {
            let there = state.podman.networks.remove(name);
            there.then(|| discard(PodmanThing::Network, name, ""))
        }
    }
}

fn discard(what: PodmanThing, name: &str, more: &str) -> Draft {
    let text = format!("{} {} {more}", what.word(), scope::shown(name));
    let operations = vec![Operation::Podman(PodmanOperation::Discard { what, name: name.to_owned() })];
    Draft { action: Action::Remove, details: vec![Detail::note(text.trim_end())], operations }
}

fn account(program: &str, name: &str, kind: &str) -> Draft {
    let operations =
        vec![Operation::Accounts(AccountOperation::Tool { command: vec![program.to_owned(), name.to_owned()] })];
    Draft { action: Action::Remove, details: vec![Detail::note(format!("{kind} {name}"))], operations }
}

fn file(path: &str, before: &Before, state: &mut State) -> Option<Draft> {
    let now = state.files.at(path).clone();
    let mut operations = Vec::new();
    if let PathState::File { sha256: Some(sha256), .. } = &now {
        operations.push(Operation::Files(FileOperation::Expect {
            path: path.to_owned(),
            expectation: Expectation::File(sha256.clone()),
        }));
    }
    let (action, text) = match (before, &now) {
        (Before::Original(original), _) => {
            operations
                .push(Operation::Files(FileOperation::Restore { path: path.to_owned(), original: original.clone() }));
            (Action::PutBack, format!("{path} as it was before solti"))
        }
        (_, PathState::File { .. } | PathState::Link { .. }) => {
            operations.push(Operation::Files(FileOperation::Remove { path: path.to_owned() }));
            (Action::Remove, path.to_owned())
        }
        _ => {
            state.files.paths.insert(path.to_owned(), PathState::Absent);
            return None;
        }
    };
    for folder in kept::folders(path) {
        operations.push(Operation::Files(FileOperation::RemoveEmptyDirectory { path: folder.to_owned() }));
    }
    let mut details = vec![Detail::note(text)];
    if let Some((user, unit)) = unit_of(path, &now) {
        let key = scope::key(user.as_deref(), &unit);
        if path.ends_with(".container") {
            let image = image_input(&scope::key(user.as_deref(), ""));
            let started_with = state.memory.manifest.services.get(&key).into_iter().flatten();
            let images = started_with.filter_map(|(input, _)| input.strip_prefix(&image));
            details.extend(images.map(|image| Detail::note(format!("image {image} stays"))));
        }
        // a unit is enabled by links of its name in others' folders
        if let Some(unit) = state.units.get_mut(&key).filter(|unit| unit.is_enabled() && is_start(path)) {
            unit.enabled = "disabled".to_owned();
        }
        state.predicted.units.insert(key);
        operations.push(Operation::Units(UnitOperation::DaemonReload { user }));
    }
    let left = if action == Action::PutBack { PathState::Other } else { PathState::Absent };
    state.files.paths.insert(path.to_owned(), left);
    Some(Draft { action, details, operations })
}

/// Whether it is a link that has a unit started with another one.
fn is_start(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folder, _)| folder.ends_with(".wants") || folder.ends_with(".requires"))
}

/// The unit that a file in one of the folders of systemd or podman belongs to, and whose it is.
fn unit_of(path: &str, now: &PathState) -> Option<(Option<String>, String)> {
    let owner = match now {
        PathState::File { meta, .. } => Some(meta.owner.clone()),
        _ => None,
    };
    let of_user = |folder: &str| Some((owner.clone(), path.split_once(folder)?.1.strip_prefix('/')?));
    let of_system = |folder: &str| Some((None, path.strip_prefix(folder)?.strip_prefix('/')?));
    let unit = of_system(scope::UNITS).or_else(|| of_user(scope::USER_UNITS));
    let quadlet = || of_system(scope::QUADLETS).or_else(|| of_user(scope::USER_QUADLETS));
    let (user, rest, is_quadlet) = match unit {
        Some((user, rest)) => (user, rest, false),
        None => quadlet().map(|(user, rest)| (user, rest, true))?,
    };
    let name = match rest.rsplit_once('/').filter(|_| is_start(rest)) {
        Some((_, name)) => name,
        None => rest.split_once(".d/").map_or(rest, |(name, _)| name),
    };
    let unit = if is_quadlet { Named::parse(name, "").ok()?.service_name() } else { name.to_owned() };
    Some((user, unit))
}

fn directory(path: &str, state: &mut State) -> Option<Draft> {
    if !matches!(state.files.at(path), PathState::Directory { .. }) || !state.is_emptied(path) {
        return None;
    }
    state.files.paths.insert(path.to_owned(), PathState::Absent);
    let operations = vec![Operation::Files(FileOperation::RemoveEmptyDirectory { path: path.to_owned() })];
    Some(Draft { action: Action::Remove, details: vec![Detail::note(path.to_owned())], operations })
}

fn purged(path: &str, state: &mut State) -> Option<Draft> {
    if !matches!(state.files.at(path), PathState::Directory { .. }) {
        return None;
    }
    state.files.paths.insert(path.to_owned(), PathState::Absent);
    let operations = vec![Operation::Files(FileOperation::Remove { path: path.to_owned() })];
    Some(Draft { action: Action::Remove, details: vec![Detail::note(format!("{path} with all in it"))], operations })
}

fn service(unit: &str, state: &mut State) -> Option<Draft> {
    let now = state.unit(unit);
    let mut operations = Vec::new();
    let mut details = Vec::new();
    let was = if now.is_active() { "active" } else { &now.active };
    // of one that has failed, systemd forgets it with that
    if matches!(was, "active" | "failed") {
        operations.push(Operation::Units(UnitOperation::Service {
            unit: unit.to_owned(),
            verb: Verb::Stop,
            settle: 0,
        }));
        details.extend(Detail::value("state", Some(was), Some("inactive")));
    }
    if let Some(not_at_boot) = disable(unit, state) {
        operations.extend(not_at_boot.operations);
        details.extend(not_at_boot.details);
    }
    if operations.is_empty() {
        return None;
    }
    let mut now = state.unit(unit);
    now.active = "inactive".to_owned();
    state.units.insert(unit.to_owned(), now);
    Some(Draft { action: Action::Stop, details, operations })
}

/// The change after which a unit whose files have gone, or are others again, runs as these say.
pub fn restart(unit: &str, state: &State) -> Option<Draft> {
    let runs = state.unit(unit).is_active() && state.predicted.units.contains(unit);
    runs.then(|| Draft {
        action: Action::Restart,
        details: vec![Detail::note("as it was before solti")],
        operations: vec![Operation::Units(UnitOperation::Service {
            unit: unit.to_owned(),
            verb: Verb::Restart,
            settle: 0,
        })],
    })
}

/// The change after which a unit that is enabled does not start at boot any more.
pub fn disable(unit: &str, state: &mut State) -> Option<Draft> {
    let mut now = state.unit(unit);
    if !now.is_enabled() {
        return None;
    }
    now.enabled = "disabled".to_owned();
    state.units.insert(unit.to_owned(), now);
    // the links that say so are systemd's to remove
    let end = format!("/{}", scope::split(unit).1);
    for (_, link) in state.files.paths.iter_mut().filter(|(path, _)| path.ends_with(&end) && is_start(path)) {
        *link = PathState::Absent;
    }
    Some(Draft {
        action: Action::Update,
        details: Detail::value("at boot", Some("enabled"), Some("disabled")).into_iter().collect(),
        operations: vec![Operation::Units(UnitOperation::Enable { unit: unit.to_owned(), enabled: false })],
    })
}
