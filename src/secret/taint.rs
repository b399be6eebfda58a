//! What in a text was made of secrets: what is another text when the secrets are others.

use super::{REDACTED, Secrets, TELLING, merged, replaced, shapes};
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::BTreeMap;
use std::ops::Range;

/// A value as it could be instead: as long, of the same kinds of characters, and different in every letter and digit, so that it
/// passes where the real one does.
pub fn disguise(value: &str) -> String {
    let digits = value.chars().all(|char| char.is_ascii_hexdigit() || !char.is_ascii_alphanumeric());
    let letters = if digits { 6 } else { 26 };
    let turned = |char: char, first: u8, count: u8| {
        let at = u8::try_from(char).unwrap_or(first) - first;
        // twice is not the same again
        char::from(first + (at + if count == 26 { 7 } else { 1 }) % count)
    };
    let other: String = value
        .chars()
        .map(|char| match char {
            'a'..='z' => turned(char, b'a', letters),
            'A'..='Z' => turned(char, b'A', letters),
            '0'..='9' => turned(char, b'0', 10),
            other => other,
        })
        .collect();
    if other == value { format!("{value}x") } else { other }
}

/// Parts of lines, by the lines' numbers.
type Parts = BTreeMap<usize, Vec<Range<usize>>>;

/// The parts of a text that are not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    /// They were made of secrets.
    made: Parts,
    /// What they are called says that they are secret, as in a file that was written with them.
    named: Parts,
}

impl Taint {
    /// What of `text` was made of secrets, where it is known what it would be with other ones (`other`); what stands in it that
    /// is a secret without doubt in any case.
    pub fn of(text: &str, other: Option<&str>, secrets: &Secrets) -> Self {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut made = by_line(&lines, secrets.telling_places(text));
        if let Some(other) = other.filter(|other| *other != text) {
            let others: Vec<&str> = other.split_inclusive('\n').collect();
            for (number, other) in pairs(&lines, &others) {
                let line = lines[number].trim_end_matches('\n');
                // a line without its like is hidden whole: it differs from an empty one everywhere
                let places = differing(line, other.unwrap_or_default().trim_end_matches('\n'), secrets);
                add(&mut made, number, places);
            }
        }
        Self { made, named: by_line(&lines, shapes::named(text)) }
    }

    /// Whether no secret has a part in it.
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// The numbers of the lines with such parts, counted from 0.
    pub fn lines(&self) -> impl Iterator<Item = usize> {
        self.made.keys().chain(self.named.keys()).copied()
    }

    /// A line of the text without these parts.
    pub fn masked_line(&self, number: usize, line: &str) -> String {
        let both = [&self.made, &self.named].into_iter().filter_map(|parts| parts.get(&number)).flatten();
        let places: Vec<_> = both.filter(|place| line.get((*place).clone()).is_some()).cloned().collect();
        replaced(line, &merged(places), |_| REDACTED.to_owned())
    }

    /// The text without these parts.
    pub fn masked(&self, text: &str) -> String {
        text.split_inclusive('\n').enumerate().map(|(number, line)| self.masked_line(number, line)).collect()
    }

    /// What secrets were made into, as far as it is long enough to be known again wherever it stands. What `other`, the text
    /// with other secrets, has too was beside them by chance.
    pub fn found<'t>(&'t self, text: &'t str, other: &'t str) -> impl Iterator<Item = &'t str> + 't {
        let lines = text.split_inclusive('\n').enumerate();
        let parts = lines.flat_map(|(number, line)| {
            self.made.get(&number).into_iter().flatten().filter_map(move |place| line.get(place.clone()))
        });
        parts.map(str::trim).filter(|part| part.len() >= TELLING && !other.contains(part))
    }
}

/// Parts of a text as parts of its lines, whose ends stay.
fn by_line(lines: &[&str], places: Vec<Range<usize>>) -> Parts {
    let mut parts = Parts::new();
    let mut start = 0;
    for (number, line) in lines.iter().enumerate() {
        let end = start + line.trim_end_matches('\n').len();
        let here = places.iter().filter(|place| place.start < end && start < place.end);
        add(&mut parts, number, here.map(|place| place.start.max(start) - start..place.end.min(end) - start).collect());
        start += line.len();
    }
    parts
}

fn add(parts: &mut Parts, line: usize, places: Vec<Range<usize>>) {
    let places: Vec<_> = places.into_iter().filter(|place| !place.is_empty()).collect();
    if !places.is_empty() {
        let all = parts.entry(line).or_default();
        all.extend(places);
        *all = merged(std::mem::take(all));
    }
}

