//! A run for a person: the words and lines, without knowing where they are shown.

pub mod actions;
pub mod checks;
pub mod plan;
pub mod problems;
pub mod signals;
pub mod summary;
pub mod words;

/// How a text is to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// Columns to stay within; none where lines may be as long as they are, as in a file.
    pub width: Option<usize>,
    /// Whether colours are used.
    pub color: bool,
    /// How often `-v` was given.
    pub verbose: u8,
    /// Whether only the answer and what went wrong is wanted.
    pub quiet: bool,
}

/// What a piece of text is, where a colour helps to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// A heading.
    Strong,
    /// What can be passed over.
    Faint,
    /// Added, or well.
    Good,
    /// Removed, or failed.
    Bad,
    /// Different.
    Changed,
    /// A place in a file.
    Place,
}

impl Look {
    /// The text in the colour of its tone.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Changed => "33",
            Tone::Place => "36",
        };
        if self.color && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The text, cut to the columns that are left beside `taken` ones.
    pub fn cut(&self, text: &str, taken: usize) -> String {
        match self.width {
            Some(width) => console::truncate_str(text, width.saturating_sub(taken).max(10), "…").into_owned(),
            None => text.to_owned(),
        }
    }

    /// Whether a text of this many columns fits on one line.
    pub fn fits(&self, columns: usize) -> bool {
        self.width.is_none_or(|width| columns <= width)
    }

    /// The text in lines that fit beside `taken` columns, broken at spaces.
    pub fn wrap(&self, text: &str, taken: usize) -> Vec<String> {
        let Some(width) = self.width.map(|width| width.saturating_sub(taken).max(20)) else {
            return vec![text.to_owned()];
        };
        let mut lines = Vec::new();
        // Spaces at the beginning are kept: they are part of what a program printed.
        let rest = text.trim_start_matches(' ');
        let mut line = " ".repeat((text.len() - rest.len()).min(width / 2));
        let mut empty = true;
        for word in rest.split(' ') {
            if !empty && words::columns(&line) + 1 + words::columns(word) > width {
                lines.push(std::mem::take(&mut line));
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        lines.push(line);
        lines
    }
}
