//! `solti verify`

use super::Error;
use super::run::{self, Options};
use solti::engine::request::Command;

/// Ask the checks of all roles; changes nothing
#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    options: Options,
}

impl Verify {
    pub fn run(&self) -> Result<u8, Error> {
        run::run(Command::Verify, &self.options, false)
    }
}
