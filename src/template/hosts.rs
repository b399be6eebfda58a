//! The hosts of a run: their groups, their inventory variables, and their facts once these are known.

use super::facts::PODMAN_VERSION;
use super::rendering::{Cache, Rendering};
use super::{Layer, Rank, Scope};
use crate::secret::SecretStore;
use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::Serde;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// All hosts, so that templates can ask for `groups` and `hostvars`.
#[derive(Debug, Default)]
pub struct Hosts {
    pub(super) groups: IndexMap<String, Vec<String>>,
    pub(super) hosts: IndexMap<String, Host>,
    podman_wanted: AtomicBool,
    missed: Mutex<BTreeSet<String>>,
    secrets: SecretStore,
}

#[derive(Debug)]
pub(super) struct Host {
    /// Whether no inventory has it: it is there for who asks for it by its name.
    pub implicit: bool,
    pub layers: Vec<Layer>,
    pub facts: OnceLock<Value>,
    /// What all renderings have in common.
    pub cache: Cache,
}

impl Hosts {
    /// No hosts yet, in these groups (with `all` and `ungrouped`, and hosts of child groups listed in their parents).
    pub fn new(groups: IndexMap<String, Vec<String>>) -> Self {
        Self { groups, ..Self::default() }
    }

    /// With a store for the secrets that they keep.
    #[must_use]
    pub fn with_secrets(self, secrets: SecretStore) -> Self {
        Self { secrets, ..self }
    }

    /// The secrets that they keep.
    pub fn secrets(&self) -> &SecretStore {
        &self.secrets
    }

    /// Whether templates have asked for podman's version.
    pub fn podman_wanted(&self) -> bool {
        self.podman_wanted.load(Ordering::Relaxed)
    }

    /// Hosts whose facts were asked for and are not known.
    pub fn without_facts(&self) -> Vec<String> {
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.iter().filter(|name| !self.has_facts(name)).cloned().collect()
    }

    pub(super) fn miss(&self, name: &str) {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    pub(super) fn ask_for(&self, fact: &str) {
        if fact == PODMAN_VERSION {
            self.podman_wanted.store(true, Ordering::Relaxed);
        }
    }

    /// Adds a host with what the other hosts see of it: its inventory variables, and extra vars.
    pub fn insert(&mut self, name: impl Into<String>, mut layers: Vec<Layer>) {
        layers.sort_by_key(|layer| layer.rank);
        let host = Host { implicit: false, layers, facts: OnceLock::new(), cache: Cache::default() };
        self.hosts.insert(name.into(), host);
    }

    /// Adds a host that is in no inventory, such as `localhost`: as in Ansible, a loop over all hosts leaves it out.
    pub fn insert_implicit(&mut self, name: &str, layers: Vec<Layer>) {
        self.insert(name, layers);
        if let Some(host) = self.hosts.get_mut(name) {
            host.implicit = true;
        }
    }

    /// What a host sees before any play: its inventory variables, and extra vars.
    pub fn scope(self: &Arc<Self>, name: &str) -> Option<Scope> {
        self.scope_in(name, &Arc::default())
    }

    /// The same, as a part of a rendering.
    pub fn scope_in(self: &Arc<Self>, name: &str, rendering: &Arc<Rendering>) -> Option<Scope> {
        let host = self.hosts.get(name)?;
        Some(Scope::of_host(Arc::clone(self), name, host, Arc::clone(rendering)))
    }

    /// Notes what a host answered; names come without `ansible_`. All its scopes see the facts from now on. Facts
    /// are asked for once in a run, so a second call changes nothing.
    pub fn set_facts(&self, name: &str, facts: &serde_json::Map<String, serde_json::Value>) {
        if let Some(host) = self.hosts.get(name) {
            host.facts.get_or_init(|| Value::from(Serde(facts)));
        }
    }

    /// Whether a host's facts are known.
    pub fn has_facts(&self, name: &str) -> bool {
        self.facts(name).is_some()
    }

    pub(super) fn facts(&self, name: &str) -> Option<&Value> {
        self.hosts.get(name)?.facts.get()
    }

    /// The groups of a host but `all`, sorted, as `group_names` has them.
    pub(super) fn groups_of(&self, name: &str) -> Vec<String> {
        let has = |members: &Vec<String>| members.iter().any(|member| member == name);
        let mut names: Vec<String> = self
            .groups
            .iter()
            .filter(|(group, members)| *group != "all" && has(members))
            .map(|(group, _)| group.clone())
            .collect();
        names.sort();
        names
    }
}

impl Rank {
    /// Whether facts win over a layer of this rank.
    pub(super) fn is_below_facts(self) -> bool {
        self <= Rank::Inventory
    }
}
