//! Things behind the HTTP API of a service: how it is reached and who asks ([`access`]), how it says what it does not do
//! ([`service`]), which answers are final ([`standing`]), and how one object there is brought to its declared state
//! ([`object`], [`conversation`]). What a service has is not known here: each object is a file of its own among the kinds of
//! resources, and a line in their registry.

pub mod access;
pub mod conversation;
pub mod object;
pub mod registry;
pub mod service;
pub mod standing;
#[cfg(test)]
mod tests;

pub use access::{Access, Auth};
pub use conversation::{Asked, Next, Unfinished};
pub use object::{Comparison, Entry, Field, Object};
pub use registry::{Registered, Registry};
pub use service::Service;
pub use standing::Standing;
