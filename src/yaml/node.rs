//! Nodes that are made rather than read, and nodes as JSON.

use super::{Node, Value};
use crate::source::Span;
use serde_json::{Map, Value as Json};

impl Node {
    /// A node with a value and a place.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span, written: None }
    }

    /// Text that may hold templates.
    pub fn text(text: impl Into<String>, span: Span) -> Self {
        Self::new(Value::String { text: text.into(), verbatim: false }, span)
    }

    /// Marks every text in it as one that is never rendered.
    pub fn make_verbatim(&mut self) {
        match &mut self.value {
            Value::String { verbatim, .. } => *verbatim = true,
            Value::Sequence(items) => items.iter_mut().for_each(Self::make_verbatim),
            Value::Mapping(entries) => entries.iter_mut().for_each(|entry| entry.value.make_verbatim()),
            _ => {}
        }
    }

    /// The value of `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Mapping(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// The same as JSON. What JSON has no word for, `.inf` and `.nan`, becomes text; a vault value becomes what
    /// Ansible writes for it: `{"__ansible_vault": ...}`.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Integer(number) => Json::from(*number),
            Value::Float(number) => {
                serde_json::Number::from_f64(*number).map_or_else(|| Json::String(number.to_string()), Json::Number)
            }
            Value::String { text, .. } => Json::String(text.clone()),
            Value::Vault(text) => Json::Object(Map::from_iter([("__ansible_vault".to_owned(), text.clone().into())])),
            Value::Sequence(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Mapping(entries) => {
                Json::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect())
            }
        }
    }
}
