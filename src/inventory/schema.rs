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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;
    use crate::source::{Diagnostics, SourceFile};
    use crate::yaml;

    #[test]
    fn what_the_schema_refuses_is_refused() {
        const VALUES: [&str; 9] =
            ["", "a", "5", "[a]", "{ a: }", "{ a: { b: c } }", "{ a: [b] }", "{ a: b }", "{ a: { hosts: b } }"];
        let schema = jsonschema::draft202012::new(&schema()).unwrap();
        let mut refused = 0;
        for key in SECTIONS.into_iter().chain(["host"]) {
            for value in VALUES {
                let text = format!("all: {{ {key}: {value} }}\n");
                let node = yaml::parse(&SourceFile::named("inventory.yml", &*text)).unwrap();
                let mut errors = Diagnostics::new();
                super::super::read::read_node(&mut Inventory::default(), &node, &mut errors);
                let fits = schema.is_valid(&node.to_json());
                assert!(fits || !errors.is_empty(), "only the schema refuses {text}");
                refused += usize::from(!fits);
            }
        }
        assert!(refused > 15, "{refused}");
    }
}
