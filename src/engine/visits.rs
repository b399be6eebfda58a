//! What every host is asked before anything is changed: its facts, the state of what it is to have, or its checks.

use super::event::{Event, Outcome, Phase};
use super::fallen::Watched;
use super::faults::Left;
use super::gather::gather;
use super::leftovers;
use super::member::Member;
use super::project::Project;
use super::request::Command;
use super::resolve::resolve;
use super::run::Dispatcher;
use super::session::{Session, Stop};
use super::side_by_side::side_by_side;
use super::work::{HostWork, Identity, ResolvedCheck};
use crate::source::Diagnostics;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Dispatcher {
    pub(super) async fn read_facts(&mut self, works: Vec<HostWork>) -> Vec<Member> {
        let mut members = Vec::new();
        for work in works {
            let session = Session::new(
                &work.name,
                work.target.clone(),
                self.outside.clone(),
                Arc::clone(&self.run_dir),
                self.password.clone(),
                self.who.clone(),
            );
            session.phase(Phase::Waiting);
            members.push(Member::new(session, work));
        }
        let project = Arc::clone(&self.project);
        let at_once = matches!(self.command, Command::Diff { .. }).then(|| self.prune());
        self.each(members, false, move |mut member| {
            let project = Arc::clone(&project);
            async move {
                member.session.begun = Instant::now();
                if member.work.idle {
                    if let Err(stop) = member.session.reach(&member.work).await {
                        return Err((member, stop));
                    }
                    // nobody has kept anything there
                    if member.session.keepers.as_ref().is_some_and(Vec::is_empty) {
                        member.session.close().await;
                    }
                    return Ok(member);
                }
                let identity: Identity = member.work.runs.first().and_then(|run| run.become_user.clone());
                let extras = project.hosts.extras(&member.work.name);
                match member.session.facts(&identity, extras).await {
                    Ok(facts) => {
                        member.session.machine = leftovers::machine(&facts.values);
                        let secrets = extras.secrets.then_some(facts.secrets);
                        project.hosts.secrets().learn(&member.work.name, &facts.secrets_folder, secrets);
                        project.hosts.set_facts(&member.work.name, &without_prefix(facts.values));
                    }
                    Err(stop) => return Err((member, stop)),
                }
                match at_once {
                    Some(prune) => plan_at_once(member, &project, prune).await,
                    None => Ok(member),
                }
            }
        })
        .await
    }

    /// What needed facts, or what hosts keep, is rendered once more, for all hosts before any is asked on; until nothing
    /// more turns out to be needed.
    pub(super) async fn render_again(&mut self, mut members: Vec<Member>) -> Vec<Member> {
        loop {
            let errors = self.render(&mut members);
            if !errors.is_empty() {
                self.invalid = Some(errors);
                return members;
            }
            if self.interrupted || !self.ask_keepers(&mut members).await {
                break;
            }
        }
        // what could not be rendered must not be taken for what is declared no longer
        let (lacking, ready): (Vec<Member>, Vec<Member>) =
            members.into_iter().partition(|member| member.work.needs_facts);
        for member in lacking {
            let others = self.project.hosts.without_facts().join(", ");
            let stop = Session::stuck("", format!("it needs facts of {others}, which gave none in this run"));
            self.stopped(member, stop).await;
        }
        ready
    }

    /// Gives what is wrong for any of them.
    fn render(&mut self, members: &mut Vec<Member>) -> Diagnostics {
        let mut errors = Vec::new();
        let total = members.len();
        let names: Vec<String> =
            members.iter().filter(|it| is_open(&self.project, &it.work)).map(|it| it.work.name.clone()).collect();
        let resolved = side_by_side(&names, |name| resolve(&self.project, name));
        let mut resolved: HashMap<String, _> = names.into_iter().zip(resolved).collect();
        for mut member in std::mem::take(members) {
            match resolved.remove(&member.work.name) {
                Some(Ok(Ok(work))) => member.work = work,
                Some(Ok(Err(found))) => errors.push((member.work.name.clone(), found)),
                Some(Err(said)) => {
                    self.broke_off(Left::of(&member.session), &said);
                    continue;
                }
                None => {}
            }
            members.push(member);
        }
        gather(errors, total)
    }

    pub(super) fn prune(&self) -> bool {
        matches!(self.command, Command::Apply { prune: true, .. } | Command::Diff { prune: true })
    }

    pub(super) async fn plan(&mut self, members: Vec<Member>) -> Vec<Member> {
        let project = Arc::clone(&self.project);
        let prune = self.prune();
        let members = self.without_aliases(members).await;
        let members = self
            .each(members, false, move |mut member| {
                let project = Arc::clone(&project);
                async move {
                    if member.planned {
                        return Ok(member);
                    }
                    let ownership = project.ownership(prune);
                    match member.session.plan(&member.work, ownership).await {
                        Ok(plan) => {
                            member.plan = plan;
                            Ok(member)
                        }
                        Err(stop) => Err((member, stop)),
                    }
                }
            })
            .await;
        let members = self.hand_over(members).await;
        let members = self.leave_idle(members).await;
        for member in members.iter().filter(|_| self.invalid.is_none()) {
            let _ =
                self.outside.events.send(Event::Planned { host: member.work.name.clone(), plan: member.plan.shown() });
        }
        members
    }

    pub(super) async fn verify(&mut self, members: Vec<Member>, within: Option<Duration>) -> Vec<Member> {
        self.each(members, false, move |mut member| async move {
            member.session.phase(Phase::Reading);
            let (mut count, mut failed) = (0, false);
            let mut by_identity: HashMap<Identity, Vec<ResolvedCheck>> = HashMap::new();
            for run in member.work.runs.iter().filter(|run| !run.absent) {
                let checks = run.steps.iter().flat_map(|step| &step.checks);
                let (unknown, known): (Vec<_>, Vec<_>) = checks.partition(|check| check.unknown.is_some());
                for check in unknown {
                    member.session.not_asked([check], check.unknown.as_deref().unwrap_or_default());
                    failed = true;
                }
                by_identity.entry(run.become_user.clone()).or_default().extend(known.into_iter().cloned());
            }
            if let Some(most) = within {
                by_identity.values_mut().flatten().for_each(|check| check.check.within = check.check.within.min(most));
            }
            for (identity, checks) in by_identity {
                count += checks.len();
                let services = Watched::of_identity(&member.work, &identity);
                match member.session.ask(&identity, "", &checks, &services, false).await {
                    Ok(failure) => failed |= failure.is_some(),
                    Err(stop) => return Err((member, stop)),
                }
            }
            member.session.close().await;
            member.session.outcome =
                Some(if failed { Outcome::Failed { changes: 0 } } else { Outcome::Verified { checks: count } });
            Ok(member)
        })
        .await
    }
}

