//! Secret values of a run, and keeping them out of everything that is shown.
//!
//! Two ways lead to that, because neither does alone. *By value*: whatever is shown is searched for every value that is known
//! to be secret, in every form that it may have been given. *By origin*: what a host gets is rendered a second time with
//! [other secrets](Secrets::disguised), and what differs then was [made of secrets](Taint), however it was made.

mod forms;
mod members;
mod names;
mod random;
mod shapes;
mod store;
mod taint;
#[cfg(test)]
mod tests;
mod unread;

pub use members::{Certainty, told_of_template};
pub use names::ABOUT;
use names::{is_reference, tells};
pub use random::hexadecimal;
use shapes::of_urls;
pub use store::{Asker, NoSecret, SecretName, SecretStore};
pub use taint::{Taint, disguise};

use crate::source::Span;
use aho_corasick::AhoCorasick;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What stands in place of a secret.
pub const REDACTED: &str = "********";

/// A value this short turns up by chance, so it is hidden only where it stands alone.
const SHORT: usize = 4;

/// A value this long does not stand anywhere by chance: where it does, it is the secret.
pub const TELLING: usize = 8;

/// A word or a number this long is no ordinary one.
const ORDINARY: usize = 16;

/// Whether a value is a word as others are, `postgres`: it is a part of other words, and stands in files and programs' output
/// without being the secret.
fn is_word(value: &str) -> bool {
    value.len() < ORDINARY && value.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether a value may stand in what solti says itself: a word, a number.
fn is_ordinary(value: &str) -> bool {
    is_word(value) || value.len() < TELLING && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// The secret values known in this run; clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    /// As they were given, those too that are not looked for.
    values: HashMap<String, Certainty>,
    /// Those that only a name tells of, by their value.
    told: BTreeMap<String, Told>,
    /// What is looked for.
    forms: HashMap<String, Form>,
    /// Forms of values that are too short to be looked for anywhere.
    words: BTreeSet<String>,
    /// What finds them: each for about twice as many as the one behind it, so that little is made anew for one more.
    searches: Vec<Search>,
    /// Forms that none of these finds yet.
    fresh: Vec<String>,
}

/// What has a value that counts as a secret for its name alone.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Where the value stands.
    pub span: Span,
}

/// What is known of a text that is looked for.
#[derive(Clone, Copy)]
struct Form {
    /// It is a part of base64, of which the rest is hidden too.
    encoded: bool,
    certainty: Certainty,
}

struct Search {
    automaton: AhoCorasick,
    /// Its patterns.
    forms: Vec<String>,
    /// The beginnings and the ends of the long ones, for texts that were cut off within one; and these themselves.
    cut: [AhoCorasick; 2],
    long: Vec<String>,
}

impl Search {
    fn new(forms: Vec<String>) -> Option<Self> {
        let long: Vec<String> = forms.iter().filter(|form| form.len() > TELLING).cloned().collect();
        let beginnings = AhoCorasick::new(long.iter().map(|form| &form.as_bytes()[..TELLING])).ok()?;
        let ends = AhoCorasick::new(long.iter().map(|form| &form.as_bytes()[form.len() - TELLING..])).ok()?;
        let automaton = AhoCorasick::new(&forms).ok()?;
        Some(Self { automaton, forms, cut: [beginnings, ends], long })
    }

    /// Where a text ends within a secret, or begins within one.
    fn cut_off(&self, text: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
        let [beginnings, ends] = &self.cut;
        let form = |place: &aho_corasick::Match| self.long[place.pattern().as_usize()].as_str();
        let at_end = beginnings
            .find_overlapping_iter(text)
            .filter(|place| is_wanted(form(place)))
            .filter(|place| text.get(place.start()..).is_some_and(|rest| form(place).starts_with(rest)));
        let at_start = ends
            .find_overlapping_iter(text)
            .filter(|place| is_wanted(form(place)))
            .filter(|place| text.get(..place.end()).is_some_and(|rest| form(place).ends_with(rest)));
        at_end.map(|place| place.start()..text.len()).chain(at_start.map(|place| 0..place.end())).collect()
    }
}

impl Known {
    fn look_for(&mut self, value: &str, certainty: Certainty) {
        if value.len() < SHORT {
            self.words.extend(forms::escaped(value));
            return;
        }
        for (form, encoded) in forms::all(value) {
            match self.forms.get_mut(&form) {
                Some(known) => {
                    known.certainty = known.certainty.max(certainty);
                    known.encoded &= encoded;
                }
                None => {
                    self.fresh.push(form.clone());
                    self.forms.insert(form, Form { encoded, certainty });
                }
            }
        }
    }

