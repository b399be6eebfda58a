//! What a step does with packages.

use crate::ability::operation::StepPhase;
use crate::ability::program::Program;
use crate::host::{quote, quote_words};
use serde::{Deserialize, Serialize};

/// One thing that a step does with packages; it stays when the step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackageOperation {
    /// Installs packages, with their services' automatic start suppressed and existing configuration kept.
    Install {
        /// `name` or `name=version`, as apt takes them.
        packages: Vec<String>,
        /// Whether the package lists are read anew first.
        refresh: bool,
        /// Whether recommended packages come along.
        recommends: bool,
    },
    /// Removes packages; their configuration and data stay.
    Uninstall {
        /// Names.
        packages: Vec<String>,
    },
}

impl PackageOperation {
    /// When it is carried out.
    pub fn phase(&self) -> StepPhase {
        match self {
            Self::Install { .. } => StepPhase::Packages,
            Self::Uninstall { .. } => StepPhase::Uninstalled,
        }
    }

    /// The packages that it removes.
    pub fn removes(&self) -> &[String] {
        match self {
            Self::Uninstall { packages } => packages,
            Self::Install { .. } => &[],
        }
    }

    /// Adds it to a step's program.
    pub fn write(&self, at: usize, program: &mut Program<'_>) {
        match self {
            Self::Install { packages, refresh, recommends } => {
                let yes = |flag: &bool| if *flag { "yes" } else { "no" };
                program.must(at, &format!("install {} {} {}", yes(refresh), yes(recommends), quote_words(packages)));
            }
            Self::Uninstall { packages } => {
                let going = quote(&program.going.join(" "));
                program.must(at, &format!("uninstall {going} {}", quote_words(packages)));
            }
        }
    }
}
