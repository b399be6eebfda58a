//! Which texts of a value are secrets, by what its members are called, and the value with other ones.

use super::{Secrets, disguise, is_reference, of_urls, tells};
use crate::yaml::{Node, Value};

/// How it is known that something is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Only a member's name may say so, or a text's shape.
    Open,
    /// Its name says so.
    Named,
    /// It is among what mostly are secrets, at any depth.
    Likely,
    /// It was declared.
    Declared,
}

impl Certainty {
    /// What a name says of its value.
    pub fn of_name(name: &str) -> Self {
        if tells(name) { Self::Named } else { Self::Open }
    }
}

/// How certain it is by a variable's name what the template in it comes to; none where the name says nothing, or no template is
/// written there.
pub fn told_of_template(name: &str, written: &Node) -> Option<Certainty> {
    let certainty = Certainty::of_name(name);
    let template = written.as_str().is_some_and(|text| text.contains("{{"));
    (template && certainty > Certainty::Open).then_some(certainty)
}

impl Secrets {
    /// Remembers the secrets in the value of a variable; what is below one of `keys` is one for certain.
    pub fn note(&self, name: &str, value: &Node, keys: &[String], certainty: Certainty) {
        match &value.value {
            Value::Sequence(items) => items.iter().for_each(|item| self.note(name, item, keys, certainty)),
            Value::Mapping(entries) => {
                for entry in entries {
                    let name = if is_same_thing(&entry.key) { name } else { &entry.key };
                    self.note(name, &entry.value, keys, below(&entry.key, keys, certainty));
                }
            }
            leaf => {
                // also as it is written, where it was read as another text
                for text in value.printed().as_deref().into_iter().chain(value.read_otherwise()) {
                    match certainty {
                        Certainty::Declared => self.add(text),
                        Certainty::Named if is_likely(leaf) => self.add_told(text, name, &value.span),
                        Certainty::Likely if is_likely(leaf) => self.add_likely(text),
                        _ if !text.contains("{{") => of_urls(text).iter().for_each(|found| self.add_likely(found)),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Puts other secrets in place of those in a value. What was rendered with other ones already stays.
    pub fn exchange(&self, value: &mut Node, keys: &[String], certainty: Certainty) {
        match &mut value.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.exchange(item, keys, certainty)),
            Value::Mapping(entries) => {
                for entry in entries {
                    self.exchange(&mut entry.value, keys, below(&entry.key, keys, certainty));
                }
            }
            _ => {
                let Some(text) = value.printed() else { return };
                let other = if certainty > Certainty::Open && self.is_value(&text) {
                    Some(disguise(&text))
                } else {
                    self.in_text(&text)
                };
                if let Some(other) = other {
                    value.value = match (&value.value, other.parse()) {
                        (Value::Integer(_), Ok(number)) => Value::Integer(number),
                        (Value::String { verbatim, .. }, _) => Value::String { text: other, verbatim: *verbatim },
                        _ => Value::String { text: other, verbatim: true },
                    };
                }
            }
        }
    }

    /// A text with other secrets in it; none if it has none. What a template comes to is not known here.
    fn in_text(&self, text: &str) -> Option<String> {
        if text.contains("{{") {
            return None;
        }
        let urls: Vec<String> = of_urls(text).into_iter().filter(|password| self.is_value(password)).collect();
        let other = urls.iter().fold(text.to_owned(), |text, password| {
            text.replace(&format!(":{password}@"), &format!(":{}@", disguise(password)))
        });
        self.disguised(&other).or_else(|| (other != text).then_some(other))
    }
}

fn below(key: &str, keys: &[String], certainty: Certainty) -> Certainty {
    let own = if keys.iter().any(|name| name == key) { Certainty::Declared } else { Certainty::of_name(key) };
    // `token: { values: [...] }` is still the token; `tokens: [{ name: ... }]` are mappings with names of their own
    if certainty == Certainty::Named && !is_same_thing(key) { own } else { certainty.max(own) }
}

fn is_same_thing(key: &str) -> bool {
    matches!(key, "value" | "values")
}

/// Whether something can be a secret if a name says so: no switch, and nothing that only says where the secret is.
fn is_likely(leaf: &Value) -> bool {
    match leaf {
        Value::String { text, .. } => !text.is_empty() && !is_reference(text) && !text.contains("{{"),
        Value::Integer(number) => *number >= 1000,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;
    use crate::yaml;

    fn node(text: &str) -> Node {
        yaml::parse(&SourceFile::named("a.yml", text)).unwrap()
    }

    #[test]
    fn members_that_are_secret() {
        let value = node(
            "{ url: 'http://u:pw-of-url@h', http_headers: { vault-token: { values: [s.abcdefgh] } }, user: somebody,\n\
             password: short, password_file: /etc/a-password, tokens: [{ name: the-name-of-one }], own: declared, bearer_token: '${TOKEN_OF_ENV}', secret: true }",
        );
        let secrets = Secrets::new();
        secrets.note("settings", &value, &["own".to_owned()], Certainty::Open);
        for shown in ["pw-of-url", "s.abcdefgh", "declared"] {
            assert!(secrets.contains(shown), "{shown}");
        }
        for shown in ["somebody", "short", "the-name-of-one", "/etc/a-password", "${TOKEN_OF_ENV}", "true"] {
            assert!(!secrets.contains(shown), "{shown}");
        }
        let mut other = value.clone();
        secrets.exchange(&mut other, &["own".to_owned()], Certainty::Open);
        let [before, after] = [&value, &other].map(|node| node.to_json().to_string());
        for (own, theirs) in
            [("pw-of-url", "wd-vm-bys"), ("s.abcdefgh", "z.hijklmno"), ("short", "zovya"), ("declared", "kljshylk")]
        {
            assert!(before.contains(own) && !after.contains(own) && after.contains(theirs), "{own}: {after}");
        }
        for same in ["somebody", "the-name-of-one", "/etc/a-password", "${TOKEN_OF_ENV}", "true"] {
            assert!(after.contains(same), "{after}");
        }
    }
}
