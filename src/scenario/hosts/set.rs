//! The hosts of a scenario on a platform, whether they were booted or are there already.

use super::{Prefix, Scripts, Trouble, reach, state};
use crate::engine::request::Interrupt;
use crate::host::{Escalation, Method, RunDir, Target};
use crate::scenario::{Image, Mount, Origin, Platform, Scenario};
use indexmap::IndexMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;

/// Hosts of a scenario on a platform.
#[derive(Debug, Clone)]
pub struct Set {
    pub(super) targets: IndexMap<String, Target>,
    /// None if they are in an inventory, and stay.
    booted: Option<Booted>,
    run_dir: Arc<RunDir>,
}

/// What is known of hosts that were booted for a run.
#[derive(Debug, Clone)]
struct Booted {
    scripts: Scripts,
    /// Where their keys, inventory and snapshots are.
    folder: PathBuf,
    prefix: Prefix,
}

impl Set {
    /// Boots hosts, and returns when they answer on SSH.
    pub async fn up(
        scripts: &Scripts,
        prefix: &Prefix,
        scenario: &Scenario,
        platform: &Platform,
        interrupt: watch::Receiver<Interrupt>,
    ) -> Result<Self, Trouble> {
        let mut arguments = vec!["up".to_owned(), prefix.0.clone()];
        let mut mounts: Vec<&Mount> = Vec::new();
        for host in &scenario.hosts {
            let platform = host.platform.as_ref().unwrap_or(platform);
            mounts.extend(platform.mounts.iter());
            arguments.push(match &platform.origin {
                Origin::Image(Image::Suite(suite)) => format!("{}={suite}", host.name),
                Origin::Image(Image::Named(image)) => format!("{}=image:{image}", host.name),
                // they are named as soon as they are built
                Origin::Image(Image::Built(_)) => {
                    return Err(Trouble::new(format!("the image of {} is not built", platform.name)));
                }
                Origin::Existing(_) => return Err(Trouble::new(format!("{} is there already", host.name))),
            });
        }
        let mut lines: Vec<String> =
            mounts.iter().map(|mount| format!("{}:{}", mount.source.display(), mount.target)).collect();
        lines.sort();
        lines.dedup();
        let owner = if prefix.is_kept() { "keep".to_owned() } else { std::process::id().to_string() };
        let environment = [("SOLTI_TEST_MOUNTS", lines.join("\n")), ("SOLTI_TEST_OWNER", owner)];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        scripts.hosts(&arguments, &environment, Some(interrupt)).await?;
        Self::there(scripts, prefix).ok_or_else(|| Trouble::new("the hosts have no inventory"))
    }

    /// Hosts that are there already, when all of them answer.
    pub async fn existing(targets: IndexMap<String, Target>) -> Result<Self, Trouble> {
        let failed = |error: io::Error| Trouble::new(format!("no folder for what ssh needs: {error}"));
        let set = Self { targets, booted: None, run_dir: Arc::new(RunDir::new().map_err(failed)?) };
        set.answers().await?;
        Ok(set)
    }

    /// Fails with what the first says that does not answer.
    async fn answers(&self) -> Result<(), Trouble> {
        for host in self.targets.keys() {
            self.run(host, "true").await?;
        }
        Ok(())
    }

    /// Hosts that were booted before, if they are all up.
    pub async fn reuse(scripts: &Scripts, prefix: &Prefix, scenario: &Scenario) -> Option<Self> {
        let set = Self::there(scripts, prefix)?;
        let driver = fs::read_to_string(set.folder()?.join("driver")).ok()?;
        let same = scripts.driver.is_none_or(|wanted| wanted.name() == driver.trim())
            && set.targets.len() == scenario.hosts.len()
            && scenario.hosts.iter().all(|host| set.targets.contains_key(&host.name));
        if !same {
            return None;
        }
        set.answers().await.ok()?;
        Some(set)
    }

    /// Reads where they are.
    pub(super) fn there(scripts: &Scripts, prefix: &Prefix) -> Option<Self> {
        let folder = state().ok()?.join(&prefix.0);
        let inventory = fs::read_to_string(folder.join("inventory.yml")).ok()?;
        let address = |line: &str| {
            let (name, rest) = line.strip_prefix("    ")?.split_once(": {ansible_host: ")?;
            Some((name.to_owned(), rest.strip_suffix('}')?.to_owned()))
        };
        let login = ["IdentitiesOnly=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=10"];
        // of a host that vanishes ssh hears nothing more
        let alive = ["ServerAliveInterval=5", "ServerAliveCountMax=3"];
        let options = login.into_iter().chain(alive).map(str::to_owned);
        let known = format!("UserKnownHostsFile={}", folder.join("known_hosts").display());
        let extra_args: Vec<String> = options.chain([known]).flat_map(|option| ["-o".to_owned(), option]).collect();
        let target = |(name, address): (String, String)| {
            let method = Method::Ssh {
                address,
                port: None,
                user: Some("root".to_owned()),
                private_key: Some(folder.join("id_ed25519")),
                extra_args: extra_args.clone(),
            };
            (name.clone(), Target { name, method, escalation: Escalation::default() })
        };
        let targets = inventory.lines().filter_map(address).map(target).collect();
        let run_dir = Arc::new(RunDir::new().ok()?);
        let booted = Some(Booted { scripts: scripts.clone(), folder, prefix: prefix.clone() });
        Some(Self { targets, booted, run_dir })
    }

    /// The inventory of booted hosts: how each is reached.
    pub fn inventory(&self) -> Option<PathBuf> {
        self.folder().map(|folder| folder.join("inventory.yml"))
    }

    /// A file about a booted host that lives as long as it does.
    pub fn note(&self, host: &str, what: &str) -> Option<PathBuf> {
        self.folder().map(|folder| folder.join(format!("{host}.{what}")))
    }

    fn folder(&self) -> Option<&Path> {
        self.booted.as_ref().map(|booted| booted.folder.as_path())
    }

    /// The command that opens a shell on a booted host, as root.
    pub fn ssh(&self, host: &str) -> Option<Vec<String>> {
        self.folder()?;
        let Method::Ssh { address, user, private_key, extra_args, .. } = &self.targets.get(host)?.method else {
            return None;
        };
        let mut words = ["ssh", "-F", "none"].map(str::to_owned).to_vec();
        words.extend(extra_args.iter().cloned());
        words.extend(private_key.iter().flat_map(|key| ["-i".to_owned(), key.display().to_string()]));
        words.push(format!("{}@{address}", user.as_deref().unwrap_or("root")));
        Some(words)
    }

    /// Runs shell text as root on a host; what it printed.
    pub async fn run(&self, host: &str, script: &str) -> Result<String, Trouble> {
        let target = self.targets.get(host).ok_or_else(|| Trouble::new(format!("there is no host {host}")))?;
        reach::run(&self.run_dir, target, script).await
    }

    /// Removes those that were booted.
    pub async fn down(&self) -> Result<(), Trouble> {
        match &self.booted {
            Some(booted) => remove(&booted.scripts, &booted.prefix).await,
            None => Ok(()),
        }
    }
}

/// Removes what there is of hosts with this prefix.
pub async fn remove(scripts: &Scripts, prefix: &Prefix) -> Result<(), Trouble> {
    scripts.hosts(&["down", &prefix.0], &[], None).await.map(drop)
}
