//! What ends the work on a host.

use super::event::Failure;
use super::planner::Impossible;
use crate::host::{ConnectError, Lost};

/// What ended the work on a host.
#[derive(Debug)]
pub enum Stop {
    /// It could not be reached.
    Unreachable(String),
    /// Another run is under way there.
    Locked(String),
    /// It has become another one since its plan was made.
    Stale,
    /// Something went wrong.
    Failed(Box<Failure>),
    /// Its shell, or the way to it, is gone.
    Lost(Box<Failure>),
}

impl Stop {
    /// What ended the work, in a few words.
    pub fn reason(&self) -> String {
        match self {
            Self::Unreachable(reason) => reason.lines().next().unwrap_or_default().to_owned(),
            Self::Locked(who) => format!("locked: {who}"),
            Self::Stale => "it is no longer as it was when this was planned".to_owned(),
            Self::Failed(failure) | Self::Lost(failure) => failure.message.clone(),
        }
    }
}

impl From<ConnectError> for Stop {
    fn from(error: ConnectError) -> Self {
        let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
        Self::Unreachable(format!("{error}{hint}"))
    }
}

/// A failure that is about the host as a whole.
pub(super) fn failure(place: &str, message: impl Into<String>) -> Failure {
    Failure {
        place: place.to_owned(),
        message: message.into(),
        command: None,
        status: None,
        output: Vec::new(),
        restored: Vec::new(),
        left: Vec::new(),
        stays: 0,
        open: false,
    }
}

/// Of a shell that is gone.
pub(super) fn lost(lost: Lost) -> Stop {
    let mut failure = failure("", lost.to_string());
    failure.output = lost.lines;
    Stop::Lost(Box::new(failure))
}

/// Of a plan that cannot be made.
pub(super) fn impossible(all: &[Impossible]) -> Stop {
    let mut parts = all.iter();
    let mut failure = match parts.next() {
        Some(first) => failure(&first.resource, first.reason.clone()),
        None => failure("", "no plan could be made"),
    };
    failure.output = parts.map(|more| format!("{}: {}", more.resource, more.reason)).collect();
    Stop::Failed(Box::new(failure))
}
