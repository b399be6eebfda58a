//! `solti apply`

use super::Error;
use super::run::{self, Options};
use solti::engine::request::Command;

/// Bring the hosts to the declared state
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Shows the plan and asks before anything is changed. A role whose step or check fails is put back as it was."
)]
pub struct Apply {
    /// Apply without asking; needed where there is no terminal
    #[arg(short, long)]
    yes: bool,
    /// Ask the checks of roles without changes too
    #[arg(long)]
    verify: bool,
    /// Remove what roles that left the playbook had put on the hosts
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    options: Options,
}

impl Apply {
    pub fn run(&self) -> Result<u8, Error> {
        let command = Command::Apply { verify: self.verify, prune: self.prune };
        run::run(command, &self.options, None, self.yes)
    }
}
