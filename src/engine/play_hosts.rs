//! Whom a play is about.

use crate::inventory::Inventory;
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::template::{Layer, RenderError, Scope};
use crate::yaml::Node;

/// The hosts that a play's patterns mean, in the order of the patterns.
///
/// # Errors
/// What is wrong in a pattern or its template; when they come to nothing.
pub fn play_hosts(
    inventory: &Inventory,
    patterns: &[Node],
    play: &Span,
    extra: &Layer,
) -> Result<Vec<String>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let scope = Scope::new(vec![extra.clone()]);
    let mut texts = Vec::new();
    for node in patterns {
        match scope.render(node).and_then(|node| Ok(node.strings()?)) {
            Ok(found) => texts.extend(found),
            Err(RenderError::Invalid(found)) => errors.extend(found),
            Err(RenderError::NeedsFacts) => {
                errors.push(Diagnostic::at(&node.span, "a play's hosts cannot depend on facts"))
            }
        }
    }
    let at = patterns.first().map_or(play, |node| &node.span);
    let hosts = if errors.is_empty() { errors.collect(inventory.select(&texts.join(":"), Some(at))) } else { None };
    errors.or(hosts.unwrap_or_default())
}
