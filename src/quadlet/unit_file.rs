//! Unit files: sections of entries, as in systemd.syntax(7), read the way podman reads its quadlets.

use super::Problem;
use super::words::{Escapes, split};
use std::fmt;

/// A unit file. A section that was written more than once is one here, as it is for systemd.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitFile {
    /// The sections in the order of their first headers.
    pub sections: Vec<Section>,
    /// Comments and empty lines of a file without any section.
    pub comments: Vec<String>,
}

/// A section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// What is between the brackets.
    pub name: String,
    /// Where its header is; 0 for what was not read from a file.
    pub line: usize,
    /// Comments and empty lines above the header, but for the one empty line that parts sections.
    pub above: Vec<String>,
    /// Its lines in order.
    pub lines: Vec<Line>,
}

/// A line of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A key and its value.
    Entry(Entry),
    /// A comment with its mark, or an empty line.
    Comment(String),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value as written; continued lines are joined.
    pub value: String,
    /// Where it begins; 0 for what was not read from a file.
    pub line: usize,
}

impl Entry {
    /// The value of a key that takes yes or no, where it is one of systemd's words for that.
    pub fn boolean(&self) -> Option<bool> {
        match self.text().to_ascii_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => Some(true),
            "" | "0" | "no" | "false" | "off" => Some(false),
            _ => None,
        }
    }

    /// The value of a key that takes one text: without the quotes around it.
    pub fn text(&self) -> &str {
        self.value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(&self.value)
    }

    /// The value of a key that takes a list, such as of units.
    ///
    /// # Errors
    /// When a quote is not closed.
    pub fn words(&self) -> Result<Vec<String>, Problem> {
        self.split(Escapes::Keep)
    }

    /// The value of a key that takes a command line or assignments.
    ///
    /// # Errors
    /// When a quote is not closed, or an escape is none.
    pub fn args(&self) -> Result<Vec<String>, Problem> {
        self.split(Escapes::C)
    }

    fn split(&self, escapes: Escapes) -> Result<Vec<String>, Problem> {
        split(&self.value, escapes).map_err(|message| Problem::new(self.line, format!("{}=: {message}", self.key)))
    }
}

impl Section {
    /// The entries in order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.lines.iter().filter_map(|line| match line {
            Line::Entry(entry) => Some(entry),
            Line::Comment(_) => None,
        })
    }

    /// The entry that counts of a key that takes one value.
    pub fn last(&self, key: &str) -> Option<&Entry> {
        self.entries().rfind(|entry| entry.key == key)
    }

    /// The entries of a key that takes many values; an empty one forgets those before it.
    pub fn all(&self, key: &str) -> Vec<&Entry> {
        let mut entries = Vec::new();
        for entry in self.entries().filter(|entry| entry.key == key) {
            if entry.value.is_empty() {
                entries.clear();
            } else {
                entries.push(entry);
            }
        }
        entries
    }

    /// Adds an entry at the end.
    pub fn add(&mut self, key: &str, value: impl Into<String>) {
        self.lines.push(Line::Entry(Entry { key: key.to_owned(), value: value.into(), line: 0 }));
    }

    /// Adds an entry before all others.
    pub fn prepend(&mut self, key: &str, value: impl Into<String>) {
        self.lines.insert(0, Line::Entry(Entry { key: key.to_owned(), value: value.into(), line: 0 }));
    }

    /// Gives the entry that counts another value, or adds one.
    pub fn set(&mut self, key: &str, value: &str) {
        let last = self.lines.iter_mut().rev().find_map(|line| match line {
            Line::Entry(entry) if entry.key == key => Some(entry),
            _ => None,
        });
        match last {
            Some(entry) => value.clone_into(&mut entry.value),
            None => self.add(key, value),
        }
    }

    /// Takes all entries of a key away.
    pub fn remove(&mut self, key: &str) {
        self.lines.retain(|line| !matches!(line, Line::Entry(entry) if entry.key == key));
    }
}

