//! `directory`: a folder with its owner, group and mode.

use super::arguments::{attributes, path};
use super::content::{compare_attributes, expect, new_meta, require_readable};
use super::{Draft, Planned, Resource, before};
use crate::plan::change::{Action, Detail};
use crate::plan::manifest::{Before, Item};
use crate::plan::operation::{Attributes, Operation};
use crate::plan::probe::Probe;
use crate::plan::state::{PathState, State};
use crate::source::Diagnostics;
use crate::yaml::{Fields, Node};

/// A folder on the host.
#[derive(Debug)]
pub struct Directory {
    path: String,
    attributes: Attributes,
}

impl Directory {
    /// `directory: {path, owner, group, mode}`
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Fields::new(node, "directory")?;
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

    /// The path of the folder itself where an administrator has put a link to one in its place.
    fn behind(&self) -> String {
        format!("{}/.", self.path)
    }
}

impl Resource for Directory {
    fn name(&self) -> String {
        self.path.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        probe.path(&self.path);
        probe.path(&self.behind());
    }

    fn claims(&self) -> Vec<Item> {
        vec![Item::Directory { path: self.path.clone(), before: Before::Nothing }]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        require_readable(state, &self.path)?;
        let claim = Item::Directory { path: self.path.clone(), before: Before::Nothing };
        let behind = self.behind();
        let is_link = matches!(state.path(&self.path), PathState::Link { .. });
        let leads_to_directory = matches!(state.path(&behind), PathState::Directory { .. });
        let path = if is_link && leads_to_directory { &behind } else { &self.path };
        let now = state.path(path).clone();
        let before = before(state, &claim, now != PathState::Absent);
        let draft = match &now {
            PathState::Directory { meta } => {
                let (details, after) = compare_attributes(&self.attributes, meta);
                if details.is_empty() {
                    None
                } else {
                    let attributes = self.attributes.clone();
                    let set = Operation::SetAttributes { path: path.clone(), attributes, uid: meta.uid };
                    let operations = vec![expect(state, path), set];
                    state.paths.insert(path.clone(), PathState::Directory { meta: after });
                    Some(Draft { action: Action::Update, details, operations })
                }
            }
            PathState::Absent => {
                let meta = new_meta(&self.attributes, 0o755);
                let details = vec![Detail::note(format!("{}:{} {:04o}", meta.owner, meta.group, meta.mode))];
                let attributes = Attributes { mode: Some(meta.mode), ..self.attributes.clone() };
                let make = Operation::MakeDirectory { path: path.clone(), attributes };
                let operations = vec![expect(state, path), make];
                state.paths.insert(path.clone(), PathState::Directory { meta });
                Some(Draft { action: Action::Create, details, operations })
            }
            _ => return Err(format!("{path} is there on the host, but is no directory")),
        };
        Ok(Planned { draft, items: vec![Item::Directory { path: self.path.clone(), before }] })
    }
}
