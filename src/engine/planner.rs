//! The plan for one host: every resource compared with what the probe found, in order, each seeing what the changes
//! before it will have made.

use super::host_plan::{Plan, Transaction};
use super::lasting::lasting;
use super::ownership::{Ownership, Thing, own, thing};
use super::project_id::is_place;
use super::work::{HostWork, Identity, Resolved, ResolvedCheck, ResolvedStep, RoleRun};
use crate::ability::memory::manifest::{Item, ItemKind, Owned};
use crate::ability::{Probe, State};
use crate::plan::change::{Change, Detail};
use crate::plan::role_plan::{RolePlan, StepPlan};
use crate::resource::removal::{self, Reach};
use crate::secret::SecretName;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Why a resource cannot be planned on a host.
#[derive(Debug, Clone)]
pub struct Impossible {
    /// The resource's id.
    pub resource: String,
    /// One sentence.
    pub reason: String,
}

/// The questions that a host's resources have, by identity.
pub fn questions(work: &HostWork) -> BTreeMap<Identity, Probe> {
    let mut probes: BTreeMap<Identity, Probe> = BTreeMap::new();
    for run in &work.runs {
        let probe = probes.entry(run.become_user.clone()).or_default();
        for resolved in run.resources() {
            match &resolved.resource {
                Some(resource) => resource.ask(probe),
                None => resolved.claims.iter().for_each(|item| removal::ask(item, probe)),
            }
        }
    }
    probes
}

/// The questions that arise from a host's manifest: the state of what is to be taken away.
pub fn further_questions(work: &HostWork, state: &State, identity: &Identity, scope: &Ownership<'_>) -> Option<Probe> {
    let mut probe = Probe::default();
    let mut any = false;
    let gone = work
        .runs
        .iter()
        .filter(|run| run.become_user == *identity)
        .flat_map(|run| scope.gone(run, &state.memory.manifest));
    for owned in gone.chain(scope.orphans(work, &state.memory.manifest).into_iter().cloned()) {
        for item in &owned.items {
            removal::ask(item, &mut probe);
            any = true;
        }
    }
    // a service goes on using what is declared no longer, until it is gone
    for path in
        state.memory.manifest.services.values().flat_map(|inputs| inputs.keys()).filter(|path| path.starts_with('/'))
    {
        if !state.files.paths.contains_key(path) {
            probe.files.digest(path);
            any = true;
        }
    }
    any.then_some(probe)
}

/// Plans one host. `states` holds what the probe found, by identity, and is left as the plan will leave it.
///
/// # Errors
/// Every resource that cannot be brought to its declared state.
pub fn plan(
    work: &HostWork,
    states: &mut BTreeMap<Identity, State>,
    ownership: Ownership<'_>,
) -> Result<Plan, Vec<Impossible>> {
    declare(work, states);
    for state in states.values_mut() {
        let items = state.memory.manifest.resources.iter().flat_map(|owned| &owned.items);
        state.memory.origins = items.map(|item| (thing(item), item.before.clone())).collect();
    }
    let declared = work.runs.iter().filter(|run| !run.absent).flat_map(RoleRun::resources);
    let claims = declared.flat_map(|resolved| &resolved.claims);
    let claimed: HashSet<Thing> = claims.map(thing).collect();
    let mut planner = Planner { ownership, claimed, plan: Plan::default(), impossible: Vec::new() };
    let mut started: Vec<(&RoleRun, &Resolved)> = Vec::new();
    for run in &work.runs {
        let Some(state) = states.get_mut(&run.become_user) else { continue };
        let failed = planner.has_failed(run, state);
        planner.secrets(run, state);
        let steps =
            if run.absent { planner.removed(run, state, &started) } else { planner.present(run, state, &started) };
        started.extend(services(run).map(|resolved| (run, resolved)));
        planner.finish(run, state, steps, failed);
    }
    if ownership.complete {
        planner.orphans(work, states);
    }
    for (identity, state) in states.iter() {
        if let Some(other) = &state.memory.busy {
            planner.plan.notes.push(format!("{other} is changing this host meanwhile"));
        }
        let who = identity.as_deref().map(|user| format!(" as {user}")).unwrap_or_default();
        if state.memory.interrupted {
            planner.plan.notes.push(format!(
                "an earlier run was cut off in a step{who}; apply puts that back first, then plans anew"
            ));
        }
        if state.memory.unfinished {
            planner
                .plan
                .notes
                .push(format!("an earlier run was cut off when a role was done{who}; apply finishes that first"));
        }
        for folder in &state.memory.leftovers {
            planner.plan.notes.push(if folder.contains("/journal/") {
                format!("files of an earlier run could not be removed; {folder} lists them, and apply tries again")
            } else {
                format!(
                    "an earlier run could not put back all that it had changed; what was there is in {folder}: \
                     compare, and remove that folder"
                )
            });
        }
    }
    if !planner.impossible.is_empty() {
        return Err(planner.impossible);
    }
    // wherever solti is tried, what is carried out has been written down and read back
    if cfg!(debug_assertions) {
        return planner.plan.written_and_read().map_err(|reason| vec![Impossible { resource: "plan".into(), reason }]);
    }
    Ok(planner.plan)
}

