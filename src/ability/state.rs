//! What is on a host: first as the probe found it, then as the planned changes will leave it.

use super::commands::listing_key;
use super::files::PathState;
use super::memory::Memory;
use super::systemd::UnitState;
use crate::ability::http::{Reply, Request};
use crate::quadlet::Named;
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

macro_rules! state {
    ($($(#[$what:meta])* $ability:ident as $name:ident: $known:ident, $operations:ident($operation:ident);)*) => {
        /// All that is known of a host, by ability: what was observed, into which planning writes what each change will make
        /// of it. Beside it, what is declared, what else is predicted, and what the run may do.
        #[derive(Debug, Clone, Default)]
        pub struct State {
            $($(#[$what])* pub $name: super::$ability::$known,)*
            /// Answers to HTTP requests, by what was asked.
            pub replies: HashMap<String, Reply>,
            /// Tools that the host lacks, of those asked for.
            pub missing_tools: HashSet<String>,
            /// What solti has noted there.
            pub memory: Memory,
            /// What is declared for the host.
            pub declared: Declared,
            /// What the changes planned so far will bring beside that.
            pub predicted: Predicted,
            /// What the run may do.
            pub run: Run,
        }

        impl State {
            /// Adds what further questions have found out.
            pub fn absorb(&mut self, more: State) {
                $(self.$name.absorb(more.$name);)*
            }
        }
    };
}
abilities!(state);

/// What is known by name alone takes in more of the same.
trait Absorb {
    fn absorb(&mut self, more: Self);
}

impl<T> Absorb for HashMap<String, T> {
    fn absorb(&mut self, more: Self) {
        self.extend(more);
    }
}

/// What is declared for a host, whatever the order of the declarations.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Content of files, by path: SHA-256 of what they will hold.
    pub files: BTreeMap<String, String>,
    /// What services are started with beside what they say themselves, by unit.
    pub started_with: BTreeMap<String, StartedWith>,
    /// Files of environment variables, by unit: a process has read them at its start, and no reload reads them again.
    pub environment_files: BTreeMap<String, Vec<String>>,
    /// Quadlets, by scope.
    pub quadlets: BTreeMap<Option<String>, Vec<Named>>,
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

/// What planned changes will bring that cannot be told in detail before they are made.
#[derive(Debug, Clone, Default)]
pub struct Predicted {
    /// Packages that are installed, so that files and units may appear that are not there yet.
    pub packages: IndexMap<String, String>,
    /// Folders that the step being planned makes, which it does before all files.
    pub folders: BTreeSet<String>,
    /// Units whose files are written.
    pub units: HashSet<String>,
    /// Images that are fetched, with their scopes.
    pub images: HashSet<String>,
}

/// What a run may do.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Whether it leaves out hosts or roles, which may need what nobody needs in it.
    pub partial: bool,
}

impl State {
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

    /// Whether the step being planned makes this folder, or one in it.
    pub fn will_have_folder(&self, path: &str) -> bool {
        let is_in =
            |folder: &String| folder.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.predicted.folders.iter().any(is_in)
    }

    /// Whether a folder will be empty: all that was listed in it has been planned away.
    pub fn is_emptied(&self, folder: &str) -> bool {
        let Some(answer) = self.commands.get(&listing_key(folder)) else { return false };
        answer.status == 0
            && answer
                .output
                .lines()
                .all(|name| matches!(self.files.paths.get(&format!("{folder}/{name}")), Some(PathState::Absent)))
    }
}
