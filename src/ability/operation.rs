//! Operations: the few things that a step can do to a host, from which every change is made.

use super::files::{Body, FileOperation};
use super::program::Program;
use crate::ability::call::Call;
use serde::{Deserialize, Serialize};

macro_rules! operation {
    ($($(#[$what:meta])* $ability:ident as $name:ident: $known:ident, $operations:ident($operation:ident);)*) => {
        /// One thing that a step does to a host, by ability.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Operation {
            $($(#[$what])* $operations(super::$ability::$operation),)*
            /// Talks to the API of a service, once everything else in the step is done. What it changes there stays.
            Api(Call),
        }

        impl Operation {
            /// When it is carried out.
            pub fn phase(&self) -> StepPhase {
                match self {
                    $(Self::$operations(operation) => operation.phase(),)*
                    Self::Api(_) => StepPhase::Apis,
                }
            }

            /// Adds it to a step's program, for the change `at`.
            pub fn write(&self, at: usize, program: &mut Program<'_>) {
                match self {
                    $(Self::$operations(operation) => operation.write(at, program),)*
                    Self::Api(_) => {}
                }
            }
        }
    };
}
abilities!(operation);

/// When a step that declares things carries out an operation, whatever the order of the declarations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepPhase {
    /// All is as it was when the step was planned.
    Expectations,
    /// What solti is about to replace for the first time is kept.
    Originals,
    /// Where packages come from.
    PackageSources,
    /// Packages.
    Packages,
    /// Groups.
    Groups,
    /// Users.
    Users,
    /// What users need for services of their own.
    Scopes,
    /// Images.
    Images,
    /// Folders that are missing.
    Folders,
    /// Who may do what with what is there.
    Attributes,
    /// Files.
    Files,
    /// Links, and what goes.
    Places,
    /// What tries the new files in their places.
    Trials,
    /// systemd reads its files.
    Reload,
    /// Services and commands.
    Services,
    /// Packages that go.
    Uninstalled,
    /// What podman no longer keeps.
    Discarded,
    /// Services are talked to.
    Apis,
}

impl StepPhase {
    /// What is said to take its time then.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expectations | Self::Originals => "preparing",
            Self::PackageSources | Self::Packages | Self::Uninstalled => "packages",
            Self::Groups | Self::Users | Self::Scopes => "accounts",
            Self::Images => "images",
            Self::Folders | Self::Attributes | Self::Files | Self::Places => "files",
            Self::Trials => "trials",
            Self::Reload => "daemon-reload",
            Self::Services => "services",
            Self::Discarded => "podman",
            Self::Apis => "API calls",
        }
    }
}

impl Operation {
    /// Writes one file.
    pub fn write_file(body: Body) -> Self {
        Self::Files(FileOperation::Write {
            folder: None,
            bodies: vec![body],
            removed: Vec::new(),
            declared: Vec::new(),
            validation: None,
            early: false,
        })
    }
}
