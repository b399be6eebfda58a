//! `solti programs`

use super::selection::Inputs;
use super::{Error, connect, out};

/// Show the programs that a run sends to a host before it plans; for measuring them
#[derive(Debug, clap::Args)]
pub struct Programs {
    #[command(flatten)]
    inputs: Inputs,
    /// The host, by its name in the inventory
    host: String,
}

impl Programs {
    pub fn run(&self) -> Result<u8, Error> {
        let project = connect::load(&self.inputs.selection())?;
        out::print(&project.secrets.redact(&connect::programs(&project, &self.host)?))?;
        Ok(0)
    }
}
