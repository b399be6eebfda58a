//! `solti role`

use super::{Error, out};
use solti::report::text::Look;
use solti::report::text::words::{columns, padded};
use solti::role::{Follows, OptionSpec, Role as Declared, RoleLibrary, root_above};
use solti::yaml::{Node, Value};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// List the roles there are, or show one
#[derive(Debug, clap::Subcommand)]
pub enum Role {
    /// All roles, with a line on each
    List,
    /// A role's options, steps and actions
    Show {
        /// The role
        role: String,
    },
}

impl Role {
    pub fn run(&self) -> Result<u8, Error> {
        let roles = RoleLibrary::new(project());
        let look =
            Look { width: console::Term::stdout().size_checked().map(|(_, width)| width.into()), ..Look::default() };
        let text = match self {
            Self::List => list(&roles, &look)?,
            Self::Show { role } => show(&*roles.find(role, None)?, &look),
        };
        out::print(&text)?;
        Ok(0)
    }
}

/// The root of the project that the current folder is in.
pub fn project() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let root = root_above(&here)?;
    Some(root.strip_prefix(&here).map(Path::to_owned).unwrap_or(root))
}

fn list(roles: &RoleLibrary, look: &Look) -> Result<String, Error> {
    let roles = roles.list()?;
    if roles.is_empty() {
        return Ok("There are no roles.\n".to_owned());
    }
    let width = roles.iter().map(|role| columns(&role.name)).max().unwrap_or(0);
    let rows = roles.iter().map(|role| {
        let origin = if role.origin == "built in" { String::new() } else { format!(" ({})", role.origin) };
        row(&role.name, width, &format!("{}{origin}", role.summary), 0, look)
    });
    Ok(rows.collect())
}

fn show(role: &Declared, look: &Look) -> String {
    let mut text = format!("{}: {}\n", role.name, role.summary);
    if !role.options.is_empty() {
        text.push_str("\nOptions\n");
        let width = role.options.keys().map(|name| columns(name)).max().unwrap_or(0);
        for option in role.options.values() {
            text.push_str(&row(&option.name, width, &describe(role, option), 2, look));
        }
    }
    if !role.steps.is_empty() {
        text.push_str("\nSteps\n");
        let width = role.steps.iter().map(|step| columns(&step.name)).max().unwrap_or(0);
        for step in &role.steps {
            let kinds = step.resources.iter().map(|resource| resource.kind.name());
            let checks = step.checks.iter().map(|check| check.kind.name());
            text.push_str(&row(&step.name, width, &tally(kinds, checks), 2, look));
        }
    }
    if !role.actions.is_empty() {
        text.push_str("\nActions\n");
        let width = role.actions.keys().map(|name| columns(name)).max().unwrap_or(0);
        for action in role.actions.values() {
            text.push_str(&row(&action.name, width, action.help.as_deref().unwrap_or_default(), 2, look));
        }
    }
    text
}

/// A name and what is said about it, the latter in as many lines as it takes.
fn row(name: &str, width: usize, about: &str, indent: usize, look: &Look) -> String {
    let mut text = String::new();
    let mut start = format!("{}{}  ", " ".repeat(indent), padded(name, width));
    for line in look.wrap(about, indent + width + 2) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", format!("{start}{line}").trim_end());
        start = " ".repeat(indent + width + 2);
    }
    text
}

/// `port, default 3100: HTTP API`
fn describe(role: &Declared, option: &OptionSpec) -> String {
    let mut text = option.kind.name().to_owned();
    let values: Vec<String> = option.choices.iter().map(value).collect();
    if !values.is_empty() {
        let _ = write!(text, " of {}", values.join(", "));
    }
    if let Some(default) = &option.default {
        text.push_str(&match role.follows(option) {
            None => format!("; default {}", value(default)),
            Some(Follows { value: Some(comes_to), from }) => {
                format!("; default {}, which follows from {}", value(&comes_to), names(&from))
            }
            Some(Follows { value: None, from }) => format!("; its default follows from {}", names(&from)),
        });
    } else if option.required {
        text.push_str("; required");
    }
    if option.generated {
        text.push_str("; generated if not given");
    }
    if let Some(condition) = &option.required_if {
        let _ = write!(text, "; required if {}", value(condition));
    }
    if let Some(help) = &option.help {
        let _ = write!(text, ". {help}");
    }
    if let Some(instead) = &option.deprecated {
        let _ = write!(text, " (deprecated: {instead})");
    }
    text
}

/// `grafana_http_addr and grafana_http_port`
fn names(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => "what the host is".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn value(node: &Node) -> String {
    match &node.value {
        Value::String { text, .. } if !text.is_empty() => text.clone(),
        _ => node.to_json().to_string(),
    }
}

/// `2 file, service; checks: http`
fn tally<'a>(resources: impl Iterator<Item = &'a str>, checks: impl Iterator<Item = &'a str>) -> String {
    let count = |names: &mut dyn Iterator<Item = &'a str>| {
        let mut counts: indexmap::IndexMap<&str, usize> = indexmap::IndexMap::new();
        names.for_each(|name| *counts.entry(name).or_default() += 1);
        let words =
            counts.iter().map(|(name, count)| if *count > 1 { format!("{count} {name}") } else { (*name).to_owned() });
        words.collect::<Vec<_>>().join(", ")
    };
    let (resources, checks) = (count(&mut { resources }), count(&mut { checks }));
    match (resources.is_empty(), checks.is_empty()) {
        (_, true) => resources,
        (true, false) => format!("checks: {checks}"),
        (false, false) => format!("{resources}; checks: {checks}"),
    }
}
