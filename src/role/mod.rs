//! Roles: `role.yml`, where roles are found, their options, and their steps made ready for one host.

mod actions;
mod check;
mod defaults;
mod expand;
mod files;
mod library;
mod names;
mod options;
mod read;
mod resolve;
mod resource;
mod root;
mod schema;
mod values;

pub use actions::ActionSpec;
pub use check::{CheckSpec, read_checks};
pub use defaults::Follows;
pub use expand::{Expanded, RenderedCheck, RenderedResource, expand_resources, expand_step};
pub use files::RoleFiles;
pub use library::{RoleLibrary, RoleSummary};
pub use names::{check_assignments, check_inventory_names};
pub use options::{OptionSpec, OptionType};
pub use resolve::{ResolvedOptions, resolve_options, twin};
pub use resource::{ResourceSpec, read_resources};
pub use root::{SETTINGS, root_above, why_project};
pub use schema::schema;

use crate::source::{SourceFile, did_you_mean};
use crate::yaml::Node;
use indexmap::IndexMap;
use std::sync::Arc;

/// What `role.yml` says.
#[derive(Debug)]
pub struct Role {
    /// The name of its folder.
    pub name: String,
    /// One line on what it is for.
    pub summary: String,
    /// `role.yml` itself.
    pub source: Arc<SourceFile>,
    /// Its whole interface, in the order written.
    pub options: IndexMap<String, OptionSpec>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// What one does to the running service by hand.
    pub actions: IndexMap<String, ActionSpec>,
    /// Where its templates and files are.
    pub(crate) folder: files::Folder,
}

/// One step: resources with a state, then checks.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name, unique in the role.
    pub name: String,
    /// Where the step begins.
    pub span: crate::source::Span,
    /// When it applies; an expression.
    pub when: Option<Node>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What should be there, in the order written.
    pub resources: Vec<ResourceSpec>,
    /// What must be answered yes afterwards.
    pub checks: Vec<CheckSpec>,
}

impl Role {
    /// A role that stands in no file of its own: steps without options.
    pub fn of_steps(name: &str, source: &Arc<SourceFile>, steps: Vec<Step>) -> Self {
        Self {
            name: name.to_owned(),
            summary: String::new(),
            source: Arc::clone(source),
            options: IndexMap::new(),
            steps,
            actions: IndexMap::new(),
            folder: files::Folder::Embedded(std::path::PathBuf::from(name)),
        }
    }

    /// The option called `name`, or that has it as an alias.
    pub fn option(&self, name: &str) -> Option<&OptionSpec> {
        self.options
            .get(name)
            .or_else(|| self.options.values().find(|option| option.aliases.iter().any(|alias| alias == name)))
    }

    /// The name of an option, or of an alias of one, that `name` is probably meant to be.
    pub fn nearest_option(&self, name: &str) -> Option<&str> {
        let aliases = self.options.values().flat_map(|option| option.aliases.iter().map(String::as_str));
        did_you_mean(name, self.options.keys().map(String::as_str).chain(aliases))
    }
}

#[cfg(test)]
mod tests;
