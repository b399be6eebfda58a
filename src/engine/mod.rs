//! A run: load, resolve, connect, facts, render, probe, plan; and, for `apply`, step by step to the end.

mod adoption;
mod apply;
mod as_before;
mod asking;
mod attempts;
mod became;
mod checks;
mod conflicts;
mod converse;
mod elsewhere;
pub mod event;
mod extra_vars;
mod fallen;
mod faults;
mod gather;
mod handover;
mod http;
mod keepers;
mod lasting;
mod leftovers;
mod no_longer;
mod orphans;
mod ownership;
mod planner;
mod play_hosts;
mod progress;
mod project;
mod project_id;
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
mod who;
mod work;

pub use project::{Project, load};
pub use run::run;
pub use target::target;
