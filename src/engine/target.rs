//! How a host is reached.

use super::project::Project;
use crate::host::Target;
use crate::playbook::Play;
use crate::source::{Diagnostic, Diagnostics};
use crate::template::{RenderError, Scope};
use crate::yaml::Node;
use std::collections::HashMap;

/// How a host is reached: its variables say, else the first play that is about it, else the command line.
pub fn target(project: &Project, host: &str, play: Option<&Play>) -> Result<Target, Diagnostics> {
    let selection = &project.selection;
    let mut errors = Diagnostics::new();
    let mut values = HashMap::new();
    let mut spans = HashMap::new();
    let scope = project.hosts.scope(host);
    // those of the command line are among them
    let names = scope.as_ref().map(Scope::names).unwrap_or_default();
    for name in names.into_iter().filter(|name| name.starts_with("ansible_")) {
        match project.host_variable(host, &name) {
            Ok(Some(node)) => {
                if let Ok(text) = node.string() {
                    values.insert(name.clone(), text);
                }
            }
            Ok(None) | Err(RenderError::NeedsFacts) => {}
            Err(RenderError::Invalid(found)) => errors.extend(found),
        }
        if let Some((_, node)) = scope.as_ref().and_then(|scope| scope.written(&name)) {
            spans.insert(name, node.span.clone());
        }
    }
    let mut of_play = |node: Option<&Node>| {
        let rendered = scope.as_ref()?.render(node?).and_then(|node| Ok(node.filled()?));
        match rendered {
            Ok(text) => Some(text),
            Err(RenderError::NeedsFacts) => None,
            Err(RenderError::Invalid(found)) => {
                errors.extend(found);
                None
            }
        }
    };
    let remote_user = of_play(play.and_then(|play| play.remote_user.as_ref())).or_else(|| selection.user.clone());
    let connection = of_play(play.and_then(|play| play.connection.as_ref()));
    let fallback = |name: &str| match name {
        "ansible_user" => remote_user.clone(),
        "ansible_connection" => connection.clone(),
        "ansible_ssh_private_key_file" => selection.private_key.as_ref().map(|path| path.display().to_string()),
        _ => None,
    };
    let target = Target::from_variables(host, |name| values.get(name).cloned().or_else(|| fallback(name)));
    match target {
        Ok(target) => errors.or(target),
        Err((variable, reason)) => {
            let message = format!("`{variable}` of host {host}: {reason}");
            errors.push(
                spans.get(&variable).map_or_else(|| Diagnostic::new(&message), |span| Diagnostic::at(span, &message)),
            );
            Err(errors)
        }
    }
}
