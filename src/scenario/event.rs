//! What a run of scenarios says while it goes on. Reports make words, lines and files of it.

use super::{Platform, Scenario, Step};
use crate::engine::event::CheckResult;
use serde::Serialize;

/// A scenario on a platform, with certain options.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Cell {
    /// The scenario.
    pub scenario: String,
    /// The platform.
    pub platform: String,
    /// The values of the scenario's matrix, `loki_backend=package`; none if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Cell {
    /// Of a scenario that is taken apart already.
    pub fn of(scenario: &Scenario, platform: &Platform) -> Self {
        let variant = Some(scenario.variant.to_string()).filter(|variant| !variant.is_empty());
        Self { scenario: scenario.name.clone(), platform: platform.name.clone(), variant }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {}", self.scenario, self.platform)?;
        self.variant.iter().try_for_each(|variant| write!(f, ", {variant}"))
    }
}

/// How a step, or all of a cell, came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should.
    Passed,
    /// Otherwise.
    Failed,
    /// It was not come to its end.
    Interrupted,
}

/// Why a step failed.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// One line.
    pub message: String,
    /// What a person needs to see: the plan that should be empty, the check that failed, last lines.
    pub details: Vec<String>,
    /// Where it stands what failed: the check, the role, or the scenario.
    pub at: FilePlace,
    /// What else helps to find out why.
    pub evidence: Vec<Evidence>,
}

/// A place in the project's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilePlace {
    /// The file, as it is shown.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<usize>,
}

/// Something within a step, and how long it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Took {
    /// The host.
    pub host: String,
    /// What was done there: `loki/config`.
    pub what: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// A text from a host of a scenario that failed, without secrets.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// What it is: `journal of mon`.
    pub title: String,
    /// The text.
    pub text: String,
}

/// A check that was asked on a host.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    /// The host.
    pub host: String,
    /// The answer.
    #[serde(flatten)]
    pub result: CheckResult,
}

/// How a step came out.
#[derive(Debug, Clone, Serialize)]
pub struct StepOutcome {
    /// In one word.
    pub verdict: Verdict,
    /// In a few: `14 changes`.
    pub seen: String,
    /// Why it failed, also where that was expected.
    pub failure: Option<Failure>,
    /// What was planned, done or asked, as `solti diff` and the others show it.
    pub text: String,
    /// The checks that were asked.
    pub checks: Vec<Asked>,
    /// What hosts were busy with, beside the checks.
    pub took: Vec<Took>,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum TestEvent {
    /// The run begins.
    Started {
        /// What is run, in order.
        cells: Vec<Cell>,
        /// How many of them at once.
        jobs: usize,
    },
    /// A step begins.
    Step {
        /// Of what.
        #[serde(flatten)]
        cell: Cell,
        /// The step.
        step: Step,
    },
    /// What is being done in a step right now.
    Doing {
        /// Of what.
        #[serde(flatten)]
        cell: Cell,
        /// In a few words.
        text: String,
    },
    /// The user should know this.
    Note {
        /// Of what.
        #[serde(flatten)]
        cell: Cell,
        /// The sentence.
        text: String,
    },
    /// A step is over.
    StepDone {
        /// Of what.
        #[serde(flatten)]
        cell: Cell,
        /// The step.
        step: Step,
        /// How it came out.
        #[serde(flatten)]
        outcome: StepOutcome,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// A scenario on a platform is over.
    CellDone {
        /// What.
        #[serde(flatten)]
        cell: Cell,
        /// How it came out.
        verdict: Verdict,
        /// The step that failed.
        failed: Option<Step>,
        /// Commands that open a shell on its hosts, which stay.
        kept: Vec<String>,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// The run is over; the last event.
    Finished {
        /// The exit code of the process.
        exit: u8,
        /// How long it took, in milliseconds.
        millis: u64,
    },
}
