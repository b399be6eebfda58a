//! The tests (`x is match('…')`): some are the template engine's own, others Ansible has beyond them.

use super::filters::compile;
use super::gaps::Reach;
use super::undefined as guard;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, tests as engine};
use std::cmp::Ordering;

/// Ansible's that are not built yet. Those about the results of tasks never will be: there are no tasks.
pub(super) const UNBUILT: &[&str] = &[
    "abs",
    "callable",
    "changed",
    "directory",
    "exists",
    "failed",
    "file",
    "finished",
    "link",
    "link_exists",
    "mount",
    "nan",
    "reachable",
    "same_file",
    "skipped",
    "started",
    "succeeded",
    "success",
    "unreachable",
    "uri",
    "urn",
    "vault_encrypted",
    "vaulted_file",
];

/// The names of all that can be used.
pub(super) fn names() -> Vec<&'static str> {
    let operator = |name: &str| !name.starts_with(|first: char| first.is_alphabetic());
    TESTS.iter().map(|(name, _)| *name).filter(|name| !operator(name)).collect()
}

type Add = fn(&mut Environment<'static>, &'static str);

macro_rules! tests {
    ($($name:literal => $test:expr,)*) => {
        &[$(($name, |environment, name| {
            environment.add_test(name, guard::test(reach(name), Value::from_function($test)));
        }),)*]
    };
}

/// How far a test looks into what it is given. What is not here compares it, to the last.
fn reach(test: &str) -> Reach {
    match test {
        "defined" | "undefined" => Reach::Nowhere,
        "boolean" | "escaped" | "false" | "falsy" | "filter" | "float" | "int" | "integer" | "iterable" | "mapping"
        | "none" | "number" | "safe" | "sameas" | "sequence" | "string" | "test" | "true" | "truthy" => Reach::Values,
        "contains" | "in" => Reach::Items,
        _ => Reach::Everything,
    }
}

const TESTS: &[(&str, Add)] = tests! {
    "all" => all,
    "any" => any,
    "boolean" => engine::is_boolean,
    "contains" => contains,
    "defined" => defined,
    "divisibleby" => engine::is_divisibleby,
    "endingwith" => engine::is_endingwith,
    "eq" => engine::is_eq,
    "equalto" => engine::is_eq,
    "escaped" => engine::is_safe,
    "even" => engine::is_even,
    "false" => engine::is_false,
    "falsy" => falsy,
    "filter" => engine::is_filter,
    "float" => engine::is_float,
    "ge" => engine::is_ge,
    "greaterthan" => engine::is_gt,
    "gt" => engine::is_gt,
    "in" => engine::is_in,
    "int" => engine::is_integer,
    "integer" => engine::is_integer,
    "iterable" => engine::is_iterable,
    "le" => engine::is_le,
    "lessthan" => engine::is_lt,
    "lower" => engine::is_lower,
    "lt" => engine::is_lt,
    "mapping" => engine::is_mapping,
    "match" => at_start,
    "ne" => engine::is_ne,
    "none" => engine::is_none,
    "number" => engine::is_number,
    "odd" => engine::is_odd,
    "regex" => regex,
    "safe" => engine::is_safe,
    "sameas" => engine::is_sameas,
    "search" => anywhere,
    "sequence" => engine::is_sequence,
    "startingwith" => engine::is_startingwith,
    "string" => engine::is_string,
    "subset" => subset,
    "superset" => superset,
    "test" => engine::is_test,
    "true" => engine::is_true,
    "truthy" => Value::is_true,
    "undefined" => undefined,
    "upper" => engine::is_upper,
    "url" => url,
    "version" => version,
    "version_compare" => version,
    "!=" => engine::is_ne,
    "<" => engine::is_lt,
    "<=" => engine::is_le,
    "==" => engine::is_eq,
    ">" => engine::is_gt,
    ">=" => engine::is_ge,
};

pub(super) fn add(environment: &mut Environment<'static>) {
    for (name, add) in TESTS {
        add(environment, name);
    }
}

/// Another host's variable may be invalid, which knows why it is undefined.
fn undefined(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Undefined | ValueKind::Invalid)
}

fn defined(value: &Value) -> bool {
    !undefined(value)
}

fn at_start(value: &Value, pattern: &str, options: Kwargs) -> Result<bool, Error> {
    matches(value, &format!("^(?:{pattern})"), options)
}

fn anywhere(value: &Value, pattern: &str, options: Kwargs) -> Result<bool, Error> {
    matches(value, pattern, options)
}

fn regex(value: &Value, pattern: &str, options: Kwargs) -> Result<bool, Error> {
    let anchored = match options.get::<Option<String>>("match_type")?.as_deref() {
        None | Some("search") => pattern.to_owned(),
        Some("match") => format!("^(?:{pattern})"),
        Some("fullmatch") => format!("^(?:{pattern})$"),
        Some(other) => return Err(invalid(format!("`match_type` is search, match or fullmatch, not `{other}`"))),
    };
    matches(value, &anchored, options)
}

