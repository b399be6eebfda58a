//! JSON, written as Python writes it.

use super::{argument, invalid};
use minijinja::Error;
use minijinja::value::{Kwargs, Serde, Value, ValueKind};
use serde_json::Value as Json;

/// A value as JSON.
pub(super) fn json_of(value: &Value) -> Result<Json, Error> {
    finite(value, "")?;
    serde_json::to_value(value).map_err(|error| invalid(format!("this cannot be written as data: {error}")))
}

/// What is no number, or beyond all, has no word in JSON, and would become null.
fn finite(value: &Value, place: &str) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Number if f64::try_from(value.clone()).is_ok_and(|number| !number.is_finite()) => {
            let which = if place.is_empty() { "this".to_owned() } else { format!("`{}`", &place[1..]) };
            Err(invalid(format!("{which} is {value}, which cannot be written as data")))
        }
        ValueKind::Seq => {
            let mut items = value.try_iter()?.checked().enumerate();
            items.try_for_each(|(number, item)| finite(&item?, &format!("{place}.{number}")))
        }
        ValueKind::Map => {
            let mut keys = value.try_iter()?.checked();
            keys.try_for_each(|key| key.and_then(|key| finite(&value.get_item(&key)?, &format!("{place}.{key}"))))
        }
        _ => Ok(()),
    }
}

pub(super) fn to_json(value: &Value, indent: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let style = Style {
        indent: argument(indent, &options, "indent")?,
        sorted: options.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
        ascii: options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(true),
    };
    options.assert_all_used()?;
    Ok(style.write(&json_of(value)?))
}

pub(super) fn to_nice_json(value: &Value, indent: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let style = Style {
        indent: argument(indent, &options, "indent")?.or(Some(4)),
        sorted: options.get::<Option<bool>>("sort_keys")?.unwrap_or(true),
        ascii: options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(true),
    };
    options.assert_all_used()?;
    Ok(style.write(&json_of(value)?))
}

pub(super) fn from_json(text: &str) -> Result<Value, Error> {
    let json: Json = serde_json::from_str(text).map_err(|error| invalid(format!("this is no JSON: {error}")))?;
    Ok(Value::from(Serde(&json)))
}

struct Style {
    indent: Option<usize>,
    sorted: bool,
    ascii: bool,
}

impl Style {
    fn write(&self, json: &Json) -> String {
        let mut text = String::new();
        self.value(json, 0, &mut text);
        text
    }

    fn value(&self, json: &Json, depth: usize, out: &mut String) {
        match json {
            Json::String(text) => self.string(text, out),
            Json::Array(items) if items.is_empty() => out.push_str("[]"),
            Json::Object(entries) if entries.is_empty() => out.push_str("{}"),
            Json::Array(items) => {
                self.collection('[', ']', depth, out, items.iter(), |item, out| self.value(item, depth + 1, out));
            }
            Json::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                if self.sorted {
                    entries.sort_by_key(|(key, _)| *key);
                }
                self.collection('{', '}', depth, out, entries.into_iter(), |(key, value), out| {
                    self.string(key, out);
                    out.push_str(": ");
                    self.value(value, depth + 1, out);
                });
            }
            other => out.push_str(&other.to_string()),
        }
    }

    fn collection<T>(
        &self,
        open: char,
        close: char,
        depth: usize,
        out: &mut String,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(T, &mut String),
    ) {
        let line = |depth: usize, out: &mut String| {
            if let Some(indent) = self.indent {
                out.push('\n');
                out.push_str(&" ".repeat(indent * depth));
            }
        };
        out.push(open);
        for (number, item) in items.enumerate() {
            if number > 0 {
                out.push_str(if self.indent.is_some() { "," } else { ", " });
            }
            line(depth + 1, out);
            write(item, out);
        }
        line(depth, out);
        out.push(close);
    }

    fn string(&self, text: &str, out: &mut String) {
        let quoted = Json::String(text.to_owned()).to_string();
        for character in quoted.chars() {
            if character.is_ascii() || !self.ascii {
                out.push(character);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_json_cannot_say() {
        let value = Value::from_pairs([("a", Value::from(vec![1.0, f64::NAN])), ("b", Value::from(1))]);
        let said = [value, Value::from(f64::NEG_INFINITY)].map(|value| json_of(&value).unwrap_err().to_string());
        insta::assert_snapshot!(said.join("\n"), @"
        invalid operation: `a.1` is NaN, which cannot be written as data
        invalid operation: this is -inf, which cannot be written as data
        ");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(texts in prop::collection::vec("(?s).{0,8}", 0..4), number in any::<f64>(), ascii in any::<bool>()) {
            prop_assume!(number.is_finite());
            let json = serde_json::json!({ "texts": texts, "number": number, "whole": 1.0 });
            for indent in [None, Some(2)] {
                let text = Style { indent, sorted: false, ascii }.write(&json);
                let read: Json = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(&read, &json, "{}", text);
            }
        }
    }
}
