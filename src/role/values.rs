//! An option's value as the type that it should have.

use super::{OptionSpec, OptionType};
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use crate::template;
use crate::yaml::{Node, Value};
use regex::Regex;
use std::sync::OnceLock;

/// The value with its type: a number written as text is a number, `"yes"` is true. Nothing stays nothing.
///
/// # Errors
/// What the option expects instead, at the value's place.
pub(super) fn typed(option: &OptionSpec, node: &Node) -> Result<Node, Diagnostics> {
    if matches!(node.value, Value::Null) {
        return Ok(node.clone());
    }
    let value = converted(option, node)?;
    let mut node = Node { value, ..node.clone() };
    if option.texts {
        texts(option, &mut node)?;
    }
    labels(option, &node, option.labels)?;
    check_choices(option, &node)?;
    Ok(node)
}

/// Names of labels, as Prometheus, Loki and Alloy have them: what is called otherwise is refused with all that has it.
fn labels(option: &OptionSpec, node: &Node, are_labels: bool) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::new();
    match &node.value {
        Value::Mapping(entries) => {
            for entry in entries {
                if are_labels && !LABEL.matches(&entry.key) {
                    let message = format!("`{}` has a label called `{}`", option.name, entry.key);
                    let hint = "a label's name is letters, digits and `_`, and begins with no digit";
                    errors.push(Diagnostic::at(&entry.key_span, message).hint(hint));
                }
                errors.collect(labels(option, &entry.value, option.label_keys.contains(&entry.key)));
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| _ = errors.collect(labels(option, item, false))),
        _ => {}
    }
    errors.or(())
}

/// Each value in a list or a mapping as text.
fn texts(option: &OptionSpec, node: &mut Node) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut one = |name: &str, value: &mut Node| match (value.printed(), value.read_otherwise()) {
        (Some(printed), None) => value.value = text(printed),
        (Some(printed), Some(_)) => {
            errors.push(value.in_quotes(format!("`{}.{name}` would be read as {printed}", option.name)));
        }
        (None, _) => {
            let message = format!("`{}.{name}` is {}, not text", option.name, value.describe());
            errors.push(Diagnostic::at(&value.span, message));
        }
    };
    match &mut node.value {
        Value::Mapping(entries) => entries.iter_mut().for_each(|entry| one(&entry.key, &mut entry.value)),
        Value::Sequence(items) => {
            items.iter_mut().enumerate().for_each(|(number, item)| one(&number.to_string(), item));
        }
        _ => {}
    }
    errors.or(())
}

fn converted(option: &OptionSpec, node: &Node) -> Result<Value, Diagnostics> {
    let wrong = |expected: &str| wrong(option, node, expected);
    Ok(match option.kind {
        OptionType::Any => node.value.clone(),
        OptionType::String => text(plain_text(option, node, "text")?),
        OptionType::Secret => text(plain_text(option, node, "text (a secret)")?),
        OptionType::Integer => Value::Integer(integer(option, node)?),
        OptionType::Port => match integer_of(node) {
            Some(port @ 1..=65535) => Value::Integer(port),
            _ => return Err(wrong("a port, 1 to 65535")),
        },
        OptionType::Number => match &node.value {
            Value::Integer(_) | Value::Float(_) => node.value.clone(),
            Value::String { text, .. } => text.trim().parse().map(Value::Float).map_err(|_| wrong("a number"))?,
            _ => return Err(wrong("a number")),
        },
        OptionType::Boolean => Value::Bool(node.boolean().map_err(|_| wrong("true or false"))?),
        OptionType::Path => match node.as_str() {
            Some(path) if path.starts_with('/') && !path.contains('\n') => node.value.clone(),
            _ => return Err(wrong("an absolute path")),
        },
        OptionType::Duration => duration(option, node)?,
        OptionType::Size => match &node.value {
            Value::Integer(bytes) if *bytes >= 0 => node.value.clone(),
            Value::String { text, .. } if template::bytes(text).is_some() => node.value.clone(),
            _ => return Err(wrong("an amount of bytes: `512MB`, `4GiB`")),
        },
        OptionType::Date => match node.as_str() {
            // programs take no other way of writing one
            Some(day) if day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok() => node.value.clone(),
            _ => return Err(wrong("a day, as `2024-04-01`")),
        },
        OptionType::Url => match node.as_str() {
            Some(url) if URL.matches(url) => node.value.clone(),
            _ => return Err(wrong("a URL with its scheme: `http://localhost:3100`")),
        },
        OptionType::Choice => node.value.clone(),
        OptionType::List => match &node.value {
            Value::Sequence(_) => node.value.clone(),
            _ => return Err(wrong("a list")),
        },
        OptionType::Mapping => match &node.value {
            Value::Mapping(_) => node.value.clone(),
            _ => return Err(wrong("a mapping")),
        },
    })
}

fn text(text: String) -> Value {
    Value::String { text, verbatim: true }
}

