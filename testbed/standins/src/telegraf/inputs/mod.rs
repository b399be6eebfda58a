//! Inputs: what is read from `/proc` and `/sys`, as Telegraf reads it.

mod bus;
mod cpu;
mod disk;
mod kernel;
pub mod listener;
mod memory;
mod network;
pub mod own;
mod processes;
mod system;
mod units;

use super::config::Plugin;
use super::config::tree::Node;
use super::metric::Metric;
use super::outputs::Refused;
use listener::Listener;
use std::sync::Arc;

/// An input that remembers what it needs from one time to the next.
#[derive(Debug)]
pub enum Input {
    /// `inputs.cpu`
    Cpu(cpu::Cpu),
    /// `inputs.mem`
    Memory(bool),
    /// `inputs.swap`
    Swap,
    /// `inputs.system`
    System(Vec<String>),
    /// `inputs.kernel`
    Kernel(Vec<String>),
    /// `inputs.processes`
    Processes,
    /// `inputs.disk`
    Disk(disk::Disk),
    /// `inputs.diskio`
    DiskIo(disk::DiskIo),
    /// `inputs.net`
    Network(network::Network),
    /// `inputs.internal`
    Own(own::Own),
    /// `inputs.systemd_units`
    Units(units::Units),
    /// `inputs.http_listener_v2`
    Listener(Arc<Listener>),
}

impl Input {
    /// Makes the input of a plugin.
    ///
    /// # Errors
    /// An option that the input would refuse when it is initialised.
    pub fn new(plugin: &Plugin) -> Result<Self, Refused> {
        let table = &plugin.table;
        let refused = |why: String| (1, why);
        behaviour(table, &["", "error", "retry", "ignore", "probe"]).map_err(refused)?;
        Ok(match plugin.name.as_str() {
            "cpu" => Self::Cpu(cpu::Cpu::new(table)),
            "mem" => Self::Memory(table.flag_of("collect_extended").unwrap_or(false)),
            "swap" => Self::Swap,
            "system" => Self::System(system::include(table).map_err(refused)?),
            "kernel" => Self::Kernel(kernel::collect(table).map_err(refused)?),
            "processes" => Self::Processes,
            "disk" => Self::Disk(disk::Disk::new(table)),
            "diskio" => Self::DiskIo(disk::DiskIo::new(table).map_err(refused)?),
            "net" => Self::Network(network::Network::new(table)),
            "http_listener_v2" => Self::Listener(Arc::new(Listener::new(table)?)),
            "internal" => Self::Own(own::Own::new(table)),
            _ => Self::Units(units::Units::new(table).map_err(refused)?),
        })
    }

    /// Opens what it needs.
    ///
    /// # Errors
    /// Why Telegraf ends.
    pub fn start(&self, id: &str) -> Result<(), String> {
        match self {
            Self::Listener(listener) => listener.start(id),
            Self::Units(units) => units.start(),
            _ => Ok(()),
        }
    }

    /// Reads all that there is now.
    ///
    /// # Errors
    /// What could not be read, in words for the log.
    pub fn gather(&mut self, now: u64) -> Result<Vec<Metric>, String> {
        match self {
            Self::Cpu(cpu) => cpu.gather(now),
            Self::Memory(extended) => memory::mem(*extended, now),
            Self::Swap => memory::swap(now),
            Self::System(include) => system::gather(include, now),
            Self::Kernel(collect) => kernel::gather(collect, now),
            Self::Processes => processes::gather(now),
            Self::Disk(disk) => disk.gather(now),
            Self::DiskIo(disk) => disk.gather(now),
            Self::Network(network) => network.gather(now),
            Self::Own(own) => own.gather(now),
            Self::Units(units) => units.gather(now),
            Self::Listener(listener) => Ok(listener.gather()),
        }
    }

    /// Waits until there is something that is not to wait for the next interval; most inputs have no such thing.
    pub async fn arrival(&self) {
        match self {
            Self::Listener(listener) => listener.arrival().await,
            _ => std::future::pending().await,
        }
    }

    /// What has to be closed when it ends.
    pub fn listener(&self) -> Option<Arc<Listener>> {
        match self {
            Self::Listener(listener) => Some(Arc::clone(listener)),
            _ => None,
        }
    }

    /// Whether the first reading says little, and a second one has to follow.
    pub fn compares(&self) -> bool {
        matches!(self, Self::Cpu(_))
    }
}

/// A file of `/proc` or `/sys`; `HOST_PROC` and `HOST_SYS` say where these are instead.
fn read(path: &str) -> Result<String, String> {
    let path = host(path);
    std::fs::read_to_string(&path).map_err(|error| format!("open {path}: {}", super::config::words(&error)))
}

/// A path below `/proc` or `/sys` where it is on this host.
fn host(path: &str) -> String {
    for (variable, root) in [("HOST_PROC", "/proc"), ("HOST_SYS", "/sys"), ("HOST_ETC", "/etc")] {
        if let (Some(rest), Ok(told)) = (path.strip_prefix(root), std::env::var(variable)) {
            return format!("{told}{rest}");
        }
    }
    path.to_owned()
}

/// The values of `Name:   123 kB`, in bytes.
fn sizes(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let (name, rest) = line.split_once(':')?;
        let mut words = rest.split_whitespace();
        let number: u64 = words.next()?.parse().ok()?;
        Some((name, if words.next() == Some("kB") { number * 1024 } else { number }))
    })
}

/// What a plugin is to do when it cannot start, one of `known`.
pub fn behaviour(table: &Node, known: &[&str]) -> Result<(), String> {
    match table.text_of("startup_error_behavior").filter(|told| !known.contains(told)) {
        Some(told) => Err(format!("invalid 'startup_error_behavior' setting {told:?}")),
        None => Ok(()),
    }
}

/// The choices of an option, each of which must be known.
fn choices(table: &Node, key: &str, known: &[&str], wrong: impl Fn(&str) -> String) -> Result<Vec<String>, String> {
    let chosen = table.texts_of(key);
    match chosen.iter().find(|chosen| !known.contains(&chosen.as_str())) {
        Some(other) => Err(wrong(other)),
        None => Ok(chosen),
    }
}
