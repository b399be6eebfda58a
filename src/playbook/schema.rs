//! Playbooks as JSON Schema.

use super::{PLAY_KEYWORDS, ROLE_KEYWORDS, Treatment};
use crate::resource;
use crate::schema::json::{Templates, defined, describe, document, or_nothing, shape};
use serde_json::{Map, Value, json};

/// What a playbook may say.
pub fn schema() -> Value {
    let mut definitions = resource::definitions();
    definitions.insert("role_use".to_owned(), role_use());
    definitions.insert("play".to_owned(), play());
    definitions.insert("import".to_owned(), import());
    let imports = super::IMPORTS.map(|key| json!({ "required": [key] }));
    // with `anyOf`, a fault in a play would be one of the other kind, too
    let items = json!({ "if": { "anyOf": imports }, "then": defined("import"), "else": defined("play") });
    document("a playbook of solti", json!({ "type": "array", "items": items }), definitions)
}

fn play() -> Value {
    json!({
        "type": "object",
        "properties": properties(PLAY_KEYWORDS, |_| None),
        "required": ["hosts"],
        "additionalProperties": false,
    })
}

fn import() -> Value {
    let text = || shape(&crate::schema::Shape::Text, Templates::Nowhere);
    let mut properties = Map::from_iter(super::IMPORTS.map(|key| (key.to_owned(), text())));
    properties.insert("name".to_owned(), or_nothing(text()));
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// A role in a play: its name, or a mapping, in which what is no keyword is one of its options.
pub(crate) fn role_use() -> Value {
    let mapping = json!({
        "type": "object",
        "properties": properties(ROLE_KEYWORDS, |_| Some(Value::Bool(false))),
        "anyOf": [{ "required": ["role"] }, { "required": ["name"] }],
    });
    json!({ "anyOf": [{ "type": "string" }, mapping] })
}

/// The keywords of a table; `refused` is what stands for one that is an error.
fn properties(table: &[(&str, Treatment)], refused: impl Fn(&str) -> Option<Value>) -> Map<String, Value> {
    let property = |(name, treatment): &(&str, Treatment)| {
        let schema = match treatment {
            Treatment::Accepted(kind, means) => describe(or_nothing(shape(kind, Templates::Nowhere)), means),
            Treatment::Ignored(why) => describe(Value::Bool(true), &format!("has no effect: {why}")),
            Treatment::Unbuilt | Treatment::Instead(_) => refused(name)?,
        };
        Some(((*name).to_owned(), schema))
    };
    table.iter().filter_map(property).collect()
}
