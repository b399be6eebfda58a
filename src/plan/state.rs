//! What is on a host: first as the probe found it, then as the planned changes will leave it.

use super::http::{Reply, Request};
use super::manifest::{Before, Manifest};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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

/// An entry of the passwd database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
    /// The user's number; none before it is made.
    pub uid: Option<u32>,
    /// The primary group's number; none before it is made.
    pub gid: Option<u32>,
    /// The comment field.
    pub comment: String,
    /// The home directory.
    pub home: String,
    /// The login shell.
    pub shell: String,
}

/// An entry of the group database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupState {
    /// The group's number; none before it is made.
    pub gid: Option<u32>,
    /// The users that are in it beside those whose primary group it is.
    pub members: Vec<String>,
}

/// What systemd says of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitState {
    /// `loaded`, `not-found`, `masked`, ...
    pub load: String,
    /// `active`, `inactive`, `failed`, ...
    pub active: String,
    /// `enabled`, `disabled`, `static`, `generated`, ... or empty.
    pub enabled: String,
    /// Whether its files on disk are newer than what systemd has read.
    pub stale: bool,
    /// Whether it can reload.
    pub can_reload: bool,
    /// When it became active, in seconds since 1970; 0 if never.
    pub since: i64,
    /// The unit's file.
    pub fragment: String,
}

impl UnitState {
    /// Whether it runs, or is just coming up.
    pub fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "activating" | "reloading" | "refreshing")
    }

    /// What ends its being masked, which lasts until the host boots, or beyond that.
    pub fn unmask(&self) -> &'static str {
        if self.enabled == "masked-runtime" { "unmask --runtime" } else { "unmask" }
    }

    /// Whether it starts at boot.
    pub fn is_enabled(&self) -> bool {
        matches!(self.enabled.as_str(), "enabled" | "enabled-runtime" | "linked" | "alias")
    }
}

/// What podman says, for the system and for users of their own.
#[derive(Debug, Clone, Default)]
pub struct Podman {
    /// Its version, as `podman --version` ends; none where there is no podman.
    pub version: Option<String>,
    /// Images that are there: their ids, by scope, name and tag, or by name and digest.
    pub images: HashMap<String, String>,
    /// Volumes that are there, where they were asked for, with their scopes.
    pub volumes: HashSet<String>,
    /// Networks that are there, where they were asked for, with their scopes.
    pub networks: HashSet<String>,
    /// Users with ranges of subordinate user and group ids, of those asked for.
    pub subordinate: HashSet<String>,
    /// Images that a planned change fetches, with their scopes.
    pub pulling: HashSet<String>,
}

/// What else a service is started with beside what it says itself: its quadlet does.
#[derive(Debug, Clone, Default)]
pub struct StartedWith {
    /// The files that become its unit.
    pub files: Vec<String>,
    /// Files and folders that it reads.
    pub uses: Vec<String>,
    /// Images, with their scopes.
    pub images: Vec<String>,
}

/// What a read-only command answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its exit status.
    pub status: i32,
    /// Its standard output.
    pub output: String,
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

