//! `solti man`

use super::{ABOUT, Arguments, Error, out};
use clap::CommandFactory;
use solti::source::Diagnostic;
use std::path::PathBuf;

/// Print the manual page, or write those of all commands to a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  solti man | man -l -                              read it
  solti man --dir ~/.local/share/man/man1           `man solti-apply` finds it from now on")]
pub struct Man {
    /// Write solti.1, solti-apply.1 and the others to this folder, which is made if it is missing
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

impl Man {
    pub fn run(&self) -> Result<u8, Error> {
        // a page is found by one line
        let line = ABOUT.split(".\n").next().unwrap_or_default();
        let command = Arguments::command().about(line).long_about(ABOUT);
        match &self.dir {
            Some(folder) => {
                let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
                written.map_err(|error| Diagnostic::new(format!("cannot write to {}: {error}", folder.display())))?;
            }
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(command).render(&mut page).map_err(Error::Output)?;
                out::print(&String::from_utf8_lossy(&page))?;
            }
        }
        Ok(0)
    }
}
