//! solti brings the hosts of a monitoring stack to a declared state over SSH.
//!
//! The library knows no terminal: it emits [`engine`] events, and [`report`] turns them into what a
//! person or a program reads. Modules further down in this list import only from those below them.

pub mod ability;
pub mod api;
pub mod engine;
pub mod host;
pub mod inventory;
pub mod plan;
pub mod playbook;
pub mod quadlet;
pub mod report;
pub mod resource;
pub mod role;
pub mod scenario;
pub mod schema;
pub mod secret;
pub mod source;
pub mod template;
pub mod yaml;