/// What any role of the host declares counts for all of them: services start anew for what they use, whoever declares it.
fn declare(work: &HostWork, states: &mut BTreeMap<Identity, State>) {
    states.values_mut().for_each(|state| state.run.partial = work.partial);
    for run in work.runs.iter().filter(|run| !run.absent) {
        let Some(state) = states.get_mut(&run.become_user) else { continue };
        for resource in run.resources().filter_map(|resolved| resolved.resource.as_ref()) {
            resource.declare(state);
        }
    }
}

fn services(run: &RoleRun) -> impl Iterator<Item = &Resolved> {
    let all = run.steps.iter().flat_map(|step| &step.resources);
    all.filter(|resolved| resolved.selected && resolved.resource.as_ref().is_some_and(|resource| resource.restarts()))
}

pub(super) struct Planner<'a> {
    pub(super) ownership: Ownership<'a>,
    /// All that is declared for the host.
    pub(super) claimed: HashSet<Thing>,
    pub(super) plan: Plan,
    impossible: Vec<Impossible>,
}

impl Planner<'_> {
    fn transaction(
        &self,
        run: &RoleRun,
        state: &State,
        steps: Vec<StepPlan>,
        checks: Vec<ResolvedCheck>,
    ) -> Transaction {
        let mut earlier = self.plan.transactions.iter().rev();
        let earlier = earlier.find(|earlier| earlier.identity == run.become_user);
        let is_known = |(kind, name): &Thing| {
            let noted = || earlier.is_some_and(|earlier| earlier.manifest.owner_of((*kind, name)).is_some());
            state.memory.origins.contains_key(&(*kind, name.clone())) || noted()
        };
        Transaction {
            role: run.place,
            keeps: false,
            plan: RolePlan { role: run.role.clone(), play: run.play_name.clone(), steps },
            identity: run.become_user.clone(),
            checks,
            manifest: state.memory.manifest.clone(),
            lasting: lasting(&state.memory.manifest, is_known),
            awaits: run.awaits.clone(),
        }
    }

    /// One resource: its change, and its place in the manifest.
    fn resource(&mut self, run: &RoleRun, resolved: &Resolved, state: &mut State) -> Option<Change> {
        let resource = resolved.resource.as_ref()?;
        if let Some(reason) = self.others(resolved, state) {
            self.impossible.push(Impossible { resource: resolved.id.clone(), reason });
            return None;
        }
        if let Some(reason) = &resolved.unknown {
            let mine = |item: &Item| state.memory.manifest.owner_of(item.key()).is_some();
            if resolved.claims.iter().all(mine) {
                self.leave(reason, &resolved.id);
            } else {
                self.impossible.push(Impossible { resource: resolved.id.clone(), reason: reason.clone() });
            }
            return None;
        }
        match resource.plan(state) {
            Err(reason) => {
                self.impossible.push(Impossible { resource: resolved.id.clone(), reason });
                None
            }
            Ok(planned) => {
                own(&mut state.memory.manifest, &self.ownership, run, resolved, planned.items);
                let mut change = planned.draft?.of(resolved.id.clone());
                let texts = resource.texts();
                let waits = |secret: &&SecretName| {
                    texts.iter().any(|(_, text)| String::from_utf8_lossy(text).contains(&secret.placeholder()))
                };
                let mut waits = run.awaits.iter().filter(waits).peekable();
                if waits.peek().is_some() {
                    // its size and digest are those of a text with a placeholder
                    change.details.retain(|detail| !matches!(detail, Detail::Value { what, .. } if what == "content"));
                }
                change.details.extend(waits.map(|secret| Detail::note(format!("{secret} is known after apply"))));
                Some(change)
            }
        }
    }

    fn leave(&mut self, reason: &str, id: &str) {
        let ids = self.plan.unknown.entry(reason.to_owned()).or_default();
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }

    /// What another project has put on the host is not taken over in passing.
    fn others(&self, resolved: &Resolved, state: &State) -> Option<String> {
        let exclusive = |item: &&Item| matches!(item.kind, ItemKind::File | ItemKind::Service);
        resolved.claims.iter().filter(exclusive).find_map(|item| {
            let (owned, _) = state.memory.manifest.owner_of(item.key())?;
            (owned.project != self.ownership.project).then(|| {
                let (name, project, role) = (item.key().1, &owned.project, &owned.role);
                let hint = if is_place(project) {
                    format!(
                        "; if that is this project, `formerly = [\"{project}\"]` beside its name in solti.toml says so"
                    )
                } else {
                    String::new()
                };
                format!("{name} belongs to the project {project} (role {role}), which put it on this host{hint}")
            })
        })
    }

    /// Generated secrets are kept before anything is made with them, and stay whatever becomes of the rest.
    fn secrets(&mut self, run: &RoleRun, state: &mut State) {
        let changes: Vec<Change> =
            run.secrets.iter().filter_map(|resolved| self.resource(run, resolved, state)).collect();
        if !changes.is_empty() {
            let steps = vec![StepPlan { step: "secrets".to_owned(), changes, in_order: false }];
            // nothing in them is waited for
            let awaits = BTreeSet::new();
            let kept = Transaction { keeps: true, awaits, ..self.transaction(run, state, steps, Vec::new()) };
            self.plan.transactions.push(kept);
        }
    }

    fn present(&mut self, run: &RoleRun, state: &mut State, started: &[(&RoleRun, &Resolved)]) -> Vec<StepPlan> {
        let mut steps = Vec::new();
        // first what goes: a service that has used it is to start anew without it
        let gone = self.ownership.gone(run, &state.memory.manifest);
        let folder = |item: &Item| item.kind == ItemKind::Directory;
        let mut changes = self.take_away(&gone, Reach::Pruned, &[], |item| !folder(item), state);
        changes.extend(self.made_otherwise(&gone, state));
        if !changes.is_empty() {
            steps.push(StepPlan { step: "no longer declared".to_owned(), changes, in_order: true });
        }
        for step in &run.steps {
            let changes = self.step(run, step, state);
            if !changes.is_empty() {
                steps.push(StepPlan { step: step.name.clone(), changes, in_order: false });
            }
        }
        // folders last: something that is declared now may have come into them
        let changes = self.take_away(&gone, Reach::Pruned, &[], folder, state);
        match steps.last_mut() {
            Some(last) if last.in_order => last.changes.extend(changes),
            _ if changes.is_empty() => {}
            _ => steps.push(StepPlan { step: "folders no longer declared".to_owned(), changes, in_order: true }),
        }
        // what was declared under another name or by another role belongs there now
        self.forget(&self.taken(&gone), Reach::Pruned, &[], state);
        let own: Vec<(&RoleRun, &Resolved)> = services(run).map(|resolved| (run, resolved)).collect();
        steps.extend(self.again(run, started.iter().chain(&own).copied(), state));
        steps
    }

    /// The changes of a step, planned in the order in which they are made, and given in that in which they are declared.
    fn step(&mut self, run: &RoleRun, step: &ResolvedStep, state: &mut State) -> Vec<Change> {
        let selected = step.resources.iter().filter(|resolved| resolved.selected);
        let mut selected: Vec<(usize, &Resolved)> = selected.enumerate().collect();
        let claims = selected.iter().filter(|(_, resolved)| resolved.resource.is_some()).flat_map(|(_, it)| &it.claims);
        state.predicted.folders = claims
            .filter_map(|item| match item {
                Item { kind: ItemKind::Directory, name: path, .. } => Some(path.clone()),
                _ => None,
            })
            .collect();
        selected.sort_by_key(|(_, resolved)| resolved.resource.as_ref().map(|resource| resource.turn()));
        let mut changes: Vec<(usize, Change)> = selected
            .into_iter()
            .filter_map(|(place, resolved)| Some((place, self.resource(run, resolved, state)?)))
            .collect();
        state.predicted.folders.clear();
        changes.sort_by_key(|(place, _)| *place);
        changes.into_iter().map(|(_, change)| change).collect()
    }

    /// A service of an earlier role, or one that was declared before its files, may use what this role has changed.
    pub(super) fn again<'r>(
        &mut self,
        run: &RoleRun,
        started: impl Iterator<Item = (&'r RoleRun, &'r Resolved)>,
        state: &mut State,
    ) -> Option<StepPlan> {
        if !self.impossible.is_empty() {
            return None;
        }
        let started = started.filter(|(other, _)| !other.absent && other.become_user == run.become_user);
        let changes: Vec<Change> =
            started.filter_map(|(other, resolved)| self.resource(other, resolved, state)).collect();
        (!changes.is_empty()).then(|| StepPlan { step: "services that use it".to_owned(), changes, in_order: false })
    }

    /// Whether what is there of a role was made by a run that failed.
    fn has_failed(&self, run: &RoleRun, state: &State) -> bool {
        let mine = |owned: &&Owned| owned.project == self.ownership.project && owned.role == run.instance;
        !run.absent && state.memory.manifest.resources.iter().filter(mine).any(|owned| owned.failed)
    }

    fn finish(&mut self, run: &RoleRun, state: &State, mut steps: Vec<StepPlan>, failed: bool) {
        let mut checks: Vec<ResolvedCheck> = run.steps.iter().flat_map(|step| step.checks.iter().cloned()).collect();
        checks.retain(|check| {
            check.unknown.as_ref().is_none_or(|reason| {
                self.leave(reason, &check.id);
                false
            })
        });
        if steps.is_empty() && failed && !checks.is_empty() {
            // a transaction all the same: it counts once they are answered
            steps.push(StepPlan { step: "checks".to_owned(), changes: Vec::new(), in_order: true });
            self.plan.notes.push(format!("{}: the last run of it failed, so apply asks its checks again", run.role));
        }
        if steps.is_empty() {
            self.plan.other_checks.extend(checks.into_iter().map(|check| (run.place, run.become_user.clone(), check)));
            return;
        }
        let transaction = self.transaction(run, state, steps, checks);
        self.plan.transactions.push(transaction);
    }
}
