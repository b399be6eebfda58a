//! Source texts, positions in them, and errors that point at their line.

mod diagnostic;
mod read;
mod render;
mod suggest;
#[cfg(test)]
mod tests;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use read::folder_of;
pub use suggest::did_you_mean;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text that errors can point into: a file, or a value from the command line.
#[derive(Debug, Serialize, Deserialize)]
pub struct SourceFile {
    name: String,
    /// Not in a plan, which only shows places.
    #[serde(skip)]
    path: Option<PathBuf>,
    text: String,
}

impl SourceFile {
    /// A file that was read from `path`; it is shown by that path as the user gave it.
    pub fn from_path(path: &Path, text: String) -> Arc<Self> {
        let shown = path.strip_prefix("./").unwrap_or(path);
        Arc::new(Self { name: shown.display().to_string(), path: Some(path.to_owned()), text })
    }

    /// A text without a file, such as `--extra-vars`.
    pub fn named(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), path: None, text: text.into() })
    }

    /// The same file with its text as `blank` shows it, which keeps its length.
    fn blanked(self: &Arc<Self>, blank: &dyn Fn(&str) -> String) -> Arc<Self> {
        let text = blank(&self.text);
        if text == self.text || text.len() != self.text.len() {
            return Arc::clone(self);
        }
        Arc::new(Self { name: self.name.clone(), path: self.path.clone(), text })
    }

    /// What errors call this text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's path, if it is one on disk.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A range of bytes in a source text.
#[derive(Clone, Serialize, Deserialize)]
pub struct Span {
    /// The text that the range is in.
    pub file: Arc<SourceFile>,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A range of `file`.
    pub fn new(file: &Arc<SourceFile>, start: usize, end: usize) -> Self {
        Self { file: Arc::clone(file), start, end }
    }

    /// The same place in a text in which what `redact` replaces in a line is covered, without moving anything.
    #[must_use]
    pub fn without(&self, redact: &dyn Fn(&str) -> String) -> Self {
        let SourceFile { name, path, text } = self.file.as_ref();
        let text = text.split('\n').map(|line| covered(line, &redact(line))).collect::<Vec<_>>().join("\n");
        Self { file: Arc::new(SourceFile { name: name.clone(), path: path.clone(), text }), ..*self }
    }

    /// Line and column of the first byte, both counted from 1; columns count characters.
    pub fn position(&self) -> (usize, usize) {
        let start = self.start.min(self.file.text.len());
        let before = &self.file.text.as_bytes()[..start];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
        (line, column)
    }
}

/// The line with stars of the size of what they cover, so that columns and bytes stay where they are, from where it begins to differ from `redacted` to where it ends doing so.
fn covered(line: &str, redacted: &str) -> String {
    if line == redacted {
        return line.to_owned();
    }
    let (line, redacted): (Vec<char>, Vec<char>) = (line.chars().collect(), redacted.chars().collect());
    let same = |(a, b): &(&char, &char)| a == b;
    let before = line.iter().zip(&redacted).take_while(same).count();
    let (line_rest, redacted_rest) = (&line[before..], &redacted[before..]);
    let after = line_rest.iter().rev().zip(redacted_rest.iter().rev()).take_while(same).count();
    let (hidden, end) = line_rest.split_at(line_rest.len() - after);
    let stars = hidden.iter().map(|c| match c.len_utf8() {
        1 => '*',
        2 => '·',
        3 => '•',
        _ => '𝅘',
    });
    line[..before].iter().copied().chain(stars).chain(end.iter().copied()).collect()
}

impl fmt::Display for Span {
    /// `file:line:column`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        write!(f, "{}:{line}:{column}", self.file.name)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
