//! `unit`: a systemd unit file, or a drop-in that changes one.

use super::arguments::{body, plain_name, unit_name};
use super::content::Content;
use super::directory::Directory;
use super::{Draft, Files, Planned, Resource};
use crate::plan::manifest::{Before, Item};
use crate::plan::operation::{Attributes, Operation};
use crate::plan::probe::Probe;
use crate::plan::state::State;
use crate::template::RenderError;
use crate::yaml::{Fields, Node};

/// Where units of the administrator are, see systemd.unit(5).
const FOLDER: &str = "/etc/systemd/system";

/// Where a unit's file is.
pub fn unit_path(unit: &str) -> String {
    format!("{FOLDER}/{unit}")
}

/// Where a drop-in of a unit is.
pub fn drop_in_path(unit: &str, name: &str) -> String {
    format!("{FOLDER}/{unit}.d/{}.conf", name.trim_end_matches(".conf"))
}

/// A unit file or a drop-in.
#[derive(Debug)]
pub struct Unit {
    unit: String,
    content: Content,
    drop_in: bool,
}

impl Unit {
    /// `unit: {name, template | content | src, drop_in}`; `drop_in` is the drop-in's name.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Fields::new(node, "unit")?;
        let name = fields.required("name");
        let name = fields.read(name, unit_name);
        let drop_in = fields.get("drop_in");
        let drop_in = fields.read(drop_in, |node| plain_name(node, "a drop-in"));
        let bytes = body(&mut fields, files, "`unit`")?;
        let (unit, bytes) = fields.finish_with(name.zip(bytes))?;
        let path = match &drop_in {
            Some(name) => drop_in_path(&unit, name),
            None => unit_path(&unit),
        };
        let attributes = Attributes { owner: Some("root".into()), group: Some("root".into()), mode: Some(0o644) };
        Ok(Self { unit, content: Content { path, bytes, attributes, secret: false }, drop_in: drop_in.is_some() })
    }
}

impl Unit {
    /// The folder of a drop-in, which is there only for drop-ins.
    fn folder(&self) -> Option<&str> {
        self.content.path.rsplit_once('/').map(|(folder, _)| folder).filter(|_| self.drop_in)
    }
}

impl Resource for Unit {
    fn name(&self) -> String {
        if self.drop_in {
            self.content.path.trim_start_matches(FOLDER).trim_start_matches('/').to_owned()
        } else {
            self.unit.clone()
        }
    }

    fn ask(&self, probe: &mut Probe) {
        self.content.ask(probe);
        probe.path(FOLDER);
        probe.tool("systemctl");
    }

    fn claims(&self) -> Vec<Item> {
        let folder = self.folder().map(|path| Item::Directory { path: path.to_owned(), before: Before::Nothing });
        folder.into_iter().chain([self.content.claim()]).collect()
    }

    fn declares(&self) -> Vec<(String, String)> {
        vec![self.content.declares()]
    }

    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        vec![self.content.text()]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let mut planned = Planned::default();
        let mut operations = Vec::new();
        if let Some(folder) = self.folder() {
            let folder = Directory::new(folder.to_owned(), Attributes::default()).plan(state)?;
            operations.extend(folder.draft.into_iter().flat_map(|draft| draft.operations));
            planned.items.extend(folder.items);
        }
        let difference = self.content.compare(state)?;
        operations.extend(difference.operations);
        if let Some(body) = difference.body {
            operations.push(Operation::WriteFiles {
                folder: None,
                bodies: vec![body],
                removed: Vec::new(),
                validation: None,
                early: false,
            });
            operations.push(Operation::DaemonReload);
            state.rewritten_units.insert(self.unit.clone());
        }
        planned.draft = difference.action.map(|action| Draft { action, details: difference.details, operations });
        planned.items.extend(difference.item);
        Ok(planned)
    }
}
