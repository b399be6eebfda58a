//! The sections of a unit file as YAML: `container: {Image: ..., Volume: [...]}`.

use crate::quadlet::{Kind, words};
use crate::schema::Arguments;
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::{Entry, Node, Value};
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

/// Who reads a section.
#[derive(Clone, Copy)]
enum Reader {
    Podman,
    Systemd,
}

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
pub fn sections(fields: &mut Arguments<'_>, kind: Option<Kind>) -> Sections {
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
        let reader = if of.is_some() { Reader::Podman } else { Reader::Systemd };
        match fields.read(Some(node), |node| lines(node, reader)) {
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
fn lines(node: &Node, reader: Reader) -> Result<String, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut text = String::new();
    for entry in node.mapping()? {
        if entry.key.is_empty() || !entry.key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            errors.push(Diagnostic::at(&entry.key_span, format!("`{}` is no key of a unit file", entry.key)));
            continue;
        }
        let values = match &entry.value.value {
            Value::Sequence(items) => items.iter().map(value).collect(),
            Value::Mapping(entries) => entries.iter().map(|entry| assignment(entry, reader)).collect(),
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

/// A value as podman or systemd reads it, specifiers and all.
fn value(node: &Node) -> Result<String, Diagnostics> {
    let text = node.string()?;
    if text.contains(['\n', '\r']) {
        return Err(Diagnostic::at(&node.span, "a value in a unit file is one line").into());
    }
    if text.ends_with('\\') {
        let error = Diagnostic::at(&node.span, "a backslash at the end of a value would join the next line to it");
        return Err(error.hint("a value of a mapping may end with one").into());
    }
    Ok(text)
}

/// `name=value` as one word that means just that, whatever is in it.
fn assignment(entry: &Entry, reader: Reader) -> Result<String, Diagnostics> {
    let text = format!("{}={}", entry.key, entry.value.string()?);
    if text.contains('\0') {
        return Err(Diagnostic::at(&entry.value.span, "a value in a unit file has no null character").into());
    }
    let text = text.replace('%', "%%");
    Ok(words::quote(&match reader {
        // podman's words become those of a command, in which systemd replaces variables
        Reader::Podman => text.replace('$', "$$"),
        Reader::Systemd => text,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quadlet::UnitFile;
    use proptest::prelude::*;

    /// What systemd makes of specifiers in an assignment, and of variables where it is part of a command.
    fn resolved(word: &str, command: bool) -> String {
        let mut out = String::new();
        let mut rest = word.chars();
        while let Some(c) = rest.next() {
            match c {
                '%' => assert_eq!(rest.next(), Some('%'), "a specifier in {word}"),
                '$' if command => assert_eq!(rest.next(), Some('$'), "a variable in {word}"),
                _ => {}
            }
            out.push(c);
        }
        out
    }

    proptest! {
        #[test]
        fn what_a_mapping_says_arrives(
            name in "[A-Z_]{1,6}",
            value in prop_oneof!["(?s)[^\0]{0,16}", "[%h${}\\\\\"' \n\t#;=A]{0,12}"],
            for_podman in any::<bool>(),
        ) {
            let span = crate::source::Span::new(&crate::source::SourceFile::named("", ""), 0, 0);
            let text = |text: &str| Node::text(text, span.clone());
            let entry = |key: &str, value: Node| Entry { key: key.to_owned(), key_span: span.clone(), value };
            let mapping = |entry: Entry| Node::new(Value::Mapping(vec![entry]), span.clone());
            let node = mapping(entry("Environment", mapping(entry(&name, text(&value)))));
            let reader = if for_podman { Reader::Podman } else { Reader::Systemd };
            let written = format!("[Container]\n{}Next=1\n", lines(&node, reader).unwrap());
            let unit = UnitFile::parse(&written).unwrap();
            prop_assert_eq!(unit.all("Container", "Next").len(), 1, "{}", written);
            let words = unit.all("Container", "Environment")[0].args().unwrap();
            let words: Vec<_> = words.iter().map(|word| resolved(word, for_podman)).collect();
            prop_assert_eq!(words, vec![format!("{name}={value}")], "{}", written);
        }
    }
}
