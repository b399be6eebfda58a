//! Texts of any length, as much of them as people read. Only texts without secrets are shortened: half of one would stay.

use std::borrow::Cow;

/// Lines up to this many characters are shown whole.
const LINE: usize = 2000;
/// Of longer ones so many characters are shown of the beginning, where one sees what it is,
const BEGINNING: usize = 600;
/// and so many of the end, where errors stand.
const END: usize = 1000;

/// A text of up to this many lines is shown whole; of a longer one, its first and last.
const LINES: usize = 200;

/// A text with no line that is too long, and not too many of them.
pub fn text(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let left_out = lines.len().saturating_sub(LINES);
    let mut shown: Vec<Cow<'_, str>> = lines.iter().map(|text| line(text)).collect();
    if left_out > 0 {
        let words = format!("[… {left_out} lines left out …]");
        shown.splice(LINES / 2..LINES / 2 + left_out, [words.into()]);
    }
    shown.join("\n")
}

/// A line, or its beginning and its end.
pub fn line(line: &str) -> Cow<'_, str> {
    let count = line.chars().count();
    if count <= LINE {
        return line.into();
    }
    let first: String = line.chars().take(BEGINNING).collect();
    let last: String = line.chars().skip(count - END).collect();
    format!("{first}[… {} characters left out …]{last}", count - BEGINNING - END).into()
}

/// A line, or what stands around the character `at`.
pub fn around(line: &str, at: usize) -> Cow<'_, str> {
    let count = line.chars().count();
    if count <= LINE {
        return line.into();
    }
    let from = at.saturating_sub(BEGINNING).min(count - LINE);
    let part: String = line.chars().skip(from).take(LINE).collect();
    let before = if from > 0 { format!("[… {from} characters left out …]") } else { String::new() };
    let after = count - LINE - from;
    let after = if after > 0 { format!("[… {after} characters left out …]") } else { String::new() };
    format!("{before}{part}{after}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_beginning_and_its_end() {
        assert_eq!(line(&"x".repeat(LINE)).len(), LINE);
        let long = format!("begins {} ends", "ü".repeat(400_000));
        let shown = line(&long);
        assert!(shown.starts_with("begins üüü") && shown.ends_with("üüü ends"), "{shown}");
        assert!(shown.contains("ü[… 398412 characters left out …]ü"), "{shown}");
    }

    #[test]
    fn a_difference_is_shown_with_what_stands_around_it() {
        let long = format!("{}HERE{}", "a".repeat(5000), "b".repeat(5000));
        let shown = around(&long, 5000);
        assert!(shown.starts_with("[… 4400 characters left out …]a") && shown.contains("HERE"), "{shown}");
        assert!(shown.ends_with("b[… 3604 characters left out …]"), "{shown}");
        assert!(around(&long, 0).starts_with("aaa") && around(&long, 10_003).ends_with("bbb"));
    }

    #[test]
    fn of_many_lines_the_first_and_the_last_are_kept() {
        let many = (0..1000).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
        let shown = text(&many);
        assert!(shown.contains("\n99\n[… 800 lines left out …]\n900\n"), "{shown}");
        assert_eq!(text("a\nb\n"), "a\nb\n");
    }
}
