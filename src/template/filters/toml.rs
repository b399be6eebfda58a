//! TOML, in sections, with everything in the order given.
//!
//! Written so that Telegraf's own parser reads it, which is older than TOML 1.0: no texts over several lines, no keys in
//! single quotes, no tables within lists of other things.

use super::data::json_of;
use super::invalid;
use minijinja::Error;
use minijinja::value::Value;
use serde_json::{Map, Value as Json};
use std::fmt::Write as _;

pub(super) fn to_toml(value: &Value) -> Result<String, Error> {
    let Json::Object(entries) = json_of(value)? else { return Err(invalid("TOML is a mapping")) };
    let mut out = String::new();
    section(&entries, &mut Vec::new(), &mut out)?;
    Ok(out)
}

/// The values of a table, then the tables in it, each under its own header.
fn section(entries: &Map<String, Json>, path: &mut Vec<String>, out: &mut String) -> Result<(), Error> {
    for (key, value) in entries.iter().filter(|(_, value)| !is_table(value) && !is_tables(value)) {
        let _ = write!(out, "{} = ", quoted_key(key));
        path.push(quoted_key(key));
        self::value(value, path, out)?;
        path.pop();
        out.push('\n');
    }
    for (key, value) in entries {
        path.push(quoted_key(key));
        match value {
            Json::Object(inner) => {
                // a table that only has tables is there by theirs
                if inner.is_empty() || inner.values().any(|value| !is_table(value) && !is_tables(value)) {
                    header("[", path, "]", out);
                }
                section(inner, path, out)?;
            }
            Json::Array(tables) if is_tables(value) => {
                for inner in tables.iter().filter_map(Json::as_object) {
                    header("[[", path, "]]", out);
                    section(inner, path, out)?;
                }
            }
            _ => {}
        }
        path.pop();
    }
    Ok(())
}

fn is_table(value: &Json) -> bool {
    value.is_object()
}

fn is_tables(value: &Json) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(Json::is_object))
}

fn header(open: &str, path: &[String], close: &str, out: &mut String) {
    let blank = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{blank}{open}{}{close}", path.join("."));
}

fn value(value: &Json, path: &mut [String], out: &mut String) -> Result<(), Error> {
    let wrong = |why: &str| Err(invalid(format!("`{}` {why}", path.join("."))));
    match value {
        Json::Null => {
            return wrong("has no value, and TOML has no word for nothing: write `{}` for a table without settings");
        }
        Json::Bool(truth) => {
            let _ = write!(out, "{truth}");
        }
        Json::Number(number) if number.is_u64() && !number.is_i64() => return wrong("is beyond the numbers of TOML"),
        Json::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Json::String(text) => out.push_str(&quoted(text)),
        Json::Array(items) if items.len() < 2 => {
            out.push('[');
            for item in items {
                self::value(item, path, out)?;
            }
            out.push(']');
        }
        Json::Array(items) => {
            out.push_str("[\n");
            for item in items {
                out.push_str("    ");
                self::value(item, path, out)?;
                out.push_str(",\n");
            }
            out.push(']');
        }
        Json::Object(_) => return wrong("mixes tables with other things in a list, which Telegraf's TOML would lose"),
    }
    Ok(())
}

/// A key without quotes where that can be.
fn quoted_key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { basic(key) }
}

/// Text in the quotes that need the fewest escapes.
fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) && !text.contains(|c: char| c == '\'' || c.is_control()) {
        format!("'{text}'")
    } else {
        basic(text)
    }
}

