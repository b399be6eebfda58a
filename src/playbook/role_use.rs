//! Reads the roles of a play.

use super::keywords::{ROLE_KEYWORDS, accepted, check_become_method, treatment};
use super::{RoleUse, State};
use crate::role::{Role, RoleLibrary, check_assignments};
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use crate::yaml::{Entry, Fields, Node, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Reads the list under `roles`.
pub(super) fn read_roles(
    node: &Node,
    library: &RoleLibrary,
    notes: &mut Vec<Diagnostic>,
) -> Result<Vec<RoleUse>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut uses: Vec<RoleUse> = Vec::new();
    let mut broken = HashSet::new();
    for item in node.sequence()? {
        let result = read_role_use(item, library, &mut broken, notes);
        let Some(role_use) = errors.collect(result).flatten() else { continue };
        let same = |other: &&RoleUse| other.instance == role_use.instance && other.role.name == role_use.role.name;
        if let Some(other) = uses.iter().find(same) {
            errors.push(
                Diagnostic::at(&role_use.span, format!("role `{}` is used twice", role_use.role.name))
                    .also(&other.span, "first here")
                    .hint("give one of them a `name`, which tells what belongs to which"),
            );
        }
        uses.push(role_use);
    }
    errors.or(uses)
}

/// Nothing if the role is one of the `broken`, whose errors were given already.
fn read_role_use(
    node: &Node,
    library: &RoleLibrary,
    broken: &mut HashSet<String>,
    notes: &mut Vec<Diagnostic>,
) -> Result<Option<RoleUse>, Diagnostics> {
    let Some(name) = role_name(node) else {
        let error = match &node.value {
            Value::Mapping(entries) => Diagnostic::at(&node.span, "a role's mapping needs `role`").maybe_hint(
                (entries.iter().find(|entry| did_you_mean(&entry.key, ["role"]).is_some()))
                    .map(|entry| format!("did you mean `role` by `{}`?", entry.key)),
            ),
            _ => Diagnostic::at(&node.span, format!("a role is a name or a mapping, not {}", node.describe()))
                .hint("write `- loki`, or `- { role: loki, … }`"),
        };
        return Err(error.into());
    };
    let text = name.string()?;
    if text.contains("{{") {
        let message = "the name of a role cannot be a template";
        return Err(Diagnostic::at(&name.span, message).hint("use `when` to choose between roles").into());
    }
    let mut errors = Diagnostics::new();
    let role = match library.find(&text, Some(&name.span)) {
        Ok(role) => role,
        Err(found) => {
            // its errors are given once, however often it is used
            if broken.insert(text) {
                errors.extend(found);
            }
            if let Value::Mapping(entries) = &node.value {
                // what can be said about the other keys without knowing the role's options
                let known = entries.iter().filter(|entry| treatment(ROLE_KEYWORDS, &entry.key).is_some());
                let known = Node::new(Value::Mapping(known.cloned().collect()), node.span.clone());
                accepted(&known, "a role", ROLE_KEYWORDS, &mut errors, notes);
            }
            return errors.or(None);
        }
    };
    if !matches!(node.value, Value::Mapping(_)) {
        let instance = role.name.clone();
        return Ok(Some(RoleUse::plain(role, instance, name.span.clone())));
    }
    let (keys, mut vars) = inline_vars(node, &role);
    let node = accepted(&keys, "a role", ROLE_KEYWORDS, &mut errors, notes);
    let mut fields = Fields::new(&node, "a role")?;
    let has_role = fields.get("role").is_some();
    let label = fields.filled("name").filter(|_| has_role);
    let given = fields.get("vars");
    vars.extend(fields.read(given, |given| given.mapping().map(<[Entry]>::to_vec)).unwrap_or_default());
    let tags = fields.tags();
    let when = fields.get("when").cloned();
    let state = fields.get("state");
    let state = fields.read(state, read_state).unwrap_or_default();
    let purge_entry = fields.entry("purge");
    let purge = fields.read(purge_entry.map(|entry| &entry.value), Node::all_filled).unwrap_or_default();
    if let (Some(entry), State::Present) = (purge_entry, state) {
        fields.error(
            Diagnostic::at(&entry.key_span, "`purge` is for a role that is removed").hint("add `state: absent`"),
        );
    }
    let become_ = fields.boolean("become");
    let become_user = fields.get("become_user").cloned();
    let method = fields.get("become_method");
    fields.read(method, check_become_method);
    errors.collect(fields.finish());
    errors.collect(check_assignments(&role, &vars));
    let instance = label.unwrap_or_else(|| role.name.clone());
    let span = name.span.clone();
    errors.or(Some(RoleUse { role, instance, span, vars, tags, when, state, purge, become_, become_user }))
}

/// The node that names the role.
fn role_name(node: &Node) -> Option<Node> {
    match &node.value {
        Value::String { .. } => Some(node.clone()),
        Value::Mapping(_) => node.get("role").or_else(|| node.get("name")).cloned(),
        _ => None,
    }
}

/// Ansible takes every key that it does not know for a variable; here those that nearly or fully name an option are.
fn inline_vars(node: &Node, role: &Arc<Role>) -> (Node, Vec<Entry>) {
    let Value::Mapping(entries) = &node.value else { return (node.clone(), Vec::new()) };
    let (keys, vars): (Vec<Entry>, Vec<Entry>) = entries.iter().cloned().partition(|entry| {
        treatment(ROLE_KEYWORDS, &entry.key).is_some()
            || (role.option(&entry.key).is_none() && role.nearest_option(&entry.key).is_none())
    });
    (Node::new(Value::Mapping(keys), node.span.clone()), vars)
}

fn read_state(node: &Node) -> Result<State, Diagnostics> {
    match node.string()?.as_str() {
        "present" => Ok(State::Present),
        "absent" => Ok(State::Absent),
        other => {
            let message = format!("expected `present` or `absent`, found `{other}`");
            Err(Diagnostic::at(&node.span, message).into())
        }
    }
}
