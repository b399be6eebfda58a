//! Ctrl-C and its kin: the first one finishes what has begun, the second puts it back, the third leaves.

use solti::engine::request::{Command, Interrupt};
use std::io;
use std::ops::Deref;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

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

/// Tells a run how far it is to go on. Where a fault ends what shows the run, Ctrl-C would be heard by nobody: then what has
/// begun is finished, as after the first one.
pub struct Wish(pub watch::Sender<Interrupt>);

impl Deref for Wish {
    type Target = watch::Sender<Interrupt>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Wish {
    fn drop(&mut self) {
        if std::thread::panicking() && *self.borrow() == Interrupt::None {
            self.send_replace(Interrupt::Finish);
        }
    }
}

/// What becomes of a run.
#[derive(Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The engine is told, and the user this.
    Tell(Interrupt, String),
    /// The user is told this, and the process ends at once.
    Leave(String),
    /// The wish is known already.
    Known,
}

/// What a signal means after the ones before it. Only Ctrl-C, which a person presses, goes further than the first. `step` is
/// the one in hand, and where.
pub fn stop(before: Interrupt, ctrl_c: bool, command: Command, changing: bool, step: &str) -> Reaction {
    let reading = !(changing && matches!(command, Command::Apply { .. }));
    match (before, ctrl_c) {
        (Interrupt::None, _) if command == Command::Run => {
            Reaction::Tell(Interrupt::Finish, "stopping; what has begun on a host may go on there".to_owned())
        }
        (_, true) if command == Command::Run => Reaction::Leave("stopped".to_owned()),
        (Interrupt::None, _) if reading => {
            Reaction::Tell(Interrupt::Finish, "stopping; nothing is being changed".to_owned())
        }
        (Interrupt::None, true) => {
            Reaction::Tell(Interrupt::Finish, format!("finishing {step}; Ctrl-C again puts it back"))
        }
        (Interrupt::None, false) => Reaction::Tell(Interrupt::Finish, format!("finishing {step}")),
        (_, false) => Reaction::Known,
        (_, true) if reading => Reaction::Leave("stopped; nothing was changed".to_owned()),
        (Interrupt::Finish, true) => {
            Reaction::Tell(Interrupt::PutBack, format!("putting back {step}; Ctrl-C again leaves that to the hosts"))
        }
        (Interrupt::PutBack, true) => Reaction::Leave(format!("left; the hosts put back {step} by themselves")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_in_what_shows_a_run_ends_it() {
        let (sender, wish) = watch::channel(Interrupt::None);
        drop(Wish(sender));
        assert_eq!(*wish.borrow(), Interrupt::None);
        let (sender, wish) = watch::channel(Interrupt::None);
        let showing = std::thread::spawn(move || {
            let _wish = Wish(sender);
            panic!("a fault");
        });
        assert!(showing.join().is_err());
        assert_eq!(*wish.borrow(), Interrupt::Finish);
    }

    #[test]
    fn three_presses() {
        let saying =
            |before, ctrl_c, command, changing| stop(before, ctrl_c, command, changing, "the step in hand on mon");
        let apply = Command::Apply { verify: false, prune: false };
        assert!(matches!(saying(Interrupt::None, true, apply, true), Reaction::Tell(Interrupt::Finish, _)));
        let second = "putting back the step in hand on mon; Ctrl-C again leaves that to the hosts".to_owned();
        assert_eq!(saying(Interrupt::Finish, true, apply, true), Reaction::Tell(Interrupt::PutBack, second));
        assert!(matches!(saying(Interrupt::PutBack, true, apply, true), Reaction::Leave(_)));
        assert_eq!(saying(Interrupt::Finish, false, apply, true), Reaction::Known);
        // While nothing is changed the second one may leave.
        assert!(matches!(saying(Interrupt::Finish, true, apply, false), Reaction::Leave(_)));
        assert!(matches!(saying(Interrupt::Finish, true, Command::Diff { prune: false }, true), Reaction::Leave(_)));
    }
}
