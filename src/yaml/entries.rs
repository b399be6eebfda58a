//! The entries of one mapping: duplicate keys and merge keys.

use super::{Entry, Node, Value};
use crate::source::{Diagnostic, Diagnostics, Span};
use std::collections::HashMap;

/// The entries of a mapping while it is read.
#[derive(Default)]
pub(super) struct Entries {
    own: Vec<Entry>,
    places: HashMap<String, usize>,
    merged: Vec<Vec<Entry>>,
}

impl Entries {
    /// A key of its own; a second time it is an error.
    pub fn add(&mut self, key: String, key_span: Span, value: Node, errors: &mut Diagnostics) {
        if let Some(&first) = self.places.get(&key) {
            let error = Diagnostic::at(&key_span, format!("duplicate key `{key}`"))
                .also(&self.own[first].key_span, "first given here");
            errors.push(error);
            return;
        }
        self.places.insert(key.clone(), self.own.len());
        self.own.push(Entry { key, key_span, value });
    }

    /// `<<: *anchor` or `<<: [*one, *two]`
    pub fn merge(&mut self, value: Node, errors: &mut Diagnostics) {
        match value.value {
            Value::Mapping(entries) => self.merged.push(entries),
            Value::Sequence(items) => items.into_iter().for_each(|item| match item.value {
                Value::Mapping(entries) => self.merged.push(entries),
                _ => errors.push(Self::unmergeable(&item)),
            }),
            Value::Null => {}
            _ => errors.push(Self::unmergeable(&value)),
        }
    }

    fn unmergeable(node: &Node) -> Diagnostic {
        Diagnostic::at(&node.span, format!("`<<` merges mappings, this is {}", node.describe()))
    }

    /// Own keys win over merged ones, earlier merged ones over later ones.
    pub fn finish(mut self) -> Vec<Entry> {
        for entry in self.merged.into_iter().flatten() {
            if !self.places.contains_key(&entry.key) {
                self.places.insert(entry.key.clone(), self.own.len());
                self.own.push(entry);
            }
        }
        self.own
    }
}
