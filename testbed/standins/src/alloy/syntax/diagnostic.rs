//! Messages that point into a file, laid out as Alloy lays them out.

use std::fmt::Write as _;

/// A file and its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path as it was told.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Something wrong in a file.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Its first byte.
    pub start: usize,
    /// Its last byte.
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// Whether the real program would take it.
    pub unknown: bool,
}

const TAB: &str = "    ";

impl Diagnostic {
    /// Something that Alloy refuses as well.
    pub fn new(start: usize, end: usize, message: impl Into<String>) -> Self {
        Self { start, end, message: message.into(), unknown: false }
    }

    /// Something that only the real program knows.
    pub fn unknown(start: usize, end: usize, what: &str) -> Self {
        Self { start, end, message: format!("the stand-in does not know {what}"), unknown: true }
    }
}

impl Source {
    /// Line and column of a byte, both from one.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        (line, before.len() - start + 1)
    }

    /// The message on one line.
    pub fn short(&self, diagnostic: &Diagnostic) -> String {
        let (line, column) = self.position(diagnostic.start);
        format!("{}:{line}:{column}: {}", self.name, diagnostic.message)
    }

    /// The message with the lines that it is about.
    pub fn shown(&self, diagnostic: &Diagnostic) -> String {
        let (first, from) = self.position(diagnostic.start);
        let (last, to) = self.position(diagnostic.end.max(diagnostic.start));
        let mut text = format!("Error: {}\n\n", self.short(diagnostic));
        let lines: Vec<&str> = self.text.split('\n').collect();
        let (shown_first, shown_last) = (first.saturating_sub(1).max(1), (last + 1).min(lines.len()));
        let width = shown_last.to_string().len();
        let several = last > first;
        for number in shown_first..=shown_last {
            let line = lines[number - 1];
            let margin = match several {
                true if number > first && number <= last => "| ",
                true => "  ",
                false => "",
            };
            let _ = writeln!(text, "{number:width$} | {margin}{}", line.replace('\r', "").replace('\t', TAB));
            let focus = number == first || several && number == last;
            if focus {
                let corner = match (several, number == first) {
                    (true, true) => " |  _",
                    (true, false) => " | |_",
                    (false, _) => " | ",
                };
                let mut marks = String::new();
                for (index, c) in line.chars().enumerate() {
                    let column = index + 1;
                    if number == last && column > to {
                        break;
                    }
                    let blank = if several { '_' } else { ' ' };
                    if c == '\t' {
                        marks.extend(std::iter::repeat_n(blank, TAB.len()));
                    } else if several && number == last && column < to || number == first && column < from {
                        marks.push(blank);
                    } else {
                        marks.push('^');
                    }
                }
                let _ = writeln!(text, "{:width$}{corner}{marks}", "");
            }
        }
        text
    }
}
