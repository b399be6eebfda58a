//! A run as it stands so far: every cell with its steps.

use crate::scenario::Step;
use crate::scenario::event::{Cell, StepOutcome, TestEvent, Verdict};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

/// Everything that the events have said.
#[derive(Debug, Default, Serialize)]
pub struct Record {
    /// By scenario and platform, in the order of the run.
    #[serde(skip)]
    pub cells: IndexMap<Cell, Entry>,
    /// The exit code, when it is over.
    pub exit: Option<u8>,
    /// When it began.
    #[serde(skip)]
    pub begun: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// A cell so far.
#[derive(Debug, Default, Serialize)]
pub struct Entry {
    /// Its steps so far.
    pub steps: Vec<Made>,
    /// How it came out.
    pub verdict: Option<Verdict>,
    /// The step that failed.
    pub failed: Option<Step>,
    /// Commands that open a shell on its hosts, which stay.
    pub kept: Vec<String>,
    /// When its first step began.
    #[serde(skip)]
    pub begun: Option<Timestamp>,
    /// When the step began that is being made, or was made last.
    #[serde(skip)]
    at_it: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// A step that was made.
#[derive(Debug, Serialize)]
pub struct Made {
    /// The step.
    pub step: Step,
    /// How it came out.
    #[serde(flatten)]
    pub outcome: StepOutcome,
    /// When it began.
    #[serde(skip)]
    pub begun: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

impl Record {
    /// Takes in one event that happens now.
    pub fn take(&mut self, event: &TestEvent) {
        self.take_at(event, Timestamp::now());
    }

    /// Takes in one event that happened at this time.
    pub fn take_at(&mut self, event: &TestEvent, at: Timestamp) {
        match event {
            TestEvent::Started { cells, .. } => {
                self.begun = Some(at);
                self.cells = cells.iter().map(|cell| (cell.clone(), Entry::default())).collect();
            }
            TestEvent::StepDone { cell, step, outcome, millis } => {
                let entry = self.cells.entry(cell.clone()).or_default();
                let made = Made { step: *step, outcome: outcome.clone(), begun: entry.at_it, millis: *millis };
                entry.steps.push(made);
            }
            TestEvent::CellDone { cell, verdict, failed, kept, millis } => {
                let entry = self.cells.entry(cell.clone()).or_default();
                (entry.verdict, entry.failed, entry.millis) = (Some(*verdict), *failed, *millis);
                entry.kept.clone_from(kept);
            }
            TestEvent::Finished { exit, millis } => (self.exit, self.millis) = (Some(*exit), *millis),
            TestEvent::Step { cell, .. } => {
                let entry = self.cells.entry(cell.clone()).or_default();
                entry.begun.get_or_insert(at);
                entry.at_it = Some(at);
            }
            TestEvent::Doing { .. } | TestEvent::Note { .. } => {}
        }
    }

    /// How many cells have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cells.values().filter(|entry| entry.verdict == Some(verdict)).count()
    }
}

impl Entry {
    /// The step that failed.
    pub fn failure(&self) -> Option<&Made> {
        self.steps.iter().find(|made| Some(made.step) == self.failed)
    }
}
