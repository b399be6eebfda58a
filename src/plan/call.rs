//! A conversation with the API of a service on a host, by which something there is brought to its declared state.
//!
//! It is written down as if every request were answered at once. Who carries it out calls it again and again, each time
//! with one answer more; so it must be the same for the same answers.

use super::http::{Reply, Request};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A conversation.
pub trait Call: fmt::Debug + Send + Sync {
    /// Asks for what is there, and changes what differs; what is as declared already is left alone.
    ///
    /// # Errors
    /// [`Stop::Ask`] when it needs one more answer, and [`Stop::Failed`] when the service refuses.
    fn converse(&self, asked: &mut Asked<'_>) -> Result<Vec<Secret>, Stop>;

    /// The names of the secrets that it gives; for those who need them, these are known only afterwards.
    fn makes(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is left to do once nobody needs any more what it has replaced: when all hosts have had their turn, and none
    /// of them has failed.
    fn afterwards(&self) -> Option<Arc<dyn Call>> {
        None
    }

    /// How long the service may take until it answers.
    fn within(&self) -> Duration;

    /// What it changes, in words; said when the rest of the role is put back, because this stays.
    fn stays(&self) -> String;
}

/// A secret that the host is to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// Itself.
    pub value: String,
    /// The file in which it is kept.
    pub path: String,
}

/// The answers so far, in order.
pub struct Asked<'r> {
    replies: std::slice::Iter<'r, Reply>,
}

/// Why a conversation does not go on.
#[derive(Debug)]
pub enum Stop {
    /// This is to be asked next.
    Ask(Request),
    /// It has failed, and why.
    Failed(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

impl<'r> Asked<'r> {
    /// With these answers.
    pub fn new(replies: &'r [Reply]) -> Self {
        Self { replies: replies.iter() }
    }

    /// The answer to a request.
    ///
    /// # Errors
    /// When it has not been asked yet.
    pub fn ask(&mut self, request: Request) -> Result<&'r Reply, Stop> {
        self.replies.next().ok_or(Stop::Ask(request))
    }
}