fn subset(value: &Value, other: &Value) -> Result<bool, Error> {
    all_in(value, other)
}

fn superset(value: &Value, other: &Value) -> Result<bool, Error> {
    all_in(other, value)
}

fn all(value: &Value) -> Result<bool, Error> {
    Ok(items(value)?.iter().all(Value::is_true))
}

fn any(value: &Value) -> Result<bool, Error> {
    Ok(items(value)?.iter().any(Value::is_true))
}

fn falsy(value: &Value) -> bool {
    !value.is_true()
}

fn url(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        text.split_once("://").is_some_and(|(scheme, rest)| {
            !scheme.is_empty()
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
                && !rest.is_empty()
        })
    })
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn matches(value: &Value, pattern: &str, options: Kwargs) -> Result<bool, Error> {
    let ignore_case = options.get::<Option<bool>>("ignorecase")?.unwrap_or(false);
    let multiline = options.get::<Option<bool>>("multiline")?.unwrap_or(false);
    options.assert_all_used()?;
    let text = value.to_string();
    Ok(compile(pattern, ignore_case, multiline)?.is_match(&text))
}

fn items(value: &Value) -> Result<Vec<Value>, Error> {
    value.try_iter()?.checked().collect()
}

fn contains(value: &Value, item: &Value) -> Result<bool, Error> {
    match (value.kind(), value.as_str()) {
        (_, Some(text)) => Ok(text.contains(&item.to_string())),
        (ValueKind::Map, _) => Ok(!value.get_item(item)?.is_undefined()),
        _ => Ok(items(value)?.contains(item)),
    }
}

fn all_in(part: &Value, whole: &Value) -> Result<bool, Error> {
    let whole = items(whole)?;
    Ok(items(part)?.iter().all(|item| whole.contains(item)))
}

/// `version('1.2', '>=')`, part by part: `1.10` is more than `1.9`.
fn version(value: &Value, other: &Value, operator: Option<String>, options: Kwargs) -> Result<bool, Error> {
    let operator = match operator {
        Some(operator) => operator,
        None => options.get::<Option<String>>("operator")?.unwrap_or_else(|| "eq".to_owned()),
    };
    options.get::<Option<bool>>("strict")?;
    let semantic = match options.get::<Option<String>>("version_type")?.as_deref() {
        None | Some("loose" | "strict" | "pep440") => false,
        Some("semver" | "semantic") => true,
        Some(other) => return Err(invalid(format!("the version type `{other}` is not built yet"))),
    };
    options.assert_all_used()?;
    let (one, other) = (value.to_string(), other.to_string());
    if one.is_empty() || other.is_empty() {
        return Err(invalid("an empty text is no version"));
    }
    let order = if semantic { compare_semantic(&one, &other) } else { compare_loose(&one, &other) };
    Ok(match operator.as_str() {
        "==" | "=" | "eq" => order.is_eq(),
        "!=" | "<>" | "ne" => order.is_ne(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        other => return Err(invalid(format!("`{other}` does not compare versions; one of ==, !=, <, <=, >, >= does"))),
    })
}

/// Numbers and words in turn; separators only separate.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Word(String),
    Number(u64),
}

fn parts(version: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let same = |c: char| if is_digit { c.is_ascii_digit() } else { c.is_alphabetic() };
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
        if end == 0 {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (part, after) = rest.split_at(end);
        parts.push(if is_digit { Part::Number(part.parse().unwrap_or(u64::MAX)) } else { Part::Word(part.to_owned()) });
        rest = after;
    }
    parts
}

fn compare_loose(one: &str, other: &str) -> Ordering {
    parts(one).cmp(&parts(other))
}

/// Before a release come its candidates: `1.0.0-rc.1` is less than `1.0.0`. What follows `+` does not count.
fn compare_semantic(one: &str, other: &str) -> Ordering {
    let split = |version: &str| {
        let version = version.split('+').next().unwrap_or_default().trim_start_matches('v').to_owned();
        match version.split_once('-') {
            Some((release, candidate)) => (parts(release), Some(semantic_parts(candidate))),
            None => (parts(&version), None),
        }
    };
    let ((release, candidate), (other_release, other_candidate)) = (split(one), split(other));
    release.cmp(&other_release).then_with(|| match (candidate, other_candidate) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => one.cmp(&other),
    })
}

/// Of a candidate's parts, numbers come before words.
fn semantic_parts(candidate: &str) -> Vec<(bool, u64, String)> {
    let part = |part: &str| match part.parse() {
        Ok(number) => (false, number, String::new()),
        Err(_) => (true, 0, part.to_owned()),
    };
    candidate.split('.').map(part).collect()
}
