//! What a run is asked to do.

use super::event::Event;
use crate::host::Askpass;
use crate::source::Diagnostic;
use crate::yaml::{Entry, Node};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What is done with the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// It is shown.
    Diff {
        /// Whether what `apply` would remove of orphaned roles is shown too.
        prune: bool,
    },
    /// It is carried out.
    Apply {
        /// Whether the checks of roles without changes are asked too.
        verify: bool,
        /// Whether what orphaned roles left on hosts is removed.
        prune: bool,
    },
    /// Nothing is planned; only the checks are asked.
    Verify {
        /// The longest that any check is waited for, unless it has less time anyway.
        within: Option<Duration>,
    },
    /// Nothing is planned; the action of the [`Selection`] is carried out.
    Run,
}

impl Command {
    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Diff { .. } => "diff",
            Self::Apply { .. } => "apply",
            Self::Verify { .. } => "verify",
            Self::Run => "run",
        }
    }
}

/// What a run is about: the inputs and choices of one command line.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Inventories, lowest precedence first: files, folders, or `host1,host2,`.
    pub inventories: Vec<String>,
    /// Playbooks in order; empty for the project's default.
    pub playbooks: Vec<PathBuf>,
    /// `--limit`: a host pattern.
    pub limit: Option<String>,
    /// `--tags`
    pub tags: Vec<String>,
    /// `--skip-tags`
    pub skip_tags: Vec<String>,
    /// `--extra-vars`, as given: `key=value ...`, YAML, or `@file`.
    pub extra_vars: Vec<String>,
    /// `--user`: logs in as, unless the inventory says otherwise.
    pub user: Option<String>,
    /// `--private-key`
    pub private_key: Option<PathBuf>,
    /// `--become`
    pub r#become: bool,
    /// How many hosts are worked on at once.
    pub forks: usize,
    /// What is given as values instead of files.
    pub given: Option<Given>,
    /// The action that is carried out, if that is what the run is for.
    pub action: Option<WantedAction>,
}

/// An action of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedAction {
    /// The role; a collection prefix is dropped.
    pub role: String,
    /// The action's name.
    pub name: String,
}

impl WantedAction {
    /// Whether it is one of a role of this name.
    pub fn is_of(&self, role: &str) -> bool {
        self.role.rsplit('.').next() == Some(role)
    }
}

/// Inputs that stand in no file of their own: what a scenario says of its hosts and roles.
#[derive(Debug, Clone)]
pub struct Given {
    /// The project's folder.
    pub root: PathBuf,
    /// An inventory, layered over those of the command line.
    pub inventory: Node,
    /// A playbook in place of the project's, and the path that it counts as standing at.
    pub playbook: Option<(PathBuf, Node)>,
    /// Variables that win over all others.
    pub extra_vars: Vec<Entry>,
}

impl Selection {
    /// The command line of a run with a limit, as one would type it to add a host.
    pub fn limited(&self, command: &str) -> Option<String> {
        let inventories = self.inventories.first().map(String::as_str).unwrap_or_default();
        Some(format!("solti {command} {inventories} --limit {}", self.limit.as_ref()?))
    }

    /// Whether all roles and resources are selected that are there without any `--tags`.
    pub fn is_untagged(&self) -> bool {
        self.tags.is_empty() && self.skip_tags.is_empty()
    }
}

/// How far the user's wish to stop has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interrupt {
    /// Not at all.
    None,
    /// First Ctrl-C: what has begun is finished, nothing new is begun.
    Finish,
    /// Second Ctrl-C: what has begun is put back.
    PutBack,
}

/// Comes once the user wants to stop. Where nobody is left who could say so, it never comes: that is no wish.
pub async fn interrupted(mut wishes: watch::Receiver<Interrupt>) {
    if wishes.wait_for(|wish| *wish != Interrupt::None).await.is_err() {
        std::future::pending().await
    }
}

/// What was said to the plans.
#[derive(Debug, Clone)]
pub enum Approval {
    /// They are carried out.
    Yes,
    /// Nothing is done.
    No,
    /// There is nobody who could say anything, and why.
    Nobody(Diagnostic),
}

/// The way from the engine to the outside.
#[derive(Clone)]
pub struct Outside {
    /// Takes every event, in order.
    pub events: mpsc::UnboundedSender<Event>,
    /// Says when the user wants to stop.
    pub interrupt: watch::Receiver<Interrupt>,
    /// Asked once per `apply`, when all plans are out and at least one has changes.
    pub approve: Arc<dyn Fn() -> Approval + Send + Sync>,
    /// Who asks the user for ssh; none where ssh does so itself.
    pub askpass: Option<Askpass>,
}

impl Outside {
    /// Whether the user wants nothing new to be begun.
    pub fn is_stopping(&self) -> bool {
        *self.interrupt.borrow() != Interrupt::None
    }
}
