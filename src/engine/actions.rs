//! Which action a run is for: looked for among those of its roles, before any host is asked.

use super::project::Project;
use super::request::WantedAction;
use crate::role::Role;
use crate::source::{Diagnostic, did_you_mean};
use std::collections::BTreeSet;

/// Looks for the action in the roles of the run's plays.
///
/// # Errors
/// When there is none, with those that there are.
pub fn find(project: &Project, wanted: &WantedAction) -> Result<(), Diagnostic> {
    let uses = project.plays().flat_map(|(play, _)| &play.roles);
    let roles: Vec<&Role> = uses.map(|role| role.role.as_ref()).collect();
    let names: BTreeSet<&str> = roles.iter().map(|role| role.name.as_str()).collect();
    let Some(role) = roles.into_iter().find(|role| wanted.is_of(&role.name)) else {
        let hint = match did_you_mean(&wanted.role, names.iter().copied()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("there are: {}", names.into_iter().collect::<Vec<_>>().join(", ")),
        };
        return Err(Diagnostic::new(format!("no play has a role {}", wanted.role)).hint(hint));
    };
    if role.actions.contains_key(&wanted.name) {
        return Ok(());
    }
    let names = || role.actions.keys().map(String::as_str);
    let hint = match did_you_mean(&wanted.name, names()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if role.actions.is_empty() => "it has no actions".to_owned(),
        None => format!("it has: {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Diagnostic::new(format!("the role {} has no action {}", role.name, wanted.name)).hint(hint))
}

/// The error where no host of the run has the role.
pub fn nowhere(wanted: &WantedAction) -> Diagnostic {
    let error = Diagnostic::new(format!("no host of this run has the role {}", wanted.role));
    error.hint("`when`, `state: absent`, `--limit` and `--tags` leave roles out")
}
