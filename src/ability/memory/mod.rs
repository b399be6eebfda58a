//! What solti has noted on a host: what is its own there, and what earlier runs have left open.

pub mod manifest;

pub use manifest::ManifestError;

use manifest::{Before, ItemKind, Manifest};
use std::collections::HashMap;

/// What asks for it.
pub(super) const QUESTIONS: &str = include_str!("memory.sh");

/// What is noted on a host.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// What solti knows here to be its own.
    pub manifest: Manifest,
    /// What was there before solti, of all that the manifest has at the start: a role may give up what a later one takes
    /// over.
    pub origins: HashMap<(ItemKind, String), Before>,
    /// Whether an earlier run was cut off in a step and nothing has put it back yet.
    pub interrupted: bool,
    /// Whether an earlier run was cut off between a role's end and the end of its journal.
    pub unfinished: bool,
    /// Folders of earlier runs with what could not be put back or removed.
    pub leftovers: Vec<String>,
    /// Another run that is changing the host now, as it names itself.
    pub busy: Option<String>,
}

/// Takes in the records about it.
#[derive(Debug, Default)]
pub struct Answers {
    memory: Memory,
    error: Option<ManifestError>,
}

impl Answers {
    /// Takes one record; says whether it is one of these.
    pub fn record(&mut self, tag: &str, rest: &str) -> bool {
        let memory = &mut self.memory;
        match tag {
            "manifest" => match Manifest::parse(rest) {
                Ok(manifest) => memory.manifest = manifest,
                Err(error) => self.error = Some(error),
            },
            // what cannot be read was cut off when it was noted, and nothing was made then
            "made" => drop(serde_json::from_str(rest).map(|left| memory.manifest.add(left))),
            "interrupted" => memory.interrupted = true,
            "unfinished" => memory.unfinished = true,
            "leftover" => memory.leftovers.push(rest.to_owned()),
            "busy" => memory.busy = Some(rest.to_owned()),
            _ => return false,
        }
        true
    }

    /// All that was answered.
    ///
    /// # Errors
    /// When the manifest is damaged, or was written by a newer solti.
    pub fn finish(self) -> Result<Memory, ManifestError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.memory),
        }
    }
}
