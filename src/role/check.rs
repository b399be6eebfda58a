//! Checks as written: questions to a host that must be answered yes.

use super::resource::{single_entry, without};
use crate::source::{Diagnostic, Diagnostics, Span, did_you_mean};
use crate::yaml::{Fields, Node};

/// A kind of check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckKind {
    /// A request to a server, and what it should answer.
    Http,
    /// A port that should accept connections (or not).
    Port,
    /// A read-only command that should succeed.
    Command,
}

impl CheckKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Http, Self::Port, Self::Command];

    /// Its name in YAML and in ids.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Port => "port",
            Self::Command => "command",
        }
    }

    /// The names of its arguments.
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Http => &[
                "url", "method", "headers", "body", "status", "contains", "that", "show", "signal", "of", "newest",
                "max_age", "within",
            ],
            Self::Port => &["port", "host", "state", "within"],
            Self::Command => &["command", "contains", "that", "show", "signal", "of", "newest", "max_age", "within"],
        }
    }

    /// The one argument that must be there; it also names a check that has no `name`.
    pub(crate) const fn identity(self) -> &'static str {
        match self {
            Self::Http => "url",
            Self::Port => "port",
            Self::Command => "command",
        }
    }
}

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
    for argument in kind.arguments() {
        if *argument == kind.identity() {
            fields.required(argument);
        } else {
            fields.get(argument);
        }
    }
    let name = fields.get("name").cloned();
    let when = fields.get("when").cloned();
    let loop_over = fields.get("loop").cloned();
    let tags = fields.strings("tags").unwrap_or_default();
    let become_user = fields.get("become_user").cloned();
    fields.finish()?;
    let args = without(&entry.value, &["name", "when", "loop", "tags", "become_user"]);
    Ok(CheckSpec { kind, span: entry.key_span.clone(), args, name, when, loop_over, tags, become_user })
}
