//! Why a command could not do its work, and the exit code of that.

use super::output::Color;
use solti::secret::{Secrets, blank_likely};
use solti::source::{Diagnostic, Diagnostics};
use std::io::{self, Write};

/// Something failed.
pub const FAILED: u8 = 1;
/// The input is wrong; nothing was changed.
pub const INPUT: u8 = 3;

/// What ends a command before, or beside, a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments or the files they name are wrong.
    #[error(transparent)]
    Input(#[from] Diagnostics),
    /// The result could not be written.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// What a run needs on this machine is not there.
    #[error("cannot start")]
    Start(#[source] io::Error),
}

impl Error {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => INPUT,
            Self::Output(_) | Self::Start(_) => FAILED,
        }
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Input(diagnostic.into())
    }
}

/// Says on standard error why the command did not do its work.
pub fn complain(error: &anyhow::Error) {
    let text = match error.downcast_ref::<Error>() {
        Some(Error::Input(diagnostics)) => {
            let known = Secrets::new();
            let shown = diagnostics.clone().hiding(&|text| known.redact(text), &blank_likely);
            shown.render(Color::Auto.stderr())
        }
        _ => format!("error: {error:#}"),
    };
    // There is nowhere else to say it.
    let _ = writeln!(io::stderr(), "{text}");
}
