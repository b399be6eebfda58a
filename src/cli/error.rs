//! Why a command could not do its work, and the exit code of that.

use solti::source::{Diagnostic, Diagnostics};
use std::io::{self, Write};

/// Something failed.
pub const FAILED: u8 = 1;
/// The input is wrong; nothing was changed.
pub const INPUT: u8 = 3;

/// What ends a command before, or beside, a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// The arguments or the files they name are wrong.
    #[error(transparent)]
    Input(#[from] Diagnostics),
    /// The result could not be written.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// What a run needs on this machine is not there.
    #[error("cannot start")]
    Start(#[source] io::Error),
    /// solti itself is wrong.
    #[error(
        "solti broke off by a fault of its own, which is worth a report; \
         if hosts were being changed, `solti diff` shows what is there now"
    )]
    Fault,
}

/// Does the work of a command. A fault in it is an error like others: its place is said at once, but not what it was about,
/// in which there may be secrets.
pub fn guard(work: impl FnOnce() -> Result<u8, Error>) -> Result<u8, Error> {
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
        let _ = writeln!(io::stderr(), "solti: internal fault{}", place.unwrap_or_default());
    }));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(Err(Error::Fault))
}

impl Error {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Input(_) => INPUT,
            Self::Output(_) | Self::Start(_) | Self::Fault => FAILED,
        }
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Input(diagnostic.into())
    }
}
