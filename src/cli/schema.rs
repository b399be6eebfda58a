//! `solti schema`

use super::{Error, out};
use solti::{engine, inventory, playbook, role, scenario};

/// Print what a file may say, as JSON Schema for editors
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  solti schema role > .schemas/role.json      what role.yml may say; docs/editors.md says how editors are told
  solti schema solti.toml                     the same for the settings of a project")]
pub struct Schema {
    /// Which file
    #[arg(value_name = "FILE")]
    file: File,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum File {
    /// A role's role.yml
    Role,
    /// Playbooks
    Playbook,
    /// A scenario's scenario.yml
    Scenario,
    /// A project's settings
    #[value(name = "solti.toml")]
    Settings,
    /// Inventories
    Inventory,
}

impl Schema {
    pub fn run(&self) -> Result<u8, Error> {
        let schema = match self.file {
            File::Role => role::schema(),
            File::Playbook => playbook::schema(),
            File::Scenario => scenario::schema(),
            File::Settings => engine::settings_schema(),
            File::Inventory => inventory::schema(),
        };
        out::print(&format!("{schema:#}\n"))?;
        Ok(0)
    }
}
