//! Secret values of a run, and keeping them out of everything that is shown.

mod random;
mod store;

pub use random::hexadecimal;
pub use store::{NoSecret, SecretName, SecretStore};

use crate::host::in_query;
use std::sync::{Arc, PoisonError, RwLock};

/// What stands in place of a secret.
pub const REDACTED: &str = "********";

/// A value this short turns up by chance, so it is hidden only where it stands alone.
const SHORT: usize = 4;

/// The secret values known in this run; clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Vec<String>>>);

impl Secrets {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a value, and its lines if it has several, because texts are shown line by line; each also as it is written where
    /// some of its characters mean something else.
    pub fn add(&self, value: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORT);
        for part in std::iter::once(value.trim()).chain(lines).flat_map(written) {
            if !part.is_empty() && !known.contains(&part) {
                known.push(part);
            }
        }
        // longest first, so that a secret within another one does not leave the rest of it standing
        known.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    /// `text` with every secret in it replaced.
    pub fn redact(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(text.to_owned(), |text, secret| hide(&text, secret))
    }

    /// Whether there is a secret in `text`.
    pub fn contains(&self, text: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|secret| places(text, secret).next().is_some())
    }
}

impl Secrets {
    /// Whether a secret stands in a text that everybody can read; shorter ones may be there by chance.
    pub fn are_exposed_in(&self, text: &str) -> bool {
        const TELLING: usize = 8;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|secret| secret.len() >= TELLING && text.contains(secret.as_str()))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Secrets({})", known.len())
    }
}

/// A value as it is, and as it stands in configuration files, in quotes of JSON, YAML and TOML, in those of shells and systemd,
/// and in URLs.
fn written(value: &str) -> [String; 5] {
    let quoted = value.replace('\\', r"\\").replace('"', "\\\"");
    let shell = quoted.replace('$', r"\$").replace('`', r"\`");
    [value.to_owned(), value.replace('$', "$$"), quoted, shell, in_query(value)]
}

/// Where `secret` stands in `text`; a short one only as a word of its own.
fn places<'t>(text: &'t str, secret: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(secret).map(|(at, _)| at).filter(move |&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + secret.len()..].chars().next();
        secret.len() >= SHORT || !before.into_iter().chain(after).any(|near| near.is_alphanumeric() || near == '_')
    })
}

fn hide(text: &str, secret: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut end = 0;
    for at in places(text, secret) {
        hidden.push_str(&text[end..at]);
        hidden.push_str(REDACTED);
        end = at + secret.len();
    }
    hidden.push_str(&text[end..]);
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        let secrets = Secrets::new();
        values.iter().for_each(|value| secrets.add(value));
        secrets
    }

    #[test]
    fn the_longest_goes_first() {
        let secrets = secrets(&["hunter2", "hunter2-and-more"]);
        assert_eq!(secrets.redact("a hunter2-and-more, hunter2!"), "a ********, ********!");
        assert!(secrets.contains("xhunter2x"));
        assert!(!secrets.contains("hunter"));
    }

    #[test]
    fn short_values_only_as_words() {
        let secrets = secrets(&["no"]);
        assert_eq!(secrets.redact("password: no, nothing known"), "password: ********, nothing known");
        assert!(!secrets.contains("nothing"));
    }

    #[test]
    fn each_line_of_a_key_is_hidden() {
        let secrets = secrets(&["-----BEGIN KEY-----\nMIIEabcd\n-----END KEY-----\n"]);
        assert_eq!(secrets.redact("+MIIEabcd"), "+********");
    }

    #[test]
    fn a_value_is_hidden_however_it_is_written() {
        let secrets = secrets(&["to$k\"e/n"]);
        for text in ["to$k\"e/n", "to$$k\"e/n", "to$k\\\"e/n", "to\\$k\\\"e/n", "to%24k%22e%2Fn"] {
            assert_eq!(secrets.redact(&format!("x={text};")), format!("x={REDACTED};"));
        }
    }

    #[test]
    fn empty_values_hide_nothing() {
        let secrets = secrets(&["", "  "]);
        assert_eq!(secrets.redact("a b"), "a b");
    }
}
