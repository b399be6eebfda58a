//! What a quadlet comes to on a host: the quadlet itself, or the unit for a podman without the generator.

use super::{ONLINE, Quadlet, things};
use crate::ability::commands::CommandOperation;
use crate::ability::files::{Attributes, FileOperation, PathState, Validation};
use crate::ability::memory::manifest::{Item, ItemKind};
use crate::ability::podman::PodmanOperation;
use crate::ability::{Operation, State};
use crate::plan::change::{Action, Detail};
use crate::quadlet::{self, Kind, Named, Problem, Version};
use crate::resource::Resource as _;
use crate::resource::content::{Content, new_meta};
use crate::resource::symlink::Symlink;
use crate::resource::user_scope::Prepared;
use crate::resource::{Draft, Planned, before};
use crate::secret::Taint;

/// Where the system's podman keeps what it knows, see containers-storage.conf(5).
pub const STORAGE: &str = "/var/lib/containers/storage";
const PRIVATE: u32 = 0o700;

/// Compares a quadlet with the host.
///
/// # Errors
/// When the host's podman cannot do it; one sentence for the user.
pub fn plan(wanted: &Quadlet, state: &mut State) -> Result<Planned, String> {
    let Some(podman) = podman(state) else {
        return Err("there is no podman on the host; declare it first: `package: { name: podman }`".to_owned());
    };
    let has_generator = podman >= Version::FIRST_WITH_QUADLETS;
    let (kind, unit) = (wanted.quadlet.kind, &wanted.quadlet.unit);
    let found = match (has_generator, wanted.drop_in.is_some()) {
        (true, true) => quadlet::check_drop_in(kind, unit, Some(podman)),
        (true, false) => quadlet::check(kind, unit, Some(podman)),
        // what an older podman cannot do comes out when its unit is written
        (false, _) => Vec::new(),
    };
    if !found.is_empty() {
        return Err(problems(&found));
    }
    wanted.require_name(state, has_generator)?;
    let mut part = Part::default();
    if has_generator {
        wanted.plan_quadlet(state, &mut part)?;
    } else {
        wanted.plan_unit(state, podman, &mut part)?;
    }
    wanted.pulls(state, &mut part)?;
    wanted.close_storage(state, &mut part);
    if part.written && wanted.waits_in_vain(state, podman) {
        part.details.push(Detail::note(format!(
            "podman waits 90 s at each start for {ONLINE}, which nothing on the host asks for; `quadlet: {{ DefaultDependencies: false }}` does without"
        )));
    }
    if part.written {
        let user = || wanted.scope.user().map(str::to_owned);
        part.operations.extend(
            wanted.validate.clone().map(|command| Operation::Commands(CommandOperation::Try { user: user(), command })),
        );
        part.operations.push(wanted.reload());
        state.predicted.units.insert(wanted.unit());
    }
    for mut item in things(&wanted.scope, &wanted.quadlet).into_iter().filter(|_| wanted.drop_in.is_none()) {
        let there = match &item {
            Item { kind: ItemKind::Volume, name, .. } => state.podman.volumes.contains(name),
            Item { kind: ItemKind::Network, name, .. } => state.podman.networks.contains(name),
            _ => false,
        };
        let before = before(state, &item, there);
        item.before = before;
        part.items.push(item);
    }
    let draft = (!part.operations.is_empty()).then(|| Draft {
        action: part.action.unwrap_or(Action::Update),
        details: part.details,
        operations: part.operations,
    });
    Ok(Planned { draft, items: part.items })
}

impl Quadlet {
    /// With its drop-ins, as they are declared for this host.
    fn whole(&self, state: &State) -> Named {
        let declared = state.declared.quadlets.get(&self.scope.user().map(str::to_owned));
        let found = declared.into_iter().flatten().find(|other| other.name == self.quadlet.name);
        found.unwrap_or(&self.quadlet).clone()
    }

