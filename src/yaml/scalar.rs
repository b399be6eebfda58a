//! What a scalar means: tags, and the words and numbers of YAML 1.1 as Ansible reads them.

use super::Value;
use granit_parser::{ScalarStyle, Tag};

/// A tag, as far as it means something here.
pub(super) enum Tagged {
    /// There is none.
    Not,
    /// `!`: text, whatever it looks like
    Plain,
    /// `!vault`
    Vault,
    /// `!unsafe`
    Unsafe,
    /// `!!str` and the other types of YAML itself
    Core(String),
    /// Anything else
    Unknown(String),
}

/// Sorts a tag.
pub(super) fn tag(tag: Option<&Tag>) -> Tagged {
    let Some(tag) = tag else { return Tagged::Not };
    if let Some(name) = tag.core_suffix() {
        return Tagged::Core(name.to_owned());
    }
    match tag.original().as_str() {
        "!" => Tagged::Plain,
        "!vault" | "!vault-encrypted" => Tagged::Vault,
        "!unsafe" => Tagged::Unsafe,
        other => Tagged::Unknown(other.to_owned()),
    }
}

/// The error for a tag that means nothing here.
pub(super) fn unknown_tag(name: &str) -> String {
    format!("unknown tag `{name}`; known are `!vault`, `!unsafe` and YAML's own such as `!!str`")
}

/// The value of a scalar; `absent` when nothing was written at all.
///
/// # Errors
/// In a sentence, when the tag is unknown or does not go with the text.
pub(super) fn value(text: &str, style: ScalarStyle, tagged: Option<&Tag>, absent: bool) -> Result<Value, String> {
    let text = if absent && style == ScalarStyle::Plain { "" } else { text };
    let string = |verbatim| Value::String { text: text.to_owned(), verbatim };
    match tag(tagged) {
        Tagged::Not if style == ScalarStyle::Plain => Ok(plain(text)),
        Tagged::Not | Tagged::Plain => Ok(string(false)),
        Tagged::Vault if text.is_empty() => Err("`!vault` without a text".to_owned()),
        Tagged::Vault => Ok(Value::Vault(text.to_owned())),
        Tagged::Unsafe => Ok(string(true)),
        Tagged::Core(name) => core(&name, text).ok_or_else(|| format!("`!!{name}` does not go with `{text}`")),
        Tagged::Unknown(name) => Err(unknown_tag(&name)),
    }
}

fn core(name: &str, text: &str) -> Option<Value> {
    match (name, plain(text)) {
        ("str", _) => Some(Value::String { text: text.to_owned(), verbatim: false }),
        ("bool", value @ Value::Bool(_)) | ("int", value @ Value::Integer(_)) | ("null", value @ Value::Null) => {
            Some(value)
        }
        ("float", value @ Value::Float(_)) => Some(value),
        #[allow(clippy::cast_precision_loss)] // asked for by the tag
        ("float", Value::Integer(number)) => Some(Value::Float(number as f64)),
        _ => None,
    }
}

/// An unquoted scalar. Numbers beyond 64 bits stay text, and so do dates and `1:30`.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => integer(text)
            .map(Value::Integer)
            .or_else(|| float(text).map(Value::Float))
            .unwrap_or_else(|| Value::String { text: text.to_owned(), verbatim: false }),
    }
}

fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'b', ..] => (2, &digits[2..]),
        [b'0', b'x', ..] => (16, &digits[2..]),
        // YAML 1.2's spelling: Ansible takes it for text, which is never what was meant.
        [b'0', b'o', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        [b'_', ..] => return None,
        _ => (10, digits),
    };
    let bare: String = digits.chars().filter(|&digit| digit != '_').collect();
    let is_digit = |digit: char| digit.is_digit(radix);
    if bare.is_empty() || !bare.chars().all(is_digit) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{bare}"), radix).ok()
}

fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" if unsigned == text => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        // YAML 1.1 wants the exponent's sign written: `1.5e3` is text
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+'])?)),
        None => (unsigned, None),
    };
    if exponent.is_some_and(|digits| digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let starts_with_digit = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    let shaped =
        if whole.is_empty() { starts_with_digit(fraction) && unsigned == text } else { starts_with_digit(whole) };
    if !shaped || !digits(whole) || !digits(fraction) {
        return None;
    }
    text.replace('_', "").parse().ok()
}
