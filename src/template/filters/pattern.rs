//! Regular expressions.

use super::{argument, invalid};
use minijinja::Error;
use minijinja::value::{Kwargs, Rest, Value, ValueOrKwargs};
use regex::{Captures, Regex, RegexBuilder};

/// A pattern with Python's flags.
pub(in crate::template) fn compile(pattern: &str, ignore_case: bool, multiline: bool) -> Result<Regex, Error> {
    // Python's names for the ends of a text
    let pattern = pattern.replace(r"\Z", r"\z");
    RegexBuilder::new(&pattern).case_insensitive(ignore_case).multi_line(multiline).build().map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or(&text).trim_start_matches("error: ");
        invalid(format!("this is no regular expression that can be used: {last}"))
    })
}

fn flags(options: &Kwargs) -> Result<(bool, bool), Error> {
    let ignore_case = options.get::<Option<bool>>("ignorecase")?.unwrap_or(false);
    Ok((ignore_case, options.get::<Option<bool>>("multiline")?.unwrap_or(false)))
}

pub(super) fn regex_replace(
    value: Value,
    pattern: Option<String>,
    replacement: Option<String>,
    ignore_case: Option<bool>,
    options: Kwargs,
) -> Result<String, Error> {
    let pattern = argument(pattern, &options, "pattern")?.unwrap_or_default();
    let replacement = argument(replacement, &options, "replacement")?.unwrap_or_default();
    let (named, multiline) = flags(&options)?;
    let count = options.get::<Option<usize>>("count")?.unwrap_or(0);
    options.assert_all_used()?;
    let regex = compile(&pattern, ignore_case.unwrap_or(named), multiline)?;
    let text = value.to_string();
    Ok(regex.replacen(&text, count, |found: &Captures<'_>| expand(&replacement, found)).into_owned())
}

/// Python's replacement text: `\1`, `\g<1>`, `\g<name>`, `\n`.
fn expand(replacement: &str, found: &Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            out.push_str(group(&rest[..digits], found));
            rest = &rest[digits..];
        } else if let Some((name, after)) = rest.strip_prefix("g<").and_then(|rest| rest.split_once('>')) {
            out.push_str(group(name, found));
            rest = after;
        } else {
            let mut characters = rest.chars();
            match characters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            }
            rest = characters.as_str();
        }
    }
    out.push_str(rest);
    out
}

fn group<'t>(name: &str, found: &Captures<'t>) -> &'t str {
    let found = match name.parse::<usize>() {
        Ok(number) => found.get(number),
        Err(_) => found.name(name),
    };
    found.map_or("", |found| found.as_str())
}

pub(super) fn regex_search(value: Value, pattern: &str, groups: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let (groups, options) = split_options(groups.into_values())?;
    let (ignore_case, multiline) = flags(&options)?;
    options.assert_all_used()?;
    let regex = compile(pattern, ignore_case, multiline)?;
    let text = value.to_string();
    let Some(found) = regex.captures(&text) else { return Ok(Value::from(())) };
    if groups.is_empty() {
        return Ok(Value::from(found.get(0).map_or("", |found| found.as_str())));
    }
    let mut texts = Vec::new();
    for wanted in groups {
        let wanted = wanted.to_string();
        let name = wanted.trim_start_matches('\\');
        let name = name.strip_prefix("g<").and_then(|name| name.strip_suffix('>')).unwrap_or(name);
        texts.push(group(name, &found).to_owned());
    }
    Ok(Value::from(texts))
}

/// The last value has the named arguments, if there are any.
fn split_options(mut values: Vec<Value>) -> Result<(Vec<Value>, Kwargs), Error> {
    let options = if values.last().is_some_and(Value::is_kwargs) { values.pop() } else { None };
    let options = match options {
        Some(options) => Kwargs::try_from(options)?,
        None => Kwargs::from_iter(std::iter::empty::<(String, Value)>()),
    };
    Ok((values, options))
}

pub(super) fn regex_findall(value: Value, pattern: &str, options: Kwargs) -> Result<Value, Error> {
    let (ignore_case, multiline) = flags(&options)?;
    options.assert_all_used()?;
    let regex = compile(pattern, ignore_case, multiline)?;
    let text = value.to_string();
    let text_of = |found: &Captures<'_>, number: usize| found.get(number).map_or("", |found| found.as_str()).to_owned();
    let found = regex.captures_iter(&text).map(|found| match regex.captures_len() {
        1 => Value::from(text_of(&found, 0)),
        2 => Value::from(text_of(&found, 1)),
        groups => (1..groups).map(|number| Value::from(text_of(&found, number))).collect(),
    });
    Ok(found.collect())
}

pub(super) fn regex_escape(value: &str) -> String {
    regex::escape(value)
}
