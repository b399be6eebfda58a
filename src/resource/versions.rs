//! Versions of Debian's packages: which of two is the older one (deb-version(7)), and which are meant by a pattern.

use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::Node;
use std::cmp::Ordering;

/// A version that is asked for: one, or `2.53.*` for all that begin like it.
///
/// # Errors
/// When no package could have it.
pub fn wanted(node: &Node) -> Result<String, Diagnostics> {
    let text = node.string()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '~' | ':');
    let version = text.strip_suffix('*').unwrap_or(&text);
    if text.is_empty() || version.starts_with('-') || !version.chars().all(plain) {
        let error = Diagnostic::at(&node.span, format!("`{text}` is no version of a package"));
        return Err(error.label("letters, digits, `.`, `+`, `-`, `~` and `:`; a `*` only at its end").into());
    }
    Ok(text)
}

/// Whether a version is the one that is wanted, or begins like it.
pub fn fits(wanted: &str, version: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == version, |prefix| version.starts_with(prefix))
}

/// How a version compares with another, as dpkg has it.
pub fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (parts(one), parts(other));
    let epochs = digits(one.0).cmp(&digits(other.0));
    epochs.then_with(|| compare_part(one.1, other.1)).then_with(|| compare_part(one.2, other.2))
}

/// Epoch, upstream's version, and Debian's revision.
fn parts(version: &str) -> (&str, &str, &str) {
    let (epoch, rest) = version.split_once(':').unwrap_or(("", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

/// In turns: what is not digits, by its characters, and what is digits, by its value.
fn compare_part(mut one: &str, mut other: &str) -> Ordering {
    while !(one.is_empty() && other.is_empty()) {
        let (one_text, one_rest) = split(one, |c| !c.is_ascii_digit());
        let (other_text, other_rest) = split(other, |c| !c.is_ascii_digit());
        let (one_number, one_rest) = split(one_rest, |c| c.is_ascii_digit());
        let (other_number, other_rest) = split(other_rest, |c| c.is_ascii_digit());
        // the end comes after `~` and before everything else
        let ranks = |text: &'_ str| text.chars().map(rank).chain([0]).collect::<Vec<_>>();
        let order = ranks(one_text).cmp(&ranks(other_text));
        let order = order.then_with(|| digits(one_number).cmp(&digits(other_number)));
        if order.is_ne() {
            return order;
        }
        (one, other) = (one_rest, other_rest);
    }
    Ordering::Equal
}

/// What at the beginning is of one kind, and the rest.
fn split(text: &str, kind: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !kind(c)).unwrap_or(text.len()))
}

/// `~` comes before the end, letters come after it, and then all else.
fn rank(c: char) -> i64 {
    match c {
        '~' => -1,
        c if c.is_ascii_alphabetic() => i64::from(u32::from(c)),
        c => i64::from(u32::from(c)) + 0x11_0000,
    }
}

/// A number of any size, so that the order of such pairs is that of the numbers.
fn digits(number: &str) -> (usize, &str) {
    let number = number.trim_start_matches('0');
    (number.len(), number)
}