/// The lines of `lines` that differ from their likes in `others`; none where they have no like.
fn pairs<'t>(lines: &[&str], others: &[&'t str]) -> Vec<(usize, Option<&'t str>)> {
    if lines.len() == others.len() {
        let both = lines.iter().zip(others).enumerate();
        return both
            .filter(|(_, (line, other))| line != other)
            .map(|(number, (_, other))| (number, Some(*other)))
            .collect();
    }
    let mut found = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, lines, others) {
        match op {
            DiffOp::Replace { old_index, old_len, new_index, new_len } if old_len == new_len => {
                found.extend((0..old_len).map(|at| (old_index + at, others.get(new_index + at).copied())));
            }
            DiffOp::Replace { old_index, old_len, .. } | DiffOp::Delete { old_index, old_len, .. } => {
                found.extend((0..old_len).map(|at| (old_index + at, None)));
            }
            DiffOp::Equal { .. } | DiffOp::Insert { .. } => {}
        }
    }
    found
}

/// The parts of a line that differ from another one: the secrets that stand there, or else the whole words.
fn differing(line: &str, other: &str, secrets: &Secrets) -> Vec<Range<usize>> {
    let known = secrets.places_anywhere(line);
    runs(line.as_bytes(), other.as_bytes())
        .into_iter()
        .map(|run| match known.iter().find(|place| place.start < run.end && run.start < place.end) {
            Some(place) if place.start <= run.start && run.end <= place.end => place.clone(),
            _ => word(line, run),
        })
        .collect()
}

/// Where two lines differ, byte by byte.
fn runs(line: &[u8], other: &[u8]) -> Vec<Range<usize>> {
    let same = |at: usize| line[at] == other[at];
    if line.len() != other.len() {
        let shorter = line.len().min(other.len());
        let start = (0..shorter).take_while(|at| same(*at)).count();
        let end = (1..=shorter - start).take_while(|back| line[line.len() - back] == other[other.len() - back]).count();
        return std::iter::once(start..line.len() - end).collect();
    }
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in (0..line.len()).filter(|at| !same(*at)) {
        match runs.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// The whole word that a part of a line is in, such as a digest or base64.
fn word(line: &str, part: Range<usize>) -> Range<usize> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_.%\\&;".contains(byte) || !byte.is_ascii();
    let bytes = line.as_bytes();
    let start = part.start - bytes[..part.start].iter().rev().take_while(|byte| inside(byte)).count();
    let end = part.end + bytes[part.end..].iter().take_while(|byte| inside(byte)).count();
    start..end + bytes[end..].iter().take_while(|byte| **byte == b'=').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, other: &str, values: &[&str]) -> String {
        let secrets = Secrets::new();
        values.iter().for_each(|value| secrets.add(value));
        Taint::of(text, Some(other), &secrets).masked(text)
    }

    #[test]
    fn another_value_of_the_same_kind() {
        assert_eq!(disguise("s3cret-Token"), "z4jyla-Avrlu");
        assert_eq!(disguise("09af"), "10ba");
        assert_ne!(disguise(&disguise("s3cret")), "s3cret");
        assert_eq!(disguise("!!"), "!!x");
    }

    #[test]
    fn what_differs_is_hidden() {
        assert_eq!(masked("a\npin = 12 # 12\nb\n", "a\npin = 45 # 12\nb\n", &["12"]), "a\npin = ******** # 12\nb\n");
        let digest = masked("hash: {5f4dcc3b5aa765d6}\n", "hash: {5f4dd8327deb882c}\n", &[]);
        assert_eq!(digest, "hash: {********}\n");
        assert_eq!(masked("x: abc\n", "x: abcdef\n", &[]), "x: ********\n");
        assert_eq!(masked("a\nb\nc\n", "a\nc\n", &[]), "a\n********\nc\n");
        assert_eq!(masked("a\n", "a\n", &[]), "a\n");
    }

    #[test]
    fn what_a_name_tells_is_hidden_and_no_secret_for_that() {
        let taint = Taint::of("password: in-a-file\n", None, &Secrets::new());
        assert_eq!(taint.masked("password: in-a-file\n"), "password: ********\n");
        assert!(taint.is_empty());
    }

    #[test]
    fn what_is_known_is_hidden_exactly() {
        assert_eq!(masked("u=x-abcdefgh-y", "u=x-hijklmno-y", &["abcdefgh"]), "u=x-********-y");
        assert_eq!(masked("u=abcdefg1", "u=abcdefg1", &["abcdefg1"]), "u=********");
    }
}
