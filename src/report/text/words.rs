//! Numbers, durations and names, as a person reads them.

use super::{Look, Tone};
use std::borrow::Cow;

/// `1 change`, `2 changes`
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `40 ms`, `0.4 s`, `12 s`, `2 min 5 s`
pub fn duration(millis: u64) -> String {
    match millis {
        0..=94 => format!("{millis} ms"),
        95..=9_949 => format!("{}.{} s", (millis + 50) / 1000, (millis + 50) % 1000 / 100),
        _ => seconds((millis + 500) / 1000),
    }
}

/// `12 s`, `2 min 5 s`
pub fn seconds(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// `12 s ago`, `2 min 5 s ago`, `3 h 10 min ago`, `4 d 2 h ago`
pub fn ago(age: i64) -> String {
    let seconds = age.unsigned_abs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let length = match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    };
    format!("{length} {}", if age < 0 { "ahead" } else { "ago" })
}

/// `812 bytes`, `1.2 kB`, `3.4 MB`
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => counted(bytes, "byte"),
        1000..1_000_000 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// The columns that a text takes.
pub fn columns(text: &str) -> usize {
    console::measure_text_width(text)
}

/// The text filled up with spaces to `width` columns.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text with control characters made visible: what comes from a host or a file must not drive the terminal.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if is_hidden(char) {
            visible.extend(char.escape_default());
        } else {
            visible.push(char);
        }
    }
    Cow::Owned(visible)
}

/// Whether a character changes how others are shown: controls, and those that turn the direction of a text around.
fn is_hidden(char: char) -> bool {
    let turns = matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || char.is_control() && char != '\t'
}

/// `web1, web2, web3 (3 hosts)` as a heading; with very many hosts the first ones, unless everything is wanted.
pub fn hosts(names: &[&str], look: &Look) -> String {
    const LINES: usize = 3;
    let mut lines = look.wrap(&names.join(", "), 0);
    let mut more = String::new();
    if lines.len() > LINES && look.verbose == 0 {
        lines.truncate(LINES);
        let shown: usize = lines.iter().map(|line| line.split_terminator(',').count()).sum();
        more = format!(" … {} more", names.len() - shown);
    }
    let mut heading: Vec<String> = lines.iter().map(|line| look.paint(Tone::Strong, line)).collect();
    if names.len() > 1 {
        let count = format!("{more} ({} hosts)", names.len());
        let last = lines.last().map_or(0, |line| columns(line));
        let place = heading.len().saturating_sub(1);
        if let Some(line) = heading.get_mut(place).filter(|_| look.fits(last + columns(&count))) {
            line.push_str(&look.paint(Tone::Faint, &count));
        } else {
            heading.push(look.paint(Tone::Faint, count.trim_start()));
        }
    }
    heading.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let shown = [0, 94, 95, 420, 9_949, 9_950, 59_499, 59_500, 125_000].map(duration);
        let expected = ["0 ms", "94 ms", "0.1 s", "0.4 s", "9.9 s", "10 s", "59 s", "1 min 0 s", "2 min 5 s"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn ages() {
        let shown = [0, 59, 60, 3_725, 90_000, -61].map(ago);
        assert_eq!(shown, ["0 s ago", "59 s ago", "1 min 0 s ago", "1 h 2 min ago", "1 d 1 h ago", "1 min 1 s ahead"]);
    }

    #[test]
    fn numbers_and_sizes() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "change")), ["0 changes", "1 change", "2 changes"]);
        assert_eq!([1, 999, 1_250, 3_400_000].map(size), ["1 byte", "999 bytes", "1.2 kB", "3.4 MB"]);
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(clean("a\tb\u{1b}[2J\u{9b}"), "a\tb\\u{1b}[2J\\u{9b}");
        assert_eq!(clean("a\u{202e}b"), "a\\u{202e}b");
    }
}
