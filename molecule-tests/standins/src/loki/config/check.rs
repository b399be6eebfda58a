//! Whether a tree is a configuration: its keys and their types.

use super::keys::{SECTIONS, Section};
use crate::duration;
use crate::yaml::{Node, Value};

/// What is wrong with a configuration.
#[derive(Debug, Default)]
pub struct Findings {
    /// What Loki would refuse, in its words.
    pub wrong: Vec<String>,
    /// What Loki would take and the stand-in does not.
    pub unknown: Vec<String>,
}

/// Looks at the whole tree.
pub fn check(root: &Node) -> Findings {
    let mut findings = Findings::default();
    if let Some(top) = section("") {
        section_of(root, top, &mut findings);
    }
    findings
}

fn section(path: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.path == path)
}

fn section_of(node: &Node, section: &'static Section, findings: &mut Findings) {
    if node.is_null() {
        return;
    }
    let Value::Map(entries) = &node.value else {
        findings.wrong.push(mismatch(node, section.go));
        return;
    };
    for (key, line, value) in entries {
        let path = if section.path.is_empty() { key.clone() } else { format!("{}.{key}", section.path) };
        if let Some(inner) = self::section(&path) {
            section_of(value, inner, findings);
        } else if let Some(item) = self::section(&format!("{path}[]")) {
            match &value.value {
                Value::List(items) => items.iter().for_each(|node| section_of(node, item, findings)),
                _ if value.is_null() => {}
                _ => findings.wrong.push(mismatch(value, &format!("[]{}", item.go))),
            }
        } else if let Some(kind) = words(section.known).find_map(|(name, kind)| (name == key).then_some(kind)) {
            typed(value, kind, findings);
        } else if section.others.split_whitespace().any(|name| name == key) {
            findings.unknown.push(format!("line {line}: the stand-in does not know `{}`", path.replace("[]", "")));
        } else {
            findings.wrong.push(format!("line {line}: field {key} not found in type {}", section.go));
        }
    }
}

fn words(known: &str) -> impl Iterator<Item = (&str, &str)> {
    known.split_whitespace().filter_map(|word| word.split_once(':'))
}

/// A value of one of the types that the table names.
fn typed(node: &Node, kind: &str, findings: &mut Findings) {
    if node.is_null() || kind == "any" {
        return;
    }
    let go = match kind {
        "string" => "string",
        "int" => "int",
        "float" => "float64",
        "bool" => "bool",
        "strings" => "[]string",
        "duration" => "time.Duration",
        "prometheus" => "model.Duration",
        "bytes" => "flagext.ByteSize",
        _ => "config.DayTime",
    };
    let right = match (&node.value, kind) {
        (Value::List(items), "strings") => items.iter().all(|item| matches!(item.value, Value::Scalar(..))),
        (Value::Scalar(..), "strings" | "string") => true,
        (Value::Scalar(text, false), "int") => text.replace('_', "").parse::<i64>().is_ok(),
        (Value::Scalar(text, false), "float") => text.parse::<f64>().is_ok(),
        (Value::Scalar(text, false), "bool") => boolean(text).is_some(),
        (Value::Scalar(text, _), "duration") => duration::go(text).is_some() || text.parse::<i64>().is_ok(),
        (Value::Scalar(text, _), "prometheus") => {
            if duration::prometheus(text).is_none() {
                findings.wrong.push(format!("not a valid duration string: {text:?}"));
            }
            true
        }
        (Value::Scalar(text, _), "bytes") => bytes(text).is_some(),
        (Value::Scalar(text, _), "day") => {
            if text.parse::<jiff::civil::Date>().is_err() {
                findings.wrong.push(format!("parsing time {text:?} as \"2006-01-02\": cannot parse {text:?}"));
            }
            true
        }
        _ => false,
    };
    if !right {
        findings.wrong.push(mismatch(node, go));
    }
}

/// YAML's booleans, as Go's YAML takes them for one.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "on" | "y" => Some(true),
        "false" | "False" | "FALSE" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}

/// A number of bytes: `256KB`, `4MB`, `1024`.
pub fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let factor = match text[end..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => 1024.0 * 1024.0,
        "g" | "gb" | "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some((number * factor) as u64)
}

fn mismatch(node: &Node, go: &str) -> String {
    let line = node.line;
    match &node.value {
        Value::Map(_) => format!("line {line}: cannot unmarshal !!map into {go}"),
        Value::List(_) => format!("line {line}: cannot unmarshal !!seq into {go}"),
        Value::Scalar(text, quoted) => {
            let kind = match text {
                _ if *quoted => "str",
                text if text.parse::<i64>().is_ok() => "int",
                text if text.parse::<f64>().is_ok() => "float",
                text if boolean(text).is_some() => "bool",
                _ => "str",
            };
            let short: String = text.chars().take(7).collect();
            let shown = if text.chars().count() > 10 { format!("{short}...") } else { text.clone() };
            format!("line {line}: cannot unmarshal !!{kind} `{shown}` into {go}")
        }
    }
}
