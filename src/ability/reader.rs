//! What a host has answered to a probe.

use super::memory::ManifestError;
use super::{State, memory};
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

macro_rules! reader {
    ($($(#[$what:meta])* $ability:ident as $name:ident: $known:ident, $operations:ident($operation:ident);)*) => {
        /// Takes in a probe's records one by one.
        #[derive(Debug, Default)]
        pub struct Reader {
            memory: memory::Answers,
            $($name: super::$ability::Answers,)*
            missing_tools: HashSet<String>,
            complete: bool,
            error: Option<ProbeError>,
        }

        impl Reader {
            /// Gives a record to the ability that it is of; says whether there is one.
            fn give(&mut self, tag: &str, rest: &str) -> bool {
                self.memory.record(tag, rest) $(|| self.$name.record(tag, rest))*
            }

            /// What is known of a host that has answered all.
            fn state(self) -> Result<State, ProbeError> {
                let memory = self.memory.finish()?;
                if !self.complete {
                    return Err(ProbeError::Incomplete);
                }
                $(let $name = self.$name.finish();)*
                Ok(State { memory, missing_tools: self.missing_tools, $($name,)* ..State::default() })
            }
        }
    };
}
abilities!(reader);

impl Reader {
    /// Takes one record; unknown ones are left to others.
    pub fn record(&mut self, tag: &str, rest: &str) {
        match tag {
            "probed" => self.complete = true,
            "locked" => self.error = Some(ProbeError::Locked(rest.to_owned())),
            "refused" => self.error = Some(ProbeError::Lacking(rest.to_owned())),
            "lacks" => drop(self.missing_tools.insert(rest.to_owned())),
            _ => drop(self.give(tag, rest)),
        }
    }

    /// What the host answered in all.
    ///
    /// # Errors
    /// When it is locked, lacks something, or its manifest is of no use.
    pub fn finish(self) -> Result<State, ProbeError> {
        match self.error {
            Some(error) => Err(error),
            None => self.state(),
        }
    }
}
