//! `solti run`

use super::Error;
use super::run::{self, Options};
use solti::engine::request::{Command, WantedAction};

/// Carry out an action of a role, such as loki's flush
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An action is carried out on all hosts that have the role, at once and without a question, \
and nothing of it is put back. `solti role show ROLE` lists those of a role.

Examples:
  solti run inventory.yml loki flush           on every host that has the role loki
  solti run inventory.yml loki config -l mon   what it says is shown")]
pub struct Run {
    /// A role of the plays
    #[arg(value_name = "ROLE", index = 2)]
    role: String,
    /// One of its actions
    #[arg(value_name = "ACTION", index = 3)]
    action: String,
    #[command(flatten)]
    options: Options,
}

impl Run {
    pub fn run(&self) -> Result<u8, Error> {
        let action = WantedAction { role: self.role.clone(), name: self.action.clone() };
        run::run(Command::Run, &self.options, Some(action), false)
    }
}
