//! Throwaway hosts, and projects to run solti on them.
//!
//! ```ignore
//! let hosts = Hosts::up(&[("mon", Suite::Trixie), ("app", Suite::Bookworm)]);
//! let project = Project::new(&hosts);
//! project.file("playbooks/site.yml", "- hosts: all\n  resources: []\n");
//! project.solti(&["diff", "inventory.yml"]).assert_status(0);
//! assert_eq!(hosts.host("mon").exec("cat /etc/hostname").assert_status(0).stdout, "mon\n");
//! ```
//!
//! Dropping hosts removes them; those of a test run that was killed are removed by the next one. With
//! `SOLTI_TEST_KEEP=1` they stay, and the test says how to reach them.

#![allow(dead_code, unused_imports, reason = "each test crate uses a part of it")]

mod hosts;
mod process;
mod project;
mod terminal;

pub use hosts::{Host, Hosts, Suite, as_root, collect_garbage, podman};
pub use process::{Background, Output, eventually, run, wait_until};
pub use project::Project;
pub use terminal::Terminal;
