//! A part of a line in place of one that is too long, with words that say so.
//!
//! What is left out ends where a word does: half a password would not be recognized as one.

/// What stands in place of the end of a line.
const END: &str = "[… the rest of this line is left out]";
/// What stands in place of its beginning.
const BEGINNING: &str = "[the beginning of this line is left out …]";

fn between(c: char) -> bool {
    c.is_whitespace() || ",;{}[]()<>".contains(c)
}

/// The line, or its beginning where it has more than `most` characters.
pub fn beginning(line: &str, most: usize) -> String {
    let Some((end, _)) = line.char_indices().nth(most) else { return line.to_owned() };
    let kept = line[..end].rfind(between).map_or("", |at| line[..at].trim_end());
    format!("{kept} {END}").trim_start().to_owned()
}

/// The end of a line of which the beginning is missing.
pub fn ending(rest: &str) -> String {
    let kept = rest.find(between).map_or("", |at| rest[at..].trim_start());
    format!("{BEGINNING} {kept}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_cut() {
        assert_eq!(beginning("one two", 7), "one two");
        assert_eq!(beginning("one two three", 9), format!("one two {END}"));
        assert_eq!(beginning("{\"a\":1,\"password\":\"hunter2\"}", 24), format!("{{\"a\":1 {END}"));
        assert_eq!(beginning("hunter2hunter2", 9), END);
        assert_eq!(beginning("größer größer", 8), format!("größer {END}"));
        assert_eq!(ending("nter2, two three"), format!("{BEGINNING} , two three"));
        assert_eq!(ending("nter2"), BEGINNING);
    }
}
