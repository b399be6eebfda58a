//! What solti can look at and change on a host. Each ability has a folder of its own: what it asks and in which words of
//! the shell, how the answer is read, what is known then, and what steps do with it.

pub mod accounts;
pub mod call;
pub mod commands;
pub mod files;
pub mod http;
pub mod memory;
mod operation;
pub mod packages;
pub mod podman;
mod probe;
pub mod program;
mod reader;
pub mod scope;
mod state;
pub mod systemd;
#[cfg(test)]
mod tests;

/// What steps do with all of them, as functions of the host's shell.
pub const STEP: &[&str] = &[files::WAY, files::STEP, accounts::STEP, packages::STEP, podman::STEP, systemd::STEP];

pub use operation::{Operation, StepPhase};
pub use probe::{PLACE, Probe};
pub use reader::{ProbeError, Reader};
pub use state::{Declared, Predicted, Run, StartedWith, State};