/// All that is known of a host. Planning reads it, and writes into it what each change will make of it.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Paths that were asked for.
    pub paths: HashMap<String, PathState>,
    /// Paths that could not be looked at, with the reason.
    pub unreadable: HashMap<String, String>,
    /// Folders that are reached by a link that somebody may have put there who must not lead us, with the reason.
    pub astray: BTreeMap<String, String>,
    /// Users that exist, of those asked for.
    pub users: HashMap<String, UserState>,
    /// All groups.
    pub groups: HashMap<String, GroupState>,
    /// Installed packages with their versions, of those asked for.
    pub packages: HashMap<String, String>,
    /// The newest versions on offer, where they were asked for.
    pub candidates: HashMap<String, String>,
    /// What dpkg and apt know beside that.
    pub apt: Apt,
    /// Units, by full name.
    pub units: HashMap<String, UnitState>,
    /// Answers of read-only commands, by the key that they were asked under.
    pub answers: HashMap<String, Answer>,
    /// Answers to HTTP requests, by what was asked.
    pub replies: HashMap<String, Reply>,
    /// What podman and the users' own systemd say.
    pub podman: Podman,
    /// What solti knows here to be its own.
    pub manifest: Manifest,
    /// What was there before solti, of all that the manifest has at the start: a role may give up what a later one takes
    /// over.
    pub origins: HashMap<(u8, String), Before>,
    /// Whether an earlier run was cut off in a step and nothing has put it back yet.
    pub interrupted: bool,
    /// Whether an earlier run was cut off between a role's end and the end of its journal.
    pub unfinished: bool,
    /// Folders of earlier runs with what could not be put back or removed.
    pub leftovers: Vec<String>,
    /// Another run that is changing the host now, as it names itself.
    pub busy: Option<String>,
    /// Tools that the host lacks, of those asked for.
    pub missing_tools: HashSet<String>,
    /// Content of the files that are declared for this host, by path: SHA-256 of what they will hold.
    pub declared: BTreeMap<String, String>,
    /// What services are started with beside what they say themselves, by unit.
    pub started_with: BTreeMap<String, StartedWith>,
    /// Files of environment variables, by unit: a process has read them at its start, and no reload reads them again.
    pub environment_files: BTreeMap<String, Vec<String>>,
    /// Quadlets that are declared for this host, by scope.
    pub quadlets: BTreeMap<Option<String>, Vec<crate::quadlet::Named>>,
    /// Packages that a planned change installs, so that files and units may appear that are not there yet.
    pub installing: IndexMap<String, String>,
    /// Folders that the step being planned makes, which it does before all files.
    pub folders_to_come: BTreeSet<String>,
    /// Units whose files a planned change writes.
    pub rewritten_units: HashSet<String>,
    /// Whether the run leaves out hosts or roles, which may need what nobody needs in it.
    pub partial: bool,
}

impl State {
    /// What is at a path; what was never asked for counts as absent.
    pub fn path(&self, path: &str) -> &PathState {
        self.paths.get(path).unwrap_or(&PathState::Absent)
    }

    /// What systemd says of a unit; unknown ones are "not-found".
    pub fn unit(&self, unit: &str) -> UnitState {
        self.units.get(unit).cloned().unwrap_or_else(|| UnitState {
            load: "not-found".into(),
            active: "inactive".into(),
            ..UnitState::default()
        })
    }

    /// What a service of the host answered; nothing where it was not asked.
    pub fn reply(&self, request: &Request) -> Reply {
        self.replies.get(&request.key()).cloned().unwrap_or_default()
    }

    /// Adds what further questions have found out.
    pub fn absorb(&mut self, more: State) {
        // what was asked for first may have been asked for in more detail
        for (path, found) in more.paths {
            match self.paths.get(&path) {
                Some(PathState::File { sha256: Some(_), .. } | PathState::Link { target: Some(_) }) => {}
                _ => {
                    self.paths.insert(path, found);
                }
            }
        }
        self.unreadable.extend(more.unreadable);
        self.astray.extend(more.astray);
        self.users.extend(more.users);
        self.groups.extend(more.groups);
        self.packages.extend(more.packages);
        self.apt.held.extend(more.apt.held);
        self.units.extend(more.units);
        self.answers.extend(more.answers);
        self.podman.volumes.extend(more.podman.volumes);
        self.podman.networks.extend(more.podman.networks);
    }

    /// Whether the step being planned makes this folder, or one in it.
    pub fn will_have_folder(&self, path: &str) -> bool {
        let is_in =
            |folder: &String| folder.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.folders_to_come.iter().any(is_in)
    }

    /// Whether a folder will be empty: all that was listed in it has been planned away.
    pub fn is_emptied(&self, folder: &str) -> bool {
        let Some(answer) = self.answers.get(&super::probe::listing_key(folder)) else { return false };
        answer.status == 0
            && answer
                .output
                .lines()
                .all(|name| matches!(self.paths.get(&format!("{folder}/{name}")), Some(PathState::Absent)))
    }

    /// The SHA-256 of what a file holds, or will hold.
    pub fn sha256(&self, path: &str) -> Option<&str> {
        match self.path(path) {
            PathState::File { sha256, .. } => sha256.as_deref(),
            _ => None,
        }
    }
}
