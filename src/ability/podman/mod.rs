//! Podman: its images, and what else it keeps.

mod answers;
mod operation;
mod questions;

pub use answers::Answers;
pub use operation::{PodmanOperation, pull};
pub use questions::Questions;

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// What steps do with podman.
pub const STEP: &str = include_str!("podman.sh");

/// What podman keeps beside containers and images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PodmanThing {
    /// A container, which systemd had to kill: otherwise it goes when its service stops.
    Container,
    /// Data.
    Volume,
    /// A network.
    Network,
}

impl PodmanThing {
    /// podman's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Volume => "volume",
            Self::Network => "network",
        }
    }
}

/// What podman says, for the system and for users of their own.
#[derive(Debug, Clone, Default)]
pub struct Podman {
    /// Its version, as `podman --version` ends; none where there is no podman.
    pub version: Option<String>,
    /// Images that are there: their ids, by scope, name and tag, or by name and digest.
    pub images: HashMap<String, String>,
    /// Volumes that are there, where they were asked for, with their scopes.
    pub volumes: HashSet<String>,
    /// Networks that are there, where they were asked for, with their scopes.
    pub networks: HashSet<String>,
    /// Users with ranges of subordinate user and group ids, of those asked for.
    pub subordinate: HashSet<String>,
}

impl Podman {
    /// Adds what further questions have found out.
    pub(super) fn absorb(&mut self, more: Self) {
        self.volumes.extend(more.volumes);
        self.networks.extend(more.networks);
    }
}
