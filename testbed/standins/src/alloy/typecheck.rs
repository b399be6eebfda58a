//! The types of what is written out, as `alloy validate` knows them: it works nothing out, so whatever is made of names
//! and calls may come to anything.

use super::syntax::{Diagnostic, Expr, Kind};
use super::value::Value;
use super::value::literal;
use crate::{duration, labels};

/// Looks at an expression where a type is asked for.
pub fn check(expr: &Expr, kind: &str, wrong: &mut Vec<Diagnostic>) {
    match kind {
        "any" => return,
        "other" => {
            wrong.push(Diagnostic::unknown(expr.start, expr.end, "what may stand here"));
            return;
        }
        _ => {}
    }
    let mut error = |expr: &Expr, message: String| wrong.push(Diagnostic::new(expr.start, expr.end, message));
    match &expr.kind {
        Kind::Literal(_) => literally(expr, kind, wrong),
        Kind::Unary(sign, inner) => {
            let Kind::Literal(_) = inner.kind else { return };
            match (*sign, literal(inner)) {
                ("-", Ok(Value::Number(_))) | ("!", Ok(Value::Bool(_))) => literally(inner, kind, wrong),
                (sign, Ok(value)) => {
                    let expected = if sign == "-" { "number" } else { "bool" };
                    error(inner, format!("expected {expected}, got {}", value.kind()));
                }
                (_, Err(diagnostic)) => wrong.push(diagnostic),
            }
        }
        Kind::Array(items) => match kind {
            // anything may take what is sent
            "receivers" => {}
            "strings" => items.iter().for_each(|item| check(item, "string", wrong)),
            "numbers" => items.iter().for_each(|item| check(item, "number", wrong)),
            "targets" => items.iter().for_each(|item| check(item, "target", wrong)),
            kind => error(expr, format!("expected {}, got array", basic(kind))),
        },
        Kind::Object(fields) => match kind {
            "map" => fields.iter().for_each(|field| check(&field.value, "string", wrong)),
            "secrets" | "target" => {}
            kind => error(expr, format!("expected {}, got object", basic(kind))),
        },
        Kind::Name(_) | Kind::Access(..) | Kind::Index(..) | Kind::Call(..) | Kind::Binary(..) | Kind::Paren(_) => {}
    }
}

/// What Alloy calls a type.
pub fn basic(kind: &str) -> &'static str {
    match kind {
        "number" | "bool" => {
            if kind == "bool" {
                "bool"
            } else {
                "number"
            }
        }
        "receivers" | "strings" | "numbers" | "targets" => "array",
        "map" | "secrets" => "object",
        "rules" | "secret" | "target" => "capsule",
        _ => "string",
    }
}

fn literally(expr: &Expr, kind: &str, wrong: &mut Vec<Diagnostic>) {
    let value = match literal(expr) {
        Ok(value) => value,
        Err(diagnostic) => {
            wrong.push(diagnostic);
            return;
        }
    };
    let expected = basic(kind);
    let right = match (expected, &value) {
        (_, Value::Null) => return,
        ("string", value) => match value.text() {
            Some(text) => {
                wrong.extend(grammar(expr, kind, &text));
                return;
            }
            None => false,
        },
        ("number", Value::Text(text)) => is_number(text),
        ("number", Value::Number(_)) | ("bool", Value::Bool(_)) => true,
        (_, Value::Text(_)) => kind == "secret",
        _ => false,
    };
    if !right {
        wrong.push(Diagnostic::new(expr.start, expr.end, format!("expected {expected}, got {}", value.kind())));
    }
}

/// Whether Alloy takes a text for a number.
fn is_number(text: &str) -> bool {
    match text {
        text if text.starts_with('-') => text.parse::<i64>().is_ok(),
        text if text.contains(['.', 'e', 'E']) => text.parse::<f64>().is_ok(),
        text => !text.starts_with('+') && text.parse::<u64>().is_ok(),
    }
}

/// What is wrong with a text of which more is asked than that it is one.
pub fn grammar(expr: &Expr, kind: &str, text: &str) -> Option<Diagnostic> {
    let message = match kind {
        "duration" if duration::go(text.strip_prefix('-').unwrap_or(text)).is_none() => {
            format!("time: invalid duration {text:?}")
        }
        "regex" => format!("error parsing regexp: {}", labels::whole(text).err()?),
        "size" if super::write::bytes(text).is_none() => format!("units: invalid {text}"),
        "template" if text.contains("{{") => {
            return Some(Diagnostic::unknown(expr.start, expr.end, "Go's templates"));
        }
        kind if kind.contains('|') && kind.split('|').all(|known| known != text) => {
            format!("unrecognized value {text:?}, it is one of {}", kind.trim_start_matches('|').replace('|', ", "))
        }
        _ => return None,
    };
    Some(Diagnostic::new(expr.start, expr.end, message))
}
