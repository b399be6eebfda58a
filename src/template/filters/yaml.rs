//! YAML, written so that Ansible and every other reader of YAML 1.1 or 1.2 understands the same.

use super::data::json_of;
use super::{argument, invalid};
use crate::source::SourceFile;
use crate::yaml;
use minijinja::Error;
use minijinja::value::{Kwargs, Serde, Value};
use serde_json::Value as Json;

pub(super) fn from_yaml(text: &str) -> Result<Value, Error> {
    let source = SourceFile::named("from_yaml", text);
    let node = yaml::parse(&source).map_err(|errors| {
        let first = errors.iter().next().map(|error| error.message.clone()).unwrap_or_default();
        invalid(format!("this is no YAML: {first}"))
    })?;
    Ok(Value::from(Serde(&node.to_json())))
}

/// Innermost collections on one line, as Ansible writes them.
pub(super) fn to_yaml(value: &Value, options: Kwargs) -> Result<String, Error> {
    write(value, 2, true, &options)
}

pub(super) fn to_nice_yaml(value: &Value, indent: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let indent = argument(indent, &options, "indent")?.unwrap_or(4);
    write(value, indent, false, &options)
}

fn write(value: &Value, indent: usize, flow: bool, options: &Kwargs) -> Result<String, Error> {
    let indent = options.get::<Option<usize>>("indent")?.unwrap_or(indent);
    let sorted = options.get::<Option<bool>>("sort_keys")?.unwrap_or(true);
    let flow = match options.get::<Option<bool>>("default_flow_style")? {
        Some(flow) => flow,
        None => flow,
    };
    // long lines are not folded, so there is no width to keep to
    options.get::<Option<usize>>("width")?;
    options.get::<Option<bool>>("allow_unicode")?;
    options.get::<Option<bool>>("explicit_start")?;
    options.assert_all_used()?;
    let writer = Writer { indent: indent.clamp(2, 9), sorted, flow };
    let mut out = String::new();
    match json_of(value)? {
        json if writer.is_inline(&json) => {
            writer.inline(&json, &mut out);
            out.push('\n');
        }
        json => writer.block(&json, 0, &mut out),
    }
    Ok(out)
}

struct Writer {
    indent: usize,
    sorted: bool,
    /// Whether collections of scalars go on one line.
    flow: bool,
}

impl Writer {
    fn is_inline(&self, json: &Json) -> bool {
        let scalar = |json: &Json| !matches!(json, Json::Array(_) | Json::Object(_));
        match json {
            Json::Array(items) => items.is_empty() || (self.flow && items.iter().all(scalar)),
            Json::Object(entries) => entries.is_empty() || (self.flow && entries.values().all(scalar)),
            _ => true,
        }
    }

    fn entries<'j>(&self, entries: &'j serde_json::Map<String, Json>) -> Vec<(&'j String, &'j Json)> {
        let mut entries: Vec<_> = entries.iter().collect();
        if self.sorted {
            entries.sort_by_key(|(key, _)| *key);
        }
        entries
    }

    /// A collection over several lines, each beginning at `column`.
    fn block(&self, json: &Json, column: usize, out: &mut String) {
        let pad = " ".repeat(column);
        match json {
            Json::Array(items) => {
                for item in items {
                    out.push_str(&pad);
                    self.item(item, column, out);
                }
            }
            Json::Object(entries) => {
                for (key, value) in self.entries(entries) {
                    out.push_str(&pad);
                    self.entry(key, value, column, out);
                }
            }
            scalar => {
                self.inline(scalar, out);
                out.push('\n');
            }
        }
    }

    fn entry(&self, key: &str, value: &Json, column: usize, out: &mut String) {
        scalar(key, false, out);
        out.push(':');
        if self.is_inline(value) {
            out.push(' ');
            self.inline(value, out);
            out.push('\n');
        } else {
            out.push('\n');
            // a list stands under its key without further indent
            let below = if value.is_array() { column } else { column + self.indent };
            self.block(value, below, out);
        }
    }

    fn item(&self, item: &Json, column: usize, out: &mut String) {
        out.push('-');
        // what follows the dash lines up with the following lines
        out.push_str(&" ".repeat(self.indent - 1));
        let column = column + self.indent;
        if self.is_inline(item) {
            while out.ends_with("  ") {
                out.pop();
            }
            self.inline(item, out);
            out.push('\n');
            return;
        }
        let mut nested = String::new();
        self.block(item, column, &mut nested);
        out.push_str(nested.trim_start_matches(' '));
    }

    /// What stands in a collection on one line.
    fn within(&self, json: &Json, out: &mut String) {
        match json {
            Json::String(text) => scalar(text, true, out),
            other => self.inline(other, out),
        }
    }

    fn inline(&self, json: &Json, out: &mut String) {
        match json {
            Json::String(text) => scalar(text, false, out),
            Json::Array(items) => {
                out.push('[');
                for (number, item) in items.iter().enumerate() {
                    out.push_str(if number > 0 { ", " } else { "" });
                    self.within(item, out);
                }
                out.push(']');
            }
            Json::Object(entries) => {
                out.push('{');
                for (number, (key, value)) in self.entries(entries).into_iter().enumerate() {
                    out.push_str(if number > 0 { ", " } else { "" });
                    scalar(key, true, out);
                    out.push_str(": ");
                    self.within(value, out);
                }
                out.push('}');
            }
            Json::Null => out.push_str("null"),
            Json::Number(number) => out.push_str(&written_number(&number.to_string())),
            other => out.push_str(&other.to_string()),
        }
    }
}

