//! The dispatcher: all hosts side by side, up to `--forks` at once; all plans before any change; play after play.

use super::actions;
use super::event::{Event, Outcome};
use super::faults::{Left, said_last};
use super::gather::gather;
use super::member::Member;
use super::progress::millis;
use super::project::Project;
use super::request::{Command, Interrupt, Outside};
use super::resolve::{note_all, resolve};
use super::room::Room;
use super::session::{Session, Stop, failure};
use super::side_by_side::side_by_side;
use super::who::who;
use super::work::HostWork;
use crate::host::{Password, RunDir};
use crate::secret::hexadecimal;
use crate::source::Diagnostics;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The exit codes of the contract, in the order in which they win.
const INTERRUPTED: u8 = 130;
const FAILED: u8 = 1;
const NOTHING_DONE: u8 = 5;
const UNREACHABLE: u8 = 4;
const DIFFERS: u8 = 2;

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
    let idle = if matches!(command, Command::Verify { .. } | Command::Run) { Vec::new() } else { project.idle.clone() };
    if project.is_about_nobody() && idle.is_empty() {
        return Err(project.nobody().into());
    }
    if let Some(wanted) = &project.selection.action {
        actions::find(&project, wanted)?;
    }
    let names = project.selected();
    let (mut works, mut errors, mut faults, mut unasked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let all: Vec<&String> = names.iter().chain(&idle).collect();
    note_all(&project, all.iter().copied());
    for (at, (name, resolved)) in all.iter().zip(side_by_side(&all, |name| resolve(&project, name))).enumerate() {
        match resolved {
            Ok(Ok(work)) => works.push(work),
            Ok(Err(found)) if at < names.len() || names.is_empty() => errors.push(((*name).clone(), found)),
            Ok(Err(found)) => {
                let reason = found.iter().next().map(|error| error.message.clone()).unwrap_or_default();
                unasked.push(((*name).clone(), reason));
            }
            Err(said) => faults.push((Left::untouched(name), said)),
        }
    }
    let about = names.clone();
    let mut names = if names.is_empty() { idle } else { names };
    gather(errors, names.len()).or(())?;
    if let Some(wanted) = &project.selection.action {
        works.retain(|work| work.runs.iter().any(|run| !run.absent));
        names.retain(|name| works.iter().any(|work| work.name == *name));
        if works.is_empty() && faults.is_empty() {
            return Err(actions::nowhere(wanted).into());
        }
    }
    let run_dir = RunDir::new().map_err(|error| {
        crate::source::Diagnostic::new(format!("cannot make a private folder for this run: {error}"))
    })?;
    let run_dir = run_dir.with_askpass(outside.askpass.clone());
    let name = hexadecimal::<8>()
        .map_err(|error| crate::source::Diagnostic::new(format!("this machine has no random numbers: {error}")))?;
    let _ = outside.events.send(Event::Started { command: command.word(), hosts: names });
    for text in notes(&project, &works) {
        let _ = outside.events.send(Event::Note { host: None, text });
    }
    let shells = works.iter().map(|work| work.runs.iter().map(|run| &run.become_user).collect::<BTreeSet<_>>().len());
    let room = Room::new(project.selection.forks, works.len(), shells.max().unwrap_or(1));
    let who = matches!(command, Command::Apply { .. }).then(|| who(&project.id.name, Timestamp::now()));
    let mut dispatcher = Dispatcher {
        command,
        name,
        project: Arc::new(project),
        password,
        outside: outside.clone(),
        run_dir: Arc::new(run_dir),
        room,
        forks: Arc::new(Semaphore::new(room.at_once)),
        outcomes: HashMap::new(),
        interrupted: false,
        who,
        invalid: None,
        waited: Duration::ZERO,
        unasked,
        about,
        consulted: BTreeSet::new(),
    };
    faults.into_iter().for_each(|(left, said)| dispatcher.broke_off(left, &said));
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
    /// By what the run is known from others, on whatever host.
    pub name: String,
    pub project: Arc<Project>,
    pub password: Option<Password>,
    pub outside: Outside,
    pub run_dir: Arc<RunDir>,
    pub room: Room,
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
}

impl Dispatcher {
    /// Ends a host whose work came to a fault of solti's own. Its connection went with it, which the host notices.
    pub(super) fn broke_off(&mut self, left: Left, said: &str) {
        let message = format!("solti broke off here by a fault of its own, which is worth a report: {said}");
        let mut failure = failure("", message);
        if left.open && matches!(self.command, Command::Apply { .. }) {
            let left = "what was under way, unless the host has put it back: `solti diff` shows what is there";
            failure.left.push(left.to_owned());
        }
        let outcome = Outcome::Failed { changes: left.changed };
        let Left { host, begun, .. } = left;
        self.outcomes.insert(host.clone(), outcome.clone());
        let _ = self.outside.events.send(Event::Failed { host: host.clone(), failure });
        let done = Event::HostDone { host, outcome, exchanges: 0, millis: millis(begun) };
        let _ = self.outside.events.send(done);
    }

    async fn run(mut self, works: Vec<HostWork>) -> Result<(u8, Duration), Diagnostics> {
        let members = self.read_facts(works).await;
        let mut members = self.render_again(members).await;
        if self.invalid.is_none() {
            members = match self.command {
                Command::Verify { within } => self.verify(members, within).await,
                Command::Run => self.act(members).await,
                Command::Diff { .. } | Command::Apply { .. } => self.plan(members).await,
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
            Stop::Locked(who) => Outcome::Skipped { changes, reason: format!("locked: {who}") },
            Stop::Stale => {
                let reason = format!("{}; `solti diff` shows what would change now", stop.reason());
                Outcome::Skipped { changes, reason }
            }
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
                        self.broke_off(left, &said_last(error));
                    }
                    continue;
                }
            };
            if self.invalid.is_some() {
                continue;
            }
            let planned = member.plan.count();
            let outcome = match (member.session.outcome.clone(), self.command) {
                (Some(outcome), _) => outcome,
                (None, Command::Apply { .. }) if planned > member.session.changed => {
                    self.interrupted = true;
                    Outcome::Skipped {
                        changes: member.session.changed,
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
