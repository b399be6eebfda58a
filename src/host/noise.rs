//! What a host says that is no answer of ours: kept for error messages.

use super::excerpt;
use std::collections::VecDeque;

/// How many lines are kept.
const LINES: usize = 40;

/// How much of one line is kept, in characters.
const LINE: usize = 2000;

/// The last lines that a host said beside its answers, and a line that is not finished yet.
#[derive(Debug, Default)]
pub(super) struct Noise {
    lines: VecDeque<String>,
    unfinished: Vec<u8>,
}

impl Noise {
    /// Takes one whole line.
    pub fn line(&mut self, bytes: &[u8]) {
        let text = printable(bytes);
        if text.is_empty() {
            return;
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(text);
    }

    /// Takes bytes as they come.
    pub fn bytes(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.unfinished.extend_from_slice(&bytes[..end]);
            let line = std::mem::take(&mut self.unfinished);
            self.line(&line);
            bytes = &bytes[end + 1..];
        }
        // what never ends in a newline must not fill the memory
        let room = (4 * LINE).saturating_sub(self.unfinished.len());
        self.unfinished.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Whether `text` stands in the line that is not finished; that line is then dropped.
    pub fn take_prompt(&mut self, text: &str) -> bool {
        let found = self.unfinished.windows(text.len()).any(|window| window == text.as_bytes());
        if found {
            self.unfinished.clear();
        }
        found
    }

    /// Forgets what was said so far.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.unfinished.clear();
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> Vec<String> {
        let rest = printable(&self.unfinished);
        self.lines.iter().cloned().chain((!rest.is_empty()).then_some(rest)).collect()
    }
}

/// A line without what a terminal would act on.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text: String = text.trim_end().chars().filter(|c| !c.is_control() || *c == '\t').collect();
    excerpt::beginning(&text, LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_without_control_characters() {
        let mut noise = Noise::default();
        for number in 0..100 {
            noise.bytes(format!("line {number}\x1b[2J\r\n").as_bytes());
        }
        noise.bytes(b"half a");
        let lines = noise.lines();
        assert_eq!(lines.len(), LINES + 1);
        assert_eq!((lines[0].as_str(), lines[LINES].as_str()), ("line 60[2J", "half a"));
    }

    #[test]
    fn a_prompt_is_seen_without_a_newline() {
        let mut noise = Noise::default();
        noise.bytes(b"lecture\nm-pass");
        assert!(!noise.take_prompt("m-password"));
        noise.bytes(b"word");
        assert!(noise.take_prompt("m-password"));
        assert_eq!(noise.lines(), ["lecture"]);
    }

    #[test]
    fn a_line_without_end_does_not_grow() {
        let mut noise = Noise::default();
        for _ in 0..1000 {
            noise.bytes(&[b'x'; 1000]);
        }
        assert!(noise.unfinished.len() <= 4 * LINE);
    }

    #[test]
    fn a_long_line_says_that_it_was_cut() {
        let mut noise = Noise::default();
        noise.line("word a ".repeat(1000).as_bytes());
        let lines = noise.lines();
        assert!(
            lines[0].len() < 2100 && lines[0].contains("word a word [… the rest of this line is left out]"),
            "{lines:?}"
        );
    }
}
