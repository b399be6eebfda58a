//! The sections of a unit file as YAML: `container: {Image: ..., Volume: [...]}`.

use crate::quadlet::Kind;
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::{Fields, Node, Value};
use std::fmt::Write as _;

/// The arguments, each with its section.
const SECTIONS: [(&str, &str, Option<Kind>); 8] = [
    ("unit", "Unit", None),
    ("container", "Container", Some(Kind::Container)),
    ("volume", "Volume", Some(Kind::Volume)),
    ("network", "Network", Some(Kind::Network)),
    ("image", "Image", Some(Kind::Image)),
    ("quadlet", "Quadlet", None),
    ("service", "Service", None),
    ("install", "Install", None),
];

/// What the sections of a quadlet say.
pub enum Sections {
    /// None is given.
    Absent,
    /// They are wrong.
    Wrong,
    /// As text.
    Text(String),
}

/// Reads the sections of a quadlet of this kind.
pub fn sections(fields: &mut Fields<'_>, kind: Option<Kind>) -> Sections {
    let mut text = String::new();
    let (mut any, mut wrong) = (false, false);
    for (argument, section, of) in SECTIONS {
        let Some(node) = fields.get(argument) else { continue };
        any = true;
        if let (Some(of), Some(kind)) = (of, kind)
            && of != kind
        {
            let error = Diagnostic::at(&node.span, format!("`{argument}` is not for this kind of quadlet"));
            fields.error(error);
            wrong = true;
        }
        match fields.read(Some(node), lines) {
            Some(lines) => {
                let blank = if text.is_empty() { "" } else { "\n" };
                let _ = write!(text, "{blank}[{section}]\n{lines}");
            }
            None => wrong = true,
        }
    }
    match (any, wrong) {
        (false, _) => Sections::Absent,
        (true, true) => Sections::Wrong,
        (true, false) => Sections::Text(text),
    }
}

/// `Key=value` lines; a list repeats the key, a mapping says `name=value` (as `Environment` takes them).
fn lines(node: &Node) -> Result<String, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut text = String::new();
    for entry in node.mapping()? {
        let values = match &entry.value.value {
            Value::Sequence(items) => items.iter().map(value).collect(),
            Value::Mapping(entries) => {
                entries.iter().map(|entry| Ok(quoted(&format!("{}={}", entry.key, value(&entry.value)?)))).collect()
            }
            Value::Null => continue,
            _ => vec![value(&entry.value)],
        };
        for value in values {
            if let Some(value) = errors.collect(value) {
                let _ = writeln!(text, "{}={value}", entry.key);
            }
        }
    }
    errors.or(text)
}

fn value(node: &Node) -> Result<String, Diagnostics> {
    let text = node.string()?;
    if text.contains('\n') {
        return Err(Diagnostic::at(&node.span, "a value in a unit file is one line").into());
    }
    Ok(text)
}

/// One word of several, see systemd.syntax(7).
fn quoted(word: &str) -> String {
    if word.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')) {
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        word.to_owned()
    }
}
