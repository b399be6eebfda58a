//! How numbers and truth values are written that a text takes over from a variable: `{{ x }}`, `{{ item.port }}`.
//!
//! As values they are the number alone. Whoever wants text must know that `1.10` was written, which is not 1.1.

use super::{RenderError, Scope};
use crate::yaml::{Node, Value};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// So many variables may be taken over from one another.
const CHAIN_LIMIT: usize = 40;

/// A variable or a part of one, and nothing done with it.
static PATH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x) ^\{\{[-+]? \s* (?<name>[A-Za-z_]\w*) (?<parts>(?: \.\w+ | \[\s*(?:'[^']*'|\x22[^\x22]*\x22|\d+)\s*\] )*) \s*
          (?: \| \s* (?:default|d) \s* \([^()|]*\) \s* )? [-+]?\}\}$",
    )
    .ok()
});

static PART: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?x) \.(\w+) | \[\s*'([^']*)' | \[\s*\x22([^\x22]*)\x22 | \[\s*(\d+)").ok());

impl Scope {
    /// Notes in what `text` has come to how it is written where it was taken from.
    pub(super) fn note_written(&self, node: &mut Node, text: &Node) {
        self.note(node, text, 0);
    }

    fn note(&self, node: &mut Node, from: &Node, depth: usize) {
        match (&mut node.value, &from.value) {
            (Value::Integer(one), Value::Integer(other)) if one == other => node.written.clone_from(&from.written),
            (Value::Float(one), Value::Float(other)) if one == other => node.written.clone_from(&from.written),
            (Value::Bool(one), Value::Bool(other)) if one == other => node.written.clone_from(&from.written),
            (Value::Sequence(items), Value::Sequence(written)) if items.len() == written.len() => {
                items.iter_mut().zip(written).for_each(|(item, written)| self.note(item, written, depth));
            }
            (Value::Mapping(entries), Value::Mapping(_)) => {
                for entry in entries {
                    if let Some(written) = from.get(&entry.key) {
                        self.note(&mut entry.value, written, depth);
                    }
                }
            }
            (Value::Null | Value::String { .. }, _) => {}
            (_, Value::String { .. }) => {
                let from = self.taken_from(from, depth);
                if from.as_str().is_none() {
                    self.note(node, from, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// What a text takes over as it is, or else itself.
    fn taken_from<'n>(&'n self, node: &'n Node, depth: usize) -> &'n Node {
        match &node.value {
            Value::String { text, verbatim: false } if depth < CHAIN_LIMIT => {
                self.source_of(text, depth).map_or(node, |source| self.taken_from(source, depth + 1))
            }
            _ => node,
        }
    }

    /// The node at the end of `{{ name.part['part'] }}`.
    fn source_of(&self, text: &str, depth: usize) -> Option<&Node> {
        let found = PATH.as_ref()?.captures(text)?;
        let mut node = self.source(&found["name"])?;
        let part = |found: Captures<'_>| found.iter().skip(1).flatten().next().map(|part| part.as_str().to_owned());
        for part in PART.as_ref()?.captures_iter(&found["parts"]).filter_map(part) {
            node = match &self.taken_from(node, depth + 1).value {
                Value::Sequence(items) => items.get(part.parse::<usize>().ok()?)?,
                Value::Mapping(entries) => &entries.iter().find(|entry| entry.key == part)?.value,
                _ => return None,
            };
        }
        Some(node)
    }

    /// What each pass of a `loop` sees: the scope with `item`.
    ///
    /// # Errors
    /// What is wrong with the list, or that it needs facts.
    pub fn each(&self, list: &Node) -> Result<Vec<Self>, RenderError> {
        let items = self.values(list)?;
        Ok(match &self.taken_from(list, 0).value {
            Value::Sequence(written) if written.len() == items.len() => {
                items.into_iter().zip(written).map(|(item, node)| self.with_written_item(item, node.clone())).collect()
            }
            _ => items.into_iter().map(|item| self.with_item(item)).collect(),
        })
    }
}
