//! How a value looks where something has been made of it: in quotes of many languages, in URLs, in base64.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeSet;

/// The least that is looked for of an encoding; less turns up by chance.
const LEAST: usize = 4;

/// Everything but what never has to be escaped in a query, see RFC 3986.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same in a path.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// One way to write text in which some characters mean something.
type Escape = fn(&str) -> String;

/// Quotes and escapes of what solti's filters and writers write, and of what programs on hosts print.
const ESCAPES: &[Escape] = &[
    // systemd and podman: specifiers, variables
    |text| text.replace('$', "$$"),
    |text| text.replace('%', "%%"),
    // double quotes of YAML, TOML, systemd; of shells; of JSON, which escapes control characters too
    |text| text.replace('\\', r"\\").replace('"', "\\\""),
    |text| text.replace('\\', r"\\").replace('"', "\\\"").replace('$', r"\$").replace('`', r"\`"),
    json,
    |text| json(text).replace('/', r"\/"),
    |text| ascii(&json(text)),
    // quotes that are doubled: YAML, SQL, CSV
    |text| text.replace('\'', "''"),
    |text| text.replace('"', "\"\""),
    // single quotes of shells, as POSIX and as Python write them
    |text| text.replace('\'', r"'\''"),
    |text| text.replace('\'', "'\"'\"'"),
    |text| text.replace('\\', r"\\").replace('\'', r"\'"),
    // regular expressions, systemd's unit names and paths
    regex::escape,
    |text| hexadecimal_escapes(text, "\\x"),
    // HTML, as Jinja and as others write it
    |text| html(text, "&quot;", "&#x27;", "&#x2f;"),
    |text| html(text, "&quot;", "&#39;", "/"),
    |text| html(text, "&#34;", "&#39;", "/"),
    // URLs
    |text| utf8_percent_encode(text, QUERY).to_string(),
    |text| utf8_percent_encode(text, PATH).to_string(),
    |text| utf8_percent_encode(text, QUERY).to_string().replace("%20", "+"),
    |text| lower_percent(&utf8_percent_encode(text, QUERY).to_string()),
    |text| lower_percent(&utf8_percent_encode(text, PATH).to_string()),
];

/// A longer value is not put in one kind of quotes within another.
const LONG: usize = 256;

/// All forms of a value; of each, whether it is a part of base64.
pub(super) fn all(value: &str) -> impl Iterator<Item = (String, bool)> {
    let plain = escaped(value).into_iter().chain(hexadecimal(value)).map(|form| (form, false));
    plain.chain(in_base64(value).into_iter().map(|form| (form, true)))
}

/// The value and its escaped forms; those of forms too, as of JSON in a shell's quotes.
pub(super) fn escaped(value: &str) -> BTreeSet<String> {
    let once: BTreeSet<String> = ESCAPES.iter().map(|escape| escape(value)).chain([value.to_owned()]).collect();
    if value.len() > LONG {
        return once;
    }
    let twice = once.iter().flat_map(|form| ESCAPES.iter().map(|escape| escape(form))).collect::<BTreeSet<_>>();
    once.into_iter().chain(twice).collect()
}

/// The value as hexadecimal digits.
pub(super) fn hexadecimal(value: &str) -> Vec<String> {
    let lower: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![lower.to_uppercase(), lower]
}

/// What stands in base64 of every text that has the value in it, whatever is around: where it begins at the first, second
/// or third byte of a group, without the characters that its neighbours have a part in.
pub(super) fn in_base64(value: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for before in 0..3 {
        let bytes = [&[0; 3][..before], value.as_bytes()].concat();
        let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            found.extend(engine.encode(&bytes).get(first..last).filter(|form| form.len() >= LEAST).map(str::to_owned));
        }
    }
    found
}

/// Whether a character can be part of base64.
pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Characters beyond ASCII as JSON of Python writes them.
fn ascii(text: &str) -> String {
    let mut units = [0; 2];
    let mut escaped = |char: char| char.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    text.chars().map(|char| if char.is_ascii() { char.to_string() } else { escaped(char) }).collect()
}

fn hexadecimal_escapes(text: &str, mark: &str) -> String {
    let escaped = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b":_.".contains(&byte) => char::from(byte).to_string(),
        byte => format!("{mark}{byte:02x}"),
    };
    text.bytes().map(escaped).collect()
}

fn html(text: &str, double: &str, single: &str, slash: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('/', slash).replace('"', double).replace('\'', single)
}

/// `%2F` as `%2f`.
fn lower_percent(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut lower = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at(piece.len().min(2));
        lower.push_str(&format!("%{}{rest}", digits.to_lowercase()));
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn base64_has_it_whatever_stands_around(before in ".{0,7}", value in ".{4,20}", after in ".{0,7}") {
            let encoded = STANDARD.encode(format!("{before}{value}{after}"));
            prop_assert!(in_base64(&value).iter().any(|form| encoded.contains(form.as_str())));
        }

        #[test]
        fn every_escape_of_every_escape(value in ".{0,12}", first in 0..ESCAPES.len(), second in 0..ESCAPES.len()) {
            prop_assert!(escaped(&value).contains(&ESCAPES[second](&ESCAPES[first](&value))));
        }
    }

    #[test]
    fn plain_text_has_one_form() {
        assert_eq!(escaped("hunter2").len(), 1);
    }
}
