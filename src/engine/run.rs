//! The dispatcher: all hosts side by side, up to `--forks` at once; all plans before any change; play after play.

use super::event::{Event, Outcome, Phase};
use super::fallen::Watched;
use super::faults::Left;
use super::gather::gather;
use super::leftovers;
use super::planner::{Identity, Plan, Transaction};
use super::project::Project;
use super::request::{Command, Interrupt, Outside, interrupted};
use super::resolve::resolve;
use super::session::{Session, Stop};
use super::waiting::Waiting;
use super::who::who;
use super::work::{HostWork, ResolvedCheck};
use crate::host::{Password, RunDir};
use crate::source::Diagnostics;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The exit codes of the contract, in the order in which they win.
const INTERRUPTED: u8 = 130;
const FAILED: u8 = 1;
const NOTHING_DONE: u8 = 5;
const UNREACHABLE: u8 = 4;
const DIFFERS: u8 = 2;

/// One host on its way through the run.
pub(super) struct Member {
    pub session: Session,
    pub work: HostWork,
    pub plan: Plan,
    /// How many of the plan's transactions have been carried out.
    pub done: usize,
}

impl Member {
    /// What is to be carried out next.
    pub fn next(&self) -> Option<&Transaction> {
        self.plan.transactions.get(self.done)
    }
}

/// Carries out a command on all selected hosts, and gives the exit code.
///
/// # Errors
/// Everything that is wrong in the input; then nothing has been changed on any host.
pub async fn run(
    command: Command,
    project: Project,
    password: Option<Password>,
    outside: Outside,
) -> Result<u8, Diagnostics> {
    let begun = Instant::now();
    if let Some(password) = &password {
        password.hide(&project.secrets);
    }
    // whether checks pass is no question about what is in no play
    let idle = if matches!(command, Command::Verify { .. }) { Vec::new() } else { project.idle.clone() };
    if project.is_about_nobody() && idle.is_empty() {
        return Err(project.nobody().into());
    }
    let names = project.selected();
    let (mut works, mut errors) = (Vec::new(), Vec::new());
    for name in &names {
        match resolve(&project, name) {
            Ok(work) => works.push(work),
            Err(found) => errors.push((name.clone(), found)),
        }
    }
    let mut unasked = Vec::new();
    for name in &idle {
        match resolve(&project, name) {
            Ok(work) => works.push(work),
            Err(found) if names.is_empty() => errors.push((name.clone(), found)),
            Err(found) => {
                let reason = found.iter().next().map(|error| error.message.clone()).unwrap_or_default();
                unasked.push((name.clone(), reason));
            }
        }
    }
    let about = names.clone();
    let names = if names.is_empty() { idle } else { names };
    gather(errors, names.len()).or(())?;
    let run_dir = RunDir::new().map_err(|error| {
        crate::source::Diagnostic::new(format!("cannot make a private folder for this run: {error}"))
    })?;
    let run_dir = run_dir.with_askpass(outside.askpass.clone());
    let _ = outside.events.send(Event::Started { command: command.word(), hosts: names });
    for text in notes(&project, &works) {
        let _ = outside.events.send(Event::Note { host: None, text });
    }
    let forks = Arc::new(Semaphore::new(project.selection.forks.max(1)));
    let who = matches!(command, Command::Apply { .. }).then(|| who(&project.id.name, Timestamp::now()));
    let dispatcher = Dispatcher {
        command,
        project: Arc::new(project),
        password,
        outside: outside.clone(),
        run_dir: Arc::new(run_dir),
        forks,
        outcomes: HashMap::new(),
        interrupted: false,
        who,
        invalid: None,
        waited: Duration::ZERO,
        fatal: Arc::default(),
        unasked,
        about,
        consulted: BTreeSet::new(),
    };
    let (exit, waited) = dispatcher.run(works).await?;
    let millis = u64::try_from((begun.elapsed() - waited).as_millis()).unwrap_or(u64::MAX);
    let _ = outside.events.send(Event::Finished { exit, millis });
    Ok(exit)
}

