//! One attribute of each item of a list: `map(attribute='x')`, `sum(attribute='x')`.

use super::gaps::{self, Attributes, Gap, Reach, lacking};
use minijinja::Error;
use minijinja::value::{Value, ValueKind};

/// Filters that look at one attribute of each item must find it there, unless they are told what to do without.
pub(super) fn look(filter: &str, arguments: &[Value]) -> Result<(), Error> {
    let position = match filter {
        "groupby" | "selectattr" | "sum" | "rejectattr" => 1,
        "join" => 2,
        "map" | "max" | "min" | "sort" | "unique" => usize::MAX,
        _ => return Ok(()),
    };
    let test = matches!(filter, "selectattr" | "rejectattr").then(|| arguments.get(2)).flatten();
    let positional = arguments.get(position).filter(|argument| !argument.is_kwargs());
    let Some(attribute) = positional.cloned().or_else(|| named(arguments, "attribute")) else { return Ok(()) };
    let (Some(attribute), Some(list)) = (attribute.as_str(), arguments.first()) else { return Ok(()) };
    // a filter that cannot go through it says so itself
    let Ok(items) = list.try_iter() else { return Ok(()) };
    let may_lack = filter == "map"
        || named(arguments, "default").is_some()
        || test.and_then(Value::as_str).is_some_and(|test| matches!(test, "defined" | "undefined"));
    let several = if filter == "sort" { ',' } else { '\0' };
    for item in items.checked() {
        let item = item?;
        for path in attribute.split(several).map(str::trim) {
            match gaps::look(&at_path(&item, path), Reach::Values, true) {
                Err(Gap::Undefined(_)) if !may_lack => return Err(lacking(path)),
                Ok(()) | Err(Gap::Undefined(_)) => {}
                Err(Gap::Failed(error)) if may_lack && gaps::is_undefined(&error) => {}
                Err(Gap::Failed(error)) => return Err(error),
            }
        }
    }
    Ok(())
}

/// An argument that is given by its name.
fn named(arguments: &[Value], name: &str) -> Option<Value> {
    let named = arguments.last().filter(|last| last.is_kwargs())?;
    named.get_attr(name).ok().filter(|value| !value.is_undefined())
}

/// What is at `a.0.b` of a value, or why it could not be had.
fn at_path(value: &Value, path: &str) -> Value {
    path.split('.').fold(value.clone(), |value, part| match (value.kind(), part.parse::<usize>()) {
        (ValueKind::Invalid, _) => value,
        (_, Ok(index)) => value.get_item_by_index(index).unwrap_or_default(),
        (_, Err(_)) => value.get_attr(part).unwrap_or_default(),
    })
}

/// What `map(attribute='x')` and `map('extract', mapping, 'x')` come to, with the name if there are gaps in it.
pub(super) fn with_name(values: Value, arguments: &[Value]) -> Value {
    if !matches!(gaps::look(&values, Reach::Items, false), Err(Gap::Undefined(_))) {
        return values;
    }
    let name = match arguments {
        [_, filter, _, keys] if filter.as_str() == Some("extract") => Some(keys.clone()),
        _ => named(arguments, "attribute"),
    };
    match name {
        Some(name) => Value::from_object(Attributes { name: name.to_string(), values }),
        None => values,
    }
}
