//! `solti diff`

use super::Error;
use super::run::{self, Options};
use solti::engine::request::Command;

/// Show what apply would change; touches nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "Exits with 0 if nothing would change, and with 2 if something would.")]
pub struct Diff {
    /// Show what apply --prune would remove too
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    options: Options,
}

impl Diff {
    pub fn run(&self) -> Result<u8, Error> {
        run::run(Command::Diff { prune: self.prune }, &self.options, None, false)
    }
}
