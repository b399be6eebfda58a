//! Faults of solti's own: a panic in the work on a host is a failure of that host, and the others go on.

use super::event::{Event, Outcome};
use super::progress::millis;
use super::request::Command;
use super::run::Dispatcher;
use super::session::{Session, failure};
use std::any::Any;
use std::time::Instant;
use tokio::task::JoinError;

/// What is still known of a host when its work is lost.
pub(super) struct Left {
    pub host: String,
    begun: Instant,
    changed: usize,
    /// Whether something may have been under way there.
    open: bool,
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

impl Dispatcher {
    /// Ends a host whose work came to a fault of solti's own. Its connection went with it, which the host notices.
    pub(super) fn broke_off(&mut self, left: Left, said: &str) {
        let message = format!("solti broke off here by a fault of its own, which is worth a report: {said}");
        let mut failure = failure("", message);
        if left.open && matches!(self.command, Command::Apply { .. }) {
            let left = "what was under way, unless the host has put it back: `solti diff` shows what is there";
            failure.left.push(left.to_owned());
        }
        let outcome = Outcome::Failed { changes: left.changed };
        let Left { host, begun, .. } = left;
        self.outcomes.insert(host.clone(), outcome.clone());
        let _ = self.outside.events.send(Event::Failed { host: host.clone(), failure });
        let done = Event::HostDone { host, outcome, exchanges: 0, millis: millis(begun) };
        let _ = self.outside.events.send(done);
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
