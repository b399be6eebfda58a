//! What is no longer declared: how it is taken away, and what becomes of what is not simply gone. That is made otherwise now, stays
//! until the role goes, or runs as it did before solti.

use super::ownership::{Thing, is_kept, is_labelled, is_shared, taken_over, thing};
use super::planner::Planner;
use super::work::{Resolved, RoleRun};
use crate::ability::files::FileOperation;
use crate::ability::memory::manifest::{Before, Item, ItemKind, Owned};
use crate::ability::{Operation, State};
use crate::plan::change::Change;
use crate::plan::role_plan::StepPlan;
use crate::resource::removal::{self, Reach};
use crate::resource::{is_in, kept};
use std::collections::HashSet;

impl Planner<'_> {
    /// Takes away a role that is to be absent.
    pub(super) fn removed(
        &mut self,
        run: &RoleRun,
        state: &mut State,
        started: &[(&RoleRun, &Resolved)],
    ) -> Vec<StepPlan> {
        let mut all = self.ownership.gone(run, &state.memory.manifest);
        let known: HashSet<Thing> = all.iter().flat_map(|owned| &owned.items).map(thing).collect();
        for resolved in run.resources().filter(|resolved| resolved.selected) {
            let claims = resolved.claims.iter().filter(|item| !known.contains(&thing(item)));
            let claims = claims.filter(|item| !removal::is_common_folder(&resolved.id, &resolved.claims, item));
            let items = claims.filter_map(|item| self.ownership.left_by(run, item, &state.memory.manifest)).collect();
            all.push(self.ownership.entry(run, resolved, items));
        }
        let changes = self.take_away(&all, Reach::Absent, &run.purge, |_| true, state);
        self.forget(&all, Reach::Absent, &run.purge, state);
        let absent = (!changes.is_empty()).then(|| StepPlan { step: "absent".to_owned(), changes, in_order: true });
        absent.into_iter().chain(self.again(run, started.iter().copied(), state)).collect()
    }

    /// Takes things away backwards: services, then files, then folders, then packages, then accounts.
    pub(super) fn take_away(
        &mut self,
        all: &[Owned],
        reach: Reach,
        purge: &[String],
        which: impl Fn(&Item) -> bool,
        state: &mut State,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut items: Vec<(&Owned, &Item)> = all
            .iter()
            .flat_map(|owned| owned.items.iter().map(move |item| (owned, item)))
            .filter(|(owned, item)| !is_kept(owned, item, purge))
            .filter(|(_, item)| which(item) && !self.claimed.contains(&thing(item)))
            .filter(|(owned, item)| !is_shared(owned, item, &state.memory.manifest))
            .collect();
        items.reverse();
        items.sort_by_key(|(_, item)| match item.kind {
            ItemKind::Service => (0, 0),
            ItemKind::File => (1, 0),
            ItemKind::Package => (2, 0),
            // the innermost first, in whatever order they were declared
            ItemKind::Directory => (3, usize::MAX - item.name.matches('/').count()),
            ItemKind::Container => (4, 0),
            ItemKind::Volume | ItemKind::Network => (5, 0),
            ItemKind::User => (6, 0),
            ItemKind::Group => (7, 0),
        });
        for (owned, item) in items {
            // what is labelled and named goes with all that has gathered in it
            let reach = if is_labelled(owned, item) { Reach::Purged } else { reach };
            if let Some(mut draft) = removal::plan(item, reach, state) {
                if item.kind == ItemKind::File {
                    // the folder for secrets is made closed, and stays for those that come into it
                    let needed = |folder: &str| self.claimed.iter().any(|(_, name)| is_in(name, folder));
                    let folders: Vec<&str> = kept::folders(&item.name).filter(|folder| needed(folder)).collect();
                    draft.operations.retain(|operation| {
                        !matches!(operation, Operation::Files(FileOperation::RemoveEmptyDirectory { path }) if folders.contains(&path.as_str()))
                    });
                }
                changes.push(draft.of(owned.resource.clone()));
            }
        }
        changes.extend(self.as_before(all, state));
        changes
    }

    /// Strikes out of the manifest what has been taken away; what a later role takes over, that role moves. Of a role
    /// that is to be absent it stays known what was there before solti: the role's own list, which is carried out again
    /// by every run, would take that away too.
    pub(super) fn forget(&self, all: &[Owned], reach: Reach, purge: &[String], state: &mut State) {
        for owned in all {
            let gone = owned.items.iter().filter(|item| !is_kept(owned, item, purge)).map(Item::key);
            let gone: HashSet<(ItemKind, &str)> = gone.collect();
            let taken_over = taken_over(owned, &self.claimed, &state.memory.manifest);
            state.memory.manifest.resources.retain_mut(|other| {
                if !other.is_the_same_as(owned) {
                    return true;
                }
                other.items.retain_mut(|item| {
                    if taken_over.contains(&thing(item)) {
                        return true;
                    }
                    let stays = reach == Reach::Absent && item.before != Before::Nothing;
                    if stays {
                        item.before = Before::Same;
                    }
                    stays || !gone.contains(&item.key())
                });
                !other.items.is_empty()
            });
            let forgotten = owned.items.iter().filter(|item| !self.claimed.contains(&thing(item)));
            for item in forgotten.filter(|item| !is_kept(owned, item, purge)) {
                if item.kind == ItemKind::Service {
                    state.memory.manifest.services.remove(&item.name);
                }
            }
        }
    }

    /// A unit that a quadlet makes from now on starts at boot as that says. What has enabled the one before is no longer
    /// declared, and systemd enables and disables no unit that is made from a quadlet.
    pub(super) fn made_otherwise(&self, gone: &[Owned], state: &mut State) -> Vec<Change> {
        let items = gone.iter().flat_map(|owned| owned.items.iter().map(move |item| (owned, item)));
        let claimed = items.filter(|(_, item)| self.claimed.contains(&thing(item)));
        let changes = claimed.filter_map(|(owned, item)| match item {
            Item { kind: ItemKind::Service, name: unit, before: Before::Nothing }
                if state.declared.started_with.contains_key(unit) =>
            {
                Some(removal::disable(unit, state)?.of(owned.resource.clone()))
            }
            _ => None,
        });
        changes.collect()
    }

    /// What is forgotten of what is no longer declared. What stays for as long as the role does goes with it.
    pub(super) fn taken(&self, gone: &[Owned]) -> Vec<Owned> {
        let taken = |item: &Item| Reach::Pruned.takes(item) || self.claimed.contains(&thing(item));
        let mut all = gone.to_vec();
        all.iter_mut().for_each(|owned| owned.items.retain(taken));
        all
    }

    /// What ran before solti came goes on, but with its own unit again.
    pub(super) fn as_before(&self, all: &[Owned], state: &mut State) -> Vec<Change> {
        let items = all.iter().flat_map(|owned| owned.items.iter().map(move |item| (owned, item)));
        let free = items.filter(|(_, item)| !self.claimed.contains(&thing(item)));
        free.filter_map(|(owned, item)| match item {
            Item { kind: ItemKind::Service, name: unit, before: Before::Same } => {
                Some(removal::restart(unit, state)?.of(owned.resource.clone()))
            }
            _ => None,
        })
        .collect()
    }
}
