//! Hosts that an earlier run has kept: found again, and removed.

use super::prefix::LOCK;
use super::{Driver, Prefix, Scripts, Set, Trouble, state};
use crate::host::RunDir;
use crate::scenario::event::Cell;
use crate::scenario::{Scenario, Variant};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Hosts that an earlier run has kept.
#[derive(Debug)]
pub struct Kept {
    /// What they were kept of.
    pub cell: Cell,
    /// With which options.
    pub variant: Variant,
    set: Set,
}

impl Kept {
    /// What `solti test` is given to mean these alone.
    pub fn arguments(&self) -> String {
        let options = self.variant.options().map(|(option, value)| format!(" --option {option}={value}"));
        format!("{} --platform {}{}", self.cell.scenario, self.cell.platform, options.collect::<String>())
    }

    /// The names of the hosts.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.set.targets.keys().map(String::as_str)
    }

    /// The command that opens a shell on one of them.
    pub fn shell(&self, host: &str) -> Option<Vec<String>> {
        self.set.ssh(host)
    }
}

/// The hosts of these scenarios that were kept.
///
/// # Errors
/// When the scripts cannot be written out.
pub fn kept(root: &Path, scenarios: &[Scenario]) -> io::Result<Vec<Kept>> {
    let scripts = Scripts::unpack(None)?;
    let mut found = Vec::new();
    for scenario in scenarios.iter().flat_map(Scenario::variants) {
        for platform in &scenario.platforms {
            let cell = Cell::of(&scenario, platform);
            let set = Set::there(&scripts, &Prefix::kept(root, &cell));
            found.extend(set.map(|set| Kept { cell, variant: scenario.variant.clone(), set }));
        }
    }
    Ok(found)
}

/// What became of hosts that earlier runs have kept.
#[derive(Debug, Default)]
pub struct Destroyed {
    /// How many sets were removed.
    pub removed: usize,
    /// Those that a run is working with, and the run: they stay.
    pub in_use: Vec<String>,
}

/// Removes all hosts that this project's scenarios have kept, and what runs have left that are gone.
///
/// # Errors
/// When that did not work.
pub async fn destroy(root: &Path, driver: Option<Driver>) -> Result<Destroyed, Trouble> {
    let failed = |error: io::Error| Trouble::new(error.to_string());
    let scripts = Scripts::unpack(driver).map_err(failed)?;
    let ours = Prefix::of_project(root);
    let names = fs::read_dir(state().map_err(failed)?).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.starts_with(&ours));
    let sets: BTreeMap<String, bool> = names.fold(BTreeMap::new(), |mut sets, name| {
        let (prefix, hosts) =
            name.strip_suffix(&format!(".{LOCK}")).map_or((name.as_str(), true), |name| (name, false));
        *sets.entry(prefix.to_owned()).or_default() |= hosts;
        sets
    });
    let mut destroyed = Destroyed::default();
    for (prefix, hosts) in sets {
        match Prefix(prefix.clone()).take("solti test --destroy").map_err(failed)? {
            Ok(lock) => {
                // also where there is no folder: a run may have been killed just before it made one
                scripts.hosts(&["down", &prefix], &[], None).await?;
                destroyed.removed += usize::from(hosts);
                lock.remove().map_err(failed)?;
            }
            Err(holder) => destroyed.in_use.push(holder),
        }
    }
    scripts.collect_garbage().await?;
    // making one removes those that were left
    RunDir::new().map(drop).map_err(failed)?;
    Ok(destroyed)
}
