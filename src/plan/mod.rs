//! What is on a host, what is to change there, and the words for it.

pub mod bytes;
pub mod call;
pub mod change;
pub mod few;
pub mod http;
pub mod manifest;
pub mod operation;
pub mod probe;
pub mod reader;
pub mod role_plan;
pub mod scope;
pub mod state;
#[cfg(test)]
mod tests;
