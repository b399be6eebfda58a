//! What is declared twice for one host.

use super::work::{Resolved, RoleRun};
use crate::ability::memory::manifest::{Item, ItemKind};
use crate::source::{Diagnostic, Diagnostics};
use std::collections::HashMap;

/// Whether two resources may both have a file, because both declare the same.
fn is_shared(one: &Resolved, other: &Resolved, path: &str) -> bool {
    let text = |resolved: &Resolved| {
        let resource = resolved.resource.as_ref().filter(|resource| resource.shares())?;
        resource.texts().into_iter().find(|(name, _)| name == path)
    };
    text(one).is_some_and(|text_of_one| text(other) == Some(text_of_one))
}

/// Two declarations of one thing: whichever came last would win, run by run.
pub fn conflicts(runs: &[RoleRun]) -> Diagnostics {
    let mut errors = Diagnostics::new();
    let mut seen: HashMap<(ItemKind, &str), &Resolved> = HashMap::new();
    let mut alone: HashMap<String, &Resolved> = HashMap::new();
    let mut numbers: HashMap<String, (&Resolved, &str)> = HashMap::new();
    for run in runs.iter().filter(|run| !run.absent) {
        for resolved in run.resources() {
            if let Some(what) = resolved.resource.as_ref().and_then(|resource| resource.alone())
                && let Some(first) = alone.insert(what.clone(), resolved)
            {
                let error = Diagnostic::at(&resolved.span, format!("{what} are declared twice for one host"));
                let error =
                    error.label(format!("by {}", resolved.id)).also(&first.span, format!("and by {}", first.id));
                errors.push(error.hint("put all of them into one; each revokes what it does not name"));
            }
            if let Some((what, name)) = resolved.resource.as_ref().and_then(|resource| resource.number())
                && let Some((first, other)) = numbers.insert(what.clone(), (resolved, name))
                && other != name
            {
                let error = Diagnostic::at(&resolved.span, format!("{what} is declared twice for one host"));
                errors.push(error.label(format!("for {name}")).also(&first.span, format!("and for {other}")));
            }
            for item in &resolved.claims {
                let (what, name) = match item {
                    Item { kind: ItemKind::File, name: path, .. } => ("the file", path),
                    Item { kind: ItemKind::Service, name: unit, .. } => ("the service", unit),
                    _ => continue,
                };
                if let Some(first) = seen.insert(item.key(), resolved).filter(|first| !is_shared(first, resolved, name))
                {
                    let error = Diagnostic::at(&resolved.span, format!("{what} {name} is declared twice for one host"));
                    errors.push(
                        error.label(format!("by {}", resolved.id)).also(&first.span, format!("and by {}", first.id)),
                    );
                }
            }
        }
    }
    errors
}
