//! What hosts are called by, and who may work with those that stay.

use super::lock::Lock;
use super::{short, state};
use crate::scenario::event::Cell;
use sha2::{Digest as _, Sha256};
use std::io;
use std::path::Path;

/// What the names of locks of hosts that stay end in.
pub(super) const LOCK: &str = "lock";

/// What hosts are called by which they are told from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(pub(super) String);

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

    pub(super) fn of_project(root: &Path) -> String {
        // the folder that solti runs in has an empty path, which cannot be made canonical
        let root = Path::new(".").join(root);
        let root = root.canonicalize().unwrap_or(root);
        format!("k{}-", short(Sha256::new_with_prefix(root.as_os_str().as_encoded_bytes())))
    }

    /// Takes the hosts for one run alone; or tells who has them.
    pub fn take(&self, who: &str) -> io::Result<Result<Lock, String>> {
        Lock::take(&state()?.join(format!("{}.{LOCK}", self.0)), who)
    }

    pub(super) fn is_kept(&self) -> bool {
        self.0.starts_with('k')
    }
}
