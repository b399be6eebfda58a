//! Platforms whose hosts are there already: an inventory says how they are reached.

use super::{Origin, Platform};
use crate::engine::{self, Project};
use crate::host::Target;
use crate::inventory;
use crate::scenario::Scenario;
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use indexmap::IndexMap;
use std::path::PathBuf;

/// An inventory with hosts to try scenarios on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// A file or folder, as on the command line.
    pub inventory: PathBuf,
    /// Whether roles and their data may be removed from these hosts again.
    pub disposable: bool,
}

impl Platform {
    /// The inventory, if its hosts are there already.
    pub fn existing(&self) -> Option<&Existing> {
        match &self.origin {
            Origin::Existing(existing) => Some(existing),
            Origin::Image(_) => None,
        }
    }
}

/// The hosts of a scenario must be in the inventory: they would else be taken for addresses.
pub fn check(scenario: &Scenario, platform: &Platform, existing: &Existing) -> Result<(), Diagnostics> {
    let path = existing.inventory.display();
    let inventory = inventory::load(&[path.to_string()], None)?;
    let names: Vec<&str> = inventory.hosts().map(|host| host.name.as_str()).collect();
    let mut errors = Diagnostics::new();
    for host in &scenario.hosts {
        if host.platform.is_some() {
            let message = format!("`{}` cannot have a platform of its own beside `{}`", host.name, platform.name);
            errors.push(Diagnostic::at(&host.span, message).hint("its hosts are there already, and are what they are"));
        }
        if names.contains(&host.name.as_str()) {
            continue;
        }
        let message = format!("{path}, the inventory of platform `{}`, has no host `{}`", platform.name, host.name);
        let near = did_you_mean(&host.name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let hint = near
            .unwrap_or_else(|| "`hosts` of the scenario names the hosts of the inventory that it is about".to_owned());
        errors.push(Diagnostic::at(&host.span, message).hint(hint));
    }
    errors.or(())
}

/// How the hosts of a scenario are reached.
pub fn targets(project: &Project, scenario: &Scenario) -> Result<IndexMap<String, Target>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let reached = |name: &String| Some((name.clone(), errors.collect(engine::target(project, name, &[]))?));
    let found = scenario.hosts.iter().map(|host| &host.name).filter_map(reached).collect();
    errors.or(found)
}
