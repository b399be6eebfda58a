//! Throwaway hosts: booted, reached and removed by the scripts of `molecule-tests/`, which are in the program.

use super::event::Cell;
use super::lock::Lock;
use super::platform::Image;
use super::{Driver, Mount, Origin, Platform, Scenario, Variant, reach};
use crate::engine::request::Interrupt;
use crate::host::{Method, RunDir, Target, quote_words};
use indexmap::IndexMap;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, Seek as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::watch;

/// `hosts.sh` and `images/`, packed by `build.rs`.
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hosts.tar"));

/// What the names of locks of hosts that stay end in.
const LOCK: &str = "lock";

/// What the names of folders begin with into which the scripts are being unpacked.
const DRAFT: &str = ".scripts-";

/// Lines of a failed command's output that are told.
const LAST: usize = 20;

/// Why something with hosts did not work, and the last lines of what said so.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// One line.
    pub message: String,
    /// What was printed.
    pub output: Vec<String>,
}

impl Trouble {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), output: Vec::new() }
    }

    pub fn with(message: impl Into<String>, output: &str) -> Self {
        let lines: Vec<String> = output.lines().map(str::to_owned).collect();
        let from = lines.len().saturating_sub(LAST);
        Self { message: message.into(), output: lines[from..].to_vec() }
    }
}

/// Where the keys and inventories of hosts are kept.
fn state() -> io::Result<PathBuf> {
    Ok(cache()?.join("scenarios"))
}

fn cache() -> io::Result<PathBuf> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = given.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    let none = || io::Error::new(io::ErrorKind::NotFound, "neither XDG_CACHE_HOME nor HOME is set");
    Ok(cache.ok_or_else(none)?.join("solti"))
}

/// The scripts, written out so that they can be run.
#[derive(Debug, Clone)]
pub struct Scripts {
    folder: PathBuf,
    /// What new hosts are booted by; those that are there have it noted.
    driver: Option<Driver>,
}

impl Scripts {
    /// Writes them out, unless an earlier run has.
    pub fn unpack(driver: Option<Driver>) -> io::Result<Self> {
        let parent = cache()?;
        let folder = parent.join(format!("scripts-{}", short(Sha256::new_with_prefix(ARCHIVE))));
        if !folder.is_dir() {
            fs::create_dir_all(&parent)?;
            remove_drafts(&parent, DRAFT);
            let draft = tempfile::Builder::new().prefix(DRAFT).tempdir_in(&parent)?;
            let mut archive = tempfile::tempfile()?;
            archive.write_all(ARCHIVE)?;
            archive.rewind()?;
            let mut tar = std::process::Command::new("tar");
            let status = tar.args(["--no-same-owner", "-xpf", "-", "-C"]).arg(draft.path()).stdin(archive).status()?;
            if !status.success() {
                return Err(io::Error::other("tar could not unpack them"));
            }
            fs::set_permissions(draft.path(), fs::Permissions::from_mode(0o755))?;
            // Whoever comes second finds the folder there: it has the same in it.
            if fs::rename(draft.path(), &folder).is_ok() {
                let _ = draft.keep();
            }
        }
        Ok(Self { folder, driver })
    }

    /// Runs `hosts.sh`; what it printed, or what it complained about. An interrupt ends it, and it puts away what it began.
    async fn hosts(
        &self,
        arguments: &[&str],
        environment: &[(&str, String)],
        interrupt: Option<watch::Receiver<Interrupt>>,
    ) -> Result<String, Trouble> {
        let failed = |error: io::Error| Trouble::new(format!("cannot run hosts.sh: {error}"));
        let mut command = Command::new("bash");
        command.arg(self.folder.join("hosts.sh")).args(arguments);
        command.env("SOLTI_TEST_STATE", state().map_err(failed)?).envs(environment.iter().map(|(k, v)| (k, v)));
        command.envs(self.driver.map(Driver::variable));
        // a group of its own: Ctrl-C is for solti, which then says what is to be done
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn().map_err(failed)?;
        let group = child.id().map(|id| format!("-{id}"));
        let ended = child.wait_with_output();
        tokio::pin!(ended);
        let output = match interrupt {
            None => ended.await,
            Some(mut interrupt) => tokio::select! {
                output = &mut ended => output,
                () = async { drop(interrupt.wait_for(|wish| *wish != Interrupt::None).await) } => {
                    if let Some(group) = group {
                        let _ = Command::new("kill").args(["-s", "TERM", "--", &group]).status().await;
                    }
                    let _ = ended.await;
                    return Err(Trouble::new("interrupted"));
                }
            },
        }
        .map_err(failed)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("hosts.sh failed");
        let message = last.strip_prefix("hosts.sh: ").unwrap_or(last).to_owned();
        Err(Trouble::with(message, &said))
    }

