//! A plan as it is shown: what changes, in words and texts, and not how. These are types of their own, so that what a plan
//! has beside that, secrets among it, gets into no report.

use crate::plan::change::{Action, Change, Detail};
use crate::plan::role_plan::{RolePlan, StepPlan};
use crate::secret::Taint;
use serde::Serialize;

/// All that a run changes on one host.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HostPlan {
    /// Roles in the order of the plays; empty if nothing differs.
    pub roles: Vec<ShownRole>,
    /// What the user should know: orphaned roles, an interrupted earlier run, what could not be predicted.
    pub notes: Vec<String>,
}

impl HostPlan {
    /// How many changes there are.
    pub fn count(&self) -> usize {
        self.roles.iter().flat_map(|role| &role.steps).map(|step| step.changes.len()).sum()
    }
}

/// The changes of one role on one host.
#[derive(Debug, Clone, Serialize)]
pub struct ShownRole {
    /// The role's name, or "resources" for those of a play.
    pub role: String,
    /// Which play it is of, by name.
    pub play: String,
    /// Its steps that have changes.
    pub steps: Vec<ShownStep>,
}

/// The changes of one step.
#[derive(Debug, Clone, Serialize)]
pub struct ShownStep {
    /// The step's name.
    pub step: String,
    /// The changes, in the order declared; never empty.
    pub changes: Vec<ShownChange>,
}

/// What a run does to one resource of one host.
#[derive(Debug, Clone, Serialize)]
pub struct ShownChange {
    /// The resource's public id, `role/step/kind:name`.
    pub resource: String,
    /// What happens to it.
    pub action: Action,
    /// What exactly.
    pub details: Vec<ShownDetail>,
}

/// One thing that a change says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ShownDetail {
    /// The content of a text file; shown as a unified diff.
    Text {
        /// The file on the host.
        path: String,
        /// What is there now; none if nothing is.
        old: Option<String>,
        /// What will be there; none if nothing will.
        new: Option<String>,
        /// The file is a secret as a whole: only that it differs is said.
        hidden: bool,
        /// What in the new content was made of secrets.
        #[serde(skip)]
        secrets: Taint,
    },
    /// A value that is not a text file: `mode 0644 -> 0640`.
    Value {
        /// What has the value: "mode", "owner", "version".
        what: String,
        /// The value now; none if there is none.
        old: Option<String>,
        /// The value afterwards; none if there will be none.
        new: Option<String>,
    },
    /// A sentence: why a service restarts, what stays in place.
    Note {
        /// The sentence, without a full stop.
        text: String,
    },
}

impl From<&RolePlan> for ShownRole {
    fn from(plan: &RolePlan) -> Self {
        let RolePlan { role, play, steps } = plan;
        Self { role: role.clone(), play: play.clone(), steps: steps.iter().map(ShownStep::from).collect() }
    }
}

impl From<&StepPlan> for ShownStep {
    fn from(plan: &StepPlan) -> Self {
        Self { step: plan.step.clone(), changes: plan.changes.iter().map(ShownChange::from).collect() }
    }
}

impl From<&Change> for ShownChange {
    fn from(change: &Change) -> Self {
        let details = change.details.iter().cloned().map(ShownDetail::from).collect();
        Self { resource: change.resource.clone(), action: change.action, details }
    }
}

impl From<Detail> for ShownDetail {
    fn from(detail: Detail) -> Self {
        match detail {
            Detail::Text { path, old, new, hidden, secrets } => Self::Text { path, old, new, hidden, secrets },
            Detail::Value { what, old, new } => Self::Value { what, old, new },
            Detail::Note { text } => Self::Note { text },
        }
    }
}