/// What was ignored or is going away in the input, each once.
fn notes(project: &Project, works: &[HostWork]) -> Vec<String> {
    let mut texts = Vec::new();
    let ignored = project.playbooks.iter().flat_map(|playbook| &playbook.notes);
    for note in ignored.chain(works.iter().flat_map(|work| &work.notes)) {
        let place = note.primary.as_ref().map(|(span, _)| format!("{span}: ")).unwrap_or_default();
        let text = format!("{place}{}", note.message);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

pub(super) struct Dispatcher {
    pub command: Command,
    pub project: Arc<Project>,
    pub password: Option<Password>,
    pub outside: Outside,
    pub run_dir: Arc<RunDir>,
    pub forks: Arc<Semaphore>,
    pub outcomes: HashMap<String, Outcome>,
    pub interrupted: bool,
    /// In whose name hosts are locked; none if nothing is to be changed.
    pub who: Option<String>,
    pub invalid: Option<Diagnostics>,
    /// How long the user thought about the question.
    pub waited: Duration,
    /// Hosts in no play that could not be asked what is left there, and why.
    pub unasked: Vec<(String, String)>,
    /// Hosts that plays are about.
    pub about: Vec<String>,
    /// Other hosts that were asked for what those need to know.
    pub consulted: BTreeSet<String>,
    /// Plays that failed on a host and are to fail as a whole (`any_errors_fatal`).
    pub fatal: Arc<AtomicBool>,
}

impl Dispatcher {
    async fn run(mut self, works: Vec<HostWork>) -> Result<(u8, Duration), Diagnostics> {
        let members = self.read_facts(works).await;
        let mut members = self.render_again(members).await;
        if self.invalid.is_none() {
            members = if let Command::Verify { within } = self.command {
                self.verify(members, within).await
            } else {
                self.plan(members).await
            };
        }
        let members = match self.command {
            Command::Apply { .. } if self.invalid.is_none() => self.apply(members).await,
            _ => members,
        };
        self.close(members).await;
        if let Some(errors) = self.invalid {
            return Err(errors);
        }
        Ok((self.exit(), self.waited))
    }

    /// Runs a piece of work for every member side by side; an interrupt in the meantime drops what is not `firm`.
    pub async fn each<F, W>(&mut self, members: Vec<Member>, firm: bool, work: W) -> Vec<Member>
    where
        W: Fn(Member) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Member, (Member, Stop)>> + Send + 'static,
    {
        let mut order: Vec<String> = members.iter().map(|member| member.session.name().to_owned()).collect();
        let (mut tasks, mut at_work) = (JoinSet::new(), HashMap::new());
        let work = Arc::new(work);
        for mut member in members {
            let left = Left::of(&member.session);
            let (forks, work) = (Arc::clone(&self.forks), Arc::clone(&work));
            let task = tasks.spawn(async move {
                let _turn = member.while_waiting(forks.acquire_owned()).await;
                work(member).await
            });
            at_work.insert(task.id(), left);
        }
        let mut waiting = Waiting::default();
        loop {
            let joined = tokio::select! {
                joined = tasks.join_next() => joined,
                () = interrupted(self.outside.interrupt.clone()), if !firm => {
                    self.interrupted = true;
                    tasks.shutdown().await;
                    break;
                }
            };
            match joined {
                None => break,
                Some(Ok(Ok(member))) => waiting.add(member),
                Some(Ok(Err((member, stop)))) => self.stopped(member, stop).await,
                Some(Err(error)) => {
                    if let Some(left) = at_work.remove(&error.id()) {
                        self.broke_off(left, error);
                    }
                }
            }
        }
        let done = waiting.end().await;
        let mut done: HashMap<String, Member> =
            done.into_iter().map(|member| (member.session.name().to_owned(), member)).collect();
        // whoever vanished with an interrupt still gets a last word
        let unasked = |name: &str| self.unasked.iter().any(|(host, _)| host == name);
        let vanished = order
            .iter()
            .filter(|name| !done.contains_key(*name) && !self.outcomes.contains_key(*name) && !unasked(name));
        for name in vanished.cloned().collect::<Vec<_>>() {
            let outcome = Outcome::Skipped { reason: "interrupted".to_owned() };
            self.outcomes.insert(name.clone(), outcome.clone());
            let _ = self.outside.events.send(Event::HostDone { host: name.clone(), outcome, exchanges: 0, millis: 0 });
        }
        order.retain(|name| done.contains_key(name));
        order.iter().filter_map(|name| done.remove(name)).collect()
    }

    pub async fn stopped(&mut self, mut member: Member, stop: Stop) {
        if self.is_beside(&member) {
            return self.not_asked(member, &stop).await;
        }
        let changes = member.session.changed;
        let outcome = match stop {
            Stop::Unreachable(reason) => {
                if matches!(self.command, Command::Verify { .. }) {
                    let runs = member.work.runs.iter().filter(|run| !run.absent);
                    let checks = runs.flat_map(|run| &run.steps).flat_map(|step| &step.checks);
                    member.session.not_asked(checks, "the host could not be reached");
                }
                Outcome::Unreachable { reason }
            }
            Stop::Locked(who) => Outcome::Skipped { reason: format!("locked: {who}") },
            Stop::Failed(failure) | Stop::Lost(failure) => {
                member.session.failed(*failure);
                Outcome::Failed { changes }
            }
        };
        member.session.close().await;
        self.ended(&member.session, outcome);
    }

    pub fn ended(&mut self, session: &Session, outcome: Outcome) {
        session.done(outcome.clone());
        self.outcomes.insert(session.name().to_owned(), outcome);
    }

    async fn read_facts(&mut self, works: Vec<HostWork>) -> Vec<Member> {
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
            members.push(Member { session, work, plan: Plan::default(), done: 0 });
        }
        let project = Arc::clone(&self.project);
        self.each(members, false, move |mut member| {
            let project = Arc::clone(&project);
            async move {
                member.session.begun = Instant::now();
                if member.work.idle {
                    return match member.session.reach(&member.work).await {
                        Ok(()) => Ok(member),
                        Err(stop) => Err((member, stop)),
                    };
                }
                let identity: Identity = member.work.runs.first().and_then(|run| run.become_user.clone());
                let extras = project.hosts.extras(&member.work.name);
                match member.session.facts(&identity, extras).await {
                    Ok(facts) => {
                        member.session.machine = leftovers::machine(&facts.values);
                        let secrets = extras.secrets.then_some(facts.secrets);
                        project.hosts.secrets().learn(&member.work.name, &facts.secrets_folder, secrets);
                        project.hosts.set_facts(&member.work.name, &without_prefix(facts.values));
                        Ok(member)
                    }
                    Err(stop) => Err((member, stop)),
                }
            }
        })
        .await
    }

    /// What needed facts, or what hosts keep, is rendered once more, for all hosts before any is asked on; until nothing
    /// more turns out to be needed.
    async fn render_again(&mut self, mut members: Vec<Member>) -> Vec<Member> {
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
    fn render(&self, members: &mut [Member]) -> Diagnostics {
        let mut errors = Vec::new();
        let total = members.len();
        let secrets = self.project.hosts.secrets();
        for member in members {
            let name = &member.work.name;
            if member.work.needs_facts || secrets.is_stale(name) || !secrets.lost(name).is_empty() {
                match resolve(&self.project, name) {
                    Ok(work) => member.work = work,
                    Err(found) => errors.push((name.clone(), found)),
                }
            }
        }
        gather(errors, total)
    }

    pub(super) fn prune(&self) -> bool {
        matches!(self.command, Command::Apply { prune: true, .. } | Command::Diff { prune: true })
    }

    async fn plan(&mut self, members: Vec<Member>) -> Vec<Member> {
        let project = Arc::clone(&self.project);
        let prune = self.prune();
        let members = self.without_aliases(members).await;
        let members = self
            .each(members, false, move |mut member| {
                let project = Arc::clone(&project);
                async move {
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

    async fn verify(&mut self, members: Vec<Member>, within: Option<Duration>) -> Vec<Member> {
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
                let runs = member.work.runs.iter().filter(|run| !run.absent && run.become_user == identity);
                let services: Vec<Watched> = runs.flat_map(Watched::declared).collect();
                match member.session.ask(&identity, "", &checks, &services, false).await {
                    Ok(failure) => failed |= failure.is_some(),
                    Err(stop) => return Err((member, stop)),
                }
            }
            member.session.outcome =
                Some(if failed { Outcome::Failed { changes: 0 } } else { Outcome::Verified { checks: count } });
            Ok(member)
        })
        .await
    }

    async fn close(&mut self, members: Vec<Member>) {
        let (mut tasks, mut at_work) = (JoinSet::new(), HashMap::new());
        for mut member in members {
            let left = Left::of(&member.session);
            let task = tasks.spawn(async move {
                member.session.close().await;
                member
            });
            at_work.insert(task.id(), left);
        }
        while let Some(joined) = tasks.join_next().await {
            let member = match joined {
                Ok(member) => member,
                Err(error) => {
                    if let Some(left) = at_work.remove(&error.id()) {
                        self.broke_off(left, error);
                    }
                    continue;
                }
            };
            if self.invalid.is_some() {
                continue;
            }
            let planned = member.plan.shown().count();
            let outcome = match (member.session.outcome.clone(), self.command) {
                (Some(outcome), _) => outcome,
                (None, Command::Apply { .. }) if planned > member.session.changed => {
                    self.interrupted = true;
                    Outcome::Skipped {
                        reason: format!("interrupted after {} of {planned} changes", member.session.changed),
                    }
                }
                (None, Command::Apply { .. }) if planned > 0 => Outcome::Changed { changes: planned },
                (None, _) if planned > 0 => Outcome::Differs { changes: planned },
                (None, _) => Outcome::Unchanged,
            };
            self.ended(&member.session, outcome);
        }
    }

    fn exit(&self) -> u8 {
        let any = |test: fn(&Outcome) -> bool| self.outcomes.values().any(test);
        if self.interrupted || *self.outside.interrupt.borrow() != Interrupt::None {
            INTERRUPTED
        } else if any(|outcome| matches!(outcome, Outcome::Failed { .. })) {
            FAILED
        } else if any(|outcome| matches!(outcome, Outcome::Skipped { .. })) {
            NOTHING_DONE
        } else if any(|outcome| matches!(outcome, Outcome::Unreachable { .. })) {
            UNREACHABLE
        } else if any(|outcome| matches!(outcome, Outcome::Differs { .. })) {
            DIFFERS
        } else {
            0
        }
    }
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
