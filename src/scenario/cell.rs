//! A scenario on a platform, step by step.

use super::engine::{self, Ran};
use super::event::{Cell, Event, Evidence, Failure, Outcome, Place, Took, Verdict};
use super::evidence;
use super::existing;
use super::hosts::{Prefix, Scripts, Set, Trouble, remove};
use super::inputs::{self, What};
use super::lock::Lock;
use super::snapshot::{self, Allowed, Snapshot};
use super::{Host, Platform, Preparation, Scenario, Step, machine, redact};
use crate::engine::request::{Command, Interrupt};
use crate::engine::{Project, render};
use crate::report::text::words::counted;
use crate::secret::Secrets;
use crate::source::Diagnostics;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;

/// How long to wait before looking again whether another run is over.
const PAUSE: Duration = Duration::from_millis(250);

/// One cell of the matrix, and what it needs.
#[derive(Debug, Clone)]
pub struct Job {
    /// The project's folder.
    pub root: PathBuf,
    /// What is run.
    pub scenario: Arc<Scenario>,
    /// On what.
    pub platform: Platform,
    /// Where it ends.
    pub until: Step,
    /// Whether its hosts stay.
    pub keep: bool,
    /// What its hosts are called by.
    pub prefix: Prefix,
    /// How they are booted.
    pub scripts: Scripts,
    /// Held while hosts boot: those that boot at the same moment would all find the same room.
    pub booting: Arc<Mutex<()>>,
    /// Takes what happens.
    pub events: mpsc::UnboundedSender<Event>,
    /// Says when the user wants to stop.
    pub interrupt: watch::Receiver<Interrupt>,
}

/// How a step went: what was seen, and what would have been printed.
#[derive(Debug, Default)]
struct Done {
    seen: String,
    text: String,
    checks: Vec<super::event::Asked>,
    took: Vec<Took>,
}

impl Done {
    /// What a run has planned, and done.
    fn of_plan(ran: Ran) -> Self {
        let seen = ran.said();
        Self::of(ran, seen)
    }

    /// What a run of the engine has done.
    fn of(ran: Ran, seen: impl Into<String>) -> Self {
        Self { seen: seen.into(), text: ran.text, checks: ran.checks, took: ran.took }
    }
}

/// Why a step did not go well.
pub(super) struct Bad {
    message: String,
    details: Vec<String>,
    /// Where it is declared; else it is the scenario.
    at: Option<Place>,
    done: Box<Done>,
}

impl Bad {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), details: Vec::new(), at: None, done: Box::default() }
    }

    /// What a run printed says it all.
    fn ran(message: impl Into<String>, mut ran: Ran) -> Self {
        let details = ran.text.lines().map(str::to_owned).collect();
        Self { message: message.into(), details, at: ran.at.take(), done: Box::new(Done::of(ran, "")) }
    }

    /// Whether a text is said anywhere in it.
    fn has(&self, text: &str) -> bool {
        self.message.contains(text) || self.details.join("\n").contains(text)
    }
}

impl From<Trouble> for Bad {
    fn from(trouble: Trouble) -> Self {
        Self { message: trouble.message, details: trouble.output, at: None, done: Box::default() }
    }
}

impl From<Diagnostics> for Bad {
    fn from(errors: Diagnostics) -> Self {
        let first = errors.iter().next().map(|error| error.message.clone()).unwrap_or_default();
        let details = errors.render(false).lines().map(str::to_owned).collect();
        Self { message: first, details, at: Place::of_errors(&errors), done: Box::default() }
    }
}

/// What a cell knows between its steps.
#[derive(Default)]
pub(super) struct Known {
    set: Option<Set>,
    /// That no other run works with them, if they are to stay.
    lock: Option<Lock>,
    /// Whether its hosts were kept by an earlier run, which has prepared them.
    reused: bool,
    before: BTreeMap<String, Snapshot>,
    /// Accounts and packages that the roles declare.
    accounts: BTreeSet<String>,
    packages: BTreeSet<String>,
    /// What the runs of the engine have learnt to be secret.
    secrets: std::sync::Mutex<Vec<Secrets>>,
}

impl Job {
    /// Which cell it is.
    pub fn cell(&self) -> Cell {
        Cell::of(&self.scenario, &self.platform)
    }

