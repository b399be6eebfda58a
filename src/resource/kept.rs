//! A generated secret that the host keeps: nobody declares it, an option that nobody gave a value does.

use super::content::{Content, ask_parent, compare_attributes, expect, new_meta};
use super::{Draft, Planned, Resource};
use crate::ability::files::{Attributes, FileOperation, Meta, PathState};
use crate::ability::memory::manifest::Item;
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::secret::Taint;

/// A secret in solti's own folder on the host.
#[derive(Debug)]
pub struct Kept {
    folder: String,
    name: String,
    content: Content,
}

impl Kept {
    /// The secret of this name in the folder of the host.
    pub fn new(folder: &str, name: &str, value: &str) -> Self {
        let attributes = Attributes { owner: None, group: None, mode: Some(0o600) };
        let path = path(folder, name);
        let content = Content {
            path,
            bytes: format!("{value}\n").into_bytes(),
            attributes,
            secret: true,
            taint: Taint::default(),
        };
        Self { folder: folder.to_owned(), name: name.to_owned(), content }
    }
}

/// The file in which a secret is kept.
pub fn path(folder: &str, name: &str) -> String {
    format!("{folder}/{name}")
}

/// The folders that go with the last secret that is kept in them.
pub fn folders(path: &str) -> impl Iterator<Item = &str> {
    let folder = path.rsplit_once('/').map(|(folder, _)| folder).filter(|folder| folder.ends_with("/solti/secrets"));
    folder.into_iter().chain(folder.and_then(|folder| folder.strip_suffix("/secrets")))
}

/// What makes the folder for secrets, which only its owner can enter.
pub fn make_folder(folder: &str, state: &mut State) -> Option<Operation> {
    if *state.files.at(folder) != PathState::Absent {
        return None;
    }
    let attributes = Attributes { owner: None, group: None, mode: Some(0o700) };
    let meta = new_meta(&attributes, 0o700);
    state.files.paths.insert(folder.to_owned(), PathState::Directory { meta });
    Some(Operation::Files(FileOperation::MakeDirectory { path: folder.to_owned(), attributes }))
}

/// What takes the folder for secrets back from others, who must neither enter it nor put another one in its place.
pub fn close_folder(folder: &str, state: &mut State) -> (Vec<Operation>, Vec<Detail>) {
    let (mut operations, mut details) = (Vec::new(), Vec::new());
    // who is not root has it in a home
    let system = folder.starts_with("/etc/");
    let owner = system.then(|| "root".to_owned());
    if let (true, Some((above, _))) = (system, folder.rsplit_once('/')) {
        closed(above, owner.as_ref(), 0o022, state, &mut operations, &mut details);
    }
    closed(folder, owner.as_ref(), 0o077, state, &mut operations, &mut details);
    (operations, details)
}

/// Takes a folder back from others, where it is there.
fn closed(
    path: &str,
    owner: Option<&String>,
    not: u32,
    state: &mut State,
    operations: &mut Vec<Operation>,
    details: &mut Vec<Detail>,
) {
    let PathState::Directory { meta } = state.files.at(path).clone() else { return };
    let attributes = Attributes { owner: owner.cloned(), group: None, mode: Some(meta.mode & !not) };
    let (differs, after) = compare_attributes(&attributes, &meta);
    if !differs.is_empty() {
        let shown = |meta: &Meta| format!("{} {:04o}", meta.owner, meta.mode);
        details.extend(Detail::value(path, Some(&shown(&meta)), Some(&shown(&after))));
        operations.extend([
            expect(state, path),
            Operation::Files(FileOperation::SetAttributes { path: path.to_owned(), attributes, uid: meta.uid }),
        ]);
        state.files.paths.insert(path.to_owned(), PathState::Directory { meta: after });
    }
}

/// Asks for the folder for secrets, and for the one that it is in.
pub fn ask_folder(folder: &str, probe: &mut Probe) {
    probe.files.path(folder);
    ask_parent(folder, probe);
}

impl Resource for Kept {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        self.content.ask(probe);
        ask_folder(&self.folder, probe);
    }

    fn claims(&self) -> Vec<Item> {
        vec![self.content.claim()]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let (mut operations, mut details) = close_folder(&self.folder, state);
        operations.extend(make_folder(&self.folder, state));
        let difference = self.content.compare(state)?;
        operations.extend(difference.operations);
        operations.extend(difference.body.map(Operation::write_file));
        details.extend(difference.details);
        let action = difference.action.or((!operations.is_empty()).then_some(Action::Update));
        let draft = action.map(|action| Draft { action, details, operations });
        // in that folder everything is solti's, also where the manifest was lost
        Ok(Planned { draft, items: self.claims() })
    }
}
