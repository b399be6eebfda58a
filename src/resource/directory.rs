//! `directory`: a folder with its owner, group and mode.

use super::arguments::{GROUP, MODE, OWNER, attributes, path};
use super::content::{behind, compare_attributes, expect, new_meta, require_readable};
use super::kind::claimed;
use super::{Draft, Planned, Resource, ResourceKind, before};
use crate::ability::files::{Attributes, FileOperation, PathState};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostics;
use crate::yaml::Node;

/// `directory`.
pub static DIRECTORY: ResourceKind = ResourceKind::new(
    Schema::new(
        "directory",
        &[
            Argument::new("path", Shape::Path, "where it is").required().identity(),
            OWNER,
            GROUP,
            MODE.meaning(
                "its permissions; not said: of a new folder 0755, and of one that is there nothing is changed",
            ),
        ],
    ),
    "A folder.",
    |arguments, _, _| Ok(Box::new(Directory::parse(arguments)?)),
)
.claims(|arguments, _| {
    claimed(arguments, "path", path, |path| Item { kind: ItemKind::Directory, name: path, before: Before::Nothing })
});

/// A folder on the host.
#[derive(Debug)]
pub struct Directory {
    path: String,
    attributes: Attributes,
}

impl Directory {
    /// Reads [`DIRECTORY`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &DIRECTORY.schema)?;
        let target = fields.required("path");
        let target = fields.read(target, path);
        let attributes = attributes(&mut fields);
        let path = fields.finish_with(target)?;
        Ok(Self { path, attributes })
    }

    /// A folder that another kind needs.
    pub fn new(path: String, attributes: Attributes) -> Self {
        Self { path, attributes }
    }

    /// What is declared of a home that useradd makes is set then, for its permissions are not known before.
    fn take_home(&self, owner: &str, group: &str, state: &mut State) -> Option<Draft> {
        let wanted = &self.attributes;
        let new_owner = wanted.owner.as_deref().unwrap_or(owner);
        let new_group = wanted.group.as_deref().unwrap_or(group);
        let mode = wanted.mode.map(|mode| format!("{mode:04o}"));
        let details: Vec<Detail> = [
            Detail::value("owner", Some(owner), Some(new_owner)),
            Detail::value("group", Some(group), Some(new_group)),
            Detail::value("mode", None, mode.as_deref()),
        ]
        .into_iter()
        .flatten()
        .collect();
        if details.is_empty() {
            return None;
        }
        let home = PathState::Home { owner: new_owner.to_owned(), group: new_group.to_owned() };
        state.files.paths.insert(self.path.clone(), home);
        let set = Operation::Files(FileOperation::SetAttributes {
            path: self.path.clone(),
            attributes: wanted.clone(),
            uid: None,
        });
        let operations = vec![set];
        Some(Draft { action: Action::Update, details, operations })
    }
}

impl Resource for Directory {
    fn name(&self) -> String {
        self.path.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        probe.files.path(&self.path);
        probe.files.path(&behind(&self.path));
    }

    fn claims(&self) -> Vec<Item> {
        vec![Item { kind: ItemKind::Directory, name: self.path.clone(), before: Before::Nothing }]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        require_readable(state, &self.path)?;
        let claim = Item { kind: ItemKind::Directory, name: self.path.clone(), before: Before::Nothing };
        let behind = behind(&self.path);
        let is_link = matches!(state.files.at(&self.path), PathState::Link { .. });
        let leads_to_directory = matches!(state.files.at(&behind), PathState::Directory { .. });
        let path = if is_link && leads_to_directory { &behind } else { &self.path };
        require_readable(state, path)?;
        let now = state.files.at(path).clone();
        let there = !matches!(now, PathState::Absent | PathState::Home { .. });
        let before = before(state, &claim, there);
        let draft = match &now {
            PathState::Directory { meta } => {
                let (details, after) = compare_attributes(&self.attributes, meta);
                if details.is_empty() {
                    None
                } else {
                    let attributes = self.attributes.clone();
                    let set = Operation::Files(FileOperation::SetAttributes {
                        path: path.clone(),
                        attributes,
                        uid: meta.uid,
                    });
                    let operations = vec![expect(state, path), set];
                    state.files.paths.insert(path.clone(), PathState::Directory { meta: after });
                    Some(Draft { action: Action::Update, details, operations })
                }
            }
            PathState::Absent => {
                let meta = new_meta(&self.attributes, 0o755);
                let details = vec![Detail::note(format!("{}:{} {:04o}", meta.owner, meta.group, meta.mode))];
                let attributes = Attributes { mode: Some(meta.mode), ..self.attributes.clone() };
                let make = Operation::Files(FileOperation::MakeDirectory { path: path.clone(), attributes });
                let operations = vec![expect(state, path), make];
                state.files.paths.insert(path.clone(), PathState::Directory { meta });
                Some(Draft { action: Action::Create, details, operations })
            }
            PathState::Home { owner, group } => self.take_home(owner, group, state),
            _ => return Err(format!("{path} is there on the host, but is no directory")),
        };
        Ok(Planned { draft, items: vec![Item { kind: ItemKind::Directory, name: self.path.clone(), before }] })
    }
}