    /// Sees to it that an image is there, which may mean to build it: its name. What takes long is told.
    pub fn image(&self, image: &Image, mut told: impl FnMut(&str)) -> Result<String, Trouble> {
        let failed = |error: io::Error| Trouble::new(error.to_string());
        let project = ["images/project.sh"];
        let mut command = std::process::Command::new("bash");
        command.current_dir(&self.folder).envs(self.driver.map(Driver::variable));
        match image {
            Image::Suite(suite) => command.args(["images/host.sh", suite]),
            Image::Named(name) => command.args(project).args(["pull", name]),
            Image::Built(build) => {
                command.args(project).arg("build").arg(&build.folder).arg(&build.file).args(&build.arguments)
            }
        };
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let mut said = String::new();
        // what it prints is one line, for which there is always room
        for line in child.stderr.take().map(|stderr| io::BufReader::new(stderr).split(b'\n')).into_iter().flatten() {
            let line = String::from_utf8_lossy(&line.map_err(failed)?).into_owned();
            if line.starts_with("building ") {
                told(&line);
            }
            said.push_str(&line);
            said.push('\n');
        }
        let output = child.wait_with_output().map_err(failed)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing says why");
        Err(Trouble::with(last.trim_start_matches("Error: "), &said))
    }

    /// Removes the hosts of runs that are gone.
    pub async fn collect_garbage(&self) -> Result<(), Trouble> {
        self.hosts(&["gc"], &[], None).await.map(drop)
    }
}

/// Removes what killed runs have left half written. Nobody takes minutes to write such a thing.
fn remove_drafts(folder: &Path, prefix: &str) {
    const OLD: Duration = Duration::from_secs(600);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let old = written.is_some_and(|at| at.elapsed().is_ok_and(|age| age > OLD));
        if old && entry.file_name().to_string_lossy().starts_with(prefix) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn short(digest: Sha256) -> String {
    digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// What hosts are called by which they are told from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// Of hosts that are gone when this run ends.
    pub fn passing(number: usize) -> Self {
        Self(format!("s{}-{number}", std::process::id()))
    }

    /// Of hosts that stay.
    pub fn kept(root: &Path, cell: &Cell) -> Self {
        let digest = Sha256::new_with_prefix(cell.to_string());
        Self(format!("{}{}", Self::of_project(root), short(digest)))
    }

    /// Of hosts that are there already, in this inventory.
    pub fn existing(inventory: &Path) -> Self {
        let path = inventory.canonicalize().unwrap_or_else(|_| inventory.to_owned());
        Self(format!("existing-{}", short(Sha256::new_with_prefix(path.as_os_str().as_encoded_bytes()))))
    }

    fn of_project(root: &Path) -> String {
        // the folder that solti runs in has an empty path, which cannot be made canonical
        let root = Path::new(".").join(root);
        let root = root.canonicalize().unwrap_or(root);
        format!("k{}-", short(Sha256::new_with_prefix(root.as_os_str().as_encoded_bytes())))
    }

    /// Takes the hosts for one run alone; or tells who has them.
    pub fn take(&self, who: &str) -> io::Result<Result<Lock, String>> {
        Lock::take(&state()?.join(format!("{}.{LOCK}", self.0)), who)
    }

    fn is_kept(&self) -> bool {
        self.0.starts_with('k')
    }
}

/// Hosts of a scenario on a platform.
#[derive(Debug, Clone)]
pub struct Set {
    targets: IndexMap<String, Target>,
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
        for host in set.targets.keys() {
            set.run(host, "true").await?;
        }
        Ok(set)
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
        for name in set.targets.keys() {
            set.run(name, "true").await.ok()?;
        }
        Some(set)
    }

    /// Reads where they are.
    fn there(scripts: &Scripts, prefix: &Prefix) -> Option<Self> {
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
            (name.clone(), Target { name, method })
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

/// Whether this is root, who needs no sudo.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Removes what there is of hosts with this prefix.
pub async fn remove(scripts: &Scripts, prefix: &Prefix) -> Result<(), Trouble> {
    scripts.hosts(&["down", &prefix.0], &[], None).await.map(drop)
}

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

    /// The same as one would type it.
    pub fn shown(&self, host: &str) -> Option<String> {
        self.shell(host).map(|words| quote_words(&words))
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
