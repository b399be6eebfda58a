//! `solti init`

mod new_files;
mod project;
mod role;

use super::Error;
use std::path::PathBuf;

/// Write a project to start from, or a role of one's own
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  solti init monitoring       a project in a new folder: inventory, playbook, solti.toml
  solti init                  the same in the current folder; what is there stays
  solti init role backup      roles/backup, and a scenario that `solti test backup` passes"
)]
pub struct Init {
    /// The project's folder; made if it is missing
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A role of the project that the current folder is in, with a scenario that it passes
    Role {
        /// What it is called: a letter, then letters, digits, `_` and `-`
        name: String,
    },
}

impl Init {
    pub fn run(&self) -> Result<u8, Error> {
        match &self.what {
            None => project::init(&self.folder),
            Some(What::Role { name }) => role::init(name),
        }
    }
}