    /// Sees to it that all forms are found.
    fn settle(&mut self) {
        let mut forms = std::mem::take(&mut self.fresh);
        while let Some(last) = self.searches.pop_if(|last| last.forms.len() < 2 * forms.len()) {
            forms.extend(last.forms);
        }
        self.searches.extend(Search::new(forms));
    }

    /// Where forms that are `wanted` stand in a text.
    fn forms_in(&self, text: &str, wanted: impl Fn(&Form, &Range<usize>) -> bool) -> Vec<Range<usize>> {
        let places = self.searches.iter().flat_map(|search| search.automaton.find_overlapping_iter(text));
        let found = places.filter_map(|place| Some((self.forms.get(&text[place.range()])?, place.range())));
        let wanted = found.filter(|(form, range)| wanted(form, range));
        wanted.map(|(form, range)| if form.encoded { around(text, range) } else { range }).collect()
    }

    /// Where secrets stand in a text.
    fn places(&self, text: &str, words: Words) -> Vec<Range<usize>> {
        let is_wanted = |value: &str| words != Words::Nowhere || !is_ordinary(value);
        let mut found = self.forms_in(text, |form, place| {
            let value = &text[place.clone()];
            let part = words == Words::Whole && is_word(value) && !ends_word(text, place);
            form.encoded || is_wanted(value) && !part
        });
        found.extend(self.searches.iter().flat_map(|search| search.cut_off(text, is_wanted)));
        let short = self.words.iter().filter(|word| is_wanted(word));
        found.extend(short.flat_map(|word| places_of_word(text, word)));
        found.extend(shapes::places(text));
        merged(found)
    }
}

/// Where ordinary words are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    /// Nowhere, and neither are ordinary numbers.
    Nowhere,
    /// Where they are no part of others.
    Whole,
    Anywhere,
}

impl Secrets {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known, as something that texts can be searched for.
    fn searchable(&self) -> RwLockReadGuard<'_, Known> {
        loop {
            let known = self.known();
            if known.fresh.is_empty() {
                return known;
            }
            drop(known);
            self.known_mut().settle();
        }
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a value, and its lines if it has several, because texts are shown line by line.
    pub fn add(&self, value: &str) {
        self.remember(value, Certainty::Declared);
    }

    /// Remembers a value of which it is not certain that it is a secret, as that of a variable of an environment: it is looked
    /// for only if it is long, else it is hidden where it came from the variable.
    pub fn add_likely(&self, value: &str) {
        self.remember(value, Certainty::Likely);
    }

    /// Remembers a likely secret, and what has it for a value.
    fn add_told(&self, value: &str, name: &str, span: &Span) {
        self.add_likely(value);
        let told = Told { name: name.to_owned(), span: span.clone() };
        self.known_mut().told.entry(value.trim().to_owned()).or_insert(told);
    }

    /// Who gave a text values that count as secrets for a name alone: those that stand in it more often than in `other`, the text
    /// with other secrets.
    pub fn told_in(&self, text: &str, other: &str) -> Vec<Told> {
        let known = self.known();
        let told = known.told.iter().filter(|(value, _)| known.values.get(*value) != Some(&Certainty::Declared));
        let more = |form: &str| text.matches(form).count() > other.matches(form).count();
        told.filter(|(value, _)| forms::all(value).any(|(form, _)| more(&form))).map(|(_, told)| told.clone()).collect()
    }

