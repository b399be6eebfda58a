//! Kinds of values, as errors call them.

use minijinja::value::ValueKind;

/// A kind of value in words.
pub(super) fn words(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Undefined => "something undefined",
        ValueKind::None => "nothing",
        ValueKind::Bool => "true or false",
        ValueKind::Number => "a number",
        ValueKind::String | ValueKind::Bytes => "text",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a mapping",
        _ => "something else",
    }
}