    /// The unit for a podman without the generator.
    fn translated(&self, state: &State, podman: Version) -> Result<quadlet::Translated, String> {
        let user = self.scope.user().map(str::to_owned);
        let set = state.declared.quadlets.get(&user).map(Vec::as_slice).unwrap_or_default();
        quadlet::to_service(&self.whole(state), set, podman, user.is_some()).map_err(|all: Vec<Problem>| problems(&all))
    }

    /// Whether a user's container waits for a target that is not reached.
    fn waits_in_vain(&self, state: &State, podman: Version) -> bool {
        let waits = self.quadlet.kind == Kind::Container && self.drop_in.is_none() && podman >= Version::new(5, 3);
        let off = self.quadlet.unit.last("Quadlet", "DefaultDependencies");
        let off = off.is_some_and(|entry| entry.boolean() == Some(false));
        waits && !off && self.scope.user().is_some() && state.units.get(ONLINE).is_some_and(|unit| !unit.is_active())
    }

    /// Podman keeps a container's environment, secrets in it, in a database that others can read. It makes the folder
    /// around that its own, mode 0700, but often comes too late: for something below it, its tmpfiles.d(5) has systemd
    /// make the folder at boot, as everybody's.
    fn close_storage(&self, state: &mut State, part: &mut Part) {
        let has_secrets = !self.whole(state).unit.all("Container", "EnvironmentFile").is_empty();
        if !has_secrets || self.scope.user().is_some() {
            return;
        }
        let open = match state.files.at(STORAGE) {
            PathState::Absent => None,
            PathState::Directory { meta } if meta.mode & 0o077 != 0 => Some(meta.mode),
            _ => return,
        };
        let attributes = Attributes { mode: Some(PRIVATE), ..Attributes::default() };
        if let Some(mode) = open {
            let (old, new) = (format!("{mode:04o}"), format!("{PRIVATE:04o}"));
            part.details.extend(Detail::value(&format!("mode of {STORAGE}"), Some(&old), Some(&new)));
        }
        let meta = new_meta(&attributes, PRIVATE);
        part.operations.push(Operation::Files(FileOperation::MakeDirectory { path: STORAGE.to_owned(), attributes }));
        state.files.paths.insert(STORAGE.to_owned(), PathState::Directory { meta });
    }

    /// What is to be fetched before anything is stopped.
    fn pulls(&self, state: &mut State, part: &mut Part) -> Result<(), String> {
        for image in self.images() {
            let key = self.scope.key(&image);
            if state.podman.images.contains_key(&key) || state.predicted.images.contains(&key) {
                continue;
            }
            if !self.pull {
                return Err(format!(
                    "the image {image} is not on the host, and `pull: never` keeps it from being fetched"
                ));
            }
            // what is built on the host itself is in no registry
            if image.starts_with("localhost/") {
                part.details.push(Detail::note(format!("{image} is not there yet, and no registry has it")));
                continue;
            }
            part.details.push(Detail::note(format!("pulls {image}")));
            part.operations
                .push(Operation::Podman(PodmanOperation::Pull { user: self.scope.user().map(str::to_owned), image }));
            state.predicted.images.insert(key);
        }
        Ok(())
    }

    /// Writes what podman's generator makes a unit of.
    fn plan_quadlet(&self, state: &mut State, part: &mut Part) -> Result<(), String> {
        let content = Content {
            path: self.path(),
            bytes: self.bytes.clone(),
            attributes: self.scope.attributes(),
            secret: false,
            taint: Taint::default(),
        };
        let folder = content.path.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default();
        part.prepare(self.scope.prepare(&folder, state)?);
        if self.drop_in.is_none() {
            self.take_name(state, part)?;
        }
        let validation = Some(Validation::Generator { user: self.scope.user().is_some() });
        part.write(&content, Some(self.scope.quadlets()), validation, state)?;
        Ok(())
    }

