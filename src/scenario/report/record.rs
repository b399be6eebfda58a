//! A run as it stands so far: every cell with its steps.

use crate::scenario::Step;
use crate::scenario::event::{Cell, Event, Outcome, Verdict};
use indexmap::IndexMap;
use serde::Serialize;

/// Everything that the events have said.
#[derive(Debug, Default, Serialize)]
pub struct Record {
    /// By scenario and platform, in the order of the run.
    #[serde(skip)]
    pub cells: IndexMap<Cell, Entry>,
    /// The exit code, when it is over.
    pub exit: Option<u8>,
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
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

impl Record {
    /// Takes in one event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Started { cells, .. } => {
                self.cells = cells.iter().map(|cell| (cell.clone(), Entry::default())).collect();
            }
            Event::StepDone { cell, step, outcome, millis } => {
                let made = Made { step: *step, outcome: outcome.clone(), millis: *millis };
                self.cells.entry(cell.clone()).or_default().steps.push(made);
            }
            Event::CellDone { cell, verdict, failed, kept, millis } => {
                let entry = self.cells.entry(cell.clone()).or_default();
                (entry.verdict, entry.failed, entry.millis) = (Some(*verdict), *failed, *millis);
                entry.kept.clone_from(kept);
            }
            Event::Finished { exit, millis } => (self.exit, self.millis) = (Some(*exit), *millis),
            Event::Step { .. } | Event::Doing { .. } => {}
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