impl UnitFile {
    /// Reads a unit file.
    ///
    /// # Errors
    /// Every line that is none of a unit file.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::default();
        for (number, line) in (1..).zip(text.split_terminator('\n')) {
            reader.line(number, line.trim());
        }
        reader.finish()
    }

    /// The section of this name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The section of this name, added at the end if there is none.
    pub fn section_mut(&mut self, name: &str) -> &mut Section {
        let index = self.sections.iter().position(|section| section.name == name).unwrap_or_else(|| {
            self.sections.push(Section { name: name.to_owned(), ..Section::default() });
            self.sections.len() - 1
        });
        &mut self.sections[index]
    }

    /// The entry that counts of a key that takes one value.
    pub fn last(&self, section: &str, key: &str) -> Option<&Entry> {
        self.section(section)?.last(key)
    }

    /// The entries of a key that takes many values.
    pub fn all(&self, section: &str, key: &str) -> Vec<&Entry> {
        self.section(section).map(|section| section.all(key)).unwrap_or_default()
    }

    /// Adds what a drop-in says, which systemd reads after the file itself.
    pub fn extend(&mut self, drop_in: &Self) {
        for section in &drop_in.sections {
            self.section_mut(&section.name).lines.extend(section.lines.iter().cloned());
        }
    }

    /// Gives a section another name; where that name is taken, its lines go there.
    pub fn rename_section(&mut self, from: &str, to: &str) {
        let Some(index) = self.sections.iter().position(|section| section.name == from) else { return };
        if self.section(to).is_none() {
            to.clone_into(&mut self.sections[index].name);
        } else {
            let old = self.sections.remove(index);
            let section = self.section_mut(to);
            section.above.extend(old.above);
            section.lines.extend(old.lines);
        }
    }
}

impl fmt::Display for UnitFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for comment in &self.comments {
            writeln!(f, "{comment}")?;
        }
        for (index, section) in self.sections.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            for comment in &section.above {
                writeln!(f, "{comment}")?;
            }
            writeln!(f, "[{}]", section.name)?;
            for line in &section.lines {
                match line {
                    Line::Entry(entry) => writeln!(f, "{}={}", entry.key, entry.value)?,
                    Line::Comment(comment) => writeln!(f, "{comment}")?,
                }
            }
        }
        Ok(())
    }
}

/// A unit file that is being read.
#[derive(Default)]
struct Reader {
    file: UnitFile,
    /// The section that entries go to.
    section: Option<usize>,
    /// Comments that belong to what comes next.
    comments: Vec<String>,
    /// Where a continued line began, and what there is of it.
    continued: Option<(usize, String)>,
    problems: Vec<Problem>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            // podman goes on with a continued line behind comments and empty lines.
            if self.continued.is_none() {
                self.comments.push(line.to_owned());
            }
            return;
        }
        let (number, mut whole) = self.continued.take().unwrap_or((number, String::new()));
        if let Some(line) = line.strip_suffix('\\') {
            whole.push_str(line);
            self.continued = Some((number, whole));
        } else {
            whole.push_str(line);
            self.logical_line(number, &whole);
        }
    }

    fn logical_line(&mut self, number: usize, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        if let Some(header) = line.strip_prefix('[') {
            match header.strip_suffix(']') {
                Some(name)
                    if !name.is_empty() && !name.contains(|c: char| matches!(c, '[' | ']') || c.is_control()) =>
                {
                    self.header(number, name);
                }
                _ => {
                    self.problem(number, format!("`{line}` is no section: expected a name in brackets, such as [Unit]"))
                }
            }
            return;
        }
        match line.split_once('=') {
            Some((key, value)) if !key.trim_end().is_empty() => match self.section {
                Some(section) => {
                    let lines = &mut self.file.sections[section].lines;
                    lines.extend(self.comments.drain(..).map(Line::Comment));
                    let (key, value) = (key.trim_end().to_owned(), value.trim_start().to_owned());
                    lines.push(Line::Entry(Entry { key, value, line: number }));
                }
                None => self
                    .problem(number, format!("`{line}` is in no section: the first line must be one, such as [Unit]")),
            },
            _ => self.problem(number, format!("`{line}` is neither a section nor KEY=VALUE")),
        }
    }

    fn header(&mut self, number: usize, name: &str) {
        if !self.file.sections.is_empty() && self.comments.first().is_some_and(String::is_empty) {
            self.comments.remove(0);
        }
        let index = self.file.sections.iter().position(|section| section.name == name).unwrap_or_else(|| {
            self.file.sections.push(Section { name: name.to_owned(), line: number, ..Section::default() });
            self.file.sections.len() - 1
        });
        self.file.sections[index].above.append(&mut self.comments);
        self.section = Some(index);
    }

    fn problem(&mut self, line: usize, message: String) {
        self.problems.push(Problem::new(line, message));
    }

    fn finish(mut self) -> Result<UnitFile, Vec<Problem>> {
        if let Some((number, line)) = self.continued.take() {
            self.logical_line(number, line.trim_end_matches(|c: char| c == '\\' || c.is_whitespace()));
        }
        // The end of the file stays the end, also when the section before it was begun further up.
        match self.file.sections.last_mut() {
            Some(section) => section.lines.extend(self.comments.drain(..).map(Line::Comment)),
            None => self.file.comments = self.comments,
        }
        if self.problems.is_empty() { Ok(self.file) } else { Err(self.problems) }
    }
}
