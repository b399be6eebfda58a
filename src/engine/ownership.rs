//! Who has what on a host: what instances own, what they have given up, and what is noted in the manifest.

use super::elsewhere::Elsewhere;
use super::project_id::is_place;
use super::work::{HostWork, Resolved, RoleRun};
use crate::ability::memory::manifest::{Before, Item, ItemKind, Manifest, Owned};
use crate::resource::removal;
use std::collections::{HashMap, HashSet};

/// Whose resources are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Ownership<'a> {
    /// The project that declares.
    pub project: &'a str,
    /// Whether that is a name which it was given.
    pub named: bool,
    /// The names that it had before.
    pub former: &'a [String],
    /// The name of its folder.
    pub folder: Option<&'a str>,
    /// What the project declares in playbooks that this run is not about.
    pub elsewhere: Option<&'a Elsewhere>,
    /// Whether all roles of the plays are at hand, so that a role that is in none of them is orphaned.
    pub complete: bool,
    /// Whether orphaned roles are removed.
    pub prune: bool,
}

impl<'a> Ownership<'a> {
    /// What an instance owns on the host but declares no longer, or all of it if it is to be absent. A resource that is
    /// still declared may have lost some of its things: a set of files has one file less.
    pub fn gone(&self, run: &RoleRun, manifest: &Manifest) -> Vec<Owned> {
        if !run.complete {
            return Vec::new();
        }
        let mut declared: HashMap<&str, HashSet<(ItemKind, &str)>> = HashMap::new();
        for resolved in run.resources().filter(|_| !run.absent) {
            declared.entry(&resolved.id).or_default().extend(resolved.claims.iter().map(Item::key));
        }
        let mine =
            manifest.resources.iter().filter(|owned| owned.project == self.project && owned.role == run.instance);
        let gone = mine.filter_map(|owned| {
            let mut gone = owned.clone();
            // what is not in force any more would only mislead who reads it
            if run.overruled.contains(&owned.resource) {
                gone.purge = None;
            }
            if let Some(claims) = declared.get(owned.resource.as_str()) {
                gone.items.retain(|item| !claims.contains(&item.key()));
                if gone.items.is_empty() {
                    return None;
                }
            }
            Some(gone)
        });
        gone.collect()
    }

    /// What belongs to instances that are in no play any more.
    pub fn orphans<'m>(&self, work: &HostWork, manifest: &'m Manifest) -> Vec<&'m Owned> {
        self.in_no_play(work, manifest, |owned| owned.project == self.project)
    }

    /// What is in no play and may be the project's, but was put there by one without a name. What another place's has is
    /// rather another team's, so it matters only to who wants to tidy up.
    pub fn doubtful<'m>(&self, work: &HostWork, manifest: &'m Manifest) -> Vec<&'m Owned> {
        let worth = |owned: &Owned| self.prune || !self.named && !is_place(&owned.project);
        self.in_no_play(work, manifest, |owned| self.may_be_mine(owned) && worth(owned))
    }

    fn in_no_play<'m>(
        &self,
        work: &HostWork,
        manifest: &'m Manifest,
        whose: impl Fn(&Owned) -> bool,
    ) -> Vec<&'m Owned> {
        if !self.complete {
            return Vec::new();
        }
        let known = |owned: &Owned| {
            let role = owned.role.as_str();
            work.runs.iter().any(|run| run.instance == role)
                || work.left_alone.iter().any(|left| left == role)
                || self.elsewhere.is_some_and(|elsewhere| {
                    elsewhere.declares(role) || owned.playbook.as_ref().is_some_and(|path| elsewhere.has_unseen(path))
                })
        };
        let orphaned = |owned: &&Owned| whose(owned) && !known(owned);
        let made = |owned: &&Owned| owned.items.iter().any(|item| item.before != Before::Same);
        manifest.resources.iter().filter(orphaned).filter(made).collect()
    }

    /// A thing that an instance to be removed may have on a host: as the manifest says, or else by its name alone.
    pub fn left_by(&self, run: &RoleRun, item: &Item, manifest: &Manifest) -> Option<Item> {
        let mine = |owned: &&Owned| owned.project == self.project && owned.role == run.instance;
        let mut items = manifest.resources.iter().filter(mine).flat_map(|owned| &owned.items);
        match items.find(|has| has.key() == item.key()) {
            Some(item) => Some(item.clone()),
            None if manifest.owner_of(item.key()).is_some() => None,
            None if !is_known_by_name(item) => None,
            None => Some(item.clone()),
        }
    }
}

