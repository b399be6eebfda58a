//! `symlink`: a symbolic link.

use super::arguments::path;
use super::content::{ask_parent, expect, keep_original, require_parent, require_readable};
use super::kind::claimed;
use super::{Draft, Planned, Resource, ResourceKind, before};
use crate::ability::files::{FileOperation, PathState};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::Node;

/// `symlink`.
pub static SYMLINK: ResourceKind = ResourceKind::new(
    Schema::new(
        "symlink",
        &[
            Argument::new("path", Shape::Path, "where the link is").required().identity(),
            Argument::new("src", Shape::Text, "what it says: absolute, or relative to its folder").required(),
        ],
    ),
    "A symbolic link.",
    |arguments, _, _| Ok(Box::new(Symlink::parse(arguments)?)),
)
.claims(|arguments, _| {
    claimed(arguments, "path", path, |path| Item { kind: ItemKind::File, name: path, before: Before::Nothing })
});

/// Whether a link at `path` that says `target` leads to itself.
fn leads_to(target: &str, path: &str) -> bool {
    let parts =
        |text: &str| text.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect::<Vec<_>>();
    let own = parts(path);
    let beside = own.split_last().map(|(_, folder)| [folder, &parts(target)].concat());
    if target.starts_with('/') { parts(target) == own } else { beside == Some(own) }
}

/// A symbolic link on the host.
#[derive(Debug)]
pub struct Symlink {
    path: String,
    target: String,
}

impl Symlink {
    /// Reads [`SYMLINK`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &SYMLINK.schema)?;
        let link = fields.required("path");
        let link = fields.read(link, path);
        let target = fields.required("src");
        let target = fields.read(target, |node| match (node.string()?, link.as_deref()) {
            (target, Some(link)) if leads_to(&target, link) => {
                Err(Diagnostic::at(&node.span, "a link that leads to itself leads nowhere").into())
            }
            (target, _) => Ok(target),
        });
        let (path, target) = fields.finish_with(link.zip(target))?;
        Ok(Self { path, target })
    }

    /// A link that another kind needs.
    pub fn new(path: String, target: String) -> Self {
        Self { path, target }
    }

    fn item(&self, before: Before) -> Item {
        Item { kind: ItemKind::File, name: self.path.clone(), before }
    }
}

impl Resource for Symlink {
    fn name(&self) -> String {
        self.path.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        probe.files.link(&self.path);
        ask_parent(&self.path, probe);
    }

    fn claims(&self) -> Vec<Item> {
        vec![self.item(Before::Nothing)]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let path = &self.path;
        require_readable(state, path)?;
        require_parent(state, path)?;
        let old = match state.files.at(path) {
            PathState::Absent => None,
            PathState::Link { target } if target.as_deref() == Some(self.target.as_str()) => {
                let before = before(state, &self.item(Before::Nothing), true);
                return Ok(Planned { draft: None, items: vec![self.item(before)] });
            }
            PathState::Link { target } => Some(target.clone().unwrap_or_else(|| "?".to_owned())),
            PathState::File { .. } => Some("(a file)".to_owned()),
            PathState::Directory { .. } | PathState::Home { .. } | PathState::Other => {
                return Err(format!("{path} is there on the host, but is no symbolic link"));
            }
        };
        let action = if old.is_some() { Action::Update } else { Action::Create };
        let details = vec![Detail::Value { what: "target".to_owned(), old, new: Some(self.target.clone()) }];
        let mut operations = vec![expect(state, path)];
        let before = keep_original(state, path, &mut operations);
        operations.push(Operation::Files(FileOperation::Link { path: path.clone(), target: self.target.clone() }));
        state.files.paths.insert(path.clone(), PathState::Link { target: Some(self.target.clone()) });
        Ok(Planned { draft: Some(Draft { action, details, operations }), items: vec![self.item(before)] })
    }
}