    /// Goes through the steps; how it came out.
    pub async fn run(self) -> Verdict {
        let begun = Instant::now();
        let mut known = Known::default();
        let (mut verdict, mut failed) = (Verdict::Passed, None);
        for step in Step::ALL.into_iter().filter(|step| *step <= self.until && *step != Step::Destroy) {
            if self.is_stopping() {
                verdict = Verdict::Interrupted;
                break;
            }
            let (outcome, over) = self.step(step, &mut known).await;
            if outcome != Verdict::Passed {
                failed = Some(step);
                verdict = outcome;
            }
            if over || outcome != Verdict::Passed {
                break;
            }
        }
        let mut kept = Vec::new();
        if self.keep {
            let hosts = self.scenario.hosts.iter().filter_map(|host| known.set.as_ref()?.ssh(&host.name));
            kept.extend(hosts.map(|words| crate::host::quote_words(&words)));
        } else if known.set.is_some() {
            let (outcome, _) = self.step(Step::Destroy, &mut known).await;
            if outcome != Verdict::Passed && verdict == Verdict::Passed {
                (verdict, failed) = (outcome, Some(Step::Destroy));
            }
        }
        let millis = millis(begun);
        let _ = self.events.send(Event::CellDone { cell: self.cell(), verdict, failed, kept, millis });
        verdict
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.interrupt.borrow() != Interrupt::None
    }

    /// Makes one step; whether it was the last, because it failed as it should.
    async fn step(&self, step: Step, known: &mut Known) -> (Verdict, bool) {
        let begun = Instant::now();
        let _ = self.events.send(Event::Step { cell: self.cell(), step });
        let result = match step {
            Step::Create => self.create(known).await,
            Step::Prepare => self.prepare(known).await,
            Step::Diff => self.diff(known).await,
            Step::Apply => self.apply(known).await,
            Step::Converged => self.converged(known).await,
            Step::Verify => self.verify(known).await,
            Step::Removed => self.removed(known).await,
            Step::Destroy => self.destroy(known).await,
        };
        let expected = self.scenario.expect.as_ref().filter(|expect| expect.at == step);
        // before the hosts go
        let evidence = match &result {
            Err(_) if expected.is_none() && !self.is_stopping() => self.evidence(known).await,
            _ => Vec::new(),
        };
        let failure = |message: String, details: Vec<String>, at: Option<Place>| {
            Some(Failure { message, details, at: at.unwrap_or_else(|| Place::of_scenario(&self.scenario)), evidence })
        };
        let (verdict, done, failure, over) = match (result, expected) {
            (Ok(done), None) => (Verdict::Passed, done, None, false),
            (Ok(done), Some(expect)) => {
                let message = format!("it did not fail, as was expected: {:?}", expect.fails);
                let details = done.text.lines().map(str::to_owned).collect();
                (Verdict::Failed, done, failure(message, details, None), true)
            }
            (Err(bad), _) if self.is_stopping() => {
                (Verdict::Interrupted, Done { seen: "interrupted".to_owned(), ..*bad.done }, None, true)
            }
            (Err(bad), Some(expect)) if bad.has(&expect.fails) => {
                let seen = format!("failed as expected: {}", bad.message);
                (Verdict::Passed, Done { seen, ..*bad.done }, failure(bad.message, bad.details, bad.at), true)
            }
            (Err(bad), Some(expect)) => {
                let message = format!("{}; expected was: {:?}", bad.message, expect.fails);
                (Verdict::Failed, *bad.done, failure(message, bad.details, bad.at), true)
            }
            (Err(bad), None) => (Verdict::Failed, *bad.done, failure(bad.message, bad.details, bad.at), true),
        };
        let Done { seen, text, checks, took } = done;
        let secrets = known.secrets.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let outcome = redact::outcome(Outcome { verdict, seen, failure, text, checks, took }, &secrets);
        let _ = self.events.send(Event::StepDone { cell: self.cell(), step, outcome, millis: millis(begun) });
        (verdict, over)
    }

    async fn evidence(&self, known: &Known) -> Vec<Evidence> {
        let Some(set) = &known.set else { return Vec::new() };
        let project = self.load(known, What::Roles).ok();
        evidence::gather(set, &self.scenario, project.as_ref()).await
    }

