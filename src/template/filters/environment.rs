//! Files of environment variables, for one of their two readers: systemd's `EnvironmentFile=`, and podman's `--env-file`,
//! which is what `EnvironmentFile=` of a quadlet comes to.

use super::data::json_of;
use super::invalid;
use minijinja::Error;
use minijinja::value::Value;
use serde_json::Value as Json;

/// Podman gives up on a longer line.
const PODMANS_LINE: usize = 64 * 1024;

/// A mapping as lines `NAME=value`, sorted by their names; `reader` is `systemd` or `podman`.
pub(super) fn to_env_file(value: &Value, reader: &str) -> Result<String, Error> {
    let write = match reader {
        "systemd" => systemds,
        "podman" => podmans,
        _ => return Err(invalid("`to_env_file` writes for `'systemd'` or for `'podman'`")),
    };
    let Json::Object(entries) = json_of(value)? else { return Err(invalid("an environment is a mapping")) };
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|(name, _)| name.to_lowercase());
    let mut out = String::new();
    for (name, value) in entries {
        let wrong = |why: String| invalid(format!("`{name}` {why}"));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(plain) {
            return Err(wrong("is no name of an environment variable".to_owned()));
        }
        let text = match value {
            Json::String(text) => text.clone(),
            Json::Bool(_) | Json::Number(_) => value.to_string(),
            Json::Null => return Err(wrong("has no value: write \"\" for an empty one".to_owned())),
            Json::Array(_) => return Err(wrong("is a list, not a text".to_owned())),
            Json::Object(_) => return Err(wrong("is a mapping, not a text".to_owned())),
        };
        let line = write(name, &text).map_err(|why| wrong(why.to_owned()))?;
        out.push_str(&line);
        out.push('\n');
    }
    Ok(out)
}

/// In double quotes, between which only these characters are special, and lines may end.
fn systemds(name: &str, text: &str) -> Result<String, &'static str> {
    if text.contains(|c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n')) {
        return Err("has a control character in it, and systemd ignores such variables");
    }
    let mut line = format!("{name}=\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            line.push('\\');
        }
        line.push(c);
    }
    line.push('"');
    Ok(line)
}

/// As it is: podman knows no quotes here.
fn podmans(name: &str, text: &str) -> Result<String, &'static str> {
    if text.contains('\n') {
        return Err(
            "has several lines, and a container's file of variables has one for each: give it as a file that is mounted",
        );
    }
    if text.ends_with('\r') || text.contains('\0') {
        return Err("has a control character in it, which does not reach a container from a file of variables");
    }
    let line = format!("{name}={text}");
    if line.len() >= PODMANS_LINE {
        return Err("is too long for podman, which reads lines of up to 64 KiB");
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::value::Serde;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(json: &Json, reader: &str) -> String {
        to_env_file(&Value::from(Serde(json)), reader).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn each_reader_has_its_own_form() {
        let variables = json!({"b": "two\nlines", "A": "a \"b\" $c \\", "N": 1, "T": true});
        insta::assert_snapshot!(written(&variables, "systemd"), @r#"
        A="a \"b\" \$c \\"
        b="two
        lines"
        N="1"
        T="true"
        "#);
        insta::assert_snapshot!(written(&json!({"A": "a \"b\" $c \\"}), "podman"), @r#"A=a "b" $c \"#);
        let said = [
            written(&variables, "podman"),
            written(&json!({"A": "\u{7}"}), "systemd"),
            written(&json!({"A": "x\r"}), "podman"),
            written(&json!({"A": "x".repeat(PODMANS_LINE)}), "podman"),
            written(&json!({"A": null}), "systemd"),
            written(&json!({"A": [1]}), "systemd"),
            written(&json!({"A B": "x"}), "podman"),
            written(&json!({"A": "x"}), "docker"),
        ];
        insta::assert_snapshot!(said.join("\n"), @r#"
        invalid operation: `b` has several lines, and a container's file of variables has one for each: give it as a file that is mounted
        invalid operation: `A` has a control character in it, and systemd ignores such variables
        invalid operation: `A` has a control character in it, which does not reach a container from a file of variables
        invalid operation: `A` is too long for podman, which reads lines of up to 64 KiB
        invalid operation: `A` has no value: write "" for an empty one
        invalid operation: `A` is a list, not a text
        invalid operation: `A B` is no name of an environment variable
        invalid operation: `to_env_file` writes for `'systemd'` or for `'podman'`
        "#);
    }

    /// What systemd reads, as in its `env-file.c`: values in double quotes, with their escapes.
    fn read_by_systemd(text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut rest = text;
        while let Some((name, after)) = rest.split_once("=\"") {
            let (mut value, mut letters) = (String::new(), after.char_indices());
            rest = "";
            while let Some((at, c)) = letters.next() {
                match c {
                    '"' => {
                        rest = after[at + 1..].strip_prefix('\n').unwrap();
                        break;
                    }
                    '\\' => match letters.next() {
                        Some((_, next @ ('"' | '\\' | '`' | '$'))) => value.push(next),
                        Some((_, '\n')) | None => {}
                        Some((_, next)) => value.extend(['\\', next]),
                    },
                    _ => value.push(c),
                }
            }
            found.push((name.to_owned(), value));
        }
        found
    }

    /// What podman reads, line by line, as in its `pkg/env`.
    fn read_by_podman(text: &str) -> Vec<(String, String)> {
        let lines = text.split_terminator('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let lines = lines
            .map(|line| line.trim_start_matches([' ', '\t']))
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|line| line.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    proptest! {
        #[test]
        fn both_read_what_was_written(
            values in prop::collection::vec(prop_oneof!["(?s).{0,10}", "[a\"'`#;$\\\\\n\r =]{0,10}"], 1..4),
        ) {
            let variables: Vec<_> = values.iter().enumerate().map(|(number, value)| (format!("V{number}"), value.clone())).collect();
            let json = Json::Object(variables.iter().map(|(name, value)| (name.clone(), json!(value))).collect());
            for (reader, read) in [("systemd", read_by_systemd as fn(&str) -> _), ("podman", read_by_podman)] {
                // what cannot be said is not written
                if let Ok(text) = to_env_file(&Value::from(Serde(&json)), reader) {
                    prop_assert_eq!(&read(&text), &variables, "{}", text);
                }
            }
        }
    }
}
