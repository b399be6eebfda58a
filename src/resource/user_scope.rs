//! `user`: a resource of systemd or podman that belongs to a user, who need not be logged in for it to run.

use super::arguments::account_name;
use super::directory::Directory;
use super::{Files, Planned, Resource};
use crate::ability::accounts::AccountOperation;
use crate::ability::files::{Attributes, PathState};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State, scope};
use crate::plan::change::Detail;
use crate::schema::Arguments;
use crate::template::RenderError;
use crate::yaml::Node;

/// Where systemd-logind keeps the names of the users whose services run without a login.
const LINGER: &str = "/var/lib/systemd/linger";

/// The system, or a user.
#[derive(Debug, Clone, Default)]
pub struct UserScope {
    user: Option<User>,
}

#[derive(Debug, Clone)]
struct User {
    name: String,
    home: String,
}

impl UserScope {
    /// The argument `user`.
    ///
    /// # Errors
    /// When the host's users are not known yet.
    pub fn read(fields: &mut Arguments<'_>, files: &dyn Files) -> Result<Self, RenderError> {
        let node = fields.get("user");
        // an empty value is for roles that leave it to their users
        let name = fields.read(node, |node| match node.string()?.as_str() {
            "" | "root" => Ok(None),
            _ => account_name(node).map(Some),
        });
        Self::of(name.flatten(), files)
    }

    /// The scope that the argument `user` says, whatever the others are.
    ///
    /// # Errors
    /// When it is no text, or the host's users are not known yet.
    pub fn of_arguments(arguments: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let name = arguments.get("user").map(Node::string).transpose()?;
        Self::of(name.filter(|name| !matches!(name.as_str(), "" | "root")), files)
    }

    /// The scope of a user, or the system's.
    ///
    /// # Errors
    /// When the host's users are not known yet.
    pub fn of(name: Option<String>, files: &dyn Files) -> Result<Self, RenderError> {
        let Some(name) = name else { return Ok(Self::default()) };
        // useradd's own default, for a user who is still to be made
        let home = files.home(&name)?.unwrap_or_else(|| format!("/home/{name}"));
        Ok(Self { user: Some(User { name, home: home.trim_end_matches('/').to_owned() }) })
    }

    /// The user's name, if it is a user's.
    pub fn user(&self) -> Option<&str> {
        self.user.as_ref().map(|user| user.name.as_str())
    }

    /// The key of something in this scope.
    pub fn key(&self, name: &str) -> String {
        scope::key(self.user(), name)
    }

    /// Where its units are, see systemd.unit(5).
    pub fn units(&self) -> String {
        match &self.user {
            None => scope::UNITS.to_owned(),
            Some(user) => format!("{}{}", user.home, scope::USER_UNITS),
        }
    }

    /// Where its quadlets are, see podman-systemd.unit(5).
    pub fn quadlets(&self) -> String {
        match &self.user {
            None => scope::QUADLETS.to_owned(),
            Some(user) => format!("{}{}", user.home, scope::USER_QUADLETS),
        }
    }

    /// Owner, group and mode of its files.
    pub fn attributes(&self) -> Attributes {
        let root = || "root".to_owned();
        match &self.user {
            None => Attributes { owner: Some(root()), group: Some(root()), mode: Some(0o644) },
            Some(user) => Attributes { owner: Some(user.name.clone()), group: None, mode: Some(0o644) },
        }
    }

    /// A folder of this scope, and those that lead to it from the user's home, which system accounts often lack.
    pub fn folders(&self, path: &str) -> Vec<Directory> {
        let Some(user) = &self.user else { return vec![Directory::new(path.to_owned(), Attributes::default())] };
        let below = path.strip_prefix(&user.home).unwrap_or(path);
        let steps = below.match_indices('/').map(|(at, _)| below.split_at(at).0).chain([below]);
        let own = || Attributes { owner: Some(user.name.clone()), ..Attributes::default() };
        steps.map(|step| Directory::new(format!("{}{step}", user.home), own())).collect()
    }

    /// Asks what [`UserScope::prepare`] wants to know.
    pub fn ask(&self, probe: &mut Probe) {
        if let Some(user) = &self.user {
            probe.accounts.user(&user.name);
            probe.files.path(&format!("{LINGER}/{}", user.name));
            probe.podman.images(Some(&user.name));
            probe.tool("runuser");
        }
    }

    /// What the user still lacks so that services run without a login, and the folders that lead to `path`.
    ///
    /// # Errors
    /// When the user is not there, or not where it was taken to be.
    pub fn prepare(&self, path: &str, state: &mut State) -> Result<Prepared, String> {
        let mut prepared = Prepared::default();
        if let Some(User { name, home }) = &self.user {
            let Some(known) = state.accounts.users.get(name) else {
                return Err(format!(
                    "there is no user {name} on the host; declare it first: `user: {{ name: {name} }}`"
                ));
            };
            if !known.home.is_empty() && known.home.trim_end_matches('/') != home {
                return Err(format!(
                    "the home of {name} will be {}, which can be used once the user is there: apply the user first",
                    known.home
                ));
            }
            if state.missing_tools.contains("runuser") {
                return Err(
                    "the host has no runuser (package util-linux), which is needed for services of users".into()
                );
            }
            let marker = format!("{LINGER}/{name}");
            let lingers = *state.files.at(&marker) != PathState::Absent;
            if !lingers || !state.podman.subordinate.contains(name) {
                if !lingers {
                    prepared.details.push(Detail::note(format!("{name} lingers: its services run without a login")));
                }
                if !state.podman.subordinate.contains(name) {
                    prepared.details.push(Detail::note(format!("{name} gets ranges of subordinate ids")));
                }
                prepared.operations.push(Operation::Accounts(AccountOperation::Linger { user: name.clone() }));
                state.files.paths.insert(marker, PathState::Other);
                state.podman.subordinate.insert(name.clone());
            }
        }
        for folder in self.folders(path) {
            let Planned { draft, items } = folder.plan(state)?;
            prepared.operations.extend(draft.into_iter().flat_map(|draft| draft.operations));
            prepared.items.extend(items);
        }
        Ok(prepared)
    }

    /// The folders as things on the host.
    pub fn claims(&self, path: &str) -> Vec<Item> {
        let before = || Before::Nothing;
        self.folders(path)
            .iter()
            .map(|folder| Item { kind: ItemKind::Directory, name: folder.name(), before: before() })
            .collect()
    }
}

/// What comes before a file of a scope.
#[derive(Debug, Default)]
pub struct Prepared {
    /// In words.
    pub details: Vec<Detail>,
    /// In deeds.
    pub operations: Vec<Operation>,
    /// For the manifest.
    pub items: Vec<Item>,
}