    /// Writes the unit itself.
    fn plan_unit(&self, state: &mut State, podman: Version, part: &mut Part) -> Result<(), String> {
        // drop-ins are part of the unit already
        if self.drop_in.is_some() {
            return Ok(());
        }
        let translated = self.translated(state, podman)?;
        let folder = self.scope.units();
        part.prepare(self.scope.prepare(&folder, state)?);
        part.details.push(Detail::note(format!("as a unit: podman {podman} on the host has no quadlets")));
        let attributes = self.scope.attributes();
        let content = Content {
            path: self.unit_path(),
            bytes: translated.text.into_bytes(),
            attributes,
            secret: false,
            taint: Taint::default(),
        };
        part.write(&content, None, None, state)?;
        for quadlet::Link { path, target } in translated.links {
            let path = format!("{folder}/{path}");
            let parent = path.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default();
            part.prepare(self.scope.prepare(&parent, state)?);
            let Planned { draft, items } = Symlink::new(path, target).plan(state)?;
            part.items.extend(items);
            if let Some(draft) = draft {
                part.operations.extend(draft.operations);
                part.details.push(Detail::note(format!("starts with {}", parent_target(&parent))));
                part.action = part.action.or(Some(Action::Update));
                part.written = true;
            }
        }
        Ok(())
    }

    /// The links that [`Quadlet::plan_unit`] made in an earlier run.
    pub(super) fn old_links(&self, state: &State) -> Vec<String> {
        let end = format!("/{}", self.service());
        let folder = format!("{}/", self.scope.units());
        let items = state.memory.manifest.resources.iter().flat_map(|owned| &owned.items);
        let files = items.filter_map(|item| match item {
            Item { kind: ItemKind::File, name: path, .. } => Some(path),
            _ => None,
        });
        let links = files
            .filter(|path| path.strip_prefix(&folder).is_some_and(|rest| rest.contains('/')) && path.ends_with(&end));
        links.cloned().collect()
    }
}

/// A plan that is being put together.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) action: Option<Action>,
    pub(super) details: Vec<Detail>,
    pub(super) operations: Vec<Operation>,
    pub(super) items: Vec<Item>,
    /// Whether systemd has something new to read.
    pub(super) written: bool,
}

impl Part {
    /// Compares a file, and writes it where it differs; what is tried is tried in the folder.
    fn write(
        &mut self,
        content: &Content,
        folder: Option<String>,
        validation: Option<Validation>,
        state: &mut State,
    ) -> Result<(), String> {
        let difference = content.compare(state)?;
        self.operations.extend(difference.operations);
        self.details.extend(difference.details);
        self.items.extend(difference.item);
        self.action = difference.action;
        if let Some(body) = difference.body {
            let (bodies, removed) = (vec![body], Vec::new());
            self.operations.push(Operation::Files(FileOperation::Write {
                folder,
                bodies,
                removed,
                declared: Vec::new(),
                validation,
                early: false,
            }));
            self.written = true;
        }
        Ok(())
    }

    fn prepare(&mut self, prepared: Prepared) {
        self.details.extend(prepared.details);
        self.operations.extend(prepared.operations);
        self.items.extend(prepared.items);
    }
}

/// `multi-user.target.wants` says which target.
fn parent_target(folder: &str) -> &str {
    let name = folder.rsplit_once('/').map_or(folder, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(target, _)| target)
}

/// The host's podman, or the one that this run installs.
fn podman(state: &State) -> Option<Version> {
    let installed = state.podman.version.as_deref();
    let candidate =
        || state.predicted.packages.get("podman").and(state.packages.candidates.get("podman")).map(String::as_str);
    installed.or_else(candidate).and_then(|text| text.parse().ok())
}

fn problems(all: &[Problem]) -> String {
    let all: Vec<String> = all.iter().map(|problem| format!("line {}: {}", problem.line, problem.message)).collect();
    all.join("; ")
}
