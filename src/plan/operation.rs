//! Operations: the few things that a step can do to a host, from which every change is made.

use super::call::Call;
use serde::{Deserialize, Serialize};

/// Owner, group and permissions of a path; what is none stays as it is (new files: root, root, by kind).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// The owner's name or number.
    pub owner: Option<String>,
    /// The group's name or number.
    pub group: Option<String>,
    /// The permission bits.
    pub mode: Option<u32>,
}

/// How a file's new content is tried before it goes live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Validation {
    /// A program and its arguments; `%s` in them stands for the staged file or folder.
    Command(Vec<String>),
    /// podman's own generator, which must take the quadlets among the files without complaint.
    Generator {
        /// Whether they are those of a user.
        user: bool,
    },
}

/// One file that is staged, validated and swapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The absolute path on the host.
    pub path: String,
    /// The new content.
    #[serde(with = "super::bytes")]
    pub content: Vec<u8>,
    /// Owner, group and mode of the new file.
    pub attributes: Attributes,
}

/// What a path must look like for a step to go ahead: the state that it was planned against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expectation {
    /// Nothing is there.
    Absent,
    /// A file with this SHA-256.
    File(String),
    /// A directory.
    Directory,
    /// A symbolic link to this target.
    Link(String),
    /// Not to be known in advance, because an earlier change of the same run may make it.
    Any,
}

/// One thing that a step does to a host. Everything but packages, users and commands is undone when the step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// Installs packages, with their services' automatic start suppressed and existing configuration kept.
    Install {
        /// `name` or `name=version`, as apt takes them.
        packages: Vec<String>,
        /// Whether the package lists are read anew first.
        refresh: bool,
        /// Whether recommended packages come along.
        recommends: bool,
    },
    /// Removes packages; their configuration and data stay.
    Uninstall {
        /// Names.
        packages: Vec<String>,
    },
    /// Runs one of the account tools (`useradd`, `usermod`, `groupadd`, ...).
    Account {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// Gives a user what services need that run without a login: ranges of subordinate ids, and a manager that lingers.
    Linger {
        /// The user.
        user: String,
    },
    /// Fetches a container image that is not there yet.
    Pull {
        /// Whose podman; none for the system's.
        user: Option<String>,
        /// The image's full name.
        image: String,
    },
    /// Removes something of podman's.
    Discard {
        /// What it is.
        what: PodmanThing,
        /// Its name, with its scope ([`super::scope::key`]).
        name: String,
    },
    /// Makes a directory, with its missing parents.
    MakeDirectory {
        /// The absolute path.
        path: String,
        /// Its attributes.
        attributes: Attributes,
    },
    /// Writes files: all are staged, validated together, and renamed one by one.
    WriteFiles {
        /// The folder whose staged copy the validator sees in place of the real one; none for single files.
        folder: Option<String>,
        /// The files.
        bodies: Vec<Body>,
        /// Files of the folder that go at the same time.
        removed: Vec<String>,
        /// What else is declared in the folder, with its SHA-256 in hex: what is tried has it in it, too, whosever it is.
        declared: Vec<(String, String)>,
        /// What tries them.
        validation: Option<Validation>,
        /// Whether they are in place before packages are installed (package sources and keys).
        early: bool,
    },
    /// Runs a program that must succeed once files are in place, before services are started anew.
    Try {
        /// Who runs it; none for who carries out the step.
        user: Option<String>,
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// Sets owner, group and mode of something that is there.
    SetAttributes {
        /// The absolute path.
        path: String,
        /// The attributes to set.
        attributes: Attributes,
        /// Whose it was when this was planned, where that is known.
        uid: Option<u32>,
    },
    /// Makes a symbolic link, replacing a link or a file.
    Link {
        /// Where the link is.
        path: String,
        /// What it points to.
        target: String,
    },
    /// Removes a file or a link, or a directory with all in it.
    Remove {
        /// The absolute path.
        path: String,
    },
    /// Removes a directory if it is empty; else leaves it.
    RemoveEmptyDirectory {
        /// The absolute path.
        path: String,
    },
    /// Puts back what was at a path before solti.
    Restore {
        /// The absolute path.
        path: String,
        /// Its name among the originals kept on the host.
        original: String,
    },
    /// Keeps what is at a path, before solti first replaces it.
    KeepOriginal {
        /// The absolute path.
        path: String,
        /// Its name among the originals kept on the host.
        original: String,
    },
    /// Changes whether a service starts at boot.
    Enable {
        /// The unit's full name, with its scope ([`super::scope::key`]).
        unit: String,
        /// Enabled or disabled.
        enabled: bool,
    },
    /// Starts, stops, restarts or reloads a service.
    Service {
        /// The unit's full name, with its scope ([`super::scope::key`]).
        unit: String,
        /// What to do.
        verb: Verb,
        /// How long the service must stay up to count as started, in milliseconds.
        settle: u64,
    },
    /// Has systemd read its unit files again.
    DaemonReload {
        /// Whose systemd; none for the system's.
        user: Option<String>,
    },
    /// Runs a command.
    Command {
        /// The program and its arguments.
        command: Vec<String>,
        /// The folder that it runs in.
        chdir: Option<String>,
        /// Added to its environment.
        environment: Vec<(String, String)>,
        /// Its standard input, which may hold secrets; never part of its arguments.
        stdin: Option<String>,
        /// The user that it runs as, if not the one of the step.
        user: Option<String>,
        /// A read-only command; where it succeeds just before, there is nothing left to do.
        unless: Option<Vec<String>>,
    },
    /// Talks to the API of a service, once everything else in the step is done. What it changes there stays.
    Api(Call),
    /// Refuses the step if a path is not as it was when the step was planned.
    Expect {
        /// The absolute path.
        path: String,
        /// How it was.
        expectation: Expectation,
    },
}

impl Operation {
    /// Writes one file.
    pub fn write(body: Body) -> Self {
        Self::WriteFiles {
            folder: None,
            bodies: vec![body],
            removed: Vec::new(),
            declared: Vec::new(),
            validation: None,
            early: false,
        }
    }
}

/// What podman keeps beside containers and images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PodmanThing {
    /// A container, which systemd had to kill: otherwise it goes when its service stops.
    Container,
    /// Data.
    Volume,
    /// A network.
    Network,
}

impl PodmanThing {
    /// podman's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Volume => "volume",
            Self::Network => "network",
        }
    }
}

/// What is done to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// `systemctl start`
    Start,
    /// `systemctl stop`
    Stop,
    /// `systemctl restart`
    Restart,
    /// `systemctl reload`
    Reload,
}

impl Verb {
    /// systemctl's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
        }
    }
}
