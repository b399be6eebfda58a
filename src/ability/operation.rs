//! Operations: the few things that a step can do to a host, from which every change is made.

use super::accounts::AccountOperation;
use super::commands::CommandOperation;
use super::files::{Body, FileOperation};
use super::packages::PackageOperation;
use super::podman::PodmanOperation;
use super::program::Program;
use super::systemd::UnitOperation;
use crate::ability::call::Call;
use serde::{Deserialize, Serialize};

/// One thing that a step does to a host, by ability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// With files, folders and links.
    Files(FileOperation),
    /// With packages.
    Packages(PackageOperation),
    /// With users and groups.
    Accounts(AccountOperation),
    /// With podman.
    Podman(PodmanOperation),
    /// With units.
    Units(UnitOperation),
    /// A command.
    Commands(CommandOperation),
    /// Talks to the API of a service, once everything else in the step is done. What it changes there stays.
    Api(Call),
}

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
    /// Folders, and who may do what with what is there.
    Folders,
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
            Self::Folders | Self::Files | Self::Places => "files",
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

    /// When it is carried out.
    pub fn phase(&self) -> StepPhase {
        match self {
            Self::Files(operation) => operation.phase(),
            Self::Packages(operation) => operation.phase(),
            Self::Accounts(operation) => operation.phase(),
            Self::Podman(operation) => operation.phase(),
            Self::Units(operation) => operation.phase(),
            Self::Commands(operation) => operation.phase(),
            Self::Api(_) => StepPhase::Apis,
        }
    }

    /// Adds it to a step's program, for the change `at`; `going` is all packages that the step removes.
    pub fn write(&self, at: usize, going: &[&str], program: &mut Program<'_>) {
        match self {
            Self::Files(operation) => operation.write(at, program),
            Self::Packages(operation) => operation.write(at, going, program),
            Self::Accounts(operation) => operation.write(at, program),
            Self::Podman(operation) => operation.write(at, program),
            Self::Units(operation) => operation.write(at, program),
            Self::Commands(operation) => operation.write(at, program),
            Self::Api(_) => {}
        }
    }
}
