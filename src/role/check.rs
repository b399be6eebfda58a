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
    /// What should be at a path.
    File,
    /// How a unit of systemd should be.
    Unit,
    /// A value that is written at one end, and should be found at the other.
    Marker,
}

/// What stands for the value of a marker until it is asked for: each asking has another one.
pub(crate) const MARKER: &str = "solti-MARKER";

/// Where a marker is written.
pub(crate) const MARKER_WRITES: &[&str] = &["journal", "file", "influx", "loki", "metric", "command"];

/// Where a marker is looked for.
pub(crate) const MARKER_FINDS: &[&str] = &["loki", "prometheus", "influxdb", "command"];

impl CheckKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Http, Self::Port, Self::Command, Self::File, Self::Unit, Self::Marker];

    /// Its name in YAML and in ids.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Port => "port",
            Self::Command => "command",
            Self::File => "file",
            Self::Unit => "unit",
            Self::Marker => "marker",
        }
    }

    /// The names of its arguments.
    pub const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Http => &[
                "url",
                "method",
                "headers",
                "body",
                "status",
                "on_refused",
                "contains",
                "that",
                "show",
                "signal",
                "of",
                "newest",
                "max_age",
                "fresh",
                "within",
            ],
            Self::Port => &["port", "host", "state", "within"],
            Self::Command => {
                &["command", "contains", "that", "show", "signal", "of", "newest", "max_age", "fresh", "within"]
            }
            Self::File => &["path", "state", "mode", "owner", "group", "contains", "target", "within"],
            Self::Unit => &["name", "state", "enabled", "user", "within"],
            Self::Marker => &["write", "find", "within"],
        }
    }

    /// The arguments that must be there; they also name a check that has no `name`.
    pub(crate) const fn required(self) -> &'static [&'static str] {
        match self {
            Self::Http => &["url"],
            Self::Port => &["port"],
            Self::Command => &["command"],
            Self::File => &["path"],
            Self::Unit => &["name"],
            Self::Marker => &["write", "find"],
        }
    }

    /// Whether `name` is what it asks about, not a label.
    fn has_name(self) -> bool {
        self.arguments().contains(&"name")
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

/// What a marker is called that has no name: both of its ends.
pub(crate) fn marker_name(args: &Node) -> String {
    let end = |key: &str, kinds: &[&str]| {
        let end = args.get(key)?;
        let (kind, value) = kinds.iter().find_map(|kind| Some((kind, end.get(kind)?)))?;
        Some(format!("{kind} {}", value.strings().unwrap_or_default().join(" ")))
    };
    [end("write", MARKER_WRITES), end("find", MARKER_FINDS)].map(Option::unwrap_or_default).join(" in ")
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
        if kind.required().contains(argument) {
            fields.required(argument);
        } else {
            fields.get(argument);
        }
    }
    let name = if kind.has_name() { None } else { fields.get("name").cloned() };
    let when = fields.get("when").cloned();
    let loop_over = fields.get("loop").cloned();
    let tags = fields.tags();
    let become_user = fields.get("become_user").cloned();
    fields.finish()?;
    let common: &[&str] = if kind.has_name() {
        &["when", "loop", "tags", "become_user"]
    } else {
        &["name", "when", "loop", "tags", "become_user"]
    };
    let args = without(&entry.value, common);
    Ok(CheckSpec { kind, span: entry.key_span.clone(), args, name, when, loop_over, tags, become_user })
}
