//! The kinds of resources: what each is called in YAML, what it asks of a host, and what it changes there.

mod absent;
mod account;
pub mod action;
mod arguments;
mod command;
mod config;
mod content;
mod definitions;
mod directory;
mod file;
mod group;
mod influxdb;
pub mod kept;
mod kind;
mod openpgp;
mod package;
mod quadlet;
pub mod reasons;
pub mod removal;
mod repository;
pub mod service;
mod symlink;
#[cfg(test)]
mod tests;
mod unit;
mod user;
mod user_scope;
mod versions;

pub mod check;

pub use arguments::{DURATION_HINT, duration, milliseconds};
pub use content::{Content, Readers, is_in};
pub use definitions::definitions;
pub use kept::Kept;
pub use kind::{COMMON, ResourceKind};
pub(crate) use kind::{TAGS, WHEN, first_text};

use crate::ability::memory::manifest::{Before, Item};
use crate::ability::{Operation, Probe, State};
use crate::api::{Registered, Registry};
use crate::plan::change::{Action, Change, Detail};
use crate::source::Diagnostic;
use crate::template::RenderError;
use crate::yaml::Node;
use std::fmt;

/// What is behind the APIs of services: who carries out the calls of a plan.
pub const OBJECTS: Registry = Registry(&[
    Registered::of::<influxdb::Setup>(),
    Registered::of::<influxdb::Bucket>(),
    Registered::of::<influxdb::Tokens>(),
    Registered::of::<influxdb::FormerTokens>(),
]);

/// Something with a state on a host.
pub trait Resource: fmt::Debug + Send + Sync {
    /// Its name within its kind: a path, a unit, a user.
    fn name(&self) -> String;

    /// Asks the host for what [`Resource::plan`] needs to know.
    fn ask(&self, probe: &mut Probe);

    /// The things on the host that are its own, each made only by it.
    fn claims(&self) -> Vec<Item>;

    /// Notes what others of the host's resources want to know before any of them is planned: the files that it
    /// declares, and what services are started with.
    fn declare(&self, _state: &mut State) {}

    /// The files that it writes: path and content.
    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        Vec::new()
    }

    /// The same files, to note what in them was made of secrets.
    fn contents_mut(&mut self) -> Vec<&mut Content> {
        Vec::new()
    }

    /// Compares the host's state with the declared one, and writes into `state` what the change will make of it.
    ///
    /// # Errors
    /// When the declared state cannot be reached on this host; one sentence for the user.
    fn plan(&self, state: &mut State) -> Result<Planned, String>;

    /// What processes on the host are started with, arguments and environment: everybody there can see it.
    fn process_texts(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether another resource may have the same file, if it declares the same content.
    fn shares(&self) -> bool {
        false
    }

    /// What of a service must not be declared by two resources, because each would take away what only the other has.
    fn alone(&self) -> Option<String> {
        None
    }

    /// When it is made within its step: groups come first, then users, then what may belong to them.
    fn turn(&self) -> Turn {
        Turn::Rest
    }

    /// A number that no other account of a host may have, in words, and whose it is.
    fn number(&self) -> Option<(String, &str)> {
        None
    }

    /// The service whose inputs are looked at again when later roles have changed them.
    fn restarts(&self) -> bool {
        false
    }
}

/// What comes before what within a step, however it was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Groups.
    Groups,
    /// Users, who are in groups.
    Users,
    /// Everything else.
    Rest,
}

/// What a resource's plan comes to.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// What changes, if anything does.
    pub draft: Option<Draft>,
    /// Its things with what was there before solti, for the manifest.
    pub items: Vec<Item>,
}

/// A change that does not know its resource's id yet.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What happens.
    pub action: Action,
    /// What exactly.
    pub details: Vec<Detail>,
    /// How it is made.
    pub operations: Vec<Operation>,
}

impl Draft {
    /// The change of the resource with this id.
    pub fn of(self, resource: String) -> Change {
        Change { resource, action: self.action, details: self.details, operations: self.operations }
    }
}

/// Gives resources the files that a role brings.
pub trait Files {
    /// A template, rendered.
    ///
    /// # Errors
    /// When it is missing, wrong, or needs facts that are not known yet.
    fn template(&self, name: &Node) -> Result<String, RenderError>;

    /// A file as it is.
    ///
    /// # Errors
    /// When it is missing.
    fn file(&self, name: &Node) -> Result<Vec<u8>, RenderError>;

    /// The home of a user of the host; none if there is no such user.
    ///
    /// # Errors
    /// When the host's users are not known yet.
    fn home(&self, user: &str) -> Result<Option<String>, RenderError>;

    /// The folder in which the host keeps secrets.
    ///
    /// # Errors
    /// When the host has not said so yet.
    fn secrets_folder(&self) -> Result<String, RenderError>;
}

/// Reads a resource from its rendered arguments; `as_user` is who carries it out, if not the one of the step.
///
/// # Errors
/// Everything that is wrong with the arguments, each at its place.
pub fn parse(
    kind: &ResourceKind,
    arguments: &Node,
    as_user: Option<&str>,
    files: &dyn Files,
) -> Result<Box<dyn Resource>, RenderError> {
    if as_user.is_some() && !kind.has_user {
        let error =
            Diagnostic::at(&arguments.span, format!("`become_user` is for commands, not for `{}`", kind.name()));
        return Err(error.hint("say whose it is with `owner` and `group`, or set `become_user` on the role").into());
    }
    (kind.parse)(arguments, as_user, files)
}

/// The things of a resource in the order made, from arguments without content.
///
/// # Errors
/// A path or name that is none; or the home of a user that is not known yet.
pub fn claims(kind: &ResourceKind, arguments: &Node, files: &dyn Files) -> Result<Vec<Item>, RenderError> {
    (kind.claims)(arguments, files)
}

impl ResourceKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [&'static Self; 16] = [
        &file::FILE,
        &file::TEMPLATE,
        &config::CONFIG,
        &directory::DIRECTORY,
        &symlink::SYMLINK,
        &absent::ABSENT,
        &user::USER,
        &group::GROUP,
        &package::PACKAGE,
        &unit::UNIT,
        &quadlet::QUADLET,
        &service::SERVICE,
        &influxdb::SETUP,
        &influxdb::BUCKET,
        &influxdb::TOKENS,
        &command::COMMAND,
    ];
}

/// Kinds that are named and not built yet.
pub const UNBUILT_KINDS: &[&str] = &["container", "datasource", "cron", "mount", "sysctl"];

/// What was there before solti: as the manifest remembers, else by whether the thing is there now.
fn before(state: &State, item: &Item, there: bool) -> Before {
    let (kind, name) = item.key();
    let owned = state.memory.manifest.owner_of(item.key()).map(|(_, owned)| &owned.before);
    match owned.or_else(|| state.memory.origins.get(&(kind, name.to_owned()))) {
        Some(before) => before.clone(),
        None if there => Before::Same,
        None => Before::Nothing,
    }
}
