//! What resources and checks are, as definitions of a JSON Schema.

use super::check::CheckKind;
use super::{COMMON, ResourceKind};
use crate::schema::json::{Templates, defined, describe, object};
use crate::schema::{Argument, Schema};
use serde_json::{Map, Value, json};

/// `resource`, `check`, and one for each of their kinds.
pub fn definitions() -> Map<String, Value> {
    let mut definitions = Map::new();
    let mut resources = Map::new();
    for kind in ResourceKind::ALL {
        let has_user = kind.has_user;
        let common = |key: &str| (key != "name" || !kind.has_name()) && (key != "become_user" || has_user);
        let name = format!("resource.{}", kind.name());
        resources.insert(kind.name().to_owned(), describe(defined(&name), kind.help));
        definitions.insert(name, with_common(&kind.schema, common));
    }
    let mut checks = Map::new();
    for kind in CheckKind::ALL {
        let has_user = kind.has_user();
        let common =
            |key: &str| key != "purge" && (key != "name" || !kind.has_name()) && (key != "become_user" || has_user);
        let name = format!("check.{}", kind.name());
        checks.insert(kind.name().to_owned(), describe(defined(&name), kind.help()));
        definitions.insert(name, with_common(kind.schema(), common));
    }
    definitions.insert("resource".to_owned(), one_of_kinds(resources));
    definitions.insert("check".to_owned(), one_of_kinds(checks));
    definitions
}

/// A kind's own arguments, and those of all that it may have.
fn with_common(schema: &Schema, may_have: impl Fn(&str) -> bool) -> Value {
    let common: Vec<&Argument> = COMMON.arguments.iter().filter(|argument| may_have(argument.name)).collect();
    object(schema.arguments.iter().chain(common), schema.one_of.as_ref(), Templates::Anywhere)
}

/// A mapping of one key, which is the kind.
fn one_of_kinds(kinds: Map<String, Value>) -> Value {
    json!({
        "type": "object", "properties": kinds, "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
    })
}
