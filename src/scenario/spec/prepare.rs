//! What scenarios and platforms both say: their names, and what is done on hosts before.

use super::schema::PREPARATION;
use crate::scenario::Preparation;
use crate::schema::Arguments;
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::yaml::{Node, Value};
use std::path::Path;

/// What is called so becomes part of containers' and hosts' names.
pub fn name(name: &str, span: &Span, what: &str) -> Result<(), Diagnostics> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain) && name.len() <= 40 {
        return Ok(());
    }
    let message = format!("`{name}` cannot be the name of {what}");
    Err(Diagnostic::at(span, message)
        .hint("a small letter, then small letters, digits, `-` and `_`; at most 40")
        .into())
}

/// Shell text, `{ playbook: FILE }`, or a list of these.
pub fn preparations(node: &Node, folder: &Path) -> Result<Vec<Preparation>, Diagnostics> {
    let items = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut errors = Diagnostics::new();
    let one = |item: &Node| match &item.value {
        Value::Mapping(_) => {
            let mut fields = Arguments::new(item, &PREPARATION)?;
            let named = fields.required("playbook");
            let path = fields.read(named, |node| file(node, folder));
            fields.finish_with(path).map(Preparation::Playbook)
        }
        _ => item.string().map(Preparation::Shell),
    };
    let found = items.iter().filter_map(|item| errors.collect(one(item))).collect();
    errors.or(found)
}

/// A file that is named relative to the scenario, and must be there.
pub(super) fn file(node: &Node, folder: &Path) -> Result<std::path::PathBuf, Diagnostics> {
    let path = folder.join(node.string()?);
    if path.is_file() {
        return Ok(path);
    }
    Err(Diagnostic::at(&node.span, format!("{}: no such file", path.display())).into())
}
