//! How a host is reached.

use super::project::Project;
use crate::host::Target;
use crate::host::variables::{CONNECTION_VARIABLES, Standing, is_password, standing};
use crate::playbook::Play;
use crate::source::{Diagnostic, Diagnostics, Span, did_you_mean};
use crate::template::{Layer, Rank, RenderError, Rendering, Scope};
use crate::yaml::{Node, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How a host is reached: its variables say, else the plays that are about it, else the command line. A run has one
/// connection to a host, so all plays must say the same.
///
/// # Errors
/// What is wrong in its variables, those that would mean something else than they do in Ansible, and plays that differ.
pub fn target(project: &Project, host: &str, plays: &[&Play]) -> Result<Target, Diagnostics> {
    target_in(project, host, plays, &Arc::default())
}

/// The same, as a part of a rendering.
pub(super) fn target_in(
    project: &Project,
    host: &str,
    plays: &[&Play],
    rendering: &Arc<Rendering>,
) -> Result<Target, Diagnostics> {
    let of_play = |play| of_play(project, host, play, rendering);
    let Some((first, others)) = plays.split_first() else { return of_play(None) };
    let target = of_play(Some(first))?;
    let mut errors = Diagnostics::new();
    for play in others {
        if of_play(Some(play))? != target {
            let message = format!("this play reaches host {host} in another way than an earlier one");
            errors.push(
                Diagnostic::at(&play.span, message)
                    .also(&first.span, "the earlier play")
                    .hint("a run has one connection to a host: say in the inventory how it is reached"),
            );
        }
    }
    errors.or(target)
}

/// What is said of variables that have no effect.
pub fn ignored(project: &Project, host: &str) -> Vec<Diagnostic> {
    let Some(scope) = project.hosts.scope(host) else { return Vec::new() };
    let names = scope.names();
    let note = |name: &String| {
        let Some(Standing::Ignored(why)) = standing(name) else { return None };
        let (_, node) = scope.written(name)?;
        Some(Diagnostic::at(&node.span, format!("`{name}` has no effect: {why}")))
    };
    names.iter().filter_map(note).collect()
}

/// How one of the plays has it.
fn of_play(
    project: &Project,
    host: &str,
    play: Option<&Play>,
    rendering: &Arc<Rendering>,
) -> Result<Target, Diagnostics> {
    let selection = &project.selection;
    let mut errors = Diagnostics::new();
    let Some(scope) = project.hosts.scope_in(host, rendering) else {
        return Err(Diagnostic::new(format!("the inventory has no host `{host}`")).into());
    };
    let scope = match play {
        Some(play) => scope.with_layer(Layer::entries(Rank::Play, &play.vars)),
        None => scope,
    };
    let (values, spans) = written(project, host, &scope, &mut errors);
    let mut of_play = |node: Option<&Node>| {
        let node = node?;
        match scope.render(node).and_then(|node| Ok(node.filled()?)) {
            Ok(text) => Some(text),
            Err(RenderError::NeedsFacts) => {
                let message = "this needs facts, which come only once the host is reached";
                errors.push(Diagnostic::at(&node.span, message));
                None
            }
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
            errors.push(wrong(&variable, spans.get(&variable), &format!("of host {host}: {reason}")));
            Err(errors)
        }
    }
}

/// The values of the connection variables that are set, and where; passwords among them are hidden from then on.
fn written(
    project: &Project,
    host: &str,
    scope: &Scope,
    errors: &mut Diagnostics,
) -> (HashMap<String, String>, HashMap<String, Span>) {
    let (mut values, mut spans) = (HashMap::new(), HashMap::new());
    // those of the command line are among them
    for name in scope.names() {
        let Some((_, node)) = scope.written(&name) else { continue };
        let standing = standing(&name);
        if is_password(&name) || (standing.is_none() && name.starts_with("ansible_become")) {
            hide(project, node);
        }
        let Some(standing) = standing else {
            errors.extend(unknown(&name, node));
            continue;
        };
        spans.insert(name.clone(), node.span.clone());
        match standing {
            Standing::Honoured(_) => {}
            // its value does not matter, and may be one that cannot be read
            Standing::Refused(_) if !matches!(node.value, Value::Null) && node.as_str() != Some("") => {
                values.insert(name, "set".to_owned());
                continue;
            }
            _ => continue,
        }
        match scope.render(node) {
            Ok(node) if matches!(node.value, Value::Null) => {}
            Ok(node) => match truth(&node).map_or_else(|| node.string(), Ok) {
                Ok(text) => {
                    if is_password(&name) {
                        project.secrets.add(&text);
                    }
                    values.insert(name, text);
                }
                Err(found) if node.printed().is_some() => errors.extend(found),
                Err(_) => {
                    let found = format!(
                        "of host {host}: expected text (in quotes, if it looks like something else), not {}",
                        node.describe()
                    );
                    errors.push(wrong(&name, spans.get(&name), &found));
                }
            },
            Err(RenderError::NeedsFacts) => {
                let early = format!("of host {host} needs facts, which come only once the host is reached");
                errors.push(wrong(&name, spans.get(&name), &early));
            }
            Err(RenderError::Invalid(found)) => errors.extend(found),
        }
    }
    (values, spans)
}

/// A truth value, however it is written: those that are wanted as text are wanted by none of these variables.
fn truth(node: &Node) -> Option<String> {
    match node.value {
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn wrong(name: &str, span: Option<&Span>, what: &str) -> Diagnostic {
    let message = format!("`{name}` {what}");
    span.map_or_else(|| Diagnostic::new(&message), |span| Diagnostic::at(span, &message))
}

/// Keeps what is written as a password out of all that is shown, also where it is refused.
fn hide(project: &Project, node: &Node) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| hide(project, item)),
        Value::Mapping(entries) => entries.iter().for_each(|entry| hide(project, &entry.value)),
        Value::String { text, .. } if !["{{", "{%"].iter().any(|mark| text.contains(mark)) => project.secrets.add(text),
        // as it is written: 0123 is another number
        Value::Integer(_) | Value::Float(_) => {
            project.secrets.add(node.span.file.text().get(node.span.start..node.span.end).unwrap_or_default());
        }
        _ => {}
    }
}

/// No fact and nothing else of Ansible begins like this, so it is a slip, and would be without effect in silence.
fn unknown(name: &str, node: &Node) -> Diagnostics {
    if !name.starts_with("ansible_become") {
        return Diagnostics::new();
    }
    let names = CONNECTION_VARIABLES.iter().flat_map(|(names, _)| names.iter().copied());
    let near = did_you_mean(name, names).map(|near| format!("did you mean `{near}`?"));
    Diagnostic::at(&node.span, format!("there is no variable `{name}`")).maybe_hint(near).into()
}
