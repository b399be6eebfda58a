//! Files, folders and links: what is at paths, and what becomes of it.

mod answers;
pub(crate) mod bytes;
mod operation;
pub(super) mod questions;
mod script;
mod step;

pub use answers::Answers;
pub use operation::{Attributes, Body, Expectation, FileOperation, Validation};
pub use questions::Questions;
pub use step::write_sets;

use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// The way to a folder, on which others may lead elsewhere; for questions and for steps.
pub const WAY: &str = include_str!("way.sh");

/// What steps do with files: in folders of their own beside the paths, the files themselves, and trying them before they are live.
pub const STEP: &str = concat!(include_str!("way.sh"), include_str!("own.sh"), include_str!("files.sh"), include_str!("trying.sh"));

/// Hex SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathState {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// Who may do what with it.
        meta: Meta,
        /// Hex SHA-256 of its content; none where it could not be read.
        sha256: Option<String>,
        /// Its content, where it differs from what is wanted and is of moderate size.
        content: Option<Vec<u8>>,
        /// Its size in bytes.
        size: u64,
        /// When it was last written, in seconds since 1970; none if a change of this run writes it.
        modified: Option<i64>,
    },
    /// A directory.
    Directory {
        /// Who may do what with it.
        meta: Meta,
    },
    /// A home that useradd is about to make; what others may do there is known when it is there.
    Home {
        /// The user.
        owner: String,
        /// The user's primary group.
        group: String,
    },
    /// A symbolic link.
    Link {
        /// What it points to; none where it could not be read.
        target: Option<String>,
    },
    /// A device, socket or pipe.
    Other,
}

/// Owner, group and permission bits of a path; names are none where a change has yet to set them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The owner's name, or number if it has no name.
    pub owner: String,
    /// The group's name, or number if it has no name.
    pub group: String,
    /// The owner's number, where it is known.
    pub uid: Option<u32>,
    /// The group's number, where it is known.
    pub gid: Option<u32>,
    /// The permission bits, set-id and sticky bits included.
    pub mode: u32,
}

/// What is known of paths.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Paths that were asked for.
    pub paths: HashMap<String, PathState>,
    /// Paths that could not be looked at, with the reason.
    pub unreadable: HashMap<String, String>,
    /// Folders that are reached by a link that somebody may have put there who must not lead us, with the reason.
    pub astray: BTreeMap<String, String>,
    /// What is in folders and in those in them, where it was asked for.
    pub below: HashMap<String, Below>,
}

/// All that is below a folder and is no folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Below {
    /// The paths, and how many more have names that cannot be written in a line of text.
    All {
        /// Absolute paths, in order.
        paths: Vec<String>,
        /// How many others there are.
        odd: usize,
    },
    /// It is more than is read, or could not be read in time: what was read of it says nothing.
    Unknown,
}

impl Below {
    /// From names that begin with `./` and end with a zero byte, with a point after the last of them.
    fn parse(folder: &str, names: &[u8]) -> Self {
        let Some(names) = names.strip_suffix(b".").filter(|names| names.is_empty() || names.ends_with(b"\0")) else {
            return Self::Unknown;
        };
        let folder = folder.trim_end_matches('/');
        let (mut paths, mut odd) = (Vec::new(), 0);
        for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            match std::str::from_utf8(name).ok().and_then(|name| name.strip_prefix("./")) {
                Some(name) if !name.contains(char::is_control) => paths.push(format!("{folder}/{name}")),
                _ => odd += 1,
            }
        }
        paths.sort();
        Self::All { paths, odd }
    }
}

impl Files {
    /// What is at a path; what was never asked for counts as absent.
    pub fn at(&self, path: &str) -> &PathState {
        self.paths.get(path).unwrap_or(&PathState::Absent)
    }

    /// The SHA-256 of what a file holds, or will hold.
    pub fn sha256(&self, path: &str) -> Option<&str> {
        match self.at(path) {
            PathState::File { sha256, .. } => sha256.as_deref(),
            _ => None,
        }
    }

    /// Adds what further questions have found out; what was asked for first may have been asked for in more detail.
    pub(super) fn absorb(&mut self, more: Self) {
        for (path, found) in more.paths {
            match self.paths.get(&path) {
                Some(PathState::File { sha256: Some(_), .. } | PathState::Link { target: Some(_) }) => {}
                _ => drop(self.paths.insert(path, found)),
            }
        }
        self.unreadable.extend(more.unreadable);
        self.astray.extend(more.astray);
        self.below.extend(more.below);
    }
}
