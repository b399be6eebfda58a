//! Sets of labels, and the selectors that pick them: `{job="a", host=~"web.*"}`.

use regex::Regex;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Names and values, in the order of the names.
pub type Labels = BTreeMap<String, String>;

/// The labels as Loki writes them: `{a="1", b="2"}`.
pub fn text(labels: &Labels) -> String {
    let mut text = String::from("{");
    for (name, value) in labels {
        if text.len() > 1 {
            text.push_str(", ");
        }
        let _ = write!(text, "{name}={}", quoted(value));
    }
    text.push('}');
    text
}

/// A text in double quotes as Go writes it.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether Prometheus takes this for a label's name.
pub fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A regular expression that has to match the whole text.
pub fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?s:{pattern})$"))
}

/// What a label has to be.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label's name.
    pub name: String,
    value: Expected,
    negated: bool,
}

#[derive(Debug, Clone)]
enum Expected {
    Text(String),
    Pattern(Regex),
}

impl Matcher {
    /// A matcher of its three parts: `job`, `=~`, `a.*`.
    ///
    /// # Errors
    /// A pattern that is no regular expression.
    pub fn new(name: &str, operator: &str, value: &str) -> Result<Self, regex::Error> {
        let expected =
            if operator.ends_with('~') { Expected::Pattern(whole(value)?) } else { Expected::Text(value.to_owned()) };
        Ok(Self { name: name.to_owned(), value: expected, negated: operator.starts_with('!') })
    }

    /// Whether a label that has this value (an absent one is empty) is what was asked for.
    pub fn takes(&self, value: &str) -> bool {
        let same = match &self.value {
            Expected::Text(text) => text == value,
            Expected::Pattern(pattern) => pattern.is_match(value),
        };
        same != self.negated
    }

    /// Whether all of these are what the matchers ask for.
    pub fn all(matchers: &[Self], labels: &Labels) -> bool {
        matchers.iter().all(|matcher| matcher.takes(labels.get(&matcher.name).map_or("", String::as_str)))
    }
}
