//! A role's changes on one host, step by step.

use super::change::Change;
use serde::{Deserialize, Serialize};

/// The changes of one step of a role on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPlan {
    /// The step's name.
    pub step: String,
    /// The changes, in the order declared.
    pub changes: Vec<Change>,
    /// Whether they are carried out in just this order, as removals are; else packages come first, then files, then
    /// services.
    pub in_order: bool,
}

/// The changes of one role on one host: they succeed or are put back together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolePlan {
    /// The role's name, or "resources" for those of a play.
    pub role: String,
    /// Which play it is of, by name.
    pub play: String,
    /// Its steps that have changes.
    pub steps: Vec<StepPlan>,
}
