//! `absent`: a path where nothing is.

use super::arguments::path;
use super::content::{expect, require_readable};
use super::{Draft, Planned, Resource, ResourceKind};
use crate::ability::files::{FileOperation, PathState};
use crate::ability::memory::manifest::Item;
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostics;
use crate::yaml::Node;

/// `absent`.
pub static ABSENT: ResourceKind = ResourceKind::new(
    Schema::new(
        "absent",
        &[
            Argument::new("path", Shape::Path, "the path").required().identity(),
            Argument::new(
                "recursive",
                Shape::Flag,
                "`true`: a folder goes with all in it; else one that is not empty is an error",
            )
            .default("false"),
        ],
    ),
    "A path where nothing should be. For what solti put there itself, removing its declaration is enough.",
    |arguments, _, _| Ok(Box::new(Absent::parse(arguments)?)),
);

/// A path that must not be there.
#[derive(Debug)]
pub struct Absent {
    path: String,
    recursive: bool,
}

impl Absent {
    /// Reads [`ABSENT`]; a directory goes only when it is empty, or with all in it when `recursive`.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &ABSENT.schema)?;
        let target = fields.required("path");
        let target = fields.read(target, path);
        let recursive = fields.boolean("recursive").unwrap_or(false);
        let path = fields.finish_with(target)?;
        Ok(Self { path, recursive })
    }
}

impl Resource for Absent {
    fn name(&self) -> String {
        self.path.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        probe.files.digest(&self.path);
        if !self.recursive {
            probe.commands.listing(&self.path);
        }
    }

    fn claims(&self) -> Vec<Item> {
        Vec::new()
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let path = &self.path;
        require_readable(state, path)?;
        let what = match state.files.at(path) {
            PathState::Absent => return Ok(Planned::default()),
            PathState::File { size, .. } => format!("a file of {size} bytes"),
            PathState::Link { .. } => "a symbolic link".to_owned(),
            PathState::Directory { .. } if self.recursive => "a directory with all in it".to_owned(),
            PathState::Directory { .. } if state.is_emptied(path) => "an empty directory".to_owned(),
            PathState::Directory { .. } => {
                return Err(format!(
                    "{path} is a directory that is not empty; with `recursive: true` it goes with all in it"
                ));
            }
            PathState::Home { owner, .. } => return Err(format!("{path} will be the home of {owner}")),
            PathState::Other => "a device, socket or pipe".to_owned(),
        };
        let remove = if matches!(state.files.at(path), PathState::Directory { .. }) && !self.recursive {
            Operation::Files(FileOperation::RemoveEmptyDirectory { path: path.clone() })
        } else {
            Operation::Files(FileOperation::Remove { path: path.clone() })
        };
        let operations = vec![expect(state, path), remove];
        state.files.paths.insert(path.clone(), PathState::Absent);
        Ok(Planned {
            draft: Some(Draft { action: Action::Remove, details: vec![Detail::note(what)], operations }),
            items: Vec::new(),
        })
    }
}