    fn remember(&self, value: &str, certainty: Certainty) {
        let value = value.trim();
        if value.is_empty() || self.known().values.get(value).is_some_and(|known| *known >= certainty) {
            return;
        }
        let mut known = self.known_mut();
        known.values.insert(value.to_owned(), certainty);
        if certainty == Certainty::Declared || value.len() >= TELLING {
            let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORT && *line != value);
            std::iter::once(value).chain(lines).for_each(|part| known.look_for(part, certainty));
        }
    }

    /// Whether a text is a value that was given as a secret.
    pub fn is_value(&self, text: &str) -> bool {
        self.known().values.contains_key(text.trim())
    }

    /// `text` with every secret in it replaced.
    pub fn redact(&self, text: &str) -> String {
        replaced(text, &self.places(text), |_| REDACTED.to_owned())
    }

    /// `text` with as many stars as every secret in it is long, where columns count.
    pub fn blank(&self, text: &str) -> String {
        blanked(text, &self.places(text))
    }

    /// Whether there is a secret in `text`.
    #[cfg(test)]
    pub fn contains(&self, text: &str) -> bool {
        !self.places(text).is_empty()
    }

    /// Where secrets stand in a text.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        self.searchable().places(text, Words::Whole)
    }

    /// The same, words too that go on as others, where it is known that secrets are there.
    fn places_anywhere(&self, text: &str) -> Vec<Range<usize>> {
        self.searchable().places(text, Words::Anywhere)
    }

    /// `text`, which solti says itself, with the secrets in it replaced: a word or a number that may be its own is one only in
    /// quotes, where others' words stand.
    pub fn redact_own(&self, text: &str) -> String {
        let known = self.searchable();
        let quoted = quotes(text);
        let is_quoted =
            |place: &Range<usize>| quoted.iter().any(|quote| quote.start < place.end && place.start < quote.end);
        let ordinary = known.places(text, Words::Whole).into_iter().filter(is_quoted);
        let places = merged(known.places(text, Words::Nowhere).into_iter().chain(ordinary).collect());
        replaced(text, &places, |_| REDACTED.to_owned())
    }

    /// Where secrets stand in a text that cannot be there by chance.
    pub fn telling_places(&self, text: &str) -> Vec<Range<usize>> {
        let certain = |form: &Form, place: &Range<usize>| {
            form.certainty == Certainty::Declared
                && place.len() >= TELLING
                && (form.encoded || !is_word(&text[place.clone()]))
        };
        merged(self.searchable().forms_in(text, certain))
    }

    /// The text as it would be with other secrets, if it has any that cannot be in it by chance.
    pub fn disguised(&self, text: &str) -> Option<String> {
        let known = self.known();
        let certain = |(value, certainty): &(&String, &Certainty)| {
            **certainty == Certainty::Declared
                && value.len() >= TELLING
                && !is_word(value)
                && text.contains(value.as_str())
        };
        let mut values: Vec<&String> = known.values.iter().filter(certain).map(|(value, _)| value).collect();
        // the longest first, of which others may be parts
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let disguised =
            values.iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), &disguise(value)));
        (disguised != text).then_some(disguised)
    }
}

/// A text that a user wrote with as many stars as what looks like a secret in it is long: for errors that come before it is
/// known which values are secrets.
pub fn blank_likely(text: &str) -> String {
    blanked(text, &merged(shapes::places(text).chain(shapes::named(text)).chain(unread::places(text)).collect()))
}

fn blanked(text: &str, places: &[Range<usize>]) -> String {
    let stars = |secret: &str| secret.bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect();
    replaced(text, places, stars)
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.known().values.len())
    }
}

/// Whether a word ends where a place does, and does not go on as another: `postgresql`, `grafana-server`, `influxdb.service`.
fn ends_word(text: &str, place: &Range<usize>) -> bool {
    let rest = &text[place.end..];
    let joined = rest.strip_prefix(['-', '.']).unwrap_or(rest);
    !joined.starts_with(char::is_alphanumeric) && !rest.starts_with('_')
}

/// What is in quotes, quotes included; of a last one that nothing closes, the rest.
fn quotes(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((quote, open)) = text[at..].find(['`', '"']).map(|open| (text.as_bytes()[at + open], at + open)) {
        let close = text[open + 1..].find(char::from(quote)).map_or(text.len(), |close| open + close + 2);
        found.push(open..close);
        at = close;
    }
    found
}

/// Where a short secret stands in `text`: as a word of its own.
fn places_of_word<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let places = text.match_indices(word).map(|(at, _)| at..at + word.len());
    places.filter(|place| {
        let before = text[..place.start].chars().next_back();
        let after = text[place.end..].chars().next();
        !before.into_iter().chain(after).any(|near| near.is_alphanumeric() || near == '_')
    })
}

/// The whole base64 that has `part` in it.
fn around(text: &str, part: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let before = bytes[..part.start].iter().rev().take_while(|byte| forms::is_base64(**byte)).count();
    let after = bytes[part.end..].iter().take_while(|byte| forms::is_base64(**byte)).count();
    let padding = bytes[part.end + after..].iter().take_while(|byte| **byte == b'=').count();
    part.start - before..part.end + after + padding
}

/// The ranges in order, those that overlap as one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut all: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match all.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

fn replaced(text: &str, places: &[Range<usize>], mut with: impl FnMut(&str) -> String) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for place in places {
        shown.push_str(&text[end..place.start]);
        shown.push_str(&with(&text[place.clone()]));
        end = place.end;
    }
    shown.push_str(&text[end..]);
    shown
}
