//! From a place in a scalar's text back to the place in the file, for errors inside of templates.

use super::{Node, Value};
use crate::source::Span;
use std::ops::Range;

impl Node {
    /// The place in the file of a range of bytes of this text: exact where the text stands in the file as it is, with
    /// indentation, folded lines and simple escapes taken into account; else the place of the whole scalar.
    pub fn span_within(&self, range: Range<usize>) -> Span {
        let (Value::String { text, .. } | Value::Vault(text)) = &self.value else {
            return self.span.clone();
        };
        self.locate(text, &range).unwrap_or_else(|| self.span.clone())
    }

    fn locate(&self, text: &str, range: &Range<usize>) -> Option<Span> {
        let source = self.span.file.text();
        let written = source.get(self.span.start..self.span.end)?;
        if range.start > range.end || !text.is_char_boundary(range.start) || !text.is_char_boundary(range.end) {
            return None;
        }
        let line = source[..self.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let column = self.span.start - line;
        // How a scalar was written is not kept: whichever way of reading explains the whole text is the right one.
        let readings = [
            Reading { quote: None, indentation: Some(column) },
            Reading { quote: None, indentation: None },
            Reading { quote: Some('\''), indentation: None },
            Reading { quote: Some('"'), indentation: None },
        ];
        let offsets = readings.iter().find_map(|reading| reading.offsets(written, text))?;
        let start = *offsets.get(range.start)?;
        let last = text[range.clone()].chars().next_back().map(|last| range.end - last.len_utf8());
        // The end is behind the last character: the next one may be a line and its indentation further on.
        let end = last.map_or(Some(start), |last| {
            let from = *offsets.get(last)?;
            Some(from + written[from..].chars().next().map_or(0, char::len_utf8))
        })?;
        Some(Span::new(&self.span.file, self.span.start + start, self.span.start + end.max(start)))
    }
}

/// A way in which a scalar may have been written.
struct Reading {
    quote: Option<char>,
    /// Columns that a line's beginning loses; none: all of its blanks.
    indentation: Option<usize>,
}

impl Reading {
    /// For each byte of the text (and its end) the offset where it was written; none if this reading cannot be.
    fn offsets(&self, written: &str, text: &str) -> Option<Vec<usize>> {
        let (mut at, end) = match self.quote {
            Some(quote) => (1, written.strip_prefix(quote)?.strip_suffix(quote)?.len() + 1),
            None => (0, written.len()),
        };
        let mut offsets = Vec::with_capacity(text.len() + 1);
        let mut rest = text;
        if self.quote.is_none() {
            // The place of a block begins with its first text, behind empty lines.
            rest = text.trim_start_matches('\n');
            offsets.resize(text.len() - rest.len(), 0);
        }
        while let Some(character) = rest.chars().next() {
            let Some(found) = written[at..end].chars().next() else {
                // The last line break is part of a block's text even where the file ends without one.
                if rest.bytes().all(|byte| byte == b'\n') {
                    offsets.extend(std::iter::repeat_n(at, rest.len()));
                    rest = "";
                    break;
                }
                return None;
            };
            let width = character.len_utf8();
            match found {
                '\n' => {
                    let next = at + 1;
                    if matches!(character, ' ' | '\n') {
                        offsets.push(at);
                        rest = &rest[1..];
                    }
                    at = next + self.lost(&written[next..end]);
                }
                '\\' if self.quote == Some('"') => {
                    let escape = written[at + 1..end].chars().next()?;
                    if escape == '\n' {
                        at += 2 + self.lost(&written[at + 2..end]);
                        continue;
                    }
                    if meaning(escape)? != character {
                        return None;
                    }
                    offsets.extend(std::iter::repeat_n(at, width));
                    rest = &rest[width..];
                    at += 1 + escape.len_utf8();
                }
                '\'' if self.quote == Some('\'') => {
                    if character != '\'' {
                        return None;
                    }
                    offsets.push(at);
                    rest = &rest[1..];
                    at += 2;
                }
                _ if found == character => {
                    offsets.extend(std::iter::repeat_n(at, width));
                    rest = &rest[width..];
                    at += width;
                }
                // Blanks at a line's end are not part of folded text.
                ' ' | '\t' | '\r' => at += 1,
                _ => return None,
            }
        }
        offsets.push(at);
        (rest.is_empty() && written.get(at..end)?.trim().is_empty()).then_some(offsets)
    }

    /// The bytes of indentation at the beginning of a line.
    fn lost(&self, line: &str) -> usize {
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        self.indentation.map_or(blanks, |columns| columns.min(line.len() - line.trim_start_matches(' ').len()))
    }
}

/// What a one-letter escape stands for.
fn meaning(escape: char) -> Option<char> {
    Some(match escape {
        '"' | '\\' | '/' | ' ' | '\t' => escape,
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'e' => '\u{1b}',
        _ => return None,
    })
}
