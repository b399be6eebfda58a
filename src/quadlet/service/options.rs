//! What podmans older than the first with quadlets cannot be told, and since when podman can.

use super::super::{Kind, Named, Problem, Version, check};

/// The podman that has the option behind a key; none for those that every podman that services are written for has.
fn needed(kind: Kind, key: &str) -> Option<Version> {
    let version = match (kind, key) {
        (_, "ContainersConfModule") => Version::new(4, 7),
        (
            Kind::Container,
            "HealthStartupCmd"
            | "HealthStartupInterval"
            | "HealthStartupRetries"
            | "HealthStartupSuccess"
            | "HealthStartupTimeout",
        )
        | (Kind::Network, "DNS")
        | (Kind::Image, "DecryptionKey") => Version::new(4, 4),
        (Kind::Container, "SecurityLabelNested") | (Kind::Network, "InterfaceName") => Version::new(4, 5),
        (Kind::Container | Kind::Image, "Retry" | "RetryDelay") => Version::new(5, 0),
        (Kind::Container, "HealthLogDestination" | "HealthMaxLogCount" | "HealthMaxLogSize") => Version::new(5, 3),
        (Kind::Volume, "UID" | "GID") | (Kind::Image, "Policy") => Version::new(5, 6),
        _ => return None,
    };
    Some(version)
}

/// "X= needs podman 4.4; the host has 4.3, and nothing equal can be written for it".
pub(super) fn impossible(what: &str, needed: Version, podman: Version) -> String {
    format!("{}, and nothing equal can be written for it", check::too_new(what, needed, podman))
}

/// Keys with options that this podman does not have.
pub fn too_new(quadlet: &Named, podman: Version) -> Vec<Problem> {
    let Some(section) = quadlet.unit.section(quadlet.kind.section()) else { return Vec::new() };
    let mut problems = Vec::new();
    for entry in section.entries().filter(|entry| !entry.text().is_empty()) {
        if let Some(needed) = needed(quadlet.kind, &entry.key).filter(|needed| *needed > podman) {
            problems.push(Problem::new(entry.line, impossible(&format!("{}=", entry.key), needed, podman)));
        }
    }
    problems
}
