//! The signals that tell a program to end.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for them.
#[derive(Debug)]
pub struct End {
    terminated: Signal,
    interrupted: Signal,
}

impl End {
    /// From now on they are caught.
    pub fn caught() -> io::Result<Self> {
        Ok(Self { terminated: signal(SignalKind::terminate())?, interrupted: signal(SignalKind::interrupt())? })
    }

    /// Waits for one; what Go calls it.
    pub async fn signal(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminated.recv() => "terminated",
            _ = self.interrupted.recv() => "interrupt",
        }
    }
}
