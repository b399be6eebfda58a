//! What a role makes that is by nature not undone. It is noted before it is made, so that what a failed run has left is solti's
//! own to the next one, and not what was there before.

use super::ownership::{Thing, thing};
use crate::ability::memory::manifest::{Before, Item, ItemKind, Manifest, Owned};

/// What the host's side calls it; none for what goes when a role is put back.
pub fn kind(item: &Item) -> Option<&'static str> {
    match item.kind {
        ItemKind::Directory => Some("directory"),
        ItemKind::Package => Some("package"),
        ItemKind::User => Some("user"),
        ItemKind::Group => Some("group"),
        ItemKind::Volume => Some("volume"),
        ItemKind::Network => Some("network"),
        ItemKind::File | ItemKind::Service | ItemKind::Container => None,
    }
}

/// What is in a manifest for the first time, each as an entry of its own: some may stay, and others go. It is noted as what
/// a run has left that failed.
pub fn lasting(manifest: &Manifest, is_known: impl Fn(&Thing) -> bool) -> Vec<Owned> {
    let all = manifest.resources.iter().flat_map(|owned| owned.items.iter().map(move |item| (owned, item)));
    let new = all.filter(|(_, item)| kind(item).is_some() && item.before == Before::Nothing);
    let new = new.filter(|(_, item)| !is_known(&thing(item)));
    new.map(|(owned, item)| Owned { items: vec![item.clone()], failed: true, ..owned.clone() }).collect()
}
