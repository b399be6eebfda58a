//! `solti inventory`

use super::selection::Inventories;
use super::{Error, out};
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use solti::inventory;
use solti::source::{Diagnostic, did_you_mean};
use std::io;

/// Show the inventory, as ansible-inventory does
#[derive(Debug, clap::Args)]
pub struct Inventory {
    #[command(flatten)]
    inventories: Inventories,
    #[command(flatten)]
    view: View,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct View {
    /// All groups, hosts and their variables, as JSON
    #[arg(long)]
    list: bool,
    /// The variables of one host, as JSON
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// The groups as a tree
    #[arg(long)]
    graph: bool,
}

impl Inventory {
    pub fn run(&self) -> Result<u8, Error> {
        let inventory = inventory::load(&self.inventories.all(), None)?;
        let text = match &self.view.host {
            Some(host) if inventory.host(host).is_none() => {
                let near = did_you_mean(host, inventory.hosts().map(|host| host.name.as_str()));
                return Err(Diagnostic::new(format!("the inventory has no host `{host}`"))
                    .maybe_hint(near.map(|near| format!("did you mean `{near}`?")))
                    .into());
            }
            Some(host) => json(&inventory.host_json(host))?,
            None if self.view.graph => inventory.graph(),
            None => json(&inventory.list_json())?,
        };
        out::print(&format!("{text}\n"))?;
        Ok(0)
    }
}

/// JSON indented as Ansible does it.
fn json(value: &serde_json::Value) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    "));
    value.serialize(&mut serializer).map_err(|error| Error::Output(error.into()))?;
    String::from_utf8(bytes).map_err(|error| Error::Output(io::Error::other(error)))
}
