//! What is no longer declared, but is not simply gone: it is made otherwise now, stays until the role goes, or runs as it did
//! before solti.

use super::ownership::thing;
use super::planner::Planner;
use crate::plan::change::Change;
use crate::plan::manifest::{Before, Item, Owned};
use crate::plan::state::State;
use crate::resource::removal::{self, Reach};

impl Planner<'_> {
    /// A unit that a quadlet makes from now on starts at boot as that says. What has enabled the one before is no longer
    /// declared, and systemd enables and disables no unit that is made from a quadlet.
    pub(super) fn made_otherwise(&self, gone: &[Owned], state: &mut State) -> Vec<Change> {
        let items = gone.iter().flat_map(|owned| owned.items.iter().map(move |item| (owned, item)));
        let claimed = items.filter(|(_, item)| self.claimed.contains(&thing(item)));
        let changes = claimed.filter_map(|(owned, item)| match item {
            Item::Service { unit, before: Before::Nothing } if state.started_with.contains_key(unit) => {
                Some(removal::disable(unit, state)?.of(owned.resource.clone()))
            }
            _ => None,
        });
        changes.collect()
    }

    /// What is forgotten of what is no longer declared. What stays for as long as the role does goes with it.
    pub(super) fn taken(&self, gone: &[Owned]) -> Vec<Owned> {
        let taken = |item: &Item| Reach::Pruned.takes(item) || self.claimed.contains(&thing(item));
        let mut all = gone.to_vec();
        all.iter_mut().for_each(|owned| owned.items.retain(taken));
        all
    }

    /// What ran before solti came goes on, but with its own unit again.
    pub(super) fn as_before(&self, all: &[Owned], state: &mut State) -> Vec<Change> {
        let items = all.iter().flat_map(|owned| owned.items.iter().map(move |item| (owned, item)));
        let free = items.filter(|(_, item)| !self.claimed.contains(&thing(item)));
        free.filter_map(|(owned, item)| match item {
            Item::Service { unit, before: Before::Same } => {
                Some(removal::restart(unit, state)?.of(owned.resource.clone()))
            }
            _ => None,
        })
        .collect()
    }
}
