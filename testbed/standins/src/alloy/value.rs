//! Values, and expressions that are worked out to them.

use super::config::Config;
use super::relabel::{self, Rule};
use super::syntax::{Diagnostic, Expr, Kind};
use crate::labels::Labels;
use std::sync::Arc;

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Text.
    Text(String),
    /// Text that nothing shows.
    Secret(String),
    /// `[...]`
    Array(Vec<Value>),
    /// `{...}`
    Object(Vec<(String, Value)>),
    /// Where lines can be sent to: a component's id.
    Receiver(String),
    /// Rules of a relabel component.
    Rules(Arc<Vec<Rule>>),
    /// A function of the standard library.
    Function(String),
}

impl Value {
    /// What Alloy calls such values.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Receiver(_) | Self::Rules(_) | Self::Secret(_) => "capsule",
            Self::Function(_) => "function",
        }
    }

    /// Its text; numbers have one, too.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Its text where a secret may stand.
    pub fn secret(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Secret(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// An object of texts.
    pub fn labels(&self) -> Option<Labels> {
        match self {
            Self::Object(fields) => fields.iter().map(|(name, value)| Some((name.clone(), value.text()?))).collect(),
            _ => None,
        }
    }

    /// The items of an array.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    fn of(labels: Labels) -> Self {
        Self::Object(labels.into_iter().map(|(name, value)| (name, Self::Text(value))).collect())
    }
}

const FUNCTIONS: &[&str] = &[
    "env",
    "sys.env",
    "concat",
    "array.concat",
    "coalesce",
    "string.format",
    "string.join",
    "string.replace",
    "string.split",
    "string.to_lower",
    "string.to_upper",
    "string.trim",
    "string.trim_prefix",
    "string.trim_suffix",
    "string.trim_space",
    "to_lower",
    "to_upper",
    "trim_space",
    "join",
    "split",
    "replace",
    "trim_prefix",
    "trim_suffix",
];
const OTHER_FUNCTIONS: &[&str] = &[
    "json_decode",
    "json_path",
    "yaml_decode",
    "base64_decode",
    "format",
    "nonsensitive",
    "trim",
    "encoding.from_json",
    "encoding.from_yaml",
    "encoding.from_base64",
    "encoding.from_URLbase64",
    "encoding.to_json",
    "encoding.to_base64",
    "encoding.to_URLbase64",
    "encoding.url_encode",
    "encoding.url_decode",
    "array.combine_maps",
    "array.group_by",
    "map.combine",
    "convert.nonsensitive",
    "file.path_join",
    "targets.merge",
];
const SPACES: &[&str] = &["sys", "array", "string", "constants", "encoding", "convert", "file", "map", "targets"];

/// The dotted name that an expression is, if it is nothing else.
pub fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        Kind::Name(name) => Some(name.clone()),
        Kind::Access(value, name) => Some(format!("{}.{name}", dotted(value)?)),
        _ => None,
    }
}

/// What is written out.
pub fn literal(expr: &Expr) -> Result<Value, Diagnostic> {
    let Kind::Literal(text) = &expr.kind else { return Ok(Value::Null) };
    Ok(match text.as_str() {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        text if text.starts_with(['"', '`']) => Value::Text(super::syntax::unquoted(text)),
        text => {
            let hex = text.strip_prefix("0x").and_then(|hex| i64::from_str_radix(hex, 16).ok()).map(|hex| hex as f64);
            let number = hex.or_else(|| text.parse().ok());
            Value::Number(
                number.ok_or_else(|| Diagnostic::new(expr.start, expr.end, format!("invalid number {text:?}")))?,
            )
        }
    })
}

