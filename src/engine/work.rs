//! What the plays come to on one host: its roles, their steps, and the resources and checks in them.

use super::event::Newest;
use crate::ability::memory::manifest::Item;
use crate::host::Target;
use crate::resource::Resource;
use crate::resource::action::Action;
use crate::resource::check::Check;
use crate::secret::SecretName;
use crate::source::{Diagnostic, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who a shell runs as: none for the user who logs in.
pub type Identity = Option<String>;

/// All that one host is to be.
#[derive(Debug)]
pub struct HostWork {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub target: Target,
    /// Its roles in the order of the plays.
    pub runs: Vec<RoleRun>,
    /// Whether no play is about it; it is only asked what is left there.
    pub idle: bool,
    /// Others that its roles were carried out as, or would be: what is left of these is looked for, too.
    pub beside: Vec<Identity>,
    /// The last play of the run: what no play declares any more goes with it.
    pub last_play: usize,
    /// Role instances that are left alone here, because their `when` is false.
    pub left_alone: Vec<String>,
    /// Whether something was left out because it needs facts, which are not known yet.
    pub needs_facts: bool,
    /// See [`super::project::Project::partial`].
    pub partial: bool,
    /// What in its input is going away.
    pub notes: Vec<Diagnostic>,
}

/// Which play, counted over all playbooks, and which of its roles: what comes first is carried out first.
pub type RolePlace = (usize, usize);

/// One use of a role on one host.
#[derive(Debug)]
pub struct RoleRun {
    /// Where it stands in the run.
    pub place: RolePlace,
    /// The play's name, or its place.
    pub play_name: String,
    /// The playbook that the play stands in, by its path in the project's folder.
    pub playbook: String,
    /// What it is called in ids and on the terminal.
    pub role: String,
    /// What tells it from other uses of the same role.
    pub instance: String,
    /// The user that it is carried out as; none for the one who logs in.
    pub become_user: Option<String>,
    /// Whether it is to be gone.
    pub absent: bool,
    /// Labels of what goes too when it is removed.
    pub purge: Vec<String>,
    /// Where it is used.
    pub span: Span,
    /// Secrets that were generated for its options, which are kept before anything else is done.
    pub secrets: Vec<Resolved>,
    /// Ids of what it generated once, where a value of one's own is given now.
    pub overruled: Vec<String>,
    /// Its steps.
    pub steps: Vec<ResolvedStep>,
    /// Its action that is to be carried out, if that is what the run is for: nothing else of it is then here.
    pub action: Option<ResolvedAction>,
    /// Secrets that it, or a role before it, is still waiting for.
    pub awaits: BTreeSet<SecretName>,
    /// Whether it is planned without `--tags`, so that what it no longer declares is removed.
    pub complete: bool,
}

impl RoleRun {
    /// All its resources, in order.
    pub fn resources(&self) -> impl Iterator<Item = &Resolved> {
        self.secrets.iter().chain(self.steps.iter().flat_map(|step| &step.resources))
    }
}

/// A step on one host.
#[derive(Debug)]
pub struct ResolvedStep {
    /// Its name.
    pub name: String,
    /// What should be there.
    pub resources: Vec<Resolved>,
    /// What is asked afterwards.
    pub checks: Vec<ResolvedCheck>,
}

/// A resource on one host.
#[derive(Debug)]
pub struct Resolved {
    /// Its public id.
    pub id: String,
    /// What it is; none where it is only to be removed.
    pub resource: Option<Box<dyn Resource>>,
    /// The things that are its own.
    pub claims: Vec<Item>,
    /// Where it is declared.
    pub span: Span,
    /// Its label for removal.
    pub purge: Option<String>,
    /// Whether `--tags` select it.
    pub selected: bool,
    /// Why it cannot be known what it is to be; see [`super::keepers`].
    pub unknown: Option<String>,
}

/// An action on one host.
#[derive(Debug, Clone)]
pub struct ResolvedAction {
    /// Its public id, `role/action`.
    pub id: String,
    /// What is run.
    pub action: Action,
}

/// A check on one host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResolvedCheck {
    /// Its public id.
    pub id: String,
    /// What is asked.
    pub check: Check,
    /// Why it cannot be asked; see [`super::keepers`].
    pub unknown: Option<String>,
}

impl ResolvedCheck {
    /// What an answer of `host` says of a signal.
    pub fn newest(&self, host: &str, age_seconds: Option<i64>) -> Option<Newest> {
        let signal = self.check.signal.as_ref()?;
        let of = signal.of.as_ref().map_or(host, |(of, _)| of);
        Some(Newest { signal: signal.name.clone(), of: of.to_owned(), age_seconds })
    }
}
