//! TOML, in sections, with everything in the order given.

use super::data::json_of;
use super::invalid;
use minijinja::Error;
use minijinja::value::Value;

pub(super) fn to_toml(value: &Value) -> Result<String, Error> {
    let json = json_of(value)?;
    if !json.is_object() {
        return Err(invalid("TOML is a mapping"));
    }
    toml::to_string_pretty(&json).map_err(|error| invalid(format!("this cannot be written as TOML: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::value::Serde;
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
        alias = """
        two
        lines"""
        empty = []
        "#);
    }

    #[test]
    fn what_toml_cannot_say() {
        insta::assert_snapshot!(written(&json!([1])), @"invalid operation: TOML is a mapping");
        insta::assert_snapshot!(written(&json!({"a": null})), @"invalid operation: this cannot be written as TOML: unsupported unit type");
        insta::assert_snapshot!(written(&json!({"a": [{"b": null}]})), @"invalid operation: this cannot be written as TOML: unsupported unit type");
    }
}