/// Whether what was rendered for a host may come out otherwise now.
fn is_open(project: &Project, work: &HostWork) -> bool {
    let secrets = project.hosts.secrets();
    work.needs_facts || secrets.is_stale(&work.name) || !secrets.lost(&work.name).is_empty()
}

/// Goes on with a host as soon as its own facts are known, if nothing that it needs is another host's: it has no need of
/// its connection then. Where something is changed afterwards, all are rendered before any is asked on.
async fn plan_at_once(mut member: Member, project: &Project, prune: bool) -> Result<Member, (Member, Stop)> {
    if is_open(project, &member.work) {
        match resolve(project, &member.work.name) {
            Ok(work) => member.work = work,
            // it is told with what is wrong for others
            Err(_) => return Ok(member),
        }
    }
    if is_open(project, &member.work) || !project.hosts.secrets().is_settled(&member.work.name) {
        return Ok(member);
    }
    let ownership = project.ownership(prune);
    match member.session.plan(&member.work, ownership).await {
        Ok(plan) => member.plan = plan,
        Err(stop) => return Err((member, stop)),
    }
    member.planned = true;
    member.session.close().await;
    Ok(member)
}

/// Templates know facts without the prefix that variables have.
pub(super) fn without_prefix(
    facts: serde_json::Map<String, serde_json::Value>,
) -> serde_json::Map<String, serde_json::Value> {
    facts
        .into_iter()
        .map(|(name, value)| (name.strip_prefix("ansible_").map_or(name.clone(), str::to_owned), value))
        .collect()
}
