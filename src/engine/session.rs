//! One host during a run: its shells, what it answered, and the steps that are carried out on it.

use super::event::{Event, Failure, Outcome, Phase, Timing};
use super::host_plan::Plan;
use super::ownership::Ownership;
use super::planner;
use super::progress::{Progress, millis};
use super::request::{Interrupt, Outside};
use super::step;
pub use super::stop::Stop;
pub(super) use super::stop::failure;
use super::stop::{impossible, lost};
use super::work::{HostWork, Identity};
use crate::ability::http::Request;
use crate::ability::{Probe, ProbeError, Reader, State};
use crate::host::{self, Password, RunDir, Shell, facts};
use crate::secret::hexadecimal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long connecting may take, a passphrase that is typed included.
const CONNECT: Duration = Duration::from_secs(60);

/// How often a host hears of us while it waits. It waits for a minute.
pub const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// One host and everything that is open to it.
pub struct Session {
    pub(super) name: String,
    pub(super) target: host::Target,
    outside: Outside,
    pub(super) run_dir: Arc<RunDir>,
    password: Option<Password>,
    /// Who is working, for others who find the host locked; none if nothing is to be changed.
    who: Option<String>,
    /// By what its shells know that it is one of them who holds the host's lock.
    together: Option<String>,
    shells: BTreeMap<Identity, Shell>,
    /// Those whose shells hold the host's lock for it.
    holding: BTreeSet<Identity>,
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
    /// What took its time in the program that was sent last.
    pub(super) parts: Vec<Timing>,
    /// Versions of the packages that this run has installed, as inputs of services.
    pub(super) versions: BTreeMap<String, String>,
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
            together: None,
            shells: BTreeMap::new(),
            holding: BTreeSet::new(),
            first: None,
            found: BTreeMap::new(),
            machine: None,
            keepers: None,
            begun: Instant::now(),
            changed: 0,
            outcome: None,
            exchanges_closed: 0,
            parts: Vec::new(),
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

    /// Asks for facts once more, and for what has turned out to be needed too.
    ///
    /// # Errors
    /// When the host is lost.
    pub(super) async fn more_facts(
        &mut self,
        identity: &Identity,
        extras: facts::Extras,
    ) -> Result<facts::Facts, Stop> {
        let (_, records) = self.run(identity, &facts::program(extras)).await?;
        Ok(facts::parse(records.iter().map(|(tag, rest)| (tag.as_str(), rest.as_str()))))
    }

    pub(super) fn identity(&self, identity: &Identity) -> host::Identity {
        match identity {
            None => host::Identity::Login,
            Some(user) => {
                // as in Ansible, variables win over the command line
                let password = self.target.escalation.password.as_ref().or(self.password.as_ref()).cloned();
                host::Identity::Become { user: user.clone(), password }
            }
        }
    }

    /// Sends a program to the shell of an identity, which is opened when it is first needed.
    pub(super) async fn run(
        &mut self,
        identity: &Identity,
        program: &str,
    ) -> Result<(i32, Vec<(String, String)>), Stop> {
        if self.holding.contains(identity) {
            return self.send(identity, &step::held(program)).await;
        }
        self.send(identity, program).await
    }

    async fn send(&mut self, identity: &Identity, program: &str) -> Result<(i32, Vec<(String, String)>), Stop> {
        let mut records = Vec::new();
        let mut progress = Progress::new(&self.name, &self.outside);
        let mut take = |tag: &str, rest: &str| {
            progress.take(tag, rest);
            records.push((tag.to_owned(), rest.to_owned()));
        };
        let status = match self.shells.remove(identity) {
            Some(mut shell) => {
                let answer = self.meanwhile(Box::pin(shell.run(program, &mut take))).await;
                self.shells.insert(identity.clone(), shell);
                answer.map_err(lost)?
            }
            None => {
                let who = self.identity(identity);
                let (shell, status) =
                    Shell::open_and_run(&self.run_dir, &self.target, &who, CONNECT, program, &mut take).await?;
                self.shells.insert(identity.clone(), shell);
                self.first.get_or_insert_with(|| identity.clone());
                status
            }
        };
        self.parts = progress.parts();
        Ok((status, records))
    }

    /// Waits for a host's answer, and keeps its other shells from thinking that nobody is there any more.
    async fn meanwhile<T>(&mut self, mut answer: impl Future<Output = T> + Unpin) -> T {
        loop {
            tokio::select! {
                answer = &mut answer => return answer,
                () = tokio::time::sleep(SIGN_OF_LIFE) => self.sign_of_life().await,
            }
        }
    }

    /// Tells the host that its lock is still wanted. Where it cannot be told, that shows when it is next needed.
    pub async fn sign_of_life(&mut self) {
        for identity in &self.holding {
            if let Some(shell) = self.shells.get_mut(identity) {
                let _ = Box::pin(shell.run(step::SIGN_OF_LIFE, &mut |_, _| {})).await;
            }
        }
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
        ownership.adopt(work, identity, &mut state.memory.manifest);
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

    /// So many random bytes, as a word.
    ///
    /// # Errors
    /// When this machine has none.
    pub fn random<const BYTES: usize>() -> Result<String, Stop> {
        hexadecimal::<BYTES>().map_err(|error| Self::stuck("", format!("this machine has no random numbers: {error}")))
    }

    async fn probe(&mut self, identity: &Identity, probe: &Probe, first: bool) -> Result<State, Stop> {
        let (_, records) = match &self.who {
            Some(who) if first => {
                let together = match self.together.take() {
                    Some(word) => word,
                    None => Self::random::<16>()?,
                };
                let program = step::opening(who, &together) + &probe.program() + "watch\n";
                self.together = Some(together);
                let answer = self.send(identity, &program).await?;
                self.holding.insert(identity.clone());
                answer
            }
            _ => self.run(identity, &probe.program()).await?,
        };
        if self.who.is_some() && !self.shells.get(identity).is_some_and(Shell::own_session) {
            return Err(Stop::Failed(Box::new(failure(
                "",
                "setsid is missing on the host (package util-linux); without it a lost connection could leave a step half done",
            ))));
        }
        let mut reader = Reader::default();
        let mut stuck = Vec::new();
        for (tag, rest) in &records {
            match tag.as_str() {
                "recovered" => {
                    self.note("an earlier run was cut off in a role; what it had changed was put back".into())
                }
                "finished" => self.note("an earlier run was cut off when a role was done; that was finished".into()),
                "stuck" => stuck.push(format!("could not be put back: {rest}")),
                _ => reader.record(tag, rest),
            }
        }
        let state = reader.finish().map_err(|error| match error {
            ProbeError::Locked(who) => Stop::Locked(who),
            other => {
                let mut failure = failure("", other.to_string());
                failure.output = stuck;
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

    /// Whether the host's lock is held by an identity's shell.
    pub(super) fn holds(&self, identity: &Identity) -> bool {
        self.holding.contains(identity)
    }

    pub(super) fn note(&self, text: String) {
        self.emit(Event::Note { host: Some(self.name.clone()), text });
    }

    /// Closes all shells, the one that carries the connection last.
    pub async fn close(&mut self) {
        self.exchanges_closed = self.exchanges();
        // the lock goes with the shell
        self.holding.clear();
        let first = self.first.take().and_then(|identity| self.shells.remove(&identity));
        for shell in std::mem::take(&mut self.shells).into_values().chain(first) {
            shell.close().await;
        }
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
