//! Inventories as JSON Schema.

use super::read::SECTIONS;
use crate::schema::json::{defined, document};
use serde_json::{Map, Value, json};

/// What an inventory may say.
pub fn schema() -> Value {
    let variables = || json!({ "type": ["object", "null"] });
    // one name alone stands for a mapping of one
    let named = |value: Value| json!({ "type": ["object", "string", "null"], "additionalProperties": value });
    let section = |name: &str| {
        let (schema, text) = match name {
            "hosts" => (named(variables()), "the hosts of the group, each with its variables"),
            "children" => (named(defined("group")), "groups whose hosts are in this one, too"),
            _ => (variables(), "variables of all hosts in the group"),
        };
        (name.to_owned(), crate::schema::json::describe(schema, text))
    };
    let sections: Map<String, Value> = SECTIONS.map(section).into_iter().collect();
    let group = json!({ "type": ["object", "null"], "properties": sections, "additionalProperties": false });
    let root = json!({
        "type": "object",
        // inventory plugins are no groups
        "properties": { "plugin": false },
        "additionalProperties": defined("group"),
    });
    document("an inventory", root, Map::from_iter([("group".to_owned(), group)]))
}
