//! Faults of solti's own: a panic in the work on a host is a failure of that host, and the others go on.

use super::session::Session;
use std::any::Any;
use std::time::Instant;
use tokio::task::JoinError;

/// What is still known of a host when its work is lost.
pub(super) struct Left {
    pub host: String,
    pub begun: Instant,
    pub changed: usize,
    /// Whether something may have been under way there.
    pub open: bool,
}

impl Left {
    pub fn of(session: &Session) -> Self {
        Self { host: session.name().to_owned(), begun: session.begun, changed: session.changed, open: true }
    }

    /// Of a host that nobody has talked to yet.
    pub fn untouched(host: &str) -> Self {
        Self { host: host.to_owned(), begun: Instant::now(), changed: 0, open: false }
    }
}

/// What a task that broke off said last.
pub(super) fn said_last(error: JoinError) -> String {
    error.try_into_panic().map_or_else(|_| "it was given up".to_owned(), words)
}

/// What a panic says.
pub(super) fn words(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without words").to_owned()
}