/// Works an expression out.
pub fn evaluate(config: &Config, expr: &Expr) -> Result<Value, Diagnostic> {
    let error = |message: String| Diagnostic::new(expr.start, expr.end, message);
    match &expr.kind {
        Kind::Literal(_) => literal(expr),
        Kind::Array(items) => {
            Ok(Value::Array(items.iter().map(|item| evaluate(config, item)).collect::<Result<_, _>>()?))
        }
        Kind::Object(fields) => {
            let field = |field: &super::syntax::Field| Ok((field.plain().to_owned(), evaluate(config, &field.value)?));
            Ok(Value::Object(fields.iter().map(field).collect::<Result<_, _>>()?))
        }
        Kind::Paren(inner) => evaluate(config, inner),
        Kind::Name(_) | Kind::Access(..) => access(config, expr),
        Kind::Index(value, index) => match (evaluate(config, value)?, evaluate(config, index)?) {
            (Value::Array(items), Value::Number(at)) => items
                .get(at as usize)
                .cloned()
                .ok_or_else(|| error(format!("index {at} is out of range of array with length {}", items.len()))),
            (Value::Object(fields), Value::Text(name)) => field(fields, &name, expr),
            (value, _) => Err(error(format!("expected object or array, got {}", value.kind()))),
        },
        Kind::Call(function, arguments) => {
            let Value::Function(name) = evaluate(config, function)? else {
                return Err(Diagnostic::new(function.start, function.end, "expected function".to_owned()));
            };
            let arguments =
                arguments.iter().map(|argument| evaluate(config, argument)).collect::<Result<Vec<_>, _>>()?;
            call(&name, &arguments).map_err(error)
        }
        Kind::Unary(sign, inner) => match (*sign, evaluate(config, inner)?) {
            ("-", Value::Number(number)) => Ok(Value::Number(-number)),
            ("!", Value::Bool(value)) => Ok(Value::Bool(!value)),
            (sign, value) => {
                Err(error(format!("should be {}, got {}", if sign == "-" { "number" } else { "bool" }, value.kind())))
            }
        },
        Kind::Binary(left, sign, _, right) => {
            let (left, right) = (evaluate(config, left)?, evaluate(config, right)?);
            Ok(match (left, *sign, right) {
                (Value::Text(left), "+", Value::Text(right)) => Value::Text(left + &right),
                (Value::Number(left), "+", Value::Number(right)) => Value::Number(left + right),
                (Value::Number(left), "-", Value::Number(right)) => Value::Number(left - right),
                (Value::Number(left), "*", Value::Number(right)) => Value::Number(left * right),
                (Value::Number(left), "/", Value::Number(right)) => Value::Number(left / right),
                (Value::Bool(left), "&&", Value::Bool(right)) => Value::Bool(left && right),
                (Value::Bool(left), "||", Value::Bool(right)) => Value::Bool(left || right),
                (left, "==", right) => Value::Bool(format!("{left:?}") == format!("{right:?}")),
                (left, "!=", right) => Value::Bool(format!("{left:?}") != format!("{right:?}")),
                (left, sign, right) => {
                    return Err(Diagnostic::unknown(
                        expr.start,
                        expr.end,
                        &format!("`{sign}` of {} and {}", left.kind(), right.kind()),
                    ));
                }
            })
        }
    }
}

fn field(fields: Vec<(String, Value)>, name: &str, expr: &Expr) -> Result<Value, Diagnostic> {
    let found = fields.into_iter().find(|(known, _)| known == name);
    found
        .map(|(_, value)| value)
        .ok_or_else(|| Diagnostic::new(expr.start, expr.end, format!("field {name:?} does not exist")))
}

