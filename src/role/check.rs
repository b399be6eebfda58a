//! Checks as written: questions to a host that must be answered yes.

use super::resource::{declared, single_entry, without};
use crate::resource::COMMON;
use crate::resource::check::CheckKind;
use crate::source::{Diagnostic, Diagnostics, Span, did_you_mean};
use crate::yaml::{Fields, Node};

/// One check as declared.
#[derive(Debug, Clone)]
pub struct CheckSpec {
    /// Which kind it is.
    pub kind: CheckKind,
    /// The kind's name in the file.
    pub span: Span,
    /// Its arguments, without the keys that every check may have.
    pub args: Node,
    /// Its label.
    pub name: Option<Node>,
    /// When it is asked at all; an expression.
    pub when: Option<Node>,
    /// What it is repeated for, as `item`.
    pub loop_over: Option<Node>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who asks.
    pub become_user: Option<Node>,
}

/// Reads a list of checks.
///
/// # Errors
/// Everything that is wrong in them.
pub fn read_checks(node: &Node) -> Result<Vec<CheckSpec>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let specs = node.sequence()?.iter().filter_map(|item| errors.collect(read_check(item))).collect();
    errors.or(specs)
}

fn read_check(node: &Node) -> Result<CheckSpec, Diagnostics> {
    let names = CheckKind::ALL.map(CheckKind::name);
    let entry = single_entry(node, "a check", &|name| names.contains(&name))?;
    let Some(kind) = CheckKind::ALL.into_iter().find(|kind| kind.name() == entry.key) else {
        let near = did_you_mean(&entry.key, names).map(|near| format!("did you mean `{near}`?"));
        let error = Diagnostic::at(&entry.key_span, format!("unknown kind of check `{}`", entry.key))
            .hint(near.unwrap_or_else(|| format!("known: {}", names.join(", "))));
        return Err(error.into());
    };
    let mut fields = Fields::new(&entry.value, &format!("`{}`", kind.name()))?;
    declared(kind.schema(), &mut fields);
    let name = if kind.has_name() { None } else { fields.get("name").cloned() };
    let when = fields.get("when").cloned();
    let loop_over = fields.get("loop").cloned();
    let tags = fields.tags();
    let become_user = fields.get("become_user").cloned();
    fields.finish()?;
    let common: Vec<&str> = COMMON.names().filter(|key| *key != "name" || !kind.has_name()).collect();
    let args = without(&entry.value, &common);
    Ok(CheckSpec { kind, span: entry.key_span.clone(), args, name, when, loop_over, tags, become_user })
}
