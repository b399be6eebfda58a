//! `--extra-vars`: `key=value ...`, a mapping in YAML or JSON, or `@file`.

use crate::source::{Diagnostic, Diagnostics, SourceFile, Span};
use crate::yaml::{self, Entry, Node};
use std::path::Path;

/// All variables in order; later ones win.
///
/// # Errors
/// What is wrong in any of them.
pub fn parse(given: &[String]) -> Result<Vec<Entry>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut all = Vec::new();
    for text in given {
        all.extend(errors.collect(one(text)).unwrap_or_default());
    }
    errors.or(all)
}

fn one(text: &str) -> Result<Vec<Entry>, Diagnostics> {
    if let Some(path) = text.strip_prefix('@') {
        return mapping(&yaml::parse(&SourceFile::read(Path::new(path))?)?);
    }
    let source = SourceFile::named("--extra-vars", text);
    if text.trim_start().starts_with(['{', '[']) {
        return mapping(&yaml::parse(&source)?);
    }
    let all = Span::new(&source, 0, text.len());
    let words = shell_words::split(text).map_err(|_| Diagnostic::at(&all, "a quote is not closed"))?;
    if words.is_empty() {
        return Err(Diagnostic::at(&all, "`--extra-vars` is empty")
            .hint("leave it out, or write it as key=value")
            .into());
    }
    let mut entries = Vec::new();
    for word in words {
        let Some((key, value)) = word.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Diagnostic::at(&all, format!("`{word}` is no variable"))
                .hint("write it as key=value, or name a file with @")
                .into());
        };
        // values given this way are always text, as with Ansible
        let value = Node::text(value, all.clone());
        entries.push(Entry { key: key.to_owned(), key_span: all.clone(), value });
    }
    Ok(entries)
}

fn mapping(node: &Node) -> Result<Vec<Entry>, Diagnostics> {
    Ok(node.mapping()?.to_vec())
}
