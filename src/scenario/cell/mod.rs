//! A scenario on a platform, step by step.

mod apply;
mod breaks;
mod create;
mod engine;
mod evidence;
mod outcome;
mod place;
mod prepare;
mod redact;
mod removed;
mod snapshot;
mod verify;

use super::event::{Cell, Evidence, Failure, FilePlace, StepOutcome, TestEvent, Verdict};
use super::hosts::lock::Lock;
use super::hosts::{Prefix, Scripts, Set};
use super::inputs::{self, What};
use super::{Platform, Scenario, Step};
use crate::engine::Project;
use crate::engine::request::{Command, Interrupt};
use crate::secret::Secrets;
use crate::source::Diagnostics;
use engine::Ran;
use outcome::{Bad, Done};
use snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Instant;
use tokio::sync::{Mutex, mpsc, watch};

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
    pub events: mpsc::UnboundedSender<TestEvent>,
    /// Says when the user wants to stop.
    pub interrupt: watch::Receiver<Interrupt>,
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
        let _ = self.events.send(TestEvent::CellDone { cell: self.cell(), verdict, failed, kept, millis });
        verdict
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.interrupt.borrow() != Interrupt::None
    }

    /// Makes one step; whether it was the last, because it failed as it should.
    async fn step(&self, step: Step, known: &mut Known) -> (Verdict, bool) {
        let begun = Instant::now();
        let _ = self.events.send(TestEvent::Step { cell: self.cell(), step });
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
        let failure = |message: String, details: Vec<String>, at: Option<FilePlace>| {
            Some(Failure {
                message,
                details,
                at: at.unwrap_or_else(|| FilePlace::of_scenario(&self.scenario)),
                evidence,
            })
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
        let outcome = redact::outcome(StepOutcome { verdict, seen, failure, text, checks, took }, &secrets);
        let _ = self.events.send(TestEvent::StepDone { cell: self.cell(), step, outcome, millis: millis(begun) });
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

    pub(super) async fn engine(&self, command: Command, project: Project) -> Result<Ran, Diagnostics> {
        engine::run(command, project, self.interrupt.clone(), |text| self.told(text)).await
    }

    fn told(&self, text: String) {
        let _ = self.events.send(TestEvent::Doing { cell: self.cell(), text });
    }
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
