//! A run: load, resolve, connect, facts, render, probe, plan; and, for `apply`, step by step to the end.

mod apply;
mod asking;
mod attempts;
mod became;
mod checks;
mod conflicts;
mod converse;
pub mod event;
mod extra_vars;
mod faults;
mod gather;
mod handover;
mod http;
mod ownership;
mod planner;
mod progress;
mod project;
pub mod render;
pub mod request;
mod resolve;
mod run;
mod session;
mod step;
mod tags;
mod taint;
mod target;
#[cfg(test)]
mod tests;
mod undo;
mod waiting;
mod work;

pub use project::{Project, load};
pub use run::run;
pub use target::target;
