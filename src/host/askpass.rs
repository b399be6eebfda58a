//! Who asks the user for ssh: its own program, or the run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::process::Command;

/// The variable by which the program knows where its run listens.
pub const SOCKET: &str = "SOLTI_ASKPASS";

/// How ssh is told to have its questions asked by the run that started it, see SSH_ASKPASS in ssh(1).
#[derive(Debug, Clone)]
pub struct Askpass {
    /// What ssh starts for each question, with that as its argument.
    pub program: PathBuf,
    /// Where that finds the run.
    pub socket: PathBuf,
    /// How many questions wait for the user.
    pub waiting: Arc<AtomicUsize>,
}

impl Askpass {
    /// Tells an ssh that is to be started.
    pub(super) fn tell(&self, ssh: &mut Command) {
        ssh.env("SSH_ASKPASS", &self.program).env("SSH_ASKPASS_REQUIRE", "force").env(SOCKET, &self.socket);
    }

    /// Whether a user is thinking about something.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }
}
