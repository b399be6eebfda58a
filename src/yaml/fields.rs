//! Reads a mapping key by key: wrong types and unknown keys are all found, not just the first.

use super::{Entry, Node, Value};
use crate::source::{Diagnostic, Diagnostics, Span, did_you_mean};

/// The keys of one mapping, taken one after another; [`Fields::finish`] reports what is left over.
pub struct Fields<'n> {
    what: String,
    span: Span,
    entries: &'n [Entry],
    known: Vec<&'static str>,
    missing: Vec<&'static str>,
    errors: Diagnostics,
}

impl<'n> Fields<'n> {
    /// Starts on `node`, which must be a mapping; `what` names it in errors ("a play", "file").
    ///
    /// # Errors
    /// When it is no mapping.
    pub fn new(node: &'n Node, what: &str) -> Result<Self, Diagnostics> {
        let Value::Mapping(entries) = &node.value else {
            return Err(Diagnostic::at(&node.span, format!("{what} must be a mapping, not {}", node.describe())).into());
        };
        Ok(Self {
            what: what.to_owned(),
            span: node.span.clone(),
            entries,
            known: Vec::new(),
            missing: Vec::new(),
            errors: Diagnostics::new(),
        })
    }

    /// The entry of `key`, if it is there and not null.
    pub fn entry(&mut self, key: &'static str) -> Option<&'n Entry> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.iter().find(|entry| entry.key == key && !matches!(entry.value.value, Value::Null))
    }

    /// The value of `key`, if it is there and not null.
    pub fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of `key`, which must be there.
    pub fn required(&mut self, key: &'static str) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() {
            self.missing.push(key);
        }
        found
    }

    /// Converts a value with one of [`Node`]'s readers, noting its error.
    pub fn read<T>(
        &mut self,
        node: Option<&'n Node>,
        reader: impl FnOnce(&'n Node) -> Result<T, Diagnostics>,
    ) -> Option<T> {
        node.and_then(|node| self.errors.collect(reader(node)))
    }

    /// Optional text.
    pub fn string(&mut self, key: &'static str) -> Option<String> {
        let node = self.get(key);
        self.read(node, Node::string)
    }

    /// Optional text that says something if it is there.
    pub fn filled(&mut self, key: &'static str) -> Option<String> {
        let node = self.get(key);
        self.read(node, Node::filled)
    }

    /// An optional truth value.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let node = self.get(key);
        self.read(node, Node::boolean)
    }

    /// The tags of something: a list, or names separated by commas.
    pub fn tags(&mut self) -> Vec<String> {
        let node = self.get("tags");
        let written = self.read(node, Node::all_filled).unwrap_or_default();
        let names = written.iter().flat_map(|names| names.split(',')).map(str::trim);
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// Notes an error.
    pub fn error(&mut self, error: impl Into<Diagnostics>) {
        self.errors.extend(error.into());
    }

    /// Where the mapping stands.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Ends like [`Fields::finish`]; gives what was read, which is only missing where an error was noted.
    ///
    /// # Errors
    /// All that was wrong in this mapping.
    pub fn finish_with<T>(self, read: Option<T>) -> Result<T, Diagnostics> {
        let incomplete = Diagnostic::at(&self.span, format!("{} is incomplete", self.what));
        self.finish()?;
        read.ok_or_else(|| incomplete.into())
    }

    /// Reports every key that nobody asked for, with the nearest known one.
    ///
    /// # Errors
    /// All that was wrong in this mapping.
    pub fn finish(mut self) -> Result<(), Diagnostics> {
        for entry in self.entries {
            if !self.known.contains(&entry.key.as_str()) {
                let error = Diagnostic::at(&entry.key_span, format!("unknown key `{}` in {}", entry.key, self.what));
                self.errors.push(match did_you_mean(&entry.key, self.known.iter().copied()) {
                    Some(name) => {
                        // it is not missing, it is misspelt
                        self.missing.retain(|key| *key != name);
                        error.hint(format!("did you mean `{name}`?"))
                    }
                    None => error.hint(format!("known here: {}", self.known.join(", "))),
                });
            }
        }
        for key in self.missing {
            self.errors.push(Diagnostic::at(&self.span, format!("{} needs `{key}`", self.what)));
        }
        self.errors.or(())
    }
}
