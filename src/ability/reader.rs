//! What a host has answered to a probe.

use super::memory::ManifestError;
use super::{State, accounts, commands, files, memory, packages, podman, systemd};
use std::collections::HashSet;

/// What makes a host's answers unusable.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Its manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Another run is under way there.
    #[error("locked by another run: {0}")]
    Locked(String),
    /// The host lacks something that the probe or a step needs.
    #[error("{0}")]
    Lacking(String),
    /// What was not answered must not be taken for what is not there.
    #[error("the host's shell gave up in the middle of the questions about its state")]
    Incomplete,
}

/// Takes in a probe's records one by one.
#[derive(Debug, Default)]
pub struct Reader {
    memory: memory::Answers,
    files: files::Answers,
    accounts: accounts::Answers,
    packages: packages::Answers,
    units: systemd::Answers,
    podman: podman::Answers,
    commands: commands::Answers,
    missing_tools: HashSet<String>,
    complete: bool,
    error: Option<ProbeError>,
}

impl Reader {
    /// Takes one record; unknown ones are left to others.
    pub fn record(&mut self, tag: &str, rest: &str) {
        match tag {
            "probed" => self.complete = true,
            "locked" => self.error = Some(ProbeError::Locked(rest.to_owned())),
            "refused" => self.error = Some(ProbeError::Lacking(rest.to_owned())),
            "lacks" => drop(self.missing_tools.insert(rest.to_owned())),
            _ => {
                let _ = self.memory.record(tag, rest)
                    || self.files.record(tag, rest)
                    || self.accounts.record(tag, rest)
                    || self.packages.record(tag, rest)
                    || self.units.record(tag, rest)
                    || self.podman.record(tag, rest)
                    || self.commands.record(tag, rest);
            }
        }
    }

    /// What the host answered in all.
    ///
    /// # Errors
    /// When it is locked, lacks something, or its manifest is of no use.
    pub fn finish(self) -> Result<State, ProbeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let memory = self.memory.finish()?;
        if !self.complete {
            return Err(ProbeError::Incomplete);
        }
        Ok(State {
            memory,
            files: self.files.finish(),
            accounts: self.accounts.finish(),
            packages: self.packages.finish(),
            units: self.units.finish(),
            podman: self.podman.finish(),
            answers: self.commands.finish(),
            missing_tools: self.missing_tools,
            ..State::default()
        })
    }
}
