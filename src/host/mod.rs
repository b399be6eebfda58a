//! One conversation per host: a shell at the other end of ssh (or on this machine) that is fed programs, its
//! identities, and the facts that it is asked for first.

mod askpass;
mod channel;
mod classify;
mod command;
pub mod descriptors;
mod error;
pub mod excerpt;
pub mod facts;
mod identity;
mod noise;
mod open;
mod query;
mod quote;
mod rundir;
mod shell;
#[cfg(test)]
pub mod shells_here;
mod target;
mod tunnel;
pub mod variables;

pub use askpass::{Askpass, SOCKET as ASKPASS_SOCKET};
pub use error::{ConnectError, Lost, LostReason};
pub use identity::{Identity, Password};
pub use query::in_query;
pub use quote::{quote, quote_words};
pub use rundir::RunDir;
#[cfg(test)]
pub(crate) use shell::framed;
pub use shell::{OnRecord, Shell};
pub use target::{Escalation, Method, Target};
pub use tunnel::Tunnel;

#[cfg(test)]
mod tests;
