//! What plays and what stands in them are called: on the terminal, in ids, and in what hosts remember.

use crate::playbook::Play;
use crate::yaml::Node;
use std::path::Path;

/// What a play's own resources are called in ids.
pub const RESOURCES: &str = "resources";

/// How the instances of plays' own resources begin.
pub const OF_PLAY: &str = "resources of ";

/// How those of plays without a name begin.
pub const OF_NAMELESS_PLAY: &str = "resources of the play for ";

/// What tells a play's own resources from those of others: its name, or for whom it is and in which playbook. Its line is
/// another one after the next edit.
pub fn play_instance(name: Option<&str>, hosts: &[Node], playbook: &Path, root: &Path) -> String {
    let Some(name) = name else {
        let hosts: Vec<String> = hosts.iter().filter_map(|node| node.string().ok()).collect();
        return format!("{OF_NAMELESS_PLAY}{} in {}", hosts.join(","), playbook_name(playbook, root));
    };
    format!("{OF_PLAY}{name}")
}

/// A playbook's path in the project's folder; the whole one, where it is not in there.
pub fn playbook_name(playbook: &Path, root: &Path) -> String {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (playbook, root) = (real(playbook), real(if root.as_os_str().is_empty() { Path::new(".") } else { root }));
    playbook.strip_prefix(&root).unwrap_or(&playbook).display().to_string()
}

/// The play, if an instance is of one's own resources.
pub fn of_play(instance: &str) -> Option<&str> {
    instance.strip_prefix(OF_PLAY)
}

/// A play's name, or its place.
pub fn play_name(play: &Play) -> String {
    play.name.clone().unwrap_or_else(|| play.span.to_string())
}
