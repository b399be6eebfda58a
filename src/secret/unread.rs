//! Values of names that tell in a text that nobody could read yet: it may not even be YAML, so they go by lines.

use super::shapes::is_plain_word;
use super::{is_reference, tells};
use regex::Regex;
use std::ops::Range;
use std::sync::OnceLock;

/// Where a text gives a value to a name that says that it is secret, however far that goes: `password: [x`.
pub(super) fn places(text: &str) -> Vec<Range<usize>> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| Regex::new(r#"(?P<name>[A-Za-z_][\w.-]*)["']?[ \t]*[:=][ \t]*"#).ok());
    let Some(pattern) = pattern else { return Vec::new() };
    let mut found = Vec::new();
    // how far the line is indented to which a text of further lines belongs
    let mut text_of: Option<usize> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end();
        let indent = body.len() - body.trim_start().len();
        text_of = text_of.filter(|outer| body.is_empty() || indent > *outer);
        if text_of.is_some() {
            found.push(start + indent..start + body.len());
        } else {
            for name in pattern.captures_iter(body).filter(|name| tells(&name["name"])) {
                let Some(whole) = name.get(0) else { continue };
                let (before, rest) = (&body[..whole.start()], &body[whole.end()..]);
                if rest.starts_with(['|', '>']) {
                    // behind a dash, the key is indented too
                    let column = before.trim_matches([' ', '-', '"', '\'']).is_empty().then_some(before.len());
                    text_of = Some(column.unwrap_or(indent));
                } else if let Some(value) = value(rest, before.contains(['{', '['])) {
                    let at = start + whole.end();
                    found.push(at + value.start..at + value.end);
                }
            }
        }
        start += line.len();
    }
    found.retain(|place| !place.is_empty());
    found
}

/// The part of a line's rest that is the value that it begins with, if that can be a secret. Between brackets, it ends where
/// the next one can begin.
fn value(rest: &str, flow: bool) -> Option<Range<usize>> {
    let till = |from: usize, ends: &[char]| from..rest[from..].find(ends).map_or(rest.len(), |end| from + end);
    let place = match rest.chars().next()? {
        quote @ ('"' | '\'') => till(1, &[quote]),
        '[' if !rest[1..].trim_start().starts_with('{') => till(1, &[']']),
        // members have names of their own
        '[' => return None,
        '{' if rest.contains(':') => return None,
        '{' if !rest.starts_with("{{") => till(1, &['}']),
        _ if flow => till(0, &[',', '}', ']']),
        _ => 0..rest.find(" #").unwrap_or(rest.len()),
    };
    let value = rest[place.clone()].trim();
    (!is_reference(value) && !is_plain_word(value)).then(|| place.start..place.start + rest[place].trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Vec<&str> {
        places(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn values_that_no_yaml_reader_understands() {
        for (text, secrets) in [
            ("password: [x", &["x"][..]),
            ("password: {x y", &["x y"]),
            ("password: \"x y", &["x y"]),
            ("  password: 'x'y", &["x"]),
            ("password: x: y z # about it", &["x: y z"]),
            ("password: @x", &["@x"]),
            ("- password: |\n    x\n\n   y\n  user: a", &["x", "y"]),
            ("a: { password: x y, user: b, token: [z] }", &["x y", "z"]),
            ("password: {{ x }}", &[]),
            ("password: ${x}\ntoken: /etc/x\nsecret: true\nsecrets: { name: a }\ntokens: [{ name: a }]", &[]),
            ("password_file: [x", &[]),
        ] {
            assert_eq!(hidden(text), secrets, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_text_is_places_are_in_it(text in "(?s)(password|token)[:=] ?.{0,30}") {
            proptest::prop_assert!(places(&text).into_iter().all(|place| text.get(place).is_some()));
        }
    }
}
