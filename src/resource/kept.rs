//! A generated secret that the host keeps: nobody declares it, an option that nobody gave a value does.

use super::content::Content;
use super::{Draft, Planned, Resource};
use crate::plan::manifest::Item;
use crate::plan::operation::{Attributes, Operation};
use crate::plan::probe::Probe;
use crate::plan::state::{PathState, State};

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
        let content = Content { path, bytes: format!("{value}\n").into_bytes(), attributes, secret: true };
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
    if *state.path(folder) != PathState::Absent {
        return None;
    }
    let attributes = Attributes { owner: None, group: None, mode: Some(0o700) };
    let meta = super::content::new_meta(&attributes, 0o700);
    state.paths.insert(folder.to_owned(), PathState::Directory { meta });
    Some(Operation::MakeDirectory { path: folder.to_owned(), attributes })
}

impl Resource for Kept {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        self.content.ask(probe);
    }

    fn claims(&self) -> Vec<Item> {
        vec![self.content.claim()]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let folder = make_folder(&self.folder, state);
        let difference = self.content.compare(state)?;
        let mut operations: Vec<Operation> = folder.into_iter().chain(difference.operations).collect();
        operations.extend(difference.body.map(Operation::write));
        let draft = difference.action.map(|action| Draft { action, details: difference.details, operations });
        // in that folder everything is solti's, also where the manifest was lost
        Ok(Planned { draft, items: self.claims() })
    }
}
