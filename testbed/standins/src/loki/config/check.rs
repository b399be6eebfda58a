//! Whether a tree is a configuration: its keys and their types.

use super::keys::Section;
use super::{checked, keys};
use crate::duration;
use crate::yaml::{Node, Value};

/// What is wrong with a configuration.
#[derive(Debug, Default)]
pub struct Findings {
    /// What Loki would refuse, in its words.
    pub wrong: Vec<String>,
    /// Of what the stand-in does not know whether Loki would take it.
    pub unknown: Vec<String>,
    /// What Loki would take, and the stand-in does nothing with.
    pub undone: Vec<String>,
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
    keys::SECTIONS.iter().chain(checked::SECTIONS).find(|section| section.path == path)
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
        } else if let Some(kind) = words(section.others).find_map(|(name, kind)| (name == key).then_some(kind)) {
            typed(value, kind, findings);
            findings.undone.push(format!("`{}`", path.replace("[]", "")));
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
        "strings" | "members" => "[]string",
        "duration" => "time.Duration",
        "prometheus" => "model.Duration",
        "bytes" => "flagext.ByteSize",
        "time" => "flagext.Time",
        _ => "config.DayTime",
    };
    let right = match (&node.value, kind) {
        (Value::List(items), "strings") => items.iter().all(|item| matches!(item.value, Value::Scalar(..))),
        (Value::List(items), "members") => items.iter().all(|item| matches!(item.value, Value::Scalar(..))),
        (Value::Scalar(..), "string" | "members") => true,
        // what it has after its point is left out
        (Value::Scalar(text, false), "int") => text.replace('_', "").parse::<f64>().is_ok(),
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
        (Value::Scalar(text, _), "time") => {
            if !is_time(text) {
                findings.wrong.push(format!("failed to parse time: {text:?}"));
            }
            true
        }
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

/// A moment as Loki's limits have one: `0`, a day, a minute of it, or RFC 3339.
fn is_time(text: &str) -> bool {
    let minute = || jiff::civil::DateTime::strptime("%Y-%m-%dT%H:%M", text).is_ok();
    text == "0" || text.parse::<jiff::civil::Date>().is_ok() || minute() || text.parse::<jiff::Timestamp>().is_ok()
}

/// YAML's booleans, as Go's YAML takes them for one.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "on" | "y" => Some(true),
        "false" | "False" | "FALSE" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}

/// A number of bytes: `256KB`, `4mb`, `1024`; whole, and of units without an `i`.
pub fn bytes(text: &str) -> Option<u64> {
    let upper = text.to_ascii_uppercase();
    let unit_at = upper.find(|c: char| !c.is_ascii_digit()).unwrap_or(upper.len());
    let (number, unit) = upper.split_at(unit_at);
    let power = match unit {
        "" | "B" => 0,
        unit => ["K", "M", "G", "T", "P", "E"].iter().position(|known| unit.trim_end_matches('B') == *known)? + 1,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << (10 * power))
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
