//! Ctrl-C and its kin: the first one finishes what has begun, the second puts it back, the third leaves.

use solti::engine::request::{Command, Interrupt};
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals by which a user or the system asks to stop.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// From here on they no longer end the process.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one; whether it was Ctrl-C.
    pub async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => false,
            _ = self.hangup.recv() => false,
        }
    }
}

/// What becomes of a run.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// The engine is told, and the user this.
    Tell(Interrupt, &'static str),
    /// The user is told this, and the process ends at once.
    Leave(&'static str),
    /// The wish is known already.
    Known,
}

/// What a signal means after the ones before it. Only Ctrl-C, which a person presses, goes further than the first.
pub fn stop(before: Interrupt, ctrl_c: bool, command: Command, changing: bool) -> Stop {
    let reading = !(changing && matches!(command, Command::Apply { .. }));
    match (before, ctrl_c) {
        (Interrupt::None, _) if reading => Stop::Tell(Interrupt::Finish, "stopping; nothing is being changed"),
        (Interrupt::None, true) => {
            Stop::Tell(Interrupt::Finish, "finishing the step in hand; Ctrl-C again puts it back")
        }
        (Interrupt::None, false) => Stop::Tell(Interrupt::Finish, "finishing the step in hand"),
        (_, false) => Stop::Known,
        (_, true) if reading => Stop::Leave("stopped; nothing was changed"),
        (Interrupt::Finish, true) => {
            Stop::Tell(Interrupt::PutBack, "putting back the step in hand; Ctrl-C again leaves that to the hosts")
        }
        (Interrupt::PutBack, true) => Stop::Leave("left; the hosts put back the step in hand by themselves"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_presses() {
        let apply = Command::Apply { verify: false, prune: false };
        assert!(matches!(stop(Interrupt::None, true, apply, true), Stop::Tell(Interrupt::Finish, _)));
        assert!(matches!(stop(Interrupt::Finish, true, apply, true), Stop::Tell(Interrupt::PutBack, _)));
        assert!(matches!(stop(Interrupt::PutBack, true, apply, true), Stop::Leave(_)));
        assert_eq!(stop(Interrupt::Finish, false, apply, true), Stop::Known);
        // While nothing is changed the second one may leave.
        assert!(matches!(stop(Interrupt::Finish, true, apply, false), Stop::Leave(_)));
        assert!(matches!(stop(Interrupt::Finish, true, Command::Diff, true), Stop::Leave(_)));
    }
}
