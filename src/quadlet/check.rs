//! What is wrong with a quadlet, as far as its text tells.

use super::keys::{self, Key};
use super::unit_file::{Entry, Section};
use super::{Kind, Problem, UnitFile, Version};
use crate::source::did_you_mean;

/// Podman reads drop-ins of quadlets since this version.
const FIRST_WITH_DROP_INS: Version = Version::new(5, 0);

/// Endings of what a key can name instead of an image.
const IMAGE_QUADLETS: [&str; 2] = [".image", ".build"];

/// What is wrong with a quadlet. With the host's podman, also what is too new for it to read; without, for a host that is
/// given services instead, [`super::to_service`] tells what its podman cannot do.
pub fn check(kind: Kind, unit: &UnitFile, podman: Option<Version>) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(unknown_sections(kind, unit));
    problems.extend(known_keys(kind, unit));
    if let Some(podman) = podman {
        let needed = keys::kind_since(kind);
        if podman < needed {
            let line = unit.section(kind.section()).map_or(1, |section| section.line);
            problems.push(Problem::new(line, too_new(&format!("a .{} file", kind.extension()), needed, podman)));
        } else {
            problems.extend(new_keys(kind, unit, podman));
        }
    }
    problems.extend(image(kind, unit));
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// What is wrong with a drop-in, which need not be complete.
pub fn check_drop_in(kind: Kind, unit: &UnitFile, podman: Option<Version>) -> Vec<Problem> {
    let mut problems = unknown_sections(kind, unit);
    problems.extend(known_keys(kind, unit));
    if let Some(podman) = podman {
        problems.extend(new_keys(kind, unit, podman));
        if podman < FIRST_WITH_DROP_INS {
            problems.push(Problem::new(1, too_new("a drop-in of a quadlet", FIRST_WITH_DROP_INS, podman)));
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// "X needs podman 5.1; the host has 4.9".
pub(super) fn too_new(what: &str, needed: Version, podman: Version) -> String {
    format!("{what} needs podman {needed}; the host has {podman}")
}

fn unknown_sections(kind: Kind, unit: &UnitFile) -> Vec<Problem> {
    let known = ["Unit", "Service", "Install", "Quadlet", kind.section()];
    let mut problems = Vec::new();
    for section in &unit.sections {
        // Systemd leaves sections that begin with X- to others.
        if known.contains(&section.name.as_str()) || section.name.starts_with("X-") {
            continue;
        }
        let mut problem =
            Problem::new(section.line, format!("a .{} file has no section [{}]", kind.extension(), section.name));
        problem.hint = match Kind::ALL.into_iter().find(|other| other.section() == section.name) {
            Some(other) => Some(format!("it belongs into a .{} file of its own", other.extension())),
            None => did_you_mean(&section.name, known).map(|name| format!("did you mean [{name}]?")),
        };
        problems.push(problem);
    }
    problems
}

/// The sections whose keys podman looks at.
fn own_sections(kind: Kind, unit: &UnitFile) -> impl Iterator<Item = (&Section, &'static [Key])> {
    let own = unit.section(kind.section()).map(|section| (section, keys::of_kind(kind)));
    own.into_iter().chain(unit.section("Quadlet").map(|section| (section, keys::QUADLET)))
}

fn find(keys: &'static [Key], entry: &Entry) -> Option<&'static Key> {
    keys.iter().find(|key| key.name == entry.key)
}

/// Keys that no podman knows.
pub(super) fn known_keys(kind: Kind, unit: &UnitFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (section, keys) in own_sections(kind, unit) {
        for entry in section.entries().filter(|entry| find(keys, entry).is_none()) {
            let mut problem = Problem::new(entry.line, format!("[{}] has no key {}=", section.name, entry.key));
            problem.hint =
                did_you_mean(&entry.key, keys.iter().map(|key| key.name)).map(|name| format!("did you mean {name}=?"));
            problems.push(problem);
        }
    }
    problems
}

/// Keys that the host's podman does not know yet.
fn new_keys(kind: Kind, unit: &UnitFile, podman: Version) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (section, keys) in own_sections(kind, unit) {
        for entry in section.entries() {
            if let Some(key) = find(keys, entry).filter(|key| key.since > podman) {
                problems.push(Problem::new(entry.line, too_new(&format!("{}=", key.name), key.since, podman)));
            }
        }
    }
    problems
}

/// Whether there is an image where there must be one, and whether its name is whole.
fn image(kind: Kind, unit: &UnitFile) -> Vec<Problem> {
    let name = kind.section();
    let set = |key| unit.last(name, key).filter(|entry| !entry.text().is_empty());
    let line = unit.section(name).map_or(1, |section| section.line);
    let missing = match (kind, set("Image")) {
        (Kind::Container, None) if set("Rootfs").is_none() => Some("a container needs Image= (or Rootfs=)"),
        (Kind::Container, Some(_)) if set("Rootfs").is_some() => Some("a container has either Image= or Rootfs="),
        (Kind::Image, None) => Some("an image needs Image="),
        (Kind::Volume, None) if set("Driver").is_some_and(|driver| driver.text() == "image") => {
            Some("a volume with Driver=image needs Image=")
        }
        _ => None,
    };
    let mut problems: Vec<_> = missing.map(|message| Problem::new(line, message)).into_iter().collect();
    if let Some(entry) = set("Image")
        && kind != Kind::Network
    {
        problems.extend(qualified(entry));
    }
    problems
}

/// An image's name without a registry: which image that is depends on the host's configuration.
fn qualified(entry: &Entry) -> Option<Problem> {
    let image = entry.text();
    let other = image.contains('%') || image.contains('$') || IMAGE_QUADLETS.iter().any(|end| image.ends_with(end));
    if other || is_qualified(image) {
        return None;
    }
    let mut problem = Problem::new(entry.line, format!("the image `{image}` has no registry in its name"));
    let folder = if image.contains('/') { "" } else { "library/" };
    problem.hint = Some(format!("write all of it, such as docker.io/{folder}{image}"));
    Some(problem)
}

fn is_qualified(image: &str) -> bool {
    let is_id = image.starts_with("sha256:") || image.len() == 64 && image.bytes().all(|byte| byte.is_ascii_hexdigit());
    // A transport such as docker-archive:/path or containers-storage:name.
    let is_transport =
        ["docker-archive:", "oci-archive:", "oci:", "dir:", "containers-storage:", "docker-daemon:", "docker://"]
            .iter()
            .any(|transport| image.starts_with(transport));
    let domain = image.split_once('/').map(|(domain, _)| domain);
    is_id || is_transport || domain.is_some_and(|domain| domain.contains(['.', ':']) || domain == "localhost")
}
