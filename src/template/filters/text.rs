//! Text, numbers and truth values.

use super::{argument, invalid};
use crate::template::gaps::undefined;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::Error;
use minijinja::value::{Kwargs, Rest, Value, ValueKind};
use sha1::Digest;

/// Ansible's idea of truth: the engine's own would take `'no'` for true.
pub(super) fn bool(value: &Value) -> bool {
    match value.as_str() {
        Some(text) => matches!(text.to_lowercase().as_str(), "yes" | "on" | "1" | "true" | "y" | "t"),
        None => value.kind() == ValueKind::Bool && value.is_true() || *value == Value::from(1),
    }
}

/// What does not read as a number is the default, as in Jinja.
pub(super) fn int(value: &Value, default: Option<Value>, base: Option<u32>, options: Kwargs) -> Result<Value, Error> {
    let default = argument(default, &options, "default")?.unwrap_or(Value::from(0));
    let base = argument(base, &options, "base")?.unwrap_or(10);
    options.assert_all_used()?;
    if !(2..=36).contains(&base) {
        return Err(invalid("`base` is a number from 2 to 36"));
    }
    let Some(text) = value.as_str() else {
        return Ok(match value.kind() {
            ValueKind::Bool => Value::from(i64::from(value.is_true())),
            ValueKind::Number if value.is_integer() => value.clone(),
            #[allow(clippy::cast_possible_truncation)]
            ValueKind::Number => f64::try_from(value.clone()).map_or(default, |number| Value::from(number as i64)),
            _ => default,
        });
    };
    let text = text.trim().replace('_', "");
    let digits = match base {
        16 => text.trim_start_matches("0x"),
        8 => text.trim_start_matches("0o"),
        2 => text.trim_start_matches("0b"),
        _ => &text,
    };
    #[allow(clippy::cast_possible_truncation)]
    Ok(match i64::from_str_radix(digits, base) {
        Ok(number) => Value::from(number),
        Err(_) if base == 10 => text.parse::<f64>().map_or(default, |number| Value::from(number as i64)),
        Err(_) => default,
    })
}

pub(super) fn float(value: &Value, default: Option<Value>) -> Value {
    let default = default.unwrap_or(Value::from(0.0));
    match value.as_str() {
        Some(text) => text.trim().parse::<f64>().map_or(default, Value::from),
        None => f64::try_from(value.clone()).map_or(default, Value::from),
    }
}

/// Why something undefined is an error that `default` does not help.
#[derive(Debug, thiserror::Error)]
#[error("a mandatory variable is not defined")]
pub(in crate::template) struct Mandatory;

pub(super) fn mandatory(value: &Value, message: Option<String>, options: Kwargs) -> Result<Value, Error> {
    let message = argument(message, &options, "msg")?;
    options.assert_all_used()?;
    match (value.is_undefined(), message) {
        (false, _) => Ok(value.clone()),
        (true, Some(message)) => Err(invalid(message)),
        (true, None) => Err(undefined(value).with_source(Mandatory)),
    }
}

/// What is not taken may be undefined.
pub(super) fn ternary(value: Value, yes: Value, no: Value, none: Rest<Value>) -> Value {
    match none.first() {
        _ if value.is_undefined() => value,
        Some(none) if value.is_none() && !none.is_none() => none.clone(),
        _ if value.is_true() => yes,
        _ => no,
    }
}

pub(super) fn quote(value: &Value) -> String {
    let text = if value.is_none() { String::new() } else { value.to_string() };
    let safe = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !text.is_empty() && text.chars().all(safe) { text } else { format!("'{}'", text.replace('\'', "'\"'\"'")) }
}

pub(super) fn b64encode(value: &Value) -> String {
    match value.as_bytes() {
        Some(bytes) => STANDARD.encode(bytes),
        None => STANDARD.encode(value.to_string()),
    }
}

pub(super) fn b64decode(value: &str) -> Result<String, Error> {
    // Python's decoder skips line breaks too
    let compact: String = value.split_whitespace().collect();
    let bytes = STANDARD.decode(compact).map_err(|error| invalid(format!("this is no base64: {error}")))?;
    String::from_utf8(bytes).map_err(|_| invalid("what is encoded here is not UTF-8 text"))
}

pub(super) fn hash(value: &Value, algorithm: Option<String>) -> Result<String, Error> {
    let bytes = value.to_string().into_bytes();
    Ok(match algorithm.as_deref().unwrap_or("sha1") {
        "sha1" => hex(&sha1::Sha1::digest(bytes)),
        "sha224" => hex(&sha2::Sha224::digest(bytes)),
        "sha256" => hex(&sha2::Sha256::digest(bytes)),
        "sha384" => hex(&sha2::Sha384::digest(bytes)),
        "sha512" => hex(&sha2::Sha512::digest(bytes)),
        other => return Err(invalid(format!("the digest `{other}` is not built yet"))),
    })
}

pub(super) fn checksum(value: &Value) -> Result<String, Error> {
    hash(value, None)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Text as a comment in a config file, an empty comment line above and below it.
pub(super) fn comment(value: &Value, style: Option<String>, options: Kwargs) -> Result<String, Error> {
    let style = argument(style, &options, "style")?.unwrap_or_else(|| "plain".to_owned());
    let (begin, decoration, end) = match style.as_str() {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        other => return Err(invalid(format!("unknown style of comment `{other}`"))),
    };
    let decoration = options.get::<Option<String>>("decoration")?.unwrap_or_else(|| decoration.to_owned());
    let prefix = options.get::<Option<String>>("prefix")?.unwrap_or_else(|| decoration.trim_end().to_owned());
    let postfix = options.get::<Option<String>>("postfix")?.unwrap_or_else(|| decoration.trim_end().to_owned());
    options.assert_all_used()?;
    let text = value.to_string();
    let mut lines = Vec::new();
    lines.extend((!begin.is_empty()).then(|| begin.to_owned()));
    lines.extend((!prefix.is_empty()).then_some(prefix));
    lines.extend(text.lines().map(|line| format!("{decoration}{line}").trim_end().to_owned()));
    lines.extend((!postfix.is_empty()).then_some(postfix));
    lines.extend((!end.is_empty()).then(|| end.to_owned()));
    Ok(lines.join("\n"))
}

/// Python's name for the type.
pub(super) fn type_debug(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "AnsibleUndefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "dict",
        _ => "object",
    }
}
