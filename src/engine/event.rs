//! What a run says while it goes on. The engine emits events; the reports make words, lines and files of them.

pub use super::shown::{HostPlan, ShownChange, ShownDetail, ShownRole, ShownStep};

use serde::Serialize;

/// What a host is busy with; one calm line on a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// Waiting for its turn.
    Waiting,
    /// Connecting and logging in.
    Connecting,
    /// Reading facts and the state of its resources.
    Reading,
    /// Its plan is made; waiting for the others, or for a yes.
    Planned,
    /// Carrying out a step.
    Applying {
        /// The role (or `resources` of a play).
        role: String,
        /// The step in it.
        step: String,
    },
    /// Fetching a container image.
    Pulling {
        /// Its name.
        image: String,
    },
    /// Carrying out an action.
    Acting {
        /// Its public id.
        action: String,
    },
    /// Waiting for checks to be answered with yes.
    Checking {
        /// The role.
        role: String,
        /// The check that is being waited for.
        check: String,
    },
    /// Putting back what a failed step had changed.
    PuttingBack {
        /// The role.
        role: String,
    },
    /// Nothing more to do.
    Done,
}

/// What stands for the play, and the step, of a role that is in no play any more.
pub const ORPHANED: &str = "orphaned";

/// Why something on a host failed.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Where in the play: `prometheus/config/config:/etc/prometheus`, or a role alone.
    pub place: String,
    /// One line: what went wrong.
    pub message: String,
    /// The command that failed, if one did.
    pub command: Option<String>,
    /// Its exit status.
    pub status: Option<i32>,
    /// Its last lines of output, or of the service's journal.
    pub output: Vec<String>,
    /// What was put back afterwards: one line each ("/etc/x", "prometheus.service is running again").
    #[serde(rename = "put_back")]
    pub restored: Vec<String>,
    /// What could not be put back, or stays by nature (packages, users, commands that ran).
    pub left: Vec<String>,
    /// How many of its changes stay by nature.
    #[serde(skip_serializing_if = "is_zero")]
    pub stays: usize,
    /// Whether its role is neither done nor put back, or nobody knows.
    #[serde(skip_serializing_if = "is_false")]
    pub open: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes it so
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes it so
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The result of one check on one host.
#[derive(Debug, Clone, Serialize)]
pub struct CheckResult {
    /// Its public id, `role/step/http:...`.
    pub check: String,
    /// Whether it was answered with yes.
    pub passed: bool,
    /// What was seen: "200 in 0.3 s", or why it failed.
    pub seen: String,
    /// What it found of a signal, if it asked for one.
    #[serde(flatten)]
    pub newest: Option<Newest>,
    /// How long it took from when it was first asked to this answer, in milliseconds; 0 if it never was.
    pub millis: u64,
}

/// The newest sample of a signal of a host.
#[derive(Debug, Clone, Serialize)]
pub struct Newest {
    /// `metrics`, `logs`, ...
    pub signal: String,
    /// The host whose signal it is.
    pub of: String,
    /// Its age; negative if it is ahead of the clock, none if no sample was found.
    pub age_seconds: Option<i64>,
}

/// What came of an action on one host.
#[derive(Debug, Clone, Serialize)]
pub struct ActionResult {
    /// Its public id, `role/action`.
    pub action: String,
    /// Its exit status; none where it did not come to an end.
    pub status: Option<i32>,
    /// What it said on both streams, or the end of that.
    pub output: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// How a host ended.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// Nothing differed.
    Unchanged,
    /// `diff`: this many changes would be made.
    Differs {
        /// The number of changes.
        changes: usize,
    },
    /// `apply`: this many changes were made.
    Changed {
        /// The number of changes.
        changes: usize,
    },
    /// `verify`: this many checks passed.
    Verified {
        /// The number of checks.
        checks: usize,
    },
    /// `run`: the actions that were carried out succeeded.
    Acted {
        /// How many they are.
        actions: usize,
    },
    /// Something failed; each failure says what became of its role.
    Failed {
        /// The number of changes made by earlier roles, which stay.
        changes: usize,
    },
    /// The host could not be reached; nothing was done there.
    Unreachable {
        /// ssh's own words.
        reason: String,
    },
    /// What was still to be done there was not begun: declined, locked, interrupted, or the run ended early.
    Skipped {
        /// The number of changes made by earlier roles, which stay.
        #[serde(skip_serializing_if = "is_zero")]
        changes: usize,
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// Why what was to be done was not, where a reason is known.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Unreachable { reason } | Self::Skipped { reason, .. } => {
                Some(reason.lines().next().unwrap_or_default())
            }
            _ => None,
        }
    }
}

/// A part of what is done on a host as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// What was done: `files`, `services`, ...
    pub what: &'static str,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// The run begins.
    Started {
        /// `diff`, `apply` or `verify`.
        command: &'static str,
        /// The hosts it is about, in inventory order.
        hosts: Vec<String>,
    },
    /// A host goes on to something else.
    Phase {
        /// The host.
        host: String,
        /// What it is busy with now.
        #[serde(flatten)]
        phase: Phase,
    },
    /// A host's plan. All plans are out before anything changes.
    Planned {
        /// The host.
        host: String,
        /// What would change.
        plan: HostPlan,
    },
    /// A step was carried out.
    StepDone {
        /// The host.
        host: String,
        /// The role.
        role: String,
        /// The step.
        step: String,
        /// How many changes it made.
        changes: usize,
        /// What took its time in it, one after the other.
        parts: Vec<Timing>,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// All of a role's steps and checks are done, and it counts.
    RoleDone {
        /// The host.
        host: String,
        /// The role.
        role: String,
        /// What took its time beside the steps.
        parts: Vec<Timing>,
        /// How long all of it took, in milliseconds.
        millis: u64,
    },
    /// An image was fetched.
    Pulled {
        /// The host.
        host: String,
        /// Its name.
        image: String,
        /// How much room it takes there; none if podman did not say.
        bytes: Option<u64>,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// A check was answered, or was not in time.
    Checked {
        /// The host.
        host: String,
        /// The answer.
        #[serde(flatten)]
        result: CheckResult,
    },
    /// An action was carried out.
    Acted {
        /// The host.
        host: String,
        /// What came of it.
        #[serde(flatten)]
        result: ActionResult,
    },
    /// Something failed on a host.
    Failed {
        /// The host.
        host: String,
        /// What, and what became of it.
        #[serde(flatten)]
        failure: Failure,
    },
    /// The user should know this.
    Note {
        /// The host, if it is about one.
        host: Option<String>,
        /// The sentence.
        text: String,
    },
    /// A host is finished.
    HostDone {
        /// The host.
        host: String,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
        /// Programs sent to the host and answered, connecting included.
        exchanges: usize,
        /// Time spent on it, in milliseconds.
        millis: u64,
    },
    /// The run is over; the last event.
    Finished {
        /// The exit code of the process.
        exit: u8,
        /// Time from start to end, in milliseconds.
        millis: u64,
    },
}
