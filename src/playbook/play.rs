//! Reads one play.

use super::keywords::{PLAY_KEYWORDS, accepted, check_become_method};
use super::{Play, read_source, role_use};
use crate::role::{RoleLibrary, read_resources};
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::{self, Entry, Fields, Node, Value};
use std::path::Path;

/// Reads a play of the playbook at `path`; what it ignores goes to `notes`.
pub(super) fn read_play(
    node: &Node,
    path: &Path,
    roles: &RoleLibrary,
    notes: &mut Vec<Diagnostic>,
) -> Result<Play, Diagnostics> {
    let mut errors = Diagnostics::new();
    let node = accepted(node, "a play", PLAY_KEYWORDS, &mut errors, notes);
    let mut fields = Fields::new(&node, "a play")?;
    let name = fields.string("name").filter(|name| !name.trim().is_empty());
    let hosts = fields.required("hosts");
    let hosts = fields.read(hosts, read_hosts).unwrap_or_default();
    let become_ = fields.boolean("become");
    let become_user = fields.get("become_user").cloned();
    let method = fields.get("become_method");
    fields.read(method, check_become_method);
    let remote_user = fields.get("remote_user").cloned();
    let connection = fields.get("connection").cloned();
    let vars = fields.get("vars");
    let mut vars = fields.read(vars, |vars| vars.mapping().map(<[Entry]>::to_vec)).unwrap_or_default();
    let files = fields.get("vars_files");
    vars.extend(fields.read(files, |files| read_vars_files(files, path)).unwrap_or_default());
    let role_list = fields.get("roles");
    let role_uses = fields.read(role_list, |list| role_use::read_roles(list, roles, notes)).unwrap_or_default();
    let resources = fields.get("resources");
    let resources = fields.read(resources, read_resources).unwrap_or_default();
    let tags = fields.tags();
    let any_errors_fatal = fields.boolean("any_errors_fatal").unwrap_or(false);
    let span = fields.span().clone();
    errors.collect(fields.finish());
    errors.or(Play {
        name,
        span,
        path: path.to_owned(),
        hosts,
        become_,
        become_user,
        remote_user,
        connection,
        vars,
        roles: role_uses,
        resources,
        tags,
        any_errors_fatal,
    })
}

/// One pattern, or a list of them.
fn read_hosts(node: &Node) -> Result<Vec<Node>, Diagnostics> {
    let patterns = match &node.value {
        Value::Sequence(items) => items.clone(),
        _ => vec![node.clone()],
    };
    let mut errors = Diagnostics::new();
    for pattern in &patterns {
        errors.collect(pattern.string());
    }
    if patterns.is_empty() {
        errors.push(Diagnostic::at(&node.span, "`hosts` names no host").hint("`all` is every host"));
    }
    errors.or(patterns)
}

/// The variables in all the files, in order.
fn read_vars_files(node: &Node, playbook: &Path) -> Result<Vec<Entry>, Diagnostics> {
    let names = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut errors = Diagnostics::new();
    let mut vars = Vec::new();
    for name in names {
        vars.extend(errors.collect(read_vars_file(name, playbook)).unwrap_or_default());
    }
    errors.or(vars)
}

fn read_vars_file(name: &Node, playbook: &Path) -> Result<Vec<Entry>, Diagnostics> {
    if let Value::Sequence(_) = name.value {
        let error = Diagnostic::at(&name.span, "the first that exists of several files is not built yet");
        return Err(error.hint("name one file").into());
    }
    let text = name.filled()?;
    if text.contains("{{") {
        let error = Diagnostic::at(&name.span, "a template in the name of a variables file is not built yet");
        return Err(error.hint("put variables of hosts and groups into `host_vars/` and `group_vars/`").into());
    }
    let path = playbook.parent().unwrap_or(Path::new("")).join(text);
    let source = read_source(&path, Some(&name.span), "the variables file")?;
    if source.text().starts_with("$ANSIBLE_VAULT") {
        return Err(Diagnostic::at(&name.span, "vaults are not supported yet").into());
    }
    let node = yaml::parse(&source)?;
    match node.value {
        Value::Null => Ok(Vec::new()),
        Value::Mapping(entries) => Ok(entries),
        _ => {
            let message = format!("a file of variables is a mapping, not {}", node.describe());
            Err(Diagnostic::at(&node.span, message).also(&name.span, "used here").into())
        }
    }
}
