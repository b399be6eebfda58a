//! Why a service starts anew, in words: what it was started with, and what it would be now.

use crate::plan::few::few;
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// In place of a package's version that is known only when it is installed.
pub const KNOWN_AFTER_APPLY: &str = "known after apply";

/// More than these are counted.
const MOST: usize = 3;

/// What an image is called among the inputs of a service; `image` has its scope.
pub fn image_input(image: &str) -> String {
    format!("image {image}")
}

/// What is known of the inputs of a service.
pub struct Inputs<'i> {
    /// What it was last started with, if that was noted.
    pub recorded: Option<&'i BTreeMap<String, String>>,
    /// What it would be started with now.
    pub now: &'i BTreeMap<String, String>,
    /// The versions of packages that are installed before.
    pub installing: &'i IndexMap<String, String>,
    /// The scope of its images, which goes without saying.
    pub scope: &'i str,
}

impl Inputs<'_> {
    /// The inputs that differ, with from and to where a person knows them by that: a version, but no digest.
    pub fn words(&self, differing: &[String]) -> String {
        let mut words: Vec<String> = Vec::new();
        for key in differing {
            words.extend(self.word(key, differing));
        }
        few(&words, if words.len() > MOST { MOST - 1 } else { MOST })
    }

    /// Nothing for what another one says too.
    fn word(&self, key: &str, differing: &[String]) -> Option<String> {
        let was = self.recorded.and_then(|recorded| recorded.get(key));
        let is = self.now.get(key);
        if let (Some(name), Some(was), Some(is)) = (key.strip_prefix("package "), was, is) {
            let installed = self.installing.get(name).filter(|_| is == KNOWN_AFTER_APPLY);
            return Some(format!("{key} {was} -> {}", installed.unwrap_or(is)));
        }
        let Some(image) = key.strip_prefix(&image_input(self.scope)) else { return Some(key.to_owned()) };
        let (name, tag) = split(image);
        // the same image by another tag is one input that has gone, and one that has come
        let others = differing.iter().filter(|other| *other != key).filter_map(|other| {
            let (other_name, other_tag) = split(other.strip_prefix(&image_input(self.scope))?);
            let changes = self.now.contains_key(other) != is.is_some() && was.is_some() != is.is_some();
            (other_name == name && changes).then_some(other_tag)
        });
        match (others.collect::<Vec<_>>().as_slice(), is) {
            ([_], None) => None,
            ([former], Some(_)) => {
                Some(image_input(&format!("{name}{former} -> {}", tag.trim_start_matches([':', '@']))))
            }
            _ => Some(image_input(image)),
        }
    }
}

/// An image's name, and its tag or digest with the sign in front of it.
fn split(image: &str) -> (&str, &str) {
    let base = image.rfind('/').map_or(0, |slash| slash + 1);
    let at = image[base..].find(['@', ':']).map_or(image.len(), |at| base + at);
    image.split_at(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn words(recorded: &[(&str, &str)], now: &[(&str, &str)]) -> String {
        let (recorded, now) = (map(recorded), map(now));
        let mut differing: Vec<String> = recorded.keys().chain(now.keys()).cloned().collect();
        differing.sort();
        differing.dedup();
        differing.retain(|key| recorded.get(key) != now.get(key));
        let installing = IndexMap::from([("new".to_owned(), "2.0".to_owned())]);
        let inputs = Inputs { recorded: Some(&recorded), now: &now, installing: &installing, scope: "alice/" };
        inputs.words(&differing)
    }

    #[test]
    fn versions_have_from_and_to() {
        assert_eq!(words(&[("package loki", "3.6.0")], &[("package loki", "3.7.6")]), "package loki 3.6.0 -> 3.7.6");
        assert_eq!(words(&[("package new", "1.0")], &[("package new", KNOWN_AFTER_APPLY)]), "package new 1.0 -> 2.0");
        let unknown = words(&[("package other", "1.0")], &[("package other", KNOWN_AFTER_APPLY)]);
        assert_eq!(unknown, "package other 1.0 -> known after apply");
        assert_eq!(words(&[], &[("package loki", "3.7.6")]), "package loki");
        assert_eq!(words(&[("/etc/a", "x")], &[("/etc/a", "y")]), "/etc/a");
    }

    #[test]
    fn another_tag_of_an_image_is_one_reason() {
        let tag = |tag: &str| format!("image alice/docker.io:443/grafana/loki:{tag}");
        let (old, new) = (tag("3.6.0"), tag("3.7.6"));
        assert_eq!(words(&[(&old, "a")], &[(&new, "b")]), "image docker.io:443/grafana/loki:3.6.0 -> 3.7.6");
        assert_eq!(words(&[(&old, "a")], &[(&old, "b")]), "image docker.io:443/grafana/loki:3.6.0");
        let other = ("image alice/docker.io/a/web:1", "c");
        assert_eq!(words(&[(&old, "a")], &[other]), "image docker.io/a/web:1, image docker.io:443/grafana/loki:3.6.0");
        let digest = ("image alice/app@sha256:1", "image alice/app@sha256:2");
        assert_eq!(words(&[(digest.0, "a")], &[(digest.1, "b")]), "image app@sha256:1 -> sha256:2");
    }
}
