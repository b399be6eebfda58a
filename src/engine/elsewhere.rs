//! What a project declares in playbooks that a run is not about: no orphans of those are made by applying another one.
//!
//! Of these playbooks it only matters which roles they name, and for whom. What else is in them may be wrong, or
//! Ansible's.

use super::play_hosts::play_hosts;
use super::play_names::play_instance;
use crate::inventory::Inventory;
use crate::playbook::Playbook;
use crate::source::SourceFile;
use crate::template::Layer;
use crate::yaml::{self, Node, Value};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The instances of other playbooks, and the hosts that they are about.
#[derive(Debug, Default)]
pub struct Elsewhere {
    instances: HashSet<String>,
    /// Hosts that any of the plays is about.
    pub hosts: HashSet<String>,
    /// Playbooks of which nothing is known.
    unread: Vec<PathBuf>,
    /// The project's folder.
    root: PathBuf,
    /// Playbooks that were looked through, or that the run is about.
    seen: HashSet<PathBuf>,
}

/// Where a project keeps its playbooks.
const FOLDER: &str = "playbooks";

impl Elsewhere {
    /// Looks through the playbooks of the project, but for those that the run is about.
    pub fn look(root: &Path, default: Option<&Path>, run: &[Playbook], inventory: &Inventory, extra: &Layer) -> Self {
        let mut known: HashSet<PathBuf> =
            run.iter().flat_map(|playbook| &playbook.plays).filter_map(|play| play.path.canonicalize().ok()).collect();
        let entries = std::fs::read_dir(root.join(FOLDER)).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<PathBuf> = entries.chain(default.map(Path::to_owned)).collect();
        paths.retain(|path| path.extension().is_some_and(|name| name == "yml" || name == "yaml"));
        paths.sort();
        let mut elsewhere = Self { root: root.to_owned(), ..Self::default() };
        for path in paths {
            elsewhere.file(root, &path, &mut known, inventory, extra);
        }
        elsewhere.seen = known;
        elsewhere
    }

    /// Whether an instance is in any of them.
    pub fn declares(&self, instance: &str) -> bool {
        let numbered = instance.rsplit_once('#').filter(|(_, number)| number.chars().all(|c| c.is_ascii_digit()));
        self.instances.contains(instance) || numbered.is_some_and(|(name, _)| self.instances.contains(name))
    }

    /// Whether a playbook, by its path in the project, is there and was not looked through: what it put on hosts is its own
    /// business.
    pub fn has_unseen(&self, playbook: &str) -> bool {
        self.root.join(playbook).canonicalize().is_ok_and(|path| !self.seen.contains(&path))
    }

    /// A playbook of which nothing is known, if there is one.
    pub fn unread(&self) -> Option<String> {
        self.unread.first().map(|path| path.display().to_string())
    }

    fn file(&mut self, root: &Path, path: &Path, known: &mut HashSet<PathBuf>, inventory: &Inventory, extra: &Layer) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if !known.insert(real) {
            return;
        }
        let Ok(node) = SourceFile::read(path).and_then(|source| yaml::parse(&source)) else {
            self.unread.push(path.to_owned());
            return;
        };
        // a mapping is a file of variables
        let Value::Sequence(plays) = &node.value else { return };
        for play in plays {
            let Value::Mapping(entries) = &play.value else { continue };
            if let Some(imported) = entries.iter().find(|entry| entry.key.ends_with("import_playbook")) {
                if let Ok(name) = imported.value.filled() {
                    self.file(root, &path.parent().unwrap_or(Path::new("")).join(name), known, inventory, extra);
                }
            } else if let Some(hosts) = play.get("hosts") {
                self.play(root, path, play, hosts, inventory, extra);
            }
        }
    }

    fn play(&mut self, root: &Path, path: &Path, play: &Node, hosts: &Node, inventory: &Inventory, extra: &Layer) {
        let patterns = match &hosts.value {
            Value::Sequence(items) => items.clone(),
            _ => vec![hosts.clone()],
        };
        let text = |node: Option<&Node>| node.and_then(|node| node.filled().ok());
        let name = text(play.get("name"));
        if play.get("resources").is_some() {
            self.instances.insert(play_instance(name.as_deref(), &patterns, path, root));
        }
        for role in play.get("roles").and_then(|roles| roles.sequence().ok()).unwrap_or_default() {
            let gone = text(role.get("state")).is_some_and(|state| state == "absent");
            let name = match &role.value {
                Value::Mapping(_) => text(role.get("name")).or_else(|| text(role.get("role"))),
                _ => text(Some(role)),
            };
            // a collection prefix is dropped; what tells two uses apart has none
            let name = name.map(|name| match role.get("name").and(role.get("role")) {
                Some(_) => name,
                None => name.rsplit('.').next().unwrap_or_default().to_owned(),
            });
            self.instances.extend(name.filter(|_| !gone));
        }
        // whom a play is about that cannot be told without its own extra variables, its own run will say
        self.hosts.extend(play_hosts(inventory, &patterns, &play.span, extra).unwrap_or_default());
    }
}