/// Whether a thing is ours because of its name; nothing says so of packages, accounts and what podman keeps.
fn is_known_by_name(item: &Item) -> bool {
    matches!(item.kind, ItemKind::File | ItemKind::Directory | ItemKind::Service)
}

/// Whether someone else on the host has this thing too.
pub fn is_shared(owned: &Owned, item: &Item, manifest: &Manifest) -> bool {
    let others = manifest.resources.iter();
    let mut others = others.filter(|other| (&other.project, &other.role) != (&owned.project, &owned.role));
    others.any(|other| other.items.iter().any(|has| has.key() == item.key()))
}

/// What tells a thing on a host from all others.
pub type Thing = (ItemKind, String);

/// The name and kind of a thing.
pub fn thing(item: &Item) -> Thing {
    let (kind, name) = item.key();
    (kind, name.to_owned())
}

/// The things of an entry that a later role takes over, and has not yet.
pub fn taken_over(owned: &Owned, claimed: &HashSet<Thing>, manifest: &Manifest) -> HashSet<Thing> {
    let has = |other: &Owned, item: &Item| other.items.iter().any(|has| has.key() == item.key());
    let moved = |item: &Item| manifest.resources.iter().any(|other| !other.is_the_same_as(owned) && has(other, item));
    let given_up = owned.items.iter().filter(|item| item.is_exclusive() && claimed.contains(&thing(item)));
    given_up.filter(|item| !moved(item)).map(thing).collect()
}

/// Whether a label keeps a thing on a host, because it was not named.
pub fn is_kept(owned: &Owned, item: &Item, purge: &[String]) -> bool {
    owned.purge.as_ref().is_some_and(|label| !purge.contains(label)) && is_labelled(owned, item)
}

/// Whether the resource's label is meant for this one of its things.
pub fn is_labelled(owned: &Owned, item: &Item) -> bool {
    owned.purge.is_some() && removal::is_data(&owned.resource, item)
}

impl Ownership<'_> {
    /// What a role's resource has on the host, as the manifest says it.
    pub fn entry(&self, run: &RoleRun, resolved: &Resolved, items: Vec<Item>) -> Owned {
        Owned {
            project: self.project.to_owned(),
            named: self.named,
            playbook: Some(run.playbook.clone()),
            role: run.instance.clone(),
            resource: resolved.id.clone(),
            purge: resolved.purge.clone(),
            failed: false,
            items,
        }
    }
}

/// Notes in the manifest what a resource has on the host.
pub fn own(manifest: &mut Manifest, whose: &Ownership<'_>, run: &RoleRun, resolved: &Resolved, items: Vec<Item>) {
    let new = whose.entry(run, resolved, items);
    let mine: HashSet<Thing> = new.items.iter().map(thing).collect();
    // what was declared under another name before belongs to this one now
    for owned in &mut manifest.resources {
        if owned.project == new.project && !owned.is_the_same_as(&new) {
            owned.items.retain(|item| !item.is_exclusive() || !mine.contains(&thing(item)));
        }
    }
    manifest
        .resources
        .retain(|owned| !owned.items.is_empty() || (owned.role == new.role && owned.resource == new.resource));
    match manifest.resources.iter_mut().find(|owned| owned.is_the_same_as(&new)) {
        Some(owned) => *owned = new,
        None if new.items.is_empty() => {}
        None => manifest.resources.push(new),
    }
}
