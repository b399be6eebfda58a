//! One host during a run: its shells, what it answered, and the steps that are carried out on it.

use super::event::{Event, Failure, Outcome, Phase};
use super::ownership::Ownership;
use super::planner::{self, Identity, Impossible, Plan, Transaction};
use super::progress::{Progress, millis};
use super::request::{Interrupt, Outside};
use super::step;
use super::undo::Undo;
use super::work::HostWork;
use crate::host::{self, ConnectError, Lost, Password, RunDir, Shell, facts};
use crate::plan::call::Secret;
use crate::plan::http::Request;
use crate::plan::manifest::Manifest;
use crate::plan::probe::{Probe, ProbeError};
use crate::plan::reader::Reader;
use crate::plan::scope;
use crate::plan::state::State;
use crate::resource::service::{KNOWN_AFTER_APPLY, image_input};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long connecting may take, a passphrase that is typed included.
const CONNECT: Duration = Duration::from_secs(60);

/// What ended the work on a host.
#[derive(Debug)]
pub enum Stop {
    /// It could not be reached.
    Unreachable(String),
    /// Another run is under way there.
    Locked(String),
    /// Something went wrong.
    Failed(Box<Failure>),
}

impl From<ConnectError> for Stop {
    fn from(error: ConnectError) -> Self {
        let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
        Self::Unreachable(format!("{error}{hint}"))
    }
}

/// A failure that is about the host as a whole.
fn failure(place: &str, message: impl Into<String>) -> Failure {
    Failure {
        place: place.to_owned(),
        message: message.into(),
        command: None,
        status: None,
        output: Vec::new(),
        put_back: Vec::new(),
        left: Vec::new(),
    }
}

/// One host and everything that is open to it.
pub struct Session {
    name: String,
    pub(super) target: host::Target,
    outside: Outside,
    pub(super) run_dir: Arc<RunDir>,
    password: Option<Password>,
    /// Who is working, for others who find the host locked; none if nothing is to be changed.
    who: Option<String>,
    shells: BTreeMap<Identity, Shell>,
    /// The identity whose shell carries the connection, and is closed last.
    first: Option<Identity>,
    /// What the probe found, before anything was planned.
    found: BTreeMap<Identity, State>,
    /// What tells the machine from others, by whatever name it is reached.
    pub(super) machine: Option<String>,
    /// Those who have kept something here, of whom nothing is declared; none before they are known.
    pub(super) keepers: Option<Vec<Identity>>,
    /// When work on this host began.
    pub begun: Instant,
    /// Changes made so far.
    pub changed: usize,
    /// How it ended, once that is known.
    pub outcome: Option<Outcome>,
    exchanges_closed: usize,
    /// Versions of the packages that this run has installed, as inputs of services.
    versions: BTreeMap<String, String>,
}

