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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::RoleLibrary;
    use crate::source::SourceFile;
    use crate::yaml;
    use std::path::Path;

    /// They may be templates, so what is wrong with them is found when hosts are known.
    const READ_LATER: [&str; 4] = ["become_user", "remote_user", "connection", "when"];

    /// Whatever a reader takes, the schema takes; and what is accepted is read.
    #[test]
    fn what_the_schema_refuses_is_refused() {
        const VALUES: [&str; 15] = [
            "{}",
            "true",
            "maybe",
            "5",
            "sudo",
            "ssh",
            "absent",
            "loki",
            "[loki]",
            "[{ role: loki }]",
            "[]",
            "{ a: b }",
            "[{ a: b }]",
            "[{ directory: { path: /a } }]",
            "[[a]]",
        ];
        let schema = jsonschema::draft202012::new(&schema()).unwrap();
        let roles = RoleLibrary::new(None);
        let (mut refused, mut taken) = (0, 0);
        for (table, least) in [(PLAY_KEYWORDS, "hosts: all"), (ROLE_KEYWORDS, "role: loki")] {
            let accepted = table.iter().filter(|(_, treatment)| matches!(treatment, Treatment::Accepted(..)));
            for (key, _) in accepted.filter(|(key, _)| !least.starts_with(key)) {
                let before = taken;
                for value in VALUES {
                    let state = if *key == "purge" { ", state: absent" } else { "" };
                    let mapping = format!("{{ {least}{state}, {key}: {value} }}");
                    let play = if least.starts_with("role") {
                        format!("{{ hosts: all, roles: [{mapping}] }}")
                    } else {
                        mapping
                    };
                    let node = yaml::parse(&SourceFile::named("site.yml", &*play)).unwrap();
                    let read = super::super::play::read_play(&node, Path::new("site.yml"), &roles, &mut Vec::new());
                    let fits = schema.is_valid(&json!([node.to_json()]));
                    assert!(fits || read.is_err() || READ_LATER.contains(key), "only the schema refuses {play}");
                    taken += usize::from(read.is_ok());
                    refused += usize::from(!fits);
                }
                assert!(taken > before || *key == "vars_files", "{key} takes none of the values");
            }
        }
        assert!(refused > 50, "{refused}");
    }
}
