//! What a step does with podman.

use super::PodmanThing;
use crate::ability::operation::StepPhase;
use crate::ability::program::Program;
use crate::ability::scope;
use crate::host::quote;
use serde::{Deserialize, Serialize};

/// One thing that a step does with podman; it stays when the step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PodmanOperation {
    /// Fetches a container image that is not there yet.
    Pull {
        /// Whose podman; none for the system's.
        user: Option<String>,
        /// The image's full name.
        image: String,
    },
    /// Removes something of podman's.
    Discard {
        /// What it is.
        what: PodmanThing,
        /// Its name, with its scope ([`crate::ability::scope::key`]).
        name: String,
    },
}

impl PodmanOperation {
    /// When it is carried out.
    pub fn phase(&self) -> StepPhase {
        match self {
            Self::Pull { .. } => StepPhase::Images,
            Self::Discard { .. } => StepPhase::Discarded,
        }
    }

    /// Adds it to a step's program. Images are fetched by [`pull`], once for all who want them.
    pub fn write(&self, at: usize, program: &mut Program<'_>) {
        match self {
            Self::Discard { what, name } => {
                let (user, name) = scope::split(name);
                let user = user.map_or("-".to_owned(), quote);
                program.must(at, &format!("discard_podman {} {user} {}", what.word(), quote(name)));
            }
            Self::Pull { .. } => {}
        }
    }
}

/// Fetches an image, for a user's podman or the system's.
pub fn pull(at: usize, user: Option<&str>, image: &str, program: &mut Program<'_>) {
    let user = user.map_or("-".to_owned(), quote);
    program.must(at, &format!("pull {user} {}", quote(image)));
}
