//! Backslashes in YAML's templates.
//!
//! Ansible takes a backslash in `{{ 'a\d' }}` as it stands where the template is in YAML, for YAML has escapes of its
//! own; in template files, in `{% %}` and in conditions it is Jinja's escape. So it is doubled here for the engine.

use std::borrow::Cow;
use std::ops::Range;

/// A text for the engine, and how to get back from places in it.
pub(super) struct Prepared<'t> {
    pub text: Cow<'t, str>,
    inserted: Inserted,
}

/// Where in a new text a byte was put in.
#[derive(Debug, Clone, Default)]
pub(super) struct Inserted(Vec<usize>);

impl Inserted {
    /// The place in the original text that a place in the new one stands for.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let back = |at: usize| at - self.0.partition_point(|inserted| *inserted < at);
        back(range.start)..back(range.end)
    }
}

impl<'t> Prepared<'t> {
    /// As it is.
    pub fn unchanged(text: &'t str) -> Self {
        Self { text: Cow::Borrowed(text), inserted: Inserted::default() }
    }

    /// With something put in at some places.
    pub fn with(self, places: &[usize], what: &str) -> Self {
        if places.is_empty() {
            return self;
        }
        let mut places = places.to_vec();
        places.sort_unstable();
        let shifted = |at: &usize| at + what.len() * places.partition_point(|place| place <= at);
        let mut inserted: Vec<usize> = self.inserted.0.iter().map(shifted).collect();
        let mut text = String::with_capacity(self.text.len() + what.len() * places.len());
        let mut copied = 0;
        for place in &places {
            text.push_str(&self.text[copied..*place]);
            inserted.extend(text.len()..text.len() + what.len());
            text.push_str(what);
            copied = *place;
        }
        text.push_str(&self.text[copied..]);
        inserted.sort_unstable();
        Self { text: Cow::Owned(text), inserted: Inserted(inserted) }
    }

    /// How to get back from places in it.
    pub fn into_inserted(self) -> Inserted {
        self.inserted
    }

    /// With the backslashes of literals in `{{ }}` doubled.
    pub fn new(text: &'t str) -> Self {
        if !text.contains('\\') {
            return Self::unchanged(text);
        }
        let mut out = String::with_capacity(text.len() + 8);
        let mut inserted = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let end = if rest.starts_with("{#") {
                rest.find("#}").map_or(rest.len(), |end| end + 2)
            } else if rest.starts_with("{%") {
                block_end(rest)
            } else if rest.starts_with("{{") {
                let end = expression_end(rest);
                double(&rest[..end], &mut out, &mut inserted);
                rest = &rest[end..];
                continue;
            } else {
                1
            };
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        out.push_str(rest);
        Self { text: Cow::Owned(out), inserted: Inserted(inserted) }
    }

    /// The place in the original text that a place in the new one stands for.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        self.inserted.original(range)
    }
}

/// The expressions and statements of a text, with their braces.
pub(super) fn code(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('{') {
        at += open;
        let rest = &text[at..];
        let (end, is_code) = if rest.starts_with("{#") {
            (rest.find("#}").map_or(rest.len(), |end| end + 2), false)
        } else if let Some(inner) = rest.strip_prefix("{%") {
            // what is in `{% raw %}` is none
            (block_end(rest), !inner.trim_start_matches(['-', '+']).trim_start().starts_with("raw"))
        } else if rest.starts_with("{{") {
            (expression_end(rest), true)
        } else {
            (1, false)
        };
        if is_code {
            found.push(at..at + end);
        }
        at += end;
    }
    found
}

/// The length of the literal that a text begins with.
pub(super) fn quoted(text: &str) -> usize {
    let mut characters = text.char_indices();
    let quote = characters.next().map(|(_, quote)| quote);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            _ if Some(character) == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The end of `{% … %}`; of `{% raw %}`, the end of all that it keeps.
fn block_end(text: &str) -> usize {
    let end = text.find("%}").map_or(text.len(), |end| end + 2);
    let inner = text[2..end].trim_start_matches(['-', '+']).trim_start();
    if !inner.starts_with("raw") {
        return end;
    }
    text[end..].find("endraw").map_or(text.len(), |at| {
        let after = end + at;
        text[after..].find("%}").map_or(text.len(), |close| after + close + 2)
    })
}

/// The end of `{{ … }}`: braces of mappings and those in literals do not count.
fn expression_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut quote) = (2, 0_usize, None);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth > 0 => depth -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return at + 2,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Copies an expression, doubling the backslashes in its literals.
fn double(expression: &str, out: &mut String, inserted: &mut Vec<usize>) {
    let mut quote = None;
    let mut characters = expression.chars().peekable();
    while let Some(character) = characters.next() {
        match quote {
            Some(open) if character == '\\' => {
                inserted.push(out.len());
                out.push_str("\\\\");
                // the quote after it does not end the literal
                if characters.peek() == Some(&open) {
                    inserted.push(out.len());
                    out.push('\\');
                    out.extend(characters.next());
                } else if characters.peek() == Some(&'\\') {
                    characters.next();
                    inserted.push(out.len());
                    out.push_str("\\\\");
                }
                continue;
            }
            Some(open) if character == open => quote = None,
            None if character == '"' || character == '\'' => quote = Some(character),
            _ => {}
        }
        out.push(character);
    }
}
