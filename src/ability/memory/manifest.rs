//! The manifest: what solti knows on a host to be its own. Kept on the host as one line of JSON.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format that this version writes; it reads those before it, too.
pub const FORMAT: u32 = 2;

/// What solti has put on a host, and what it last started services with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format's version; a newer one is refused.
    pub format: u32,
    /// Resources that are there, each with its owner.
    pub resources: Vec<Owned>,
    /// What each service was last successfully started with, by unit.
    pub services: BTreeMap<String, BTreeMap<String, String>>,
}

impl Default for Manifest {
    fn default() -> Self {
        Self { format: FORMAT, resources: Vec::new(), services: BTreeMap::new() }
    }
}

/// A resource that solti has put on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// The project that declared it.
    pub project: String,
    /// Whether that is a name which the project was given; else it is made of its folder's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named: bool,
    /// The playbook in that project, by its path in the project's folder; none in what older versions have noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playbook: Option<String>,
    /// The role instance in that project.
    pub role: String,
    /// The resource's id in that instance: `role/step/kind:name`.
    pub resource: String,
    /// The label under which it is kept when its role is removed (`purge: data`), if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge: Option<String>,
    /// Whether a run made it that failed: since then nobody has said that the role is as it should be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// What it consists of, in the order made.
    pub items: Vec<Item>,
}

impl Owned {
    /// Whether it is the entry of the same resource.
    pub fn is_the_same_as(&self, other: &Self) -> bool {
        (&self.project, &self.role, &self.resource) == (&other.project, &other.role, &other.resource)
    }
}

/// One thing on the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// What it is. Format 1 says `is`.
    #[serde(alias = "is")]
    pub kind: ItemKind,
    /// Its name: a file's or folder's absolute path, a unit's full name, that of something of podman's; where it may be a user's
    /// own, with its scope ([`super::scope::key`]). Format 1 says `path` and `unit`.
    #[serde(alias = "path", alias = "unit")]
    pub name: String,
    /// What was there before.
    pub before: Before,
}

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A file or a link.
    File,
    /// A directory.
    Directory,
    /// A unit that is running or starts at boot because of solti.
    Service,
    /// A package.
    Package,
    /// A user.
    User,
    /// A group.
    Group,
    /// One of podman's containers.
    Container,
    /// One of podman's volumes.
    Volume,
    /// One of podman's networks.
    Network,
}

/// What was there before solti came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Nothing: solti made it, so it goes when it is no longer declared.
    Nothing,
    /// The same already: it stays when it is no longer declared.
    Same,
    /// Something else, kept on the host under this name: it comes back.
    Original(String),
}

impl Item {
    /// What tells it apart from all others.
    pub fn key(&self) -> (ItemKind, &str) {
        (self.kind, &self.name)
    }

    /// What the manifest's line has of it, whatever was there before.
    pub fn words(&self) -> String {
        let line = serde_json::to_string(self).unwrap_or_default();
        line.rsplit_once(",\"before\"").map_or(line.as_str(), |(words, _)| words).to_owned()
    }

    /// Whether only one resource can have it; folders, packages and accounts may have several owners.
    pub fn is_exclusive(&self) -> bool {
        matches!(self.kind, ItemKind::File | ItemKind::Service)
    }
}

/// Why a manifest could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is not JSON of the known shape.
    #[error("the manifest on the host is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// A newer solti wrote it.
    #[error("the manifest on the host has format {0}; this solti knows formats up to {FORMAT}. Use a newer solti")]
    Newer(u32),
}

impl Manifest {
    /// Reads the line that a host keeps.
    ///
    /// # Errors
    /// When it is damaged or was written by a newer solti.
    pub fn parse(line: &str) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_str(line)?;
        if format > FORMAT {
            return Err(ManifestError::Newer(format));
        }
        let manifest: Self = serde_json::from_str(line)?;
        // an earlier one is written as this one
        Ok(Self { format: FORMAT, ..manifest })
    }

    /// The line for the host.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Adds an entry, or to the one of the same resource what that has not got.
    pub fn add(&mut self, entry: Owned) {
        match self.resources.iter_mut().find(|owned| owned.is_the_same_as(&entry)) {
            Some(owned) => {
                owned.failed |= entry.failed;
                for item in entry.items {
                    if owned.items.iter().all(|has| has.key() != item.key()) {
                        owned.items.push(item);
                    }
                }
            }
            None => self.resources.push(entry),
        }
    }

    /// The entry that has this thing, if solti put it there.
    pub fn owner_of(&self, item: (ItemKind, &str)) -> Option<(&Owned, &Item)> {
        self.resources.iter().find_map(|owned| owned.items.iter().find(|has| has.key() == item).map(|has| (owned, has)))
    }
}
