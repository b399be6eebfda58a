//! From YAML to values that templates use, and back.

use super::context::{Context, Failure, is_omit};
use super::errors::Place;
use super::gaps::complete;
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::yaml::{self, Entry, Node};
use minijinja::Value;
use minijinja::value::ValueKind;
use std::sync::Arc;

impl Context {
    /// A node as a value, every text in it rendered.
    pub fn value(self: &Arc<Self>, node: &Node) -> Result<Value, Failure> {
        Ok(match &node.value {
            yaml::Value::Null => Value::from(()),
            yaml::Value::Bool(truth) => Value::from(*truth),
            yaml::Value::Integer(number) => Value::from(*number),
            yaml::Value::Float(number) => Value::from(*number),
            yaml::Value::String { text, verbatim: true } => Value::from(text.as_str()),
            yaml::Value::String { text, verbatim: false } => self.render_text(text, node)?,
            yaml::Value::Vault(_) => return Err(vault(node).into()),
            yaml::Value::Sequence(items) => {
                let mut all = All::default();
                let values: Vec<Value> = items.iter().filter_map(|item| all.of(self.value(item))).collect();
                all.or(Value::from(values.into_iter().filter(|value| !is_omit(value)).collect::<Vec<_>>()))?
            }
            yaml::Value::Mapping(entries) => {
                let mut all = All::default();
                let pairs: Vec<(String, Value)> = entries
                    .iter()
                    .filter_map(|entry| Some((entry.key.clone(), all.of(self.value(&entry.value))?)))
                    .filter(|(_, value)| !is_omit(value))
                    .collect();
                all.or(Value::from_pairs(pairs))?
            }
        })
    }

    /// A node with every text in it rendered; nothing if that comes to `omit`.
    pub fn node(self: &Arc<Self>, node: &Node) -> Result<Option<Node>, Failure> {
        let value = match &node.value {
            yaml::Value::String { text, verbatim: false } => {
                let value = self.render_text(text, node)?;
                complete(&value).map_err(|error| self.failure(&error, &Place::Whole(node)))?;
                if is_omit(&value) {
                    return Ok(None);
                }
                let mut taken = to_node(&value, &node.span)?;
                self.scope.note_written(&mut taken, node);
                return Ok(Some(taken));
            }
            yaml::Value::Vault(_) => return Err(vault(node).into()),
            yaml::Value::Sequence(items) => {
                let mut all = All::default();
                let items = items.iter().filter_map(|item| all.of(self.node(item)).flatten()).collect();
                all.or(yaml::Value::Sequence(items))?
            }
            yaml::Value::Mapping(entries) => {
                let mut all = All::default();
                let entries = entries
                    .iter()
                    .filter_map(|entry| {
                        let value = all.of(self.node(&entry.value)).flatten()?;
                        Some(Entry { value, ..entry.clone() })
                    })
                    .collect();
                all.or(yaml::Value::Mapping(entries))?
            }
            other => other.clone(),
        };
        Ok(Some(Node { value, ..node.clone() }))
    }
}

fn vault(node: &Node) -> Diagnostic {
    Diagnostic::at(&node.span, "vaults are not supported yet")
}

/// The failures of all parts of a collection as one.
#[derive(Default)]
struct All {
    errors: Diagnostics,
    invalid: bool,
    needs_facts: bool,
}

impl All {
    fn of<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        match result {
            Ok(value) => return Some(value),
            Err(Failure::NeedsFacts) => self.needs_facts = true,
            // a collection with something undefined in it is not undefined itself: `default` must not hide that
            Err(Failure::Invalid(errors) | Failure::Undefined(errors)) => {
                self.invalid = true;
                self.errors.extend(errors);
            }
        }
        None
    }

    fn or<T>(self, value: T) -> Result<T, Failure> {
        if self.invalid {
            Err(Failure::Invalid(self.errors))
        } else if self.needs_facts {
            Err(Failure::NeedsFacts)
        } else {
            Ok(value)
        }
    }
}

/// Whether a value is what it is, and nothing is looked up when it is used.
pub(super) fn is_plain(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::None | ValueKind::Bool | ValueKind::Number | ValueKind::String | ValueKind::Bytes)
}

/// A value as a node, all of it at one place. Its texts are verbatim: what was rendered is not rendered again.
pub(super) fn to_node(value: &Value, span: &Span) -> Result<Node, Failure> {
    let wrong = |what: &str| Failure::from(Diagnostic::at(span, format!("{what} is no value that can be used here")));
    let text = |text: String| yaml::Value::String { text, verbatim: true };
    let yaml = match value.kind() {
        ValueKind::None => yaml::Value::Null,
        ValueKind::Bool => yaml::Value::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => {
            value.as_i64().map_or_else(|| text(value.to_string()), yaml::Value::Integer)
        }
        ValueKind::Number => f64::try_from(value.clone()).map_or_else(|_| text(value.to_string()), yaml::Value::Float),
        ValueKind::String => text(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Bytes => text(String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in iterate(value, span)? {
                if !is_omit(&item) {
                    items.push(to_node(&item, span)?);
                }
            }
            yaml::Value::Sequence(items)
        }
        ValueKind::Map => {
            let mut entries = Vec::new();
            for key in iterate(value, span)? {
                let item = value.get_item(&key).map_err(|error| failure_at(error, span))?;
                if !is_omit(&item) {
                    let key_text = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                    entries.push(Entry { key: key_text, key_span: span.clone(), value: to_node(&item, span)? });
                }
            }
            yaml::Value::Mapping(entries)
        }
        ValueKind::Undefined => return Err(wrong("something undefined")),
        ValueKind::Invalid => return Err(wrong("a value with an error in it")),
        ValueKind::Plain if is_omit(value) => return Err(wrong("`omit`")),
        _ => return Err(wrong("a function")),
    };
    Ok(Node::new(yaml, span.clone()))
}

/// The items of a list, or the keys of a mapping.
fn iterate(value: &Value, span: &Span) -> Result<Vec<Value>, Failure> {
    let items = value.try_iter().map_err(|error| failure_at(error, span))?;
    items.checked().collect::<Result<_, _>>().map_err(|error| failure_at(error, span))
}

fn failure_at(error: minijinja::Error, span: &Span) -> Failure {
    match std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Failure>()) {
        Some(failure) => failure.clone(),
        None => Diagnostic::at(span, error.to_string()).into(),
    }
}
