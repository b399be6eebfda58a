//! Whom roles are carried out as on a host, also where the run has none for it.

use super::project::Project;
use super::resolver::Resolver;
use super::work::{Identity, RoleRun};
use crate::playbook::Play;
use crate::template::{Layer, Rank, Rendering};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whom the first role on a host is carried out as, in plays that the run may not be about.
pub(super) fn first_identity(project: &Project, host: &str, plays: &[&Play]) -> Identity {
    let rendering = Arc::default();
    let scope = project.hosts.scope_in(host, &rendering)?;
    let play = plays.first()?;
    let scope = scope.with_layer(Layer::entries(Rank::Play, &play.vars));
    let (own, user) = play.roles.first().map_or((None, None), |role| (role.become_, role.become_user.as_ref()));
    Resolver::new(project, host, &rendering).become_user(play, own, user, &scope)
}

/// Those whom the plays' roles would be carried out as on a host, but for those whom they are: under their names may be
/// what was declared there once.
pub(super) fn beside(project: &Project, host: &str, runs: &[RoleRun], rendering: &Arc<Rendering>) -> Vec<Identity> {
    let Some(scope) = project.hosts.scope_in(host, rendering).filter(|_| project.complete) else { return Vec::new() };
    // what cannot be worked out for this host is none of its identities
    let mut resolver = Resolver::new(project, host, rendering);
    let mut all = BTreeSet::new();
    for (play, _) in project.plays() {
        let scope = scope.with_layer(Layer::entries(Rank::Play, &play.vars));
        let of_roles = play.roles.iter().map(|role| (role.become_, role.become_user.as_ref()));
        let own_things = !play.resources.is_empty() || play.roles.is_empty();
        for (own, own_user) in of_roles.chain(own_things.then_some((None, None))) {
            let user = resolver.become_user(play, own, own_user, &scope);
            if std::mem::take(&mut resolver.errors).is_empty() && !std::mem::take(&mut resolver.needs_facts) {
                all.insert(user);
            }
        }
    }
    all.into_iter().filter(|identity| runs.iter().all(|run| run.become_user != *identity)).collect()
}
