//! What a step does with files, folders and links.

use crate::ability::operation::StepPhase;
use crate::ability::program::Program;
use crate::host::quote;
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

/// One thing that a step does with files; all of it is undone when the step fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileOperation {
    /// Refuses the step if a path is not as it was when the step was planned.
    Expect {
        /// The absolute path.
        path: String,
        /// How it was.
        expectation: Expectation,
    },
    /// Keeps what is at a path, before solti first replaces it.
    KeepOriginal {
        /// The absolute path.
        path: String,
        /// Its name among the originals kept on the host.
        original: String,
    },
    /// Makes a directory, with its missing parents.
    MakeDirectory {
        /// The absolute path.
        path: String,
        /// Its attributes.
        attributes: Attributes,
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
    /// Writes files: all are staged, validated together, and renamed one by one.
    Write {
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
}

impl FileOperation {
    /// When it is carried out.
    pub fn phase(&self) -> StepPhase {
        match self {
            Self::Expect { .. } => StepPhase::Expectations,
            Self::KeepOriginal { .. } => StepPhase::Originals,
            Self::Write { early: true, .. } => StepPhase::PackageSources,
            Self::MakeDirectory { .. } => StepPhase::Folders,
            Self::SetAttributes { .. } => StepPhase::Attributes,
            Self::Write { early: false, .. } => StepPhase::Files,
            Self::Link { .. } | Self::Remove { .. } | Self::RemoveEmptyDirectory { .. } | Self::Restore { .. } => {
                StepPhase::Places
            }
        }
    }

    /// Adds it to a step's program. Sets of files are written together, by [`super::write_sets`].
    pub fn write(&self, at: usize, program: &mut Program<'_>) {
        match self {
            Self::Expect { path, expectation } => {
                let state = match expectation {
                    Expectation::Absent => "absent".to_owned(),
                    Expectation::File(sha256) => format!("file {sha256}"),
                    Expectation::Directory => "directory".to_owned(),
                    Expectation::Link(target) => format!("link {}", quote(target)),
                    Expectation::Any => return,
                };
                program.must(at, &format!("expect {} {state}", quote(path)));
            }
            Self::KeepOriginal { path, original } => {
                let number = program.number();
                program.must(at, &format!("keep_original {number} {} {original}", quote(path)));
            }
            Self::MakeDirectory { path, attributes: wanted } => {
                let number = program.number();
                program.must(at, &format!("folder {number} {} {}", quote(path), attributes(wanted)));
            }
            Self::SetAttributes { path, attributes: wanted, uid } => {
                let (number, uid) = (program.number(), uid.map_or("-".to_owned(), |uid| uid.to_string()));
                program.must(at, &format!("attributes {number} {} {} {uid}", quote(path), attributes(wanted)));
            }
            Self::Link { path, target } => {
                let number = program.number();
                program.must(at, &format!("link {number} {} {}", quote(path), quote(target)));
            }
            Self::Remove { path } => {
                let number = program.number();
                program.must(at, &format!("discard {number} {}", quote(path)));
            }
            Self::RemoveEmptyDirectory { path } => {
                let number = program.number();
                program.must(at, &format!("discard_empty {number} {}", quote(path)));
            }
            Self::Restore { path, original } => {
                let number = program.number();
                program.must(at, &format!("restore_original {number} {} {original}", quote(path)));
            }
            Self::Write { .. } => {}
        }
    }
}

/// `MODE OWNER GROUP`, with `-` for what stays.
pub(super) fn attributes(attributes: &Attributes) -> String {
    let word = |word: &Option<String>| word.as_deref().map_or("-".to_owned(), quote);
    let mode = attributes.mode.map_or("-".to_owned(), |mode| format!("{mode:04o}"));
    format!("{mode} {} {}", word(&attributes.owner), word(&attributes.group))
}