impl Session {
    /// A host that nobody has talked to yet.
    pub fn new(
        name: &str,
        target: host::Target,
        outside: Outside,
        run_dir: Arc<RunDir>,
        password: Option<Password>,
        who: Option<String>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            target,
            outside,
            run_dir,
            password,
            who,
            shells: BTreeMap::new(),
            first: None,
            found: BTreeMap::new(),
            machine: None,
            keepers: None,
            begun: Instant::now(),
            changed: 0,
            outcome: None,
            exchanges_closed: 0,
            versions: BTreeMap::new(),
        }
    }

    /// The host's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Programs that were sent to the host.
    pub fn exchanges(&self) -> usize {
        self.exchanges_closed + self.shells.values().map(Shell::exchanges).sum::<usize>()
    }

    pub(super) fn emit(&self, event: Event) {
        // nobody listens any more only when the process is ending
        let _ = self.outside.events.send(event);
    }

    /// Says what the host is busy with.
    pub fn phase(&self, phase: Phase) {
        self.emit(Event::Phase { host: self.name.clone(), phase });
    }

    pub(super) fn interrupted(&self) -> Interrupt {
        *self.outside.interrupt.borrow()
    }

    /// Connects, and asks for facts in the same breath.
    ///
    /// # Errors
    /// When the host cannot be reached.
    pub async fn facts(&mut self, identity: &Identity, extras: facts::Extras) -> Result<facts::Facts, Stop> {
        self.phase(Phase::Connecting);
        let mut records = Vec::new();
        let program = facts::program(extras);
        let who = self.identity(identity);
        let (shell, _) = Shell::open_and_run(&self.run_dir, &self.target, &who, CONNECT, &program, &mut |tag, rest| {
            records.push((tag.to_owned(), rest.to_owned()));
        })
        .await?;
        self.shells.insert(identity.clone(), shell);
        self.first = Some(identity.clone());
        Ok(facts::parse(records.iter().map(|(tag, rest)| (tag.as_str(), rest.as_str()))))
    }

    fn identity(&self, identity: &Identity) -> host::Identity {
        match identity {
            None => host::Identity::Login,
            Some(user) => host::Identity::Become { user: user.clone(), password: self.password.clone() },
        }
    }

    /// Sends a program to the shell of an identity, which is opened when it is first needed.
    pub(super) async fn run(
        &mut self,
        identity: &Identity,
        program: &str,
    ) -> Result<(i32, Vec<(String, String)>), Stop> {
        let mut records = Vec::new();
        let mut progress = Progress::new(&self.name, &self.outside);
        let mut take = |tag: &str, rest: &str| {
            progress.take(tag, rest);
            records.push((tag.to_owned(), rest.to_owned()));
        };
        let status = match self.shells.get_mut(identity) {
            Some(shell) => shell.run(program, &mut take).await.map_err(lost)?,
            None => {
                let who = self.identity(identity);
                let (shell, status) =
                    Shell::open_and_run(&self.run_dir, &self.target, &who, CONNECT, program, &mut take).await?;
                self.shells.insert(identity.clone(), shell);
                self.first.get_or_insert_with(|| identity.clone());
                status
            }
        };
        Ok((status, records))
    }

    /// Asks for the state of everything, takes the lock if changes are to follow, and plans.
    ///
    /// # Errors
    /// When the host is lost, locked, lacks something, or cannot be brought to the declared state.
    pub async fn plan(&mut self, work: &HostWork, ownership: Ownership<'_>) -> Result<Plan, Stop> {
        self.phase(Phase::Reading);
        for (identity, probe) in planner::questions(work) {
            self.look(work, &identity, &probe, &ownership).await?;
        }
        self.look_beside(work, &ownership).await?;
        let plan = self.plan_again(work, ownership)?;
        self.phase(Phase::Planned);
        Ok(plan)
    }

    /// Asks for the state of everything that one identity has, and of what is to go there.
    pub(super) async fn look(
        &mut self,
        work: &HostWork,
        identity: &Identity,
        probe: &Probe,
        ownership: &Ownership<'_>,
    ) -> Result<(), Stop> {
        let mut state = self.probe(identity, probe, true).await?;
        ownership.adopt(work, identity, &mut state.manifest);
        if let Some(further) = planner::further_questions(work, &state, identity, ownership) {
            let more = self.probe(identity, &further, false).await?;
            state.absorb(more);
        }
        self.found.insert(identity.clone(), state);
        Ok(())
    }

    /// Plans once more from what the probe found.
    ///
    /// # Errors
    /// When the host cannot be brought to the declared state.
    pub fn plan_again(&self, work: &HostWork, ownership: Ownership<'_>) -> Result<Plan, Stop> {
        planner::plan(work, &mut self.found.clone(), ownership).map_err(|all| impossible(&all))
    }

    /// What stops a host, or a role there, for a reason that lies elsewhere.
    pub fn stuck(place: &str, reason: String) -> Stop {
        Stop::Failed(Box::new(failure(place, reason)))
    }

    async fn probe(&mut self, identity: &Identity, probe: &Probe, first: bool) -> Result<State, Stop> {
        let mut program = String::new();
        if let (Some(who), true) = (&self.who, first) {
            program.push_str(&step::opening(who));
        }
        program.push_str(&probe.program());
        let (_, records) = self.run(identity, &program).await?;
        if self.who.is_some() && !self.shells.get(identity).is_some_and(Shell::own_session) {
            return Err(Stop::Failed(Box::new(failure(
                "",
                "setsid is missing on the host (package util-linux); without it a lost connection could leave a step half done",
            ))));
        }
        let mut reader = Reader::default();
        for (tag, rest) in &records {
            if tag == "recovered" {
                self.note(format!("an earlier run was cut off in the step {rest}; what it had changed was put back"));
            }
            reader.record(tag, rest);
        }
        let state = reader.finish().map_err(|error| match error {
            ProbeError::Locked(who) => Stop::Locked(who),
            other => {
                let mut failure = failure("", other.to_string());
                if let (ProbeError::Incomplete, Some(shell)) = (&other, self.shells.get(identity)) {
                    failure.output = shell.noise();
                }
                Stop::Failed(Box::new(failure))
            }
        });
        let mut state = state?;
        let requests: Vec<&Request> = probe.requests().collect();
        let replies = self.replies(&requests, &records).await;
        state.replies = requests.iter().map(|request| request.key()).zip(replies).collect();
        Ok(state)
    }

    pub(super) fn note(&self, text: String) {
        self.emit(Event::Note { host: Some(self.name.clone()), text });
    }

    /// Carries out one role's changes: all its steps, its checks, and then it counts; or everything is put back. Gives
    /// the secrets that it made.
    ///
    /// # Errors
    /// When anything in it failed.
    pub async fn carry_out(&mut self, transaction: &Transaction, name: &str) -> Result<Vec<Secret>, Stop> {
        let identity = transaction.identity.clone();
        let mut outcome = Undo::default();
        let mut secrets = Vec::new();
        let all_pulls = step::pulls(&transaction.plan.steps);
        for (number, step_plan) in transaction.plan.steps.iter().enumerate() {
            let begun = Instant::now();
            let role = transaction.plan.role.clone();
            self.phase(Phase::Applying { role: role.clone(), step: step_plan.step.clone() });
            let mut program = String::new();
            if number == 0 {
                program.push_str(&step::begin(name, &transaction.plan.steps));
            }
            // what an earlier step of the transaction has staged stays until the end: each has its own names
            let pulls = all_pulls.get(number).map(Vec::as_slice).unwrap_or_default();
            program.push_str(&step::program(step_plan, &format!("{name}-{number}"), pulls));
            let (_, records) = self.run(&identity, &program).await.map_err(|stop| self.cut_off(stop, &role))?;
            for (tag, rest) in &records {
                if tag == "installed"
                    && let Some((package, version)) = rest.split_once(' ')
                {
                    self.versions.insert(format!("package {package}"), version.to_owned());
                }
                if tag == "pulled"
                    && let [user, image, id, ..] = rest.split(' ').collect::<Vec<_>>()[..]
                {
                    let user = (user != "-").then_some(user);
                    self.versions.insert(image_input(&scope::key(user, image)), id.to_owned());
                }
                outcome.record(tag, rest);
            }
            if !outcome.done {
                let pull = |at: usize| pulls.get(at.checked_sub(step_plan.changes.len())?).map(|pull| pull.resource);
                let resource =
                    |at: usize| step_plan.changes.get(at).map(|change| change.resource.as_str()).or_else(|| pull(at));
                let place = outcome.change.and_then(resource).map_or(role, str::to_owned);
                return Err(Stop::Failed(Box::new(outcome.failure(place))));
            }
            outcome.done = false;
            for change in &step_plan.changes {
                match self.converse(&identity, change, &mut outcome).await.map_err(|stop| self.cut_off(stop, &role))? {
                    Ok(made) => secrets.extend(made),
                    Err(reason) => return Err(self.put_back(&identity, outcome, &change.resource, &reason).await),
                }
            }
            self.emit(Event::StepDone {
                host: self.name.clone(),
                role,
                step: step_plan.step.clone(),
                changes: step_plan.changes.len(),
                millis: millis(begun),
            });
            if self.interrupted() == Interrupt::PutBack {
                return Err(self.put_back(&identity, outcome, &transaction.plan.role, "interrupted").await);
            }
        }
        let asked = self.ask(&identity, &transaction.plan.role, &transaction.checks, true).await;
        if let Some((check, reason)) = asked.map_err(|stop| self.cut_off(stop, &transaction.plan.role))? {
            return Err(self.put_back(&identity, outcome, &check, &reason).await);
        }
        let manifest = with_versions(&transaction.manifest, &self.versions);
        let (_, records) = self
            .run(&identity, &step::commit(&manifest.to_line()))
            .await
            .map_err(|stop| self.cut_off(stop, &transaction.plan.role))?;
        if !records.iter().any(|(tag, rest)| tag == "step" && rest == "committed") {
            records.iter().for_each(|(tag, rest)| outcome.record(tag, rest));
            return Err(Stop::Failed(Box::new(outcome.failure(transaction.plan.role.clone()))));
        }
        self.changed += transaction.plan.steps.iter().map(|step| step.changes.len()).sum::<usize>();
        Ok(secrets)
    }

    /// A connection that was lost in a transaction: the host notices and puts back by itself.
    fn cut_off(&self, stop: Stop, role: &str) -> Stop {
        match stop {
            Stop::Failed(mut failure) => {
                failure.place = role.to_owned();
                failure.put_back.push("the host puts back by itself what the role had changed".to_owned());
                Stop::Failed(failure)
            }
            other => other,
        }
    }

    async fn put_back(&mut self, identity: &Identity, mut undo: Undo, place: &str, reason: &str) -> Stop {
        self.phase(Phase::PuttingBack { role: place.split('/').next().unwrap_or(place).to_owned() });
        match self.run(identity, step::PUT_BACK).await {
            Ok((_, records)) => records.iter().for_each(|(tag, rest)| undo.record(tag, rest)),
            Err(stop) => return self.cut_off(stop, place),
        }
        undo.message = Some(reason.to_owned());
        Stop::Failed(Box::new(undo.failure(place.to_owned())))
    }

    /// Closes all shells, the one that carries the connection last.
    pub async fn close(&mut self) {
        self.exchanges_closed = self.exchanges();
        let first = self.first.take().and_then(|identity| self.shells.remove(&identity));
        for shell in std::mem::take(&mut self.shells).into_values().chain(first) {
            shell.close().await;
        }
    }

    /// Whether the user wants nothing new to be begun.
    pub fn stopping(&self) -> bool {
        self.outside.is_stopping()
    }

    /// A check of a role without changes, for which there is nothing to put back.
    pub fn check_failed(&self, check: &str, reason: &str) -> Stop {
        Stop::Failed(Box::new(failure(check, reason)))
    }

    /// Says how the host ended; the last thing that is said of it.
    pub fn done(&self, outcome: Outcome) {
        let (exchanges, millis) = (self.exchanges(), millis(self.begun));
        self.emit(Event::HostDone { host: self.name.clone(), outcome, exchanges, millis });
    }

    /// Says what failed.
    pub fn failed(&self, failure: Failure) {
        self.emit(Event::Failed { host: self.name.clone(), failure });
    }
}

fn lost(lost: Lost) -> Stop {
    let mut failure = failure("", lost.to_string());
    failure.output = lost.lines;
    Stop::Failed(Box::new(failure))
}

fn impossible(all: &[Impossible]) -> Stop {
    let mut parts = all.iter();
    let mut failure = match parts.next() {
        Some(first) => failure(&first.resource, first.reason.clone()),
        None => failure("", "no plan could be made"),
    };
    failure.output = parts.map(|more| format!("{}: {}", more.resource, more.reason)).collect();
    Stop::Failed(Box::new(failure))
}

/// The manifest with the versions that turned out on the host.
fn with_versions(manifest: &Manifest, versions: &BTreeMap<String, String>) -> Manifest {
    let mut manifest = manifest.clone();
    for inputs in manifest.services.values_mut() {
        for (input, value) in inputs.iter_mut().filter(|(_, value)| *value == KNOWN_AFTER_APPLY) {
            if let Some(version) = versions.get(input) {
                value.clone_from(version);
            }
        }
    }
    manifest
}