/// A length of time that programs know, which is nothing or no less than the shortest.
fn duration(option: &OptionSpec, node: &Node) -> Result<Value, Diagnostics> {
    let found = match &node.value {
        Value::Integer(0) => Some(0),
        Value::String { text, .. } => template::milliseconds(text),
        _ => None,
    };
    let least = option.shortest.as_deref().and_then(template::milliseconds);
    match found {
        Some(0) => Ok(text("0s".to_owned())),
        Some(found) if least.is_none_or(|least| found >= least) => Ok(node.value.clone()),
        Some(_) => {
            Err(wrong(option, node, &format!("at least {}, or 0", option.shortest.as_deref().unwrap_or_default())))
        }
        None => Err(wrong(option, node, "a length of time with its unit: `30s`, `15m`, `12h`, `30d`")),
    }
}

/// The error of a value that is something else than expected; a secret's value is not named.
fn wrong(option: &OptionSpec, node: &Node, expected: &str) -> Diagnostics {
    let found = match (node.as_str(), node.printed()) {
        _ if option.kind == OptionType::Secret => node.describe().to_owned(),
        (Some(text), _) if text.contains('\n') => node.describe().to_owned(),
        (Some(text), _) => format!("the text `{text}`"),
        (None, Some(number)) => number,
        (None, None) => node.describe().to_owned(),
    };
    Diagnostic::at(&node.span, format!("`{}` is {found}, not {expected}", option.name))
        .maybe_hint(option.help.clone().map(|help| format!("{}: {help}", option.name)))
        .into()
}

/// Text, or a number that prints as it was written: `3.10` would become 3.1, and `0644` 420.
fn plain_text(option: &OptionSpec, node: &Node, expected: &str) -> Result<String, Diagnostics> {
    match &node.value {
        Value::String { text, .. } => Ok(text.clone()),
        Value::Integer(_) | Value::Float(_) => {
            let printed = node.printed().unwrap_or_default();
            match node.read_otherwise() {
                Some(_) => {
                    let message = format!("`{}` would be read as the number {printed}", option.name);
                    Err(node.in_quotes(message).into())
                }
                None => Ok(printed),
            }
        }
        Value::Bool(_) => {
            let message = format!("`{}` is {expected}, but this reads as true or false", option.name);
            Err(node.in_quotes(message).into())
        }
        _ => Err(wrong(option, node, expected)),
    }
}

fn integer_of(node: &Node) -> Option<i64> {
    match &node.value {
        Value::Integer(number) => Some(*number),
        Value::String { text, .. } => text.trim().parse().ok(),
        _ => None,
    }
}

fn integer(option: &OptionSpec, node: &Node) -> Result<i64, Diagnostics> {
    let expected = match (option.min, option.max) {
        (Some(min), Some(max)) => format!("a whole number from {min} to {max}"),
        (Some(min), None) => format!("a whole number, at least {min}"),
        (None, Some(max)) => format!("a whole number, at most {max}"),
        (None, None) => "a whole number".to_owned(),
    };
    integer_of(node)
        .filter(|number| option.min.is_none_or(|min| *number >= min) && option.max.is_none_or(|max| *number <= max))
        .ok_or_else(|| wrong(option, node, &expected))
}

/// Each item of a list must be one of the choices, or else the value itself.
fn check_choices(option: &OptionSpec, node: &Node) -> Result<(), Diagnostics> {
    if option.choices.is_empty() {
        return Ok(());
    }
    if let (OptionType::List, Value::Sequence(items)) = (option.kind, &node.value) {
        let mut errors = Diagnostics::new();
        for item in items {
            errors.collect(check_choice(option, item));
        }
        return errors.or(());
    }
    check_choice(option, node)
}

fn check_choice(option: &OptionSpec, node: &Node) -> Result<(), Diagnostics> {
    if option.choices.iter().any(|choice| choice.to_json() == node.to_json()) {
        return Ok(());
    }
    let names: Vec<String> = option.choices.iter().filter_map(Node::printed).collect();
    let near = node.as_str().and_then(|text| did_you_mean(text, names.iter().map(String::as_str)));
    let near = near.map(|near| format!("did you mean `{near}`?"));
    let found = node.printed().map_or_else(|| node.describe().to_owned(), |text| format!("`{text}`"));
    let error = Diagnostic::at(&node.span, format!("`{}` cannot be {found}", option.name))
        .label(format!("one of {}", names.join(", ")))
        .maybe_hint(near.or_else(|| option.help.clone().map(|help| format!("{}: {help}", option.name))));
    Err(error.into())
}

/// A pattern that is compiled once.
struct Pattern(&'static str, OnceLock<Option<Regex>>);

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        self.1.get_or_init(|| Regex::new(self.0).ok()).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

static LABEL: Pattern = Pattern(r"^[a-zA-Z_][a-zA-Z0-9_]*$", OnceLock::new());
static URL: Pattern = Pattern(r"^[A-Za-z][A-Za-z0-9+.-]*://[^\s/]\S*$|^unix:/\S+$|^file:///\S*$", OnceLock::new());
