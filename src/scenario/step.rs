//! The steps that a scenario goes through on each platform.

use crate::source::did_you_mean;
use serde::Serialize;

/// A step of a scenario, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Hosts are booted.
    Create,
    /// What the scenario needs beside its roles is done.
    Prepare,
    /// A plan is made, which must have changes on new hosts.
    Diff,
    /// It is carried out.
    Apply,
    /// A second plan is made, which must be empty.
    Converged,
    /// The roles' checks and the scenario's are asked.
    Verify,
    /// The roles go, and must leave nothing.
    Removed,
    /// The hosts go.
    Destroy,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Create,
        Self::Prepare,
        Self::Diff,
        Self::Apply,
        Self::Converged,
        Self::Verify,
        Self::Removed,
        Self::Destroy,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Prepare => "prepare",
            Self::Diff => "diff",
            Self::Apply => "apply",
            Self::Converged => "converged",
            Self::Verify => "verify",
            Self::Removed => "removed",
            Self::Destroy => "destroy",
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name);
        Self::ALL.into_iter().find(|step| step.name() == text).ok_or_else(|| match did_you_mean(text, names) {
            Some(near) => format!("there is no step `{text}`; did you mean `{near}`?"),
            None => format!("there is no step `{text}`; steps are {}", names.join(", ")),
        })
    }
}
