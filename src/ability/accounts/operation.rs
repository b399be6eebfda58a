//! What a step does with users and groups.

use crate::ability::operation::StepPhase;
use crate::ability::program::Program;
use crate::host::{quote, quote_words};
use serde::{Deserialize, Serialize};

/// One thing that a step does with users and groups; it stays when the step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountOperation {
    /// Runs one of the account tools (`useradd`, `usermod`, `groupadd`, ...).
    Tool {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// Gives a user what services need that run without a login: ranges of subordinate ids, and a manager that lingers.
    Linger {
        /// The user.
        user: String,
    },
}

impl AccountOperation {
    /// When it is carried out: users are in groups, so these come first.
    pub fn phase(&self) -> StepPhase {
        match self {
            Self::Tool { command } if command.first().is_some_and(|program| program.starts_with("group")) => {
                StepPhase::Groups
            }
            Self::Tool { .. } => StepPhase::Users,
            Self::Linger { .. } => StepPhase::Scopes,
        }
    }

    /// Adds it to a step's program.
    pub fn write(&self, at: usize, program: &mut Program<'_>) {
        match self {
            Self::Tool { command } => program.must(at, &format!("account {}", quote_words(command))),
            Self::Linger { user } => program.must(at, &format!("linger {}", quote(user))),
        }
    }
}
