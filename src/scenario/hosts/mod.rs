//! Hosts that scenarios are tried on: booted, reached and removed by the scripts of `testbed/`, which are in the program, or
//! there already.

mod driver;
mod kept;
pub mod lock;
pub mod machine;
mod prefix;
mod reach;
mod scripts;
mod set;

pub use driver::Driver;
pub use kept::{Destroyed, Kept, destroy, kept};
pub use machine::Machine;
pub use prefix::Prefix;
pub use scripts::Scripts;
pub use set::{Set, remove};

use sha2::{Digest as _, Sha256};
use std::io;
use std::path::PathBuf;

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
    let home = || std::env::home_dir().filter(|home| home.is_absolute());
    let cache = given.or_else(|| home().map(|home| home.join(".cache")));
    let none =
        || io::Error::new(io::ErrorKind::NotFound, "neither XDG_CACHE_HOME nor HOME names a folder by its whole path");
    Ok(cache.ok_or_else(none)?.join("solti"))
}

fn short(digest: Sha256) -> String {
    digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether this is root, who needs no sudo.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}
