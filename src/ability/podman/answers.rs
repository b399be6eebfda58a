//! What podman has said of itself.

use super::Podman;
use crate::ability::scope;

/// Takes in the records about podman.
#[derive(Debug, Default)]
pub struct Answers(Podman);

impl Answers {
    /// Takes one record; says whether it is one of these.
    pub fn record(&mut self, tag: &str, rest: &str) -> bool {
        match tag {
            "podman" => self.0.version = rest.rsplit(' ').next().map(str::to_owned),
            "image" => self.image(rest),
            "volume" | "network" => {
                if let Some((user, name)) = rest.split_once(' ') {
                    let key = scope::key(some_user(user), name);
                    if tag == "volume" { &mut self.0.volumes } else { &mut self.0.networks }.insert(key);
                }
            }
            "subordinate" => drop(self.0.subordinate.insert(rest.to_owned())),
            _ => return false,
        }
        true
    }

    /// All that was answered.
    pub fn finish(self) -> Podman {
        self.0
    }

    fn image(&mut self, rest: &str) {
        let words: Vec<&str> = rest.split(' ').collect();
        let [user, id, repository, tag, digest] = words[..] else { return };
        // some of podman's commands say which digest it is
        let id = id.strip_prefix("sha256:").unwrap_or(id);
        for name in [format!("{repository}:{tag}"), format!("{repository}@{digest}")] {
            self.0.images.insert(scope::key(some_user(user), &name), id.to_owned());
        }
    }
}

/// In records, `-` stands for the system's scope.
fn some_user(word: &str) -> Option<&str> {
    (word != "-").then_some(word)
}
