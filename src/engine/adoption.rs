//! What a host remembers under another name of the project, or of a play, and is the project's own all the same.

use super::ownership::Ownership;
use super::play_names::{OF_NAMELESS_PLAY, OF_PLAY};
use super::project_id::is_of_folder;
use super::work::{HostWork, Identity, RoleRun};
use crate::ability::memory::manifest::{Manifest, Owned};
use std::collections::HashMap;

impl Ownership<'_> {
    /// Puts under today's names what a host has under earlier ones. The host is told with the next change there.
    ///
    /// What a project without a name has is known by its folder alone, which another team's may be called too. It is
    /// taken for this project's where this one declares the same: an instance with a file or service of the same
    /// resource. Two teams that declare that of one host would undo each other's work anyway.
    pub fn adopt(&self, work: &HostWork, identity: &Identity, manifest: &mut Manifest) {
        let runs: Vec<&RoleRun> = work.runs.iter().filter(|run| run.become_user == *identity).collect();
        let mut names: HashMap<(String, String), String> = HashMap::new();
        for owned in &manifest.resources {
            let instance = (owned.project.clone(), owned.role.clone());
            let same = runs.iter().find(|run| run.instance == owned.role);
            let moved = || runs.iter().find(|run| was_place_of(run, owned) && declares(run, owned, manifest));
            let run = same.or_else(moved);
            let declared = || run.is_some_and(|run| declares(run, owned, manifest));
            if self.is_mine(&owned.project) || self.may_be_mine(owned) && declared() {
                match run {
                    Some(run) => drop(names.insert(instance, run.instance.clone())),
                    None => drop(names.entry(instance).or_insert(owned.role.clone())),
                }
            }
        }
        for mut owned in std::mem::take(&mut manifest.resources) {
            if let Some(role) = names.get(&(owned.project.clone(), owned.role.clone())) {
                owned.role.clone_from(role);
                owned.project = self.project.to_owned();
                owned.named = self.named;
            }
            manifest.add(owned);
        }
    }

    /// Whether a name is the project's.
    fn is_mine(&self, project: &str) -> bool {
        project == self.project || self.former.iter().any(|name| name == project)
    }

    /// Whether an entry may be the project's, by the folder that it came from.
    pub fn may_be_mine(&self, owned: &Owned) -> bool {
        let folder = self.folder.is_some_and(|folder| is_of_folder(&owned.project, folder));
        folder && !owned.named && !self.is_mine(&owned.project)
    }
}

/// Whether the entry has the name that plays without one were given: a place, from which they have moved since.
fn was_place_of(run: &RoleRun, owned: &Owned) -> bool {
    let role = owned.role.split('#').next().unwrap_or_default();
    let mut parts = role.rsplitn(3, ':');
    let number = |part: Option<&str>| part.is_some_and(|part| part.parse::<usize>().is_ok());
    run.instance.starts_with(OF_NAMELESS_PLAY)
        && role.starts_with(OF_PLAY)
        && number(parts.next())
        && number(parts.next())
}

/// Whether an instance declares the very thing that an entry has. Folders, packages and accounts are shared by many;
/// they count where the whole instance has nothing else.
fn declares(run: &RoleRun, owned: &Owned, manifest: &Manifest) -> bool {
    let same = |other: &&Owned| (&other.project, &other.role) == (&owned.project, &owned.role);
    let mut items = manifest.resources.iter().filter(same).flat_map(|other| &other.items);
    let telling = items.any(crate::ability::memory::manifest::Item::is_exclusive);
    let claims = run.resources().filter(|resolved| resolved.id == owned.resource).flat_map(|resolved| &resolved.claims);
    let mut claims = claims.filter(|claim| claim.is_exclusive() || !telling);
    claims.any(|claim| owned.items.iter().any(|item| item.key() == claim.key()))
}
