//! Hosts, groups and their variables, from Ansible's YAML inventories.

mod groups;
mod json;
mod pattern;
mod range;
mod read;
mod schema;
mod sources;
#[cfg(test)]
mod tests;
mod variables;
mod vars_files;

pub use schema::schema;
pub use sources::{load, load_with};
pub use variables::{Origin, Variable, Variables};

use crate::source::Span;
use crate::yaml::Entry;
use indexmap::{IndexMap, IndexSet};
use std::path::{Path, PathBuf};
use vars_files::VarsFolder;

/// The names that stand for the controller itself, also when no inventory lists them.
pub const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Everything that one or more inventories say, with the `group_vars` and `host_vars` beside them and the playbook.
#[derive(Debug, Default)]
pub struct Inventory {
    groups: IndexMap<String, Group>,
    hosts: IndexMap<String, Host>,
    /// In the order of their precedence: the inventories as given, then the playbook's.
    folders: Vec<VarsFolder>,
    paths: Vec<PathBuf>,
}

/// A host of an inventory.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name in the inventory; `ansible_host` may say another address.
    pub name: String,
    /// Where it was first named; of a range, the whole range.
    pub key_span: Span,
    /// The groups that list it themselves.
    pub groups: IndexSet<String>,
    vars: IndexMap<String, Entry>,
}

/// A group of an inventory.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Where it was first named; the groups `all` and `ungrouped` are there without that.
    pub key_span: Option<Span>,
    /// The hosts that it lists itself.
    pub hosts: IndexSet<String>,
    /// The groups inside of it.
    pub children: IndexSet<String>,
    parents: IndexSet<String>,
    vars: IndexMap<String, Entry>,
    /// `ansible_group_priority`: among groups of one depth the higher wins.
    priority: Option<i64>,
    /// The longest way down from `all`: the deeper wins.
    depth: usize,
}

impl Inventory {
    /// The hosts in the order in which plays visit them.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.hosts_of("all").into_iter().filter_map(|name| self.hosts.get(name))
    }

    /// A host by its name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.get(name)
    }

    /// The groups in the order in which they were named, `all` and `ungrouped` first.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// A group by its name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.get(name)
    }

    /// Whether a name is one of the controller's own that no inventory lists: such a host is reached without SSH.
    pub fn is_implicit(&self, host: &str) -> bool {
        LOCAL_NAMES.contains(&host) && !self.hosts.contains_key(host)
    }

    /// The files that the inventory was read from.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().map(PathBuf::as_path)
    }
}