/// Text in double quotes: JSON's escapes are TOML's.
fn basic(text: &str) -> String {
    Json::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
#[path = "../../../testbed/standins/src/telegraf/config/syntax/mod.rs"]
mod telegrafs;

#[cfg(test)]
mod tests {
    use super::telegrafs::{self, Field, Table};
    use super::*;
    use minijinja::value::Serde;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(json: &serde_json::Value) -> String {
        to_toml(&Value::from(Serde(json))).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn mappings_are_sections_in_their_order() {
        let config = json!({
            "tags": {"b": "a \"b\" \\", "a.b": "${X}"},
            "agent": {"interval": "10s", "jitter": 2.5, "round": true},
            "inputs": {
                "mem": [{}],
                "disk": [{"ignore_fs": ["tmpfs"], "tagpass": {"path": ["/", "/srv"]}}],
                "cpu": [{"percpu": false}, {"alias": "two\nlines", "empty": []}],
            },
        });
        insta::assert_snapshot!(written(&config), @r#"
        [tags]
        b = 'a "b" \'
        "a.b" = "${X}"

        [agent]
        interval = "10s"
        jitter = 2.5
        round = true

        [[inputs.mem]]

        [[inputs.disk]]
        ignore_fs = ["tmpfs"]

        [inputs.disk.tagpass]
        path = [
            "/",
            "/srv",
        ]

        [[inputs.cpu]]
        percpu = false

        [[inputs.cpu]]
        alias = "two\nlines"
        empty = []
        "#);
    }

    #[test]
    fn what_toml_cannot_say() {
        insta::assert_snapshot!(written(&json!([1])), @"invalid operation: TOML is a mapping");
        insta::assert_snapshot!(written(&json!({"a": null})), @"invalid operation: `a` has no value, and TOML has no word for nothing: write `{}` for a table without settings");
        insta::assert_snapshot!(written(&json!({"a": [{"b.c": {"d": null}}]})), @r#"invalid operation: `a."b.c".d` has no value, and TOML has no word for nothing: write `{}` for a table without settings"#);
        insta::assert_snapshot!(written(&json!({"a": {"b": [1, {"c": 2}]}})), @"invalid operation: `a.b` mixes tables with other things in a list, which Telegraf's TOML would lose");
        insta::assert_snapshot!(written(&json!({"a": u64::MAX})), @"invalid operation: `a` is beyond the numbers of TOML");
    }

    /// What Telegraf's parser made of a table.
    fn json_of_table(table: &Table) -> Json {
        let fields = table.fields.iter().map(|(key, field)| {
            let json = match field {
                Field::Value(value, _) => json_of_value(value),
                Field::Table(table) => json_of_table(table),
                Field::Tables(tables) => tables.iter().map(json_of_table).collect(),
            };
            (key.clone(), json)
        });
        Json::Object(fields.collect())
    }

    fn json_of_value(value: &telegrafs::Value) -> Json {
        match value {
            telegrafs::Value::Text(text) => Json::from(text.as_str()),
            telegrafs::Value::Integer(number) => Json::from(*number),
            telegrafs::Value::Float(number) => Json::from(*number),
            telegrafs::Value::Flag(flag) => Json::from(*flag),
            telegrafs::Value::Date => Json::from("a date"),
            telegrafs::Value::List(items) => items.iter().map(json_of_value).collect(),
        }
    }

    fn any_scalar() -> impl Strategy<Value = Json> {
        prop_oneof![
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<f64>().prop_filter("TOML has no others here", |number| number.is_finite()).prop_map(Json::from),
            "(?s).{0,12}".prop_map(Json::from),
            "[a\"'\\\\\n\r\t$#{}\u{7f}é]{0,8}".prop_map(Json::from),
        ]
    }

    fn any_table() -> impl Strategy<Value = Json> {
        let list = prop::collection::vec(any_scalar(), 0..4).prop_map(Json::from).boxed();
        let leaf = prop_oneof![4 => any_scalar(), 1 => list.clone(), 1 => prop::collection::vec(list, 0..3).prop_map(Json::from)];
        let table = |value: BoxedStrategy<Json>| {
            prop::collection::vec(("[a-z0-9_.\"' \\\\é\n]{0,4}", value), 0..5)
                .prop_map(|entries| Json::Object(entries.into_iter().collect()))
        };
        table(leaf.boxed()).prop_recursive(3, 24, 4, move |inner| {
            let tables = prop::collection::vec(table(inner.clone().boxed()), 1..3).prop_map(Json::from);
            table(prop_oneof![2 => any_scalar(), 2 => inner, 1 => tables].boxed())
        })
    }

    proptest! {
        #[test]
        fn telegraf_and_toml_read_what_was_written(table in any_table()) {
            let text = written(&table);
            let telegrafs = telegrafs::parse(&text).map(|table| json_of_table(&table));
            prop_assert_eq!(telegrafs.as_ref(), Ok(&table), "{}", text);
            let standard: Result<Json, _> = toml::from_str(&text);
            prop_assert_eq!(standard.as_ref().ok(), Some(&table), "{}", text);
        }
    }
}
