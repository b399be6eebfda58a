//! What is to change on a host, and the words for it.

pub mod action;
pub mod change;
pub mod few;
pub mod role_plan;