    pub(super) fn set<'k>(&self, known: &'k Known) -> Result<&'k Set, Bad> {
        known.set.as_ref().ok_or_else(|| Bad::new("there are no hosts"))
    }

    /// Hosts that stay are one run's at a time: waits for the one that has them.
    async fn take_hosts(&self) -> Result<Lock, Bad> {
        let mut told = false;
        loop {
            let taken = self.prefix.take(&self.cell().to_string());
            let holder = match taken.map_err(|error| Bad::new(format!("the hosts cannot be locked: {error}")))? {
                Ok(lock) => return Ok(lock),
                Err(holder) => holder,
            };
            if !std::mem::replace(&mut told, true) {
                let text = format!("waiting for the run that has its hosts: {holder}");
                let _ = self.events.send(Event::Note { cell: self.cell(), text });
            }
            if self.is_stopping() {
                return Err(Bad::new(format!("its hosts are in use: {holder}")));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn create(&self, known: &mut Known) -> Result<Done, Bad> {
        let hosts = counted(self.scenario.hosts.len(), "host");
        if self.platform.existing().is_some() {
            known.lock = Some(self.take_hosts().await?);
            let project = inputs::load(&self.root, &self.scenario, &self.platform, What::Roles, None)?;
            let targets = existing::targets(&project, &self.scenario)?;
            known.set = Some(Set::existing(targets).await?);
            return Ok(Done { seen: format!("{hosts} there already"), ..Done::default() });
        }
        if self.keep {
            known.lock = Some(self.take_hosts().await?);
            if let Some(set) = Set::reuse(&self.scripts, &self.prefix, &self.scenario).await {
                known.set = Some(set);
                if self.read_snapshots(known)? {
                    known.reused = true;
                    return Ok(Done { seen: format!("{hosts} kept"), ..Done::default() });
                }
            }
            // of other hosts than the scenario has now, no longer up, or with half of their preparations
            remove(&self.scripts, &self.prefix).await?;
        }
        let _booting = self.booting.lock().await;
        machine::wait_for_instances(self.scenario.hosts.len(), |text| self.told(text)).await;
        let up = Set::up(&self.scripts, &self.prefix, &self.scenario, &self.platform, self.interrupt.clone());
        known.set = Some(up.await?);
        Ok(Done { seen: hosts, ..Done::default() })
    }

    /// What the platform and the scenario want done first; then the first look at the hosts.
    async fn prepare(&self, known: &mut Known) -> Result<Done, Bad> {
        if known.reused {
            return Ok(Done { seen: "done before".to_owned(), ..Done::default() });
        }
        let set = self.set(known)?;
        self.learn_secrets(known);
        let (mut text, mut took) = (String::new(), Vec::new());
        for (preparation, hosts) in self.preparations() {
            let done = self.prepare_hosts(known, preparation, &hosts).await?;
            text.push_str(&done.text);
            text.push('\n');
            took.extend(done.took);
        }
        let looks = self.look(set, &BTreeMap::new()).await?;
        if self.keep {
            for (host, (look, _)) in &looks {
                let written = set.note(host, "snapshot").map_or(Ok(()), |path| std::fs::write(path, look));
                written.map_err(|error| Bad::new(format!("cannot keep what was on {host}: {error}")))?;
            }
        }
        known.before = looks.into_iter().map(|(host, (_, snapshot))| (host, snapshot)).collect();
        Ok(Done { text, took, ..Done::default() })
    }

    /// What is done first, and on which hosts: one that runs another platform has that one's preparations.
    fn preparations(&self) -> Vec<(&Preparation, Vec<&Host>)> {
        let all: Vec<&Host> = self.scenario.hosts.iter().collect();
        let (own, usual): (Vec<&Host>, Vec<&Host>) = all.iter().partition(|host| host.platform.is_some());
        let mut found = Vec::new();
        if !usual.is_empty() {
            found.extend(self.platform.prepare.iter().map(|preparation| (preparation, usual.clone())));
        }
        for host in own {
            let prepare = host.platform.iter().flat_map(|platform| &platform.prepare);
            found.extend(prepare.map(|preparation| (preparation, vec![host])));
        }
        found.extend(self.scenario.prepare.iter().map(|preparation| (preparation, all.clone())));
        found
    }

    /// Does one of the preparations.
    async fn prepare_hosts(&self, known: &Known, what: &Preparation, hosts: &[&Host]) -> Result<Done, Bad> {
        match what {
            Preparation::Shell(script) => {
                let mut text = String::new();
                for host in hosts {
                    text.push_str(&self.set(known)?.run(&host.name, &format!("set -eu\n{script}")).await?);
                }
                Ok(Done { text, ..Done::default() })
            }
            Preparation::Playbook(path) => {
                let project = self.load(known, What::Playbook(path, hosts))?;
                let ran = self.engine(Command::Apply { verify: false, prune: false }, project).await?;
                match ran.exit {
                    0 => Ok(Done::of(ran, "")),
                    _ => Err(Bad::ran(problem(&ran, "the playbook could not be applied"), ran)),
                }
            }
        }
    }

    /// Takes what was on kept hosts before; whether it is all there.
    fn read_snapshots(&self, known: &mut Known) -> Result<bool, Bad> {
        let set = self.set(known)?;
        let mut before = BTreeMap::new();
        for host in &self.scenario.hosts {
            let text = set.note(&host.name, "snapshot").and_then(|path| std::fs::read_to_string(path).ok());
            let Some(snapshot) = text.and_then(|text| Snapshot::read(&text)) else { return Ok(false) };
            before.insert(host.name.clone(), snapshot);
        }
        known.before = before;
        Ok(true)
    }

    /// Looks at all hosts side by side.
    async fn look(
        &self,
        set: &Set,
        before: &BTreeMap<String, Snapshot>,
    ) -> Result<BTreeMap<String, (String, Snapshot)>, Bad> {
        let mut looks = JoinSet::new();
        for host in &self.scenario.hosts {
            let (set, host, program) = (set.clone(), host.name.clone(), snapshot::program(before.get(&host.name)));
            looks.spawn(async move {
                let text = set.run(&host, &program).await;
                (host, text)
            });
        }
        let mut found = BTreeMap::new();
        while let Some(look) = looks.join_next().await {
            let (host, text) = look.map_err(|error| Bad::new(format!("a look at the hosts was cut short: {error}")))?;
            let text = text?;
            let snapshot =
                Snapshot::read(&text).ok_or_else(|| Bad::new(format!("{host} did not say all that is on it")))?;
            found.insert(host, (text, snapshot));
        }
        Ok(found)
    }

    fn load(&self, known: &Known, what: What<'_>) -> Result<Project, Bad> {
        self.load_as(known, &self.scenario, what)
    }

    /// Reads what a run is about, for a scenario that is not quite this one.
    pub(super) fn load_as(&self, known: &Known, scenario: &Scenario, what: What<'_>) -> Result<Project, Bad> {
        let inventory = self.set(known)?.inventory();
        let project = inputs::load(&self.root, scenario, &self.platform, what, inventory.as_deref())?;
        known.secrets.lock().unwrap_or_else(PoisonError::into_inner).push(project.secrets.clone());
        Ok(project)
    }

    /// Renders what the roles write, for the secrets in it: preparations may print them before any role is applied.
    fn learn_secrets(&self, known: &Known) {
        // what is wrong is said by the step that needs it
        let Ok(project) = self.load(known, What::Roles) else { return };
        for host in &self.scenario.hosts {
            for role in evidence::roles_of(&project, &host.name) {
                let _ = render::files(&project, &host.name, &role);
            }
        }
    }

    pub(super) async fn engine(&self, command: Command, project: Project) -> Result<Ran, Diagnostics> {
        engine::run(command, project, self.interrupt.clone(), |text| self.told(text)).await
    }

    /// A plan. Where a connection was lost, which says nothing of the roles, it is made once more.
    async fn planned(&self, known: &Known) -> Result<Ran, Bad> {
        const UNREACHABLE: u8 = 4;
        let ran = self.engine(Command::Diff, self.load(known, What::Roles)?).await?;
        if ran.exit != UNREACHABLE {
            return Ok(ran);
        }
        Ok(self.engine(Command::Diff, self.load(known, What::Roles)?).await?)
    }

    fn told(&self, text: String) {
        let _ = self.events.send(Event::Doing { cell: self.cell(), text });
    }

    async fn diff(&self, known: &mut Known) -> Result<Done, Bad> {
        let ran = self.planned(known).await?;
        known.accounts.extend(ran.names("user").chain(ran.names("group")));
        known.packages.extend(ran.names("package"));
        match ran.exit {
            2 => Ok(Done::of_plan(ran)),
            0 if known.reused || self.platform.existing().is_some() => Ok(Done::of_plan(ran)),
            0 => Err(Bad::ran("nothing would change on new hosts", ran)),
            _ => Err(Bad::ran(problem(&ran, "there is no plan"), ran)),
        }
    }

    async fn apply(&self, known: &mut Known) -> Result<Done, Bad> {
        let project = self.load(known, What::Roles)?;
        let ran = self.engine(Command::Apply { verify: false, prune: false }, project).await?;
        match ran.exit {
            0 => Ok(Done::of_plan(ran)),
            _ => Err(Bad::ran(problem(&ran, "it could not be applied"), ran)),
        }
    }

    async fn converged(&self, known: &mut Known) -> Result<Done, Bad> {
        let ran = self.planned(known).await?;
        match ran.exit {
            0 => Ok(Done::of_plan(ran)),
            2 => Err(Bad::ran(format!("a second run would make {}", ran.said()), ran)),
            _ => Err(Bad::ran(problem(&ran, "there is no second plan"), ran)),
        }
    }

    async fn verify(&self, known: &mut Known) -> Result<Done, Bad> {
        let mut project = self.load(known, What::Roles)?;
        inputs::add_checks(&mut project, &self.scenario)?;
        let ran = self.engine(Command::Verify, project).await?;
        let asked = counted(ran.checks.len(), "check");
        match ran.exit {
            0 if ran.checks.is_empty() => {
                Err(Bad::ran("nothing was asked: neither the roles nor the scenario have checks", ran))
            }
            0 => {
                let seen = match self.scenario.breaks.len() {
                    0 => asked,
                    count => format!("{asked}, {} noticed", counted(count, "break")),
                };
                let mut done = Done::of(ran, seen);
                done.checks.extend(self.breaks(known).await?);
                Ok(done)
            }
            _ => {
                let failed: Vec<_> = ran.checks.iter().filter(|asked| !asked.result.passed).collect();
                let first = failed.first().map(|asked| {
                    format!(
                        "{} of {asked_of} failed: {}: {}: {}",
                        failed.len(),
                        asked.host,
                        asked.result.check,
                        asked.result.seen,
                        asked_of = ran.checks.len()
                    )
                });
                let message = first.unwrap_or_else(|| problem(&ran, "the checks could not be asked"));
                Err(Bad::ran(message, ran))
            }
        }
    }

    async fn removed(&self, known: &mut Known) -> Result<Done, Bad> {
        let set = self.set(known)?;
        let mut project = self.load(known, What::Roles)?;
        let prune = inputs::has_resources(&project);
        inputs::remove_roles(&mut project);
        project.complete |= prune;
        let ran = self.engine(Command::Apply { verify: false, prune }, project).await?;
        if ran.exit != 0 {
            return Err(Bad::ran(problem(&ran, "the roles could not be removed"), ran));
        }
        let declared: BTreeSet<String> =
            ran.names("user").chain(ran.names("group")).chain(known.accounts.iter().cloned()).collect();
        let packages: BTreeSet<String> = ran.names("package").chain(known.packages.iter().cloned()).collect();
        let allowed = Allowed { paths: &self.scenario.may_stay, declared: &declared, packages: &packages };
        let mut left = Vec::new();
        for (host, (_, after)) in self.look(set, &known.before).await? {
            let Some(before) = known.before.get(&host) else { continue };
            left.extend(before.differences(&after, &allowed).into_iter().map(|line| format!("{host}: {line}")));
        }
        if left.is_empty() {
            let seen = format!("{}, nothing left", ran.said());
            return Ok(Done::of(ran, seen));
        }
        let message = match left.as_slice() {
            [one] => format!("it is not as before: {one}"),
            _ => format!("{} are not as before", counted(left.len(), "thing")),
        };
        Err(Bad { message, details: left, at: None, done: Box::new(Done::of(ran, "")) })
    }

    async fn destroy(&self, known: &mut Known) -> Result<Done, Bad> {
        if let Some(set) = known.set.take() {
            set.down().await?;
        }
        Ok(Done::default())
    }
}

/// The first thing that went wrong, or else this.
fn problem(ran: &Ran, otherwise: &str) -> String {
    ran.problem.clone().unwrap_or_else(|| otherwise.to_owned())
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
