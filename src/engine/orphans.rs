//! Roles that are in no play any more, and what of them is still on a host.

use super::elsewhere::Elsewhere;
use super::event::ORPHANED;
use super::host_plan::Transaction;
use super::ownership::{is_kept, thing};
use super::planner::Planner;
use super::play_names::of_play;
use super::work::{HostWork, Identity};
use crate::ability::State;
use crate::ability::memory::manifest::Owned;
use crate::plan::role_plan::{RolePlan, StepPlan};
use crate::resource::removal::Reach;
use std::collections::{BTreeMap, BTreeSet};

impl Planner<'_> {
    /// Roles that left the playbook: said, and removed when that was asked for.
    pub(super) fn orphans(&mut self, work: &HostWork, states: &mut BTreeMap<Identity, State>) {
        for (identity, state) in states.iter_mut() {
            let doubtful = self.by_role(self.ownership.doubtful(work, &state.memory.manifest));
            for owned in doubtful.values().filter_map(|owned| owned.first()) {
                let (role, project) = (named(&owned.role), &owned.project);
                self.plan.notes.push(format!(
                    "{role}, which the project {project} put here, is in no play of this one; if that is this project, \
                     `formerly = [\"{project}\"]` beside its name in solti.toml says so"
                ));
            }
            for (role, owned) in self.by_role(self.ownership.orphans(work, &state.memory.manifest)) {
                let unread = self.ownership.elsewhere.and_then(Elsewhere::unread);
                if let (Some(path), true) = (unread, self.ownership.prune) {
                    self.plan.notes.push(format!(
                        "{} is in no play that could be read, and stays because {path} could not be",
                        named(&role)
                    ));
                    continue;
                }
                let data = |owned: &Owned| owned.items.iter().all(|item| is_kept(owned, item, &[]));
                let (data, rest): (Vec<&Owned>, Vec<&Owned>) = owned.iter().partition(|owned| data(owned));
                if !self.ownership.prune {
                    let count = rest.len();
                    let things = if count == 1 { "resource of it is" } else { "resources of it are" };
                    let absent = if of_play(&role).is_some() { "" } else { "`state: absent` or " };
                    // data stays until it is named
                    if count > 0 {
                        self.plan.notes.push(format!(
                            "{} is in no play any more, but {count} {things} still here; {absent}apply --prune removes \
                             them, and diff --prune shows that",
                            named(&role)
                        ));
                    }
                    continue;
                }
                if let (false, Some(kept)) = (rest.is_empty(), data.first()) {
                    self.plan.notes.push(format!(
                        "the data of {} stays; `{{ role: {role}, state: absent, purge: [{}] }}` removes it",
                        named(&role),
                        kept.purge.as_deref().unwrap_or_default()
                    ));
                }
                let changes = self.take_away(&owned, Reach::Pruned, &[], |_| true, state);
                self.forget(&owned, Reach::Pruned, &[], state);
                if changes.is_empty() {
                    continue;
                }
                let steps = vec![StepPlan { step: ORPHANED.to_owned(), changes, in_order: true }];
                self.plan.transactions.push(Transaction {
                    role: (work.last_play, usize::MAX),
                    keeps: false,
                    plan: RolePlan { role, play: ORPHANED.to_owned(), steps },
                    identity: identity.clone(),
                    checks: Vec::new(),
                    manifest: state.memory.manifest.clone(),
                    lasting: Vec::new(),
                    awaits: BTreeSet::new(),
                });
            }
        }
    }

    /// Entries by the instance that they are of, but for those that only have what somebody else declares by now.
    fn by_role(&self, all: Vec<&Owned>) -> BTreeMap<String, Vec<Owned>> {
        let mut by_role: BTreeMap<String, Vec<Owned>> = BTreeMap::new();
        for owned in all {
            if owned.items.iter().any(|item| !self.claimed.contains(&thing(item))) {
                by_role.entry(owned.role.clone()).or_default().push(owned.clone());
            }
        }
        by_role
    }
}

/// What an instance is called in a sentence.
fn named(role: &str) -> String {
    match of_play(role) {
        None => format!("role {role}"),
        Some(play) if play.starts_with("the play ") => format!("what {play} declared itself"),
        Some(play) => format!("what the play {play} declared itself"),
    }
}