/// A number as YAML 1.1 knows them too: with a point before an exponent, and the exponent's sign.
fn written_number(number: &str) -> String {
    let Some((mantissa, exponent)) = number.split_once('e') else { return number.to_owned() };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// Text with the quotes that it needs to stay text; in a collection on one line (`flow`), readers of Go take `?` for more.
fn scalar(text: &str, flow: bool, out: &mut String) {
    let escaped =
        |c: char| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(escaped) {
        // JSON's escapes are YAML's, which needs more of them
        for c in Json::from(text).to_string().chars() {
            if escaped(c) {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            } else {
                out.push(c);
            }
        }
    } else if is_plain(text) && !(flow && text.contains('?')) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

/// Whether text means itself without quotes, alone and in a flow collection.
fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return false };
    let second = characters.next();
    let begins_well = match first {
        '-' => second.is_some_and(|second| !second.is_whitespace() && !",[]{}".contains(second)),
        _ => !"?:#,[]{}&*!|>'\"%@`".contains(first),
    };
    begins_well
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains([',', '[', ']', '{', '}'])
        && !text.ends_with(':')
        && text.trim() == text
        && !reads_as_other(text)
}

/// Whether some reader takes the bare word for something else than text.
fn reads_as_other(text: &str) -> bool {
    const WORDS: &[&str] = &["~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "="];
    let lower = text.to_lowercase();
    let numeric = lower.trim_start_matches(['-', '+', '.']);
    WORDS.contains(&lower.as_str())
        || matches!(numeric, "inf" | "nan")
        // numbers in all their spellings, dates, times: what begins with a digit and has no letters but those of numbers
        || (numeric.starts_with(|c: char| c.is_ascii_digit())
            && numeric.chars().all(|c| c.is_ascii_hexdigit() || "_.:-+xobtz ".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn options(pairs: &[(&str, Value)]) -> Kwargs {
        Kwargs::from_iter(pairs.iter().cloned())
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "(?s).{0,12}",
            "[-?:,\\[\\]{}#&*!|>'\"%@`a \n\t\\\\~=<0]{0,8}",
            "[-+.0-9_:eExXoObBaTZ]{1,8}",
            proptest::sample::select(
                &[
                    "yes",
                    "No",
                    "on",
                    "null",
                    "~",
                    "",
                    " ",
                    "true ",
                    "1.10",
                    "0644",
                    "1:30",
                    "2024-01-01",
                    ".inf",
                    "y",
                    "<<",
                    "=",
                    "---",
                    "...",
                    "a\n",
                    "\n",
                    "x: y",
                    "{{ a }}",
                    "0o7",
                    "1e3",
                    "12e03",
                    "0x1F",
                    "-",
                    "\u{85}",
                    "\u{feff}"
                ][..]
            )
            .prop_map(str::to_owned),
        ]
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let scalar = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Json::from),
            any_text().prop_map(Json::from),
        ];
        scalar.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::vec((any_text(), inner), 0..4)
                    .prop_map(|entries| Json::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(json in any_json(), indent in 2_usize..6, sorted in any::<bool>()) {
            let value = Value::from(Serde(&json));
            let given = [("indent", Value::from(indent)), ("sort_keys", Value::from(sorted))];
            for text in [to_yaml(&value, options(&given)).unwrap(), to_nice_yaml(&value, None, options(&given)).unwrap()] {
                let read = json_of(&from_yaml(&text).unwrap()).unwrap();
                prop_assert_eq!(&read, &json, "{}", text);
            }
        }
    }

    #[test]
    fn numbers_and_words_stay_what_they_are() {
        // readers of Go take `?` and `:` in a list on one line for more than they are in YAML 1.2
        let list = Value::from(vec!["a?b", ":c", "d:e", "?"]);
        insta::assert_snapshot!(to_yaml(&list, options(&[])).unwrap(), @"['a?b', ':c', d:e, '?']");
        let value = json!({"whole": 1.0, "large": 1e300, "small": 1e-7, "text": "1e-7"});
        insta::assert_snapshot!(to_nice_yaml(&Value::from(Serde(&value)), None, options(&[])).unwrap(), @"
        large: 1.0e+300
        small: 1.0e-7
        text: '1e-7'
        whole: 1.0
        ");
    }
}
