//! Secrets that one host makes and another needs: who waits for whom, and planning again what was planned without them.

use super::faults::Left;
use super::gather::gather;
use super::host_plan::{Plan, Transaction};
use super::member::Member;
use super::resolve::resolve;
use super::run::Dispatcher;
use super::session::Session;
use super::side_by_side::side_by_side;
use super::work::{RolePlace, RoleRun};
use crate::ability::Operation;
use crate::ability::files::FileOperation;
use crate::secret::SecretName;
use crate::source::{Diagnostic, Diagnostics};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The secrets that a run makes, and the role that makes each.
type Made = BTreeMap<SecretName, (RolePlace, String)>;

impl Dispatcher {
    /// Once all hosts are planned: whoever has what will be made anew or taken away, or is not made at all, is planned
    /// again.
    pub(super) async fn hand_over(&mut self, members: Vec<Member>) -> Vec<Member> {
        let made = made(&members);
        let store = self.project.hosts.secrets();
        let removed = members.iter().flat_map(|member| removed(member, store.folder(&member.work.name).as_deref()));
        made.keys().cloned().chain(removed).for_each(|secret| store.expect(&secret));
        let members = self.plan_again(members, false).await;
        let store = self.project.hosts.secrets();
        let here = |host: &str| members.iter().any(|member| member.work.name == host);
        let (mut ready, mut stopped, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        let mut missing = Vec::new();
        for member in &members {
            for secret in store.awaited(&member.work.name).into_iter().filter(|secret| !made.contains_key(secret)) {
                match self.consulted.contains(&secret.host) {
                    true => errors.extend(self.not_made(member, &secret)),
                    false => missing.push((member.work.name.clone(), here(&secret.host), secret)),
                }
            }
            let wrong = store.awaited(&member.work.name).into_iter().filter_map(|secret| {
                let first = member.work.runs.iter().find(|run| run.awaits.contains(&secret))?;
                comes_too_early(first, &member.work.name, &secret, made.get(&secret)?)
            });
            errors.extend(wrong.map(|error| (member.work.name.clone(), Diagnostics::from(error))).collect::<Vec<_>>());
        }
        missing.iter().filter(|(_, here, _)| *here).for_each(|(_, _, secret)| store.never(secret.clone()));
        let lost = |name: &str| missing.iter().find(|(of, here, _)| of == name && !here).map(|(_, _, secret)| secret);
        let total = members.len();
        for member in members {
            match lost(&member.work.name).cloned() {
                Some(secret) => stopped.push((member, secret)),
                None => ready.push(member),
            }
        }
        for (member, secret) in stopped {
            let SecretName { host, name } = secret;
            let stop =
                Session::stuck("", format!("it needs the secret {name}, but nothing could be planned for {host}"));
            self.stopped(member, stop).await;
        }
        let ready = self.plan_again(ready, false).await;
        let errors = gather(errors, total);
        if !errors.is_empty() {
            self.invalid = Some(errors);
        }
        ready
    }

    /// Says that a host which the run is not about does not keep a secret, where it is first needed.
    fn not_made(&self, member: &Member, secret: &SecretName) -> Option<(String, Diagnostics)> {
        let run = member.work.runs.iter().find(|run| run.awaits.contains(secret))?;
        let message = format!("role {} needs {secret}, which is not kept there", run.role);
        let with_it = self
            .project
            .selection
            .limited(self.command.word())
            .map(|line| format!(", such as `{line},{}`", secret.host));
        let hint = format!("a run that is about {} too can make it{}", secret.host, with_it.unwrap_or_default());
        Some((member.work.name.clone(), Diagnostic::at(&run.span, message).hint(hint).into()))
    }

    /// Plans those hosts again whose values have something in them that is known better by now. What cannot be rendered
    /// with it ends the run as long as nothing was changed, and later that host alone.
    pub(super) async fn plan_again(&mut self, members: Vec<Member>, changing: bool) -> Vec<Member> {
        let (project, prune) = (Arc::clone(&self.project), self.prune());
        let total = members.len();
        let (stale, mut ready): (Vec<_>, Vec<_>) =
            members.into_iter().enumerate().partition(|(_, it)| project.hosts.secrets().is_stale(&it.work.name));
        let planned = side_by_side(&stale, |(_, member)| {
            let work = resolve(&project, &member.work.name)?;
            let plan = member.session.plan_again(&work, project.ownership(prune));
            Ok::<_, Diagnostics>((work, plan))
        });
        let mut errors = Vec::new();
        for ((at, mut member), planned) in stale.into_iter().zip(planned) {
            match planned {
                Ok(Ok((work, Ok(plan)))) => {
                    member.work = work;
                    member.plan = carried_on(std::mem::take(&mut member.plan), member.done, plan);
                    ready.push((at, member));
                }
                Ok(Ok((_, Err(stop)))) => self.stopped(member, stop).await,
                Ok(Err(found)) if changing => {
                    let reason = found.iter().next().map(|error| error.message.clone()).unwrap_or_default();
                    self.stopped(member, Session::stuck("", reason)).await;
                }
                Ok(Err(found)) => {
                    errors.push((member.work.name.clone(), found));
                    ready.push((at, member));
                }
                Err(said) => self.broke_off(Left::of(&member.session), &said),
            }
        }
        let errors = gather(errors, total);
        if !errors.is_empty() {
            self.invalid = Some(errors);
        }
        ready.sort_by_key(|(at, _)| *at);
        ready.into_iter().map(|(_, member)| member).collect()
    }
}

/// The secrets that a host keeps no longer after the run.
fn removed(member: &Member, folder: Option<&str>) -> Vec<SecretName> {
    let Some(folder) = folder else { return Vec::new() };
    let steps = member.plan.transactions.iter().flat_map(|transaction| &transaction.plan.steps);
    let operations = steps.flat_map(|step| &step.changes).flat_map(|change| &change.operations);
    let names = operations.filter_map(|operation| match operation {
        Operation::Files(FileOperation::Remove { path }) => path.strip_prefix(folder)?.strip_prefix('/'),
        _ => None,
    });
    names.map(|name| SecretName { host: member.work.name.clone(), name: name.to_owned() }).collect()
}

fn made(members: &[Member]) -> Made {
    let mut made = Made::new();
    for member in members {
        for transaction in &member.plan.transactions {
            let role = format!("{} of {}", transaction.plan.role, member.work.name);
            for name in transaction.makes() {
                let secret = SecretName { host: member.work.name.clone(), name };
                made.entry(secret).or_insert_with(|| (transaction.role, role.clone()));
            }
        }
    }
    made
}

/// Roles are carried out in order, so that whoever waits waits for something that has its turn before.
fn comes_too_early(run: &RoleRun, host: &str, secret: &SecretName, made: &(RolePlace, String)) -> Option<Diagnostic> {
    let (place, maker) = made;
    let message = format!("role {} of {host} needs {secret}, which is made later, by role {maker}", run.role);
    let error = Diagnostic::at(&run.span, message).hint("move it behind that role, or into a later play");
    (*place >= run.place).then_some(error)
}

/// The plan of which so much is done already, with the rest as it is planned now.
pub(super) fn carried_on(old: Plan, done: usize, new: Plan) -> Plan {
    let mut transactions = old.transactions;
    transactions.truncate(done);
    let last = transactions.last().map(Transaction::place);
    transactions.extend(new.transactions.into_iter().filter(|transaction| Some(transaction.place()) > last));
    Plan { transactions, ..new }
}
