//! The links that `[Install]` asks for.

use super::super::{Named, Problem};

/// A symbolic link in the folder of the units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it is, relative to that folder.
    pub path: String,
    /// What it points to, relative to the link.
    pub target: String,
}

/// The links of a quadlet's service.
pub fn links(quadlet: &Named, problems: &mut Vec<Problem>) -> Vec<Link> {
    let service = quadlet.service_name();
    let mut links = Vec::new();
    let mut words = |key| {
        let mut words = Vec::new();
        for entry in quadlet.unit.all("Install", key) {
            match entry.words() {
                Ok(found) => words.extend(found.into_iter().map(|word| (word, entry.line))),
                Err(problem) => problems.push(problem),
            }
        }
        words
    };
    let aliases = words("Alias");
    let dependents: Vec<_> = [("WantedBy", "wants"), ("RequiredBy", "requires"), ("UpheldBy", "upholds")]
        .into_iter()
        .flat_map(|(key, folder)| words(key).into_iter().map(move |(unit, line)| (key, folder, unit, line)))
        .collect();
    for (alias, line) in aliases {
        let parts: Vec<_> = alias.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if alias.starts_with('/') || parts.contains(&"..") || parts.is_empty() {
            problems.push(Problem::new(line, format!("Alias=: `{alias}` is outside of the folder of the units")));
        } else {
            let target = format!("{}{service}", "../".repeat(parts.len() - 1));
            links.push(Link { path: parts.join("/"), target });
        }
    }
    if let Some(instance) = instance(quadlet, &service) {
        for (key, folder, unit, line) in dependents {
            if unit.contains('/') {
                problems.push(Problem::new(line, format!("{key}=: `{unit}` is no name of a unit")));
            } else {
                links.push(Link { path: format!("{unit}.{folder}/{instance}"), target: format!("../{service}") });
            }
        }
    }
    links
}

/// What others depend on: the service, or the default instance of a template. A template without one is only a
/// template.
fn instance(quadlet: &Named, service: &str) -> Option<String> {
    match service.strip_suffix("@.service") {
        Some(base) => {
            let default = quadlet.unit.last("Install", "DefaultInstance")?;
            Some(format!("{base}@{}.service", default.text()))
        }
        None => Some(service.to_owned()),
    }
}
