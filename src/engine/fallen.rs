//! Services that fail while checks wait for them: nothing is gained by asking on.

use super::work::{HostWork, Identity, ResolvedCheck, RoleRun};
use crate::ability::memory::manifest::{Item, ItemKind};
use crate::ability::systemd::{UnitOperation, Verb};
use crate::ability::{Operation, PLACE, scope};
use crate::host::quote;
use crate::plan::role_plan::StepPlan;
use std::fmt::Write as _;

/// A service that checks depend on.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The id of the resource that declares it.
    pub resource: String,
    /// The unit, with its scope.
    pub unit: String,
}

impl Watched {
    /// The services that a role's steps start.
    pub fn started(steps: &[StepPlan]) -> Vec<Self> {
        let changes = steps.iter().flat_map(|step| &step.changes);
        let all = changes.flat_map(|change| change.operations.iter().map(move |operation| (change, operation)));
        let started = all.filter_map(|(change, operation)| match operation {
            Operation::Units(UnitOperation::Service { unit, verb: Verb::Start | Verb::Restart, .. }) => {
                Some(Self { resource: change.resource.clone(), unit: unit.clone() })
            }
            _ => None,
        });
        started.collect()
    }

    /// The services that a host's roles of one identity declare.
    pub fn of_identity(work: &HostWork, identity: &Identity) -> Vec<Self> {
        let runs = work.runs.iter().filter(|run| !run.absent && run.become_user == *identity);
        runs.flat_map(Self::declared).collect()
    }

    /// The services that a role declares.
    fn declared(run: &RoleRun) -> Vec<Self> {
        let services = run.resources().filter(|it| it.resource.as_ref().is_some_and(|resource| resource.restarts()));
        let units = services.flat_map(|resolved| resolved.claims.iter().map(move |item| (resolved, item)));
        let units = units.filter_map(|(resolved, item)| match item {
            Item { kind: ItemKind::Service, name: unit, .. } => {
                Some(Self { resource: resolved.id.clone(), unit: unit.clone() })
            }
            _ => None,
        });
        units.collect()
    }

    /// Whether a check is one of the same role's.
    pub fn concerns(&self, check: &ResolvedCheck) -> bool {
        let role = |id: &str| id.split('/').next().map(str::to_owned);
        role(&self.resource) == role(&check.id)
    }
}

/// Asks whether one has fallen, in a role's transaction: then also what it has said.
pub fn in_step(services: &[Watched]) -> String {
    let units = services.iter().enumerate().map(|(number, of)| format!(" {}", quote(&format!("{number}:{}", of.unit))));
    let units: String = units.collect();
    if units.is_empty() { String::new() } else { format!("fallen{units}\n") }
}

/// Asks which have failed, where nothing is being changed.
pub fn outside(services: &[Watched]) -> String {
    let mut program = String::new();
    for (number, Watched { unit, .. }) in services.iter().enumerate() {
        let (user, name) = scope::split(unit);
        let (whose, name) = match user {
            None => ("systemctl".to_owned(), quote(name)),
            Some(user) => (format!("briefly as_user {} systemctl --user", quote(user)), quote(name)),
        };
        // writing to a string cannot fail
        let _ = writeln!(program, "! {whose} is-failed -q -- {name} >/dev/null 2>&1 </dev/null || say failed {number}");
    }
    if program.is_empty() { program } else { format!("{PLACE}\n{program}") }
}

/// The services that have, by what was said.
pub fn among<'w>(services: &'w [Watched], records: &[(String, String)]) -> Vec<&'w Watched> {
    let failed = records.iter().filter(|(tag, _)| tag == "failed");
    let numbers = failed.filter_map(|(_, rest)| rest.split(' ').next()?.parse::<usize>().ok());
    numbers.filter_map(|number| services.get(number)).collect()
}
