//! Packages of the system's package manager, which is apt so far.

mod answers;
mod operation;
mod questions;

pub use answers::Answers;
pub use operation::PackageOperation;
pub use questions::{Offers, Questions};

use std::collections::{HashMap, HashSet};

/// Says what apt has of packages: `offers PACKAGE...`. Its lists may only name one, and dpkg's own list is none of them.
pub(in crate::ability) const OFFERS: &str = include_str!("offers.sh");

/// What steps do with packages.
pub const STEP: &str = include_str!("packages.sh");

/// What is known of packages.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// Installed packages with their versions, of those asked for.
    pub installed: HashMap<String, String>,
    /// The newest versions on offer, where they were asked for.
    pub candidates: HashMap<String, String>,
    /// What dpkg and apt know beside that.
    pub apt: Apt,
}

impl Packages {
    /// Adds what further questions have found out.
    pub(super) fn absorb(&mut self, more: Self) {
        self.installed.extend(more.installed);
        self.apt.held.extend(more.apt.held);
    }
}

/// What dpkg and apt say of packages, of those asked for.
#[derive(Debug, Clone, Default)]
pub struct Apt {
    /// The versions that the package lists have, the newest first; none, where they only name a package.
    pub offered: HashMap<String, Vec<String>>,
    /// What the package lists do not even name.
    pub unlisted: HashSet<String>,
    /// What the host's administrator does not want to be changed (`apt-mark hold`).
    pub held: HashSet<String>,
    /// What is there by half: its version, and dpkg's word for how far it is.
    pub unfinished: HashMap<String, String>,
    /// dpkg is at work, or was cut off.
    pub busy: bool,
    /// The host's own architecture, as dpkg calls it.
    pub native: Option<String>,
}

impl Apt {
    /// A package's name as apt says it: without the architecture, if that is the host's own.
    pub fn plain<'n>(&self, name: &'n str) -> &'n str {
        match name.split_once(':') {
            Some((plain, "all")) => plain,
            Some((plain, architecture)) if self.native.as_deref() == Some(architecture) => plain,
            _ => name,
        }
    }
}