/// A name: of the standard library, or of something that a component exports.
fn access(config: &Config, expr: &Expr) -> Result<Value, Diagnostic> {
    let Some(name) = dotted(expr) else {
        let Kind::Access(value, name) = &expr.kind else { return Ok(Value::Null) };
        return match evaluate(config, value)? {
            Value::Object(fields) => field(fields, name, expr),
            other => Err(Diagnostic::new(
                expr.start,
                expr.end,
                format!("cannot access field {name:?} on value of type {}", other.kind()),
            )),
        };
    };
    if FUNCTIONS.contains(&name.as_str()) {
        return Ok(Value::Function(name));
    }
    if OTHER_FUNCTIONS.contains(&name.as_str()) {
        return Err(Diagnostic::unknown(expr.start, expr.end, &format!("`{name}`")));
    }
    match name.as_str() {
        "constants.hostname" => {
            let told = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            return Ok(Value::Text(told.trim().to_owned()));
        }
        "constants.os" => return Ok(Value::Text("linux".to_owned())),
        "constants.arch" => {
            return Ok(Value::Text(if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" }.to_owned()));
        }
        _ => {}
    }
    let missing = || {
        let space = SPACES.contains(&name.split('.').next().unwrap_or_default());
        let message = if space {
            format!("identifier {name:?} does not exist")
        } else {
            format!("component {name:?} does not exist or is out of scope")
        };
        Diagnostic::new(expr.start, expr.end, message)
    };
    let component = config.component(&name).ok_or_else(missing)?;
    let id = component.id();
    let rest = name[id.len()..].trim_start_matches('.').to_owned();
    let mut parts = rest.split('.');
    let export = parts.next().unwrap_or_default();
    if !super::shapes::exports(&component.name).contains(&export) || parts.next().is_some() {
        return Err(Diagnostic::new(expr.start, expr.end, format!("field {export:?} does not exist")));
    }
    let depth =
        config.enter(&id).ok_or_else(|| Diagnostic::new(component.start, component.start, format!("cycle: {id}")))?;
    let value = match export {
        "receiver" => Value::Receiver(id.clone()),
        "content" => super::files::content(config, component)?,
        "rules" => Value::Rules(Arc::new(relabel::rules(config, component)?)),
        "output" => {
            let rules = relabel::rules(config, component)?;
            let targets = config.attribute(component, "targets")?.unwrap_or(Value::Null);
            let targets = targets.items().iter().filter_map(Value::labels);
            Value::Array(targets.filter_map(|target| relabel::apply(&rules, target)).map(Value::of).collect())
        }
        _ => Value::Array(super::files::matched(config, component)?.into_iter().map(Value::of).collect()),
    };
    drop(depth);
    Ok(value)
}

fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let text = |index: usize| {
        let value =
            arguments.get(index).ok_or_else(|| format!("{name}: expected more arguments, got {}", arguments.len()))?;
        value.text().ok_or_else(|| format!("{name}: should be string, got {}", value.kind()))
    };
    let short = name.strip_prefix("string.").unwrap_or(name);
    Ok(match short {
        "env" | "sys.env" => Value::Text(std::env::var(text(0)?).unwrap_or_default()),
        "concat" | "array.concat" => {
            if let Some(other) = arguments.iter().find(|value| !matches!(value, Value::Array(_))) {
                return Err(format!("{name}: should be array, got {}", other.kind()));
            }
            Value::Array(arguments.iter().flat_map(|value| value.items().to_vec()).collect())
        }
        "coalesce" => {
            let empty = |value: &Value| match value {
                Value::Null => true,
                Value::Text(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                Value::Object(fields) => fields.is_empty(),
                Value::Number(number) => *number == 0.0,
                Value::Bool(value) => !value,
                _ => false,
            };
            arguments.iter().find(|value| !empty(value)).or(arguments.last()).cloned().unwrap_or(Value::Null)
        }
        "join" => {
            let items = arguments.first().map(Value::items).unwrap_or_default().iter().filter_map(Value::text);
            Value::Text(items.collect::<Vec<_>>().join(&text(1)?))
        }
        "split" => Value::Array(text(0)?.split(&text(1)?).map(|part| Value::Text(part.to_owned())).collect()),
        "replace" => Value::Text(text(0)?.replace(&text(1)?, &text(2)?)),
        "to_lower" => Value::Text(text(0)?.to_lowercase()),
        "to_upper" => Value::Text(text(0)?.to_uppercase()),
        "trim_space" => Value::Text(text(0)?.trim().to_owned()),
        "trim" => {
            let set = text(1)?;
            Value::Text(text(0)?.trim_matches(|c| set.contains(c)).to_owned())
        }
        "trim_prefix" => {
            let (whole, prefix) = (text(0)?, text(1)?);
            Value::Text(whole.strip_prefix(&prefix).unwrap_or(&whole).to_owned())
        }
        "trim_suffix" => {
            let (whole, suffix) = (text(0)?, text(1)?);
            Value::Text(whole.strip_suffix(&suffix).unwrap_or(&whole).to_owned())
        }
        _ => {
            let mut format = text(0)?;
            for index in 1..arguments.len() {
                let verb = ["%s", "%d", "%v", "%q"].into_iter().filter_map(|verb| format.find(verb)).min();
                let at = verb.ok_or_else(|| format!("{name}: more arguments than verbs"))?;
                format.replace_range(at..at + 2, &text(index)?);
            }
            Value::Text(format)
        }
    })
}
