//! A template that was not put in quotes: where it is, what to say, and how to read on behind it.

use crate::source::{Diagnostic, SourceFile, Span};
use std::ops::Range;
use std::sync::Arc;

/// An unquoted value (or key) that begins with `{{` or `{%`.
pub(super) struct Template {
    /// All of the value, as far as its line goes.
    pub range: Range<usize>,
    /// The key and colon before it, if they are on its line.
    key: Option<Range<usize>>,
}

impl Template {
    /// The template that begins at `start`; a whole value reaches to the end of its line, else it ends at its `}}`.
    pub fn at(text: &str, start: usize, whole: bool) -> Self {
        let rest = &text[start..];
        let line = rest.split(['\n', '\r']).next().unwrap_or(rest);
        let close = if line.starts_with("{%") { "%}" } else { "}}" };
        let length = if whole {
            let closed = line.rfind(close).map_or(0, |at| at + close.len());
            let comment = line[closed..].find(" #").map_or(line.len(), |at| closed + at);
            line[..comment].trim_end().len()
        } else {
            line.find(close).map_or(line.trim_end().len(), |at| at + close.len())
        };
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let before = &text[line_start..start];
        let indentation = before.len() - before.trim_start_matches([' ', '-', '\t']).len();
        let key = whole.then(|| before.trim_end()).filter(|before| before.ends_with(':'));
        let key = key.map(|before| line_start + indentation..line_start + before.len());
        Self { range: start..start + length, key: key.filter(|key| key.start < key.end) }
    }

    /// Whether `at` is on the template's line.
    pub fn same_line(&self, text: &str, at: usize) -> bool {
        let (first, second) = (self.range.start.min(at), self.range.start.max(at).min(text.len()));
        !text[first..second].contains('\n')
    }

    /// The error, with the line as it should be when that is simple to say.
    pub fn error(&self, file: &Arc<SourceFile>) -> Diagnostic {
        let text = file.text();
        let value = text.get(self.range.clone()).unwrap_or_default();
        let begin = if value.starts_with("{%") { "{%" } else { "{{" };
        let key = self.key.clone().and_then(|key| text.get(key)).map(|key| format!("{key} ")).unwrap_or_default();
        let quote = match (value.contains('"'), value.contains('\'')) {
            _ if value.contains('\\') => None,
            (false, _) => Some('"'),
            (true, false) => Some('\''),
            (true, true) => None,
        };
        let hint = match quote {
            Some(quote) => format!("put quotes around it: `{key}{quote}{value}{quote}`"),
            None => "put quotes around it, or write it in the lines below `>-`".to_owned(),
        };
        Diagnostic::at(
            &Span::new(file, self.range.start, self.range.end),
            format!("a value that begins with `{begin}` must be in quotes"),
        )
        .label("YAML reads this as a mapping")
        .hint(hint)
    }
}

/// The unquoted template on the line of a syntax error, which then is what the error is really about.
pub(super) fn near(text: &str, at: usize) -> Option<Template> {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].split('\n').next()?;
    let opening = [line.find("{{"), line.find("{%")].into_iter().flatten().min()?;
    let before = line[..opening].trim_end();
    let begins_value = before.is_empty() || before.ends_with([':', '-', '[', ',']);
    let quoted = before.contains(['"', '\'', '#']);
    let whole = !before.ends_with(['[', ',']);
    (begins_value && !quoted).then(|| Template::at(text, start + opening, whole))
}

/// The text with a range made into a plain word of the same length, so that all places stay right.
pub(super) fn blanked(text: &str, range: &Range<usize>) -> String {
    let mut blanked = String::with_capacity(text.len());
    blanked.push_str(&text[..range.start]);
    blanked.extend(std::iter::repeat_n('x', range.len()));
    blanked.push_str(&text[range.end..]);
    blanked
}
