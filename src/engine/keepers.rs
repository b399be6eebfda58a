//! Hosts that keep what others need to know, secrets and facts: those that a run is not about are asked for that alone, and
//! nothing else is done there. Where one cannot be asked, what is made of its secrets stays as it is.

use super::event::{Event, Outcome};
use super::faults::said_last;
use super::identities::first_identity;
use super::member::Member;
use super::project::Project;
use super::request::interrupted;
use super::run::Dispatcher;
use super::session::{Session, Stop};
use super::target::target;
use super::visits::without_prefix;
use super::work::Identity;
use crate::host::Target;
use crate::host::facts::Facts;
use crate::plan::few::few;
use crate::playbook::Play;
use crate::source::Diagnostic;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::task::{self, JoinSet};

/// How many hosts are named; of more only the number is said.
const NAMED: usize = 5;

impl Dispatcher {
    /// Asks the hosts for whose secrets or facts others have turned out to wait, so that all can be rendered with them. Says
    /// whether anything was asked.
    pub(super) async fn ask_keepers(&mut self, members: &mut [Member]) -> bool {
        let store = self.project.hosts.secrets();
        let about: BTreeSet<&str> = self.about.iter().map(String::as_str).collect();
        let (own, mut others): (BTreeSet<String>, BTreeSet<String>) =
            store.to_ask().into_iter().partition(|host| about.contains(host.as_str()));
        let facts = self.project.hosts.without_facts();
        others.extend(facts.into_iter().filter(|host| !about.contains(host.as_str())));
        others.retain(|host| !self.consulted.contains(host));
        if own.is_empty() && others.is_empty() {
            return false;
        }
        for host in own {
            let reason = match members.iter_mut().find(|member| member.work.name == host) {
                Some(member) => self.ask_member(member).await.err().map(|stop| stop.reason()),
                None => Some(self.why_not(&host)),
            };
            if let Some(reason) = reason {
                self.project.hosts.secrets().lose(&host, &self.project.secrets.redact(&reason));
            }
        }
        self.consult(others).await;
        true
    }

    /// What ended the work on a host before it could be asked.
    fn why_not(&self, host: &str) -> String {
        self.outcomes.get(host).and_then(|outcome| outcome.reason()).unwrap_or("it failed").to_owned()
    }

    async fn ask_member(&self, member: &mut Member) -> Result<(), Stop> {
        let identity: Identity = member.work.runs.first().and_then(|run| run.become_user.clone());
        let extras = self.project.hosts.extras(&member.work.name);
        let facts = member.session.more_facts(&identity, extras).await?;
        self.project.hosts.secrets().learn(&member.work.name, &facts.secrets_folder, Some(facts.secrets));
        Ok(())
    }

    /// Asks hosts that the run is not about.
    async fn consult(&mut self, hosts: BTreeSet<String>) {
        let (mut tasks, mut at_work) = (JoinSet::new(), HashMap::new());
        let mut failed = Vec::new();
        for host in hosts {
            self.consulted.insert(host.clone());
            let (target, identity) = match reached(&self.project, &host) {
                Ok(reached) => reached,
                Err(reason) => {
                    failed.push((host, reason));
                    continue;
                }
            };
            let (outside, run_dir) = (self.outside.clone(), Arc::clone(&self.run_dir));
            let mut session = Session::new(&host, target, outside, run_dir, self.password.clone(), None);
            let (project, forks) = (Arc::clone(&self.project), Arc::clone(&self.forks));
            let name = host.clone();
            let task = tasks.spawn(async move {
                let _turn = forks.acquire_owned().await;
                let facts = session.facts(&identity, project.hosts.extras(&host)).await;
                session.close().await;
                (host, facts)
            });
            at_work.insert(task.id(), name);
        }
        failed.extend(self.hear(tasks, at_work).await);
        for (host, reason) in failed {
            self.project.hosts.secrets().lose(&host, &self.project.secrets.redact(&reason));
        }
    }

    /// Notes what hosts say that are asked only that, and returns those that could not be asked, with the reasons.
    pub(super) async fn hear(
        &mut self,
        mut tasks: JoinSet<(String, Result<Facts, Stop>)>,
        mut at_work: HashMap<task::Id, String>,
    ) -> Vec<(String, String)> {
        let (mut asked, mut failed) = (Vec::new(), Vec::new());
        loop {
            let joined = tokio::select! {
                joined = tasks.join_next() => joined,
                () = interrupted(self.outside.interrupt.clone()) => {
                    self.interrupted = true;
                    tasks.shutdown().await;
                    break;
                }
            };
            match joined {
                None => break,
                Some(Ok((host, Ok(facts)))) => {
                    let secrets = self.project.hosts.extras(&host).secrets.then_some(facts.secrets);
                    self.project.hosts.secrets().learn(&host, &facts.secrets_folder, secrets);
                    self.project.hosts.set_facts(&host, &without_prefix(facts.values));
                    asked.push(host);
                }
                Some(Ok((host, Err(stop)))) => failed.push((host, stop.reason())),
                // the hosts that wait for it will tell
                Some(Err(error)) => {
                    if let Some(host) = at_work.remove(&error.id()) {
                        self.outcomes.insert(host.clone(), Outcome::Failed { changes: 0 });
                        let said = said_last(error);
                        failed.push((host, format!("solti broke off there by a fault of its own: {said}")));
                    }
                }
            }
        }
        asked.sort();
        if !asked.is_empty() {
            let names = few(&asked, NAMED);
            let text = format!("{names}: only asked for what others need to know; this run is not about it");
            let _ = self.outside.events.send(Event::Note { host: None, text });
        }
        failed
    }
}

/// How a host is reached that the run is not about, and whose secrets are meant there: those of the first role that it has.
fn reached(project: &Project, host: &str) -> Result<(Target, Identity), String> {
    let plays: Vec<&Play> = project.plays_about(host).collect();
    let target = target(project, host, &plays).map_err(|errors| first(errors.iter()))?;
    Ok((target, first_identity(project, host, &plays)))
}

fn first<'d>(mut errors: impl Iterator<Item = &'d Diagnostic>) -> String {
    errors.next().map(|error| error.message.clone()).unwrap_or_default()
}
