//! `solti verify`

use super::Error;
use super::run::{self, Options};
use solti::engine::request::Command;
use solti::resource;
use std::time::Duration;

/// Ask the checks of all roles; changes nothing
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// Wait no longer than this for any check, whatever time its role gives it: 10s, 1m
    #[arg(long, value_name = "TIME", value_parser = time)]
    within: Option<Duration>,
    #[command(flatten)]
    options: Options,
}

fn time(text: &str) -> Result<Duration, &'static str> {
    resource::duration(text).map(Duration::from_millis).ok_or(resource::DURATION_HINT)
}

impl Verify {
    pub fn run(&self) -> Result<u8, Error> {
        run::run(Command::Verify { within: self.within }, &self.options, None, false)
    }
}
