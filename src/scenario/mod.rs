//! `solti test`: scenarios on throwaway hosts, from `scenario.yml` to the verdict.

mod cell;
mod check;
pub mod event;
mod hosts;
mod inputs;
mod matrix;
pub mod report;
mod spec;
mod step;
#[cfg(test)]
mod tests;

pub use check::check;
pub use hosts::{Destroyed, Driver, Kept, Machine, destroy, kept};
pub use matrix::{Choice, Plan, plan, run};
pub use spec::{Build, Collection, Existing, Image, Matrix, Mount, Origin, Platform, Variant, init, schema};
pub use step::Step;

use crate::role::CheckSpec;
use crate::source::Span;
use crate::yaml::{Entry, Node};
use std::path::PathBuf;
use std::time::Duration;

/// What a `scenario.yml` says.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The name of its folder.
    pub name: String,
    /// One line on what it shows.
    pub summary: Option<String>,
    /// The file, as it is shown.
    pub path: PathBuf,
    /// Where the file begins.
    pub span: Span,
    /// What its hosts run, each once.
    pub platforms: Vec<Platform>,
    /// Its hosts, in the order written.
    pub hosts: Vec<Host>,
    /// Variables of all hosts.
    pub vars: Vec<Entry>,
    /// Options with several values, each combination of which is tried.
    pub matrix: Matrix,
    /// The one of these combinations that it is, once it is taken apart; without values until then, and where there are none.
    pub variant: Variant,
    /// What is applied.
    pub plays: Plays,
    /// What is done on the hosts before that.
    pub prepare: Vec<Preparation>,
    /// What is asked beside the roles' own checks.
    pub checks: Vec<Checks>,
    /// What is broken on purpose once all checks have passed.
    pub breaks: Vec<Break>,
    /// How it is to fail, if it is to fail.
    pub expect: Option<Expectation>,
    /// Paths, `*` for anything in between, that may stay when the roles have gone.
    pub may_stay: Vec<String>,
}

/// A host of a scenario.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The groups that it is in.
    pub groups: Vec<(String, Span)>,
    /// Its own variables.
    pub vars: Vec<Entry>,
    /// What it runs, whichever platform the others run.
    pub platform: Option<Platform>,
}

/// What a scenario applies.
#[derive(Debug, Clone)]
pub enum Plays {
    /// Roles, as a play lists them, on all hosts.
    Roles(Node),
    /// A playbook.
    Playbook(PathBuf),
}

/// Something that is done before the roles are applied.
#[derive(Debug, Clone)]
pub enum Preparation {
    /// Shell text, run as root on every host.
    Shell(String),
    /// A playbook.
    Playbook(PathBuf),
}

/// Checks of some hosts.
#[derive(Debug, Clone)]
pub struct Checks {
    /// The pattern of the hosts that are asked.
    pub hosts: String,
    /// Where it stands.
    pub span: Span,
    /// What they are asked.
    pub specs: Vec<CheckSpec>,
}

/// Something that is broken on purpose, so that checks must fail.
#[derive(Debug, Clone)]
pub struct Break {
    /// What it is called.
    pub name: String,
    /// The host on which it is broken.
    pub on: String,
    /// Shell text that breaks it.
    pub run: String,
    /// Shell text that mends it.
    pub heal: Option<String>,
    /// Variables with which the checks are asked meanwhile, for shorter deadlines.
    pub vars: Vec<Entry>,
    /// Texts in the names of the checks that must fail, `HOST ROLE/STEP/KIND:NAME`.
    pub fails: Vec<String>,
    /// How long it may take until they do, and until all pass again.
    pub within: Duration,
}

/// How a scenario is to fail.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// A text of the error.
    pub fails: String,
    /// The step that fails.
    pub at: Step,
}
