//! INI as Grafana reads it: by go-ini's rules, with references and variables of Grafana's own.

use super::data::json_of;
use super::{argument, invalid};
use minijinja::Error;
use minijinja::value::{Kwargs, Value};
use regex::Regex;
use serde_json::{Map, Value as Json};
use std::sync::LazyLock;

/// What go-ini replaces by another setting.
static REFERENCE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"%\([^)]+\)s").ok());
/// What Grafana replaces by a variable of the environment, in its older spelling.
static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\$\{[^}]+\}").ok());

/// Sections, sorted, and what is in none before them. `references` are keys in which `%(other_key)s` is wanted.
pub(super) fn to_ini(value: &Value, references: Option<Vec<String>>, options: Kwargs) -> Result<String, Error> {
    let references = argument(references, &options, "references")?.unwrap_or_default();
    options.assert_all_used()?;
    let Json::Object(sections) = json_of(value)? else { return Err(invalid("INI is a mapping of sections")) };
    let mut out = String::new();
    let (inner, outer): (Vec<_>, Vec<_>) = sorted(&sections).into_iter().partition(|(_, value)| value.is_object());
    for (key, value) in outer {
        entry("", key, value, &references, &mut out)?;
    }
    for (section, entries) in inner {
        if section.is_empty() || section.trim() != section || section.contains(|c: char| c == ']' || c.is_control()) {
            return Err(invalid(format!("`{section}` is no name of a section in INI")));
        }
        let blank = if out.is_empty() { "" } else { "\n" };
        out.push_str(&format!("{blank}[{section}]\n"));
        for (key, value) in entries.as_object().map(sorted).unwrap_or_default() {
            entry(section, key, value, &references, &mut out)?;
        }
    }
    Ok(out)
}

fn sorted(entries: &Map<String, Json>) -> Vec<(&String, &Json)> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|(key, _)| key.to_lowercase());
    entries
}

fn entry(section: &str, key: &str, value: &Json, references: &[String], out: &mut String) -> Result<(), Error> {
    let name = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
    let wrong = |why: &str| Err(invalid(format!("`{name}` {why}")));
    let plain = |c: char| !c.is_control() && !matches!(c, '=' | ':');
    if key.is_empty()
        || key == "-"
        || key.trim() != key
        || !key.chars().all(plain)
        || key.starts_with(['#', ';', '[', '"', '`'])
    {
        return wrong("is no name of a setting in INI");
    }
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::Null => return wrong("has no value: write \"\" for an empty one"),
        Json::Array(_) => {
            return wrong(
                "is a list, and INI has none: write it as one text, with the blanks or commas that the setting is parted by",
            );
        }
        Json::Object(_) => return wrong("is a mapping within a section: write a section `one.two` as one name"),
    };
    let has = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text));
    if !references.iter().any(|known| known == key) && has(&REFERENCE) {
        return wrong(
            "has a `%(…)s` in it, which Grafana replaces by another setting; there is no way to write it as it is",
        );
    }
    if has(&VARIABLE) {
        return wrong(
            "has a `${…}` in it, which Grafana replaces: write `$__env{NAME}` for a variable of the environment, and put what is no variable into a file, `$__file{/path}`",
        );
    }
    match quoted(&text) {
        Some(text) => out.push_str(&format!("{key} = {text}\n")),
        None => return wrong("has lines with `\"\"\"` and with a backtick in it, which INI cannot say together"),
    }
    Ok(())
}

/// A value with the quotes that it needs.
fn quoted(text: &str) -> Option<String> {
    let needs_quotes =
        text.trim() != text || text.ends_with('\\') || text.contains(['#', ';', '"', '\'', '`', '\n', '\r']);
    // on one line the last quote counts, on several the first one
    let fits = |quote: &str| !text.contains('\n') || !text.contains(quote);
    match (needs_quotes, fits("\"\"\""), fits("`")) {
        (false, ..) => Some(text.to_owned()),
        (true, true, _) => Some(format!("\"\"\"{text}\"\"\"")),
        (true, false, true) => Some(format!("`{text}`")),
        (true, false, false) => None,
    }
}

#[cfg(test)]
#[path = "../../../testbed/standins/src/grafana/ini.rs"]
mod go_ini;

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::value::Serde;
    use proptest::prelude::*;
    use serde_json::json;

    fn written(json: &Json) -> String {
        let options = Kwargs::from_iter([("references", Value::from(vec!["root_url"]))]);
        to_ini(&Value::from(Serde(json)), None, options).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn sections_are_sorted_and_quoted_where_they_must_be() {
        let settings = json!({
            "server": {"root_url": "https://%(domain)s/", "http_port": 3000, "enforce_domain": false},
            "app_mode": "production",
            "auth.ldap": {"password": "a#b", "banner": "one\ntwo", "path": "C:\\x\\", "file": "$__file{/x}", "none": ""},
        });
        insta::assert_snapshot!(written(&settings), @r#"
        app_mode = production

        [auth.ldap]
        banner = """one
        two"""
        file = $__file{/x}
        none = 
        password = """a#b"""
        path = """C:\x\"""

        [server]
        enforce_domain = false
        http_port = 3000
        root_url = https://%(domain)s/
        "#);
    }

    #[test]
    fn what_ini_cannot_say() {
        let of = |value: Json| json!({ "smtp": { "password": value } });
        let said = [
            of(json!(["a", "b"])),
            of(json!(null)),
            of(json!({"a": 1})),
            of(json!("50%(user)s")),
            of(json!("a${b}c")),
            of(json!("\"\"\"\n`")),
            json!({"smtp": {"a=b": 1}}),
            json!({"a]b": {}}),
        ];
        insta::assert_snapshot!(said.map(|json| written(&json)).join("\n"), @r#"
        invalid operation: `smtp.password` is a list, and INI has none: write it as one text, with the blanks or commas that the setting is parted by
        invalid operation: `smtp.password` has no value: write "" for an empty one
        invalid operation: `smtp.password` is a mapping within a section: write a section `one.two` as one name
        invalid operation: `smtp.password` has a `%(…)s` in it, which Grafana replaces by another setting; there is no way to write it as it is
        invalid operation: `smtp.password` has a `${…}` in it, which Grafana replaces: write `$__env{NAME}` for a variable of the environment, and put what is no variable into a file, `$__file{/path}`
        invalid operation: `smtp.password` has lines with `"""` and with a backtick in it, which INI cannot say together
        invalid operation: `smtp.a=b` is no name of a setting in INI
        invalid operation: `a]b` is no name of a section in INI
        "#);
    }

    proptest! {
        #[test]
        fn go_ini_reads_what_was_written(
            values in prop::collection::vec(prop_oneof!["(?s).{0,10}", "[a\"'`#;\\\\\n =\\[\\]%()s]{0,10}"], 1..5),
        ) {
            let entries: Map<String, Json> =
                values.iter().enumerate().map(|(number, value)| (format!("k{number}"), Json::from(value.as_str()))).collect();
            let options = Kwargs::from_iter(Vec::<(&str, Value)>::new());
            let text = to_ini(&Value::from(Serde(&json!({ "s": entries }))), None, options);
            // what cannot be said is not written
            prop_assume!(text.is_ok());
            let text = text.unwrap_or_default();
            let read: Vec<_> = go_ini::parse(&text).unwrap().into_iter().map(|(_, value)| value).collect();
            prop_assert_eq!(&read, &values, "{}", text);
            for value in &values {
                prop_assert_eq!(&go_ini::resolved(value, |_| Some("other".to_owned())), value);
            }
        }
    }
}
