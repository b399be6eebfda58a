//! Which value of a variable wins, and where each came from.

use super::vars_files::{Beside, VarsFile, VarsFolder};
use super::{Host, Inventory};
use crate::source::{SourceFile, Span};
use crate::yaml::{Entry, Node};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

/// Variables by name.
pub type Variables = IndexMap<String, Variable>;

/// A variable's value, and where it is from.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The value; templates in it are not rendered yet.
    pub value: Node,
    /// Where the name stands.
    pub key_span: Span,
    /// What gave it, in the order of precedence.
    pub origin: Origin,
}

/// What gave a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `vars` of a group in an inventory file.
    Group {
        /// The group's name.
        group: String,
    },
    /// A file in `group_vars/`.
    GroupVars {
        /// The group's name.
        group: String,
        /// The file.
        path: PathBuf,
        /// Whose.
        beside: Beside,
    },
    /// A host's entry in an inventory file.
    Host,
    /// A file in `host_vars/`.
    HostVars {
        /// The file.
        path: PathBuf,
        /// Whose.
        beside: Beside,
    },
    /// A host that no inventory lists: the controller itself.
    Implicit,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group { group } => write!(f, "group `{group}` in the inventory"),
            Self::GroupVars { path, .. } | Self::HostVars { path, .. } => write!(f, "{}", path.display()),
            Self::Host => write!(f, "the host in the inventory"),
            Self::Implicit => write!(f, "the implicit localhost"),
        }
    }
}

impl Inventory {
    /// A host's variables: of each name the value that wins.
    pub fn variables(&self, host: &str) -> Variables {
        let mut variables = Variables::new();
        self.each(host, &mut |entry, origin| {
            variables.insert(entry.key.clone(), variable(entry, origin));
        });
        variables
    }

    /// All values that a host has for one name; each overrides those before it.
    pub fn layers(&self, host: &str, name: &str) -> Vec<Variable> {
        let mut layers = Vec::new();
        self.each(host, &mut |entry, origin| {
            if entry.key == name {
                layers.push(variable(entry, origin));
            }
        });
        layers
    }

    /// Goes through a host's variables from the lowest precedence to the highest, in the order that Ansible documents.
    fn each(&self, host: &str, take: &mut impl FnMut(&Entry, &Origin)) {
        let groups = self.ancestors(host);
        let all = self.groups.get("all");
        for group in all.into_iter().chain(groups.iter().copied()) {
            let origin = Origin::Group { group: group.name.clone() };
            group.vars.values().for_each(|entry| take(entry, &origin));
        }
        for names in [vec!["all"], groups.iter().map(|group| group.name.as_str()).collect()] {
            for folder in &self.folders {
                let origin = |group: &str, path: PathBuf| {
                    let group = group.to_owned();
                    Origin::GroupVars { group, path, beside: folder.beside }
                };
                names.iter().for_each(|name| from_files(&folder.groups, name, |path| origin(name, path), take));
            }
        }
        let own = self.hosts.get(host).map(|host: &Host| &host.vars);
        own.into_iter().flat_map(|vars| vars.values()).for_each(|entry| take(entry, &Origin::Host));
        let from_folder = |folder: &VarsFolder, take: &mut _| {
            let origin = |path| Origin::HostVars { path, beside: folder.beside };
            from_files(&folder.hosts, host, origin, take);
        };
        self.folders.iter().for_each(|folder| from_folder(folder, take));
        if self.is_implicit(host) {
            let span = Span::new(&SourceFile::named("implicit localhost", "local"), 0, 5);
            let key = "ansible_connection".to_owned();
            take(&Entry { key, key_span: span.clone(), value: Node::text("local", span) }, &Origin::Implicit);
        }
    }
}

fn from_files(
    files: &HashMap<String, Vec<VarsFile>>,
    name: &str,
    origin: impl Fn(PathBuf) -> Origin,
    take: &mut impl FnMut(&Entry, &Origin),
) {
    for file in files.get(name).into_iter().flatten() {
        let origin = origin(file.path.clone());
        file.entries.iter().for_each(|entry| take(entry, &origin));
    }
}

fn variable(entry: &Entry, origin: &Origin) -> Variable {
    Variable { value: entry.value.clone(), key_span: entry.key_span.clone(), origin: origin.clone() }
}
