//! A conversation with a service. It is written down as if every request were answered at once. Who carries it out goes
//! through it again and again, each time with one answer more; so it must be the same for the same answers.

use crate::ability::call::Secret;
use crate::ability::http::{Reply, Request};

/// The answers so far, in order.
pub struct Asked<'r> {
    replies: std::slice::Iter<'r, Reply>,
}

/// Why a conversation does not go on.
#[derive(Debug)]
pub enum Unfinished {
    /// This is to be asked next.
    Ask(Request),
    /// It has failed, and why.
    Failed(String),
}

/// How a call goes on.
pub enum Next {
    /// This is to be asked.
    Ask(Request),
    /// It is over, and has given these secrets.
    Done(Vec<Secret>),
    /// It has failed, and why.
    Failed(String),
}

impl From<String> for Unfinished {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

impl From<Result<Vec<Secret>, Unfinished>> for Next {
    fn from(result: Result<Vec<Secret>, Unfinished>) -> Self {
        match result {
            Ok(secrets) => Self::Done(secrets),
            Err(Unfinished::Ask(request)) => Self::Ask(request),
            Err(Unfinished::Failed(reason)) => Self::Failed(reason),
        }
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
    pub fn ask(&mut self, request: Request) -> Result<&'r Reply, Unfinished> {
        self.replies.next().ok_or(Unfinished::Ask(request))
    }
}
