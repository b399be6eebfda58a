//! Where undefined values stop, so that nothing takes them for empty ones.
//!
//! The engine itself refuses them in operators and in output, but hands them to filters, tests, functions and methods, and
//! lets them be members of lists and mappings. So all of these are called through here, and what a template comes to is
//! looked through. As in Ansible 2.19, what is given an undefined value comes to that value: `x | upper | default('-')`.
//!
//! The same goes for values that could not be had, such as facts that are not known yet: they are `Invalid` values of the
//! engine, which only notices some of them by itself.

use super::context::{Context, Failure, HostVars};
use minijinja::value::{Enumerator, Object, ObjectRepr, Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Error, ErrorKind, State};
use std::sync::Arc;

/// How far something looks into what it is given, and so how far that has to be defined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// It knows undefined values: `default`.
    Nowhere,
    /// The values, whatever their members are: `length`.
    Values,
    /// The values, and the items of lists among them: `sort`.
    Items,
    /// The values, and what lists and mappings among them hold: `dict2items`.
    Members,
    /// Everything: `to_json`.
    Everything,
}

/// What keeps a value from being used.
enum Gap {
    Undefined(Value),
    Failed(Error),
}

impl From<Gap> for Error {
    fn from(gap: Gap) -> Self {
        match gap {
            Gap::Undefined(value) => undefined(&value),
            Gap::Failed(error) => error,
        }
    }
}

/// The error of an undefined value; the engine completes it by the name of what it comes from.
pub(super) fn undefined(value: &Value) -> Error {
    value.get_attr("").err().unwrap_or_else(|| Error::from(ErrorKind::UndefinedError))
}

/// The error that an invalid value stands for.
pub(super) fn reason(value: &Value) -> Option<Error> {
    if value.kind() != ValueKind::Invalid {
        return None;
    }
    Value::from(vec![value.clone()]).try_iter().ok()?.checked().find_map(Result::err)
}

/// Whether a value could not be had because something is undefined.
fn is_undefined(error: &Error) -> bool {
    let failure = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Failure>());
    matches!(failure, Some(Failure::Undefined(_)))
}

/// Fails if anything in a value is undefined or could not be had.
///
/// # Errors
/// That of the first such part.
pub(super) fn complete(value: &Value) -> Result<(), Error> {
    Ok(look(value, Reach::Everything, true)?)
}

/// The filter behind operands: a value that is defined to the last, but for what other variables may hold.
pub(super) fn defined(value: Value) -> Result<Value, Error> {
    look(&value, Reach::Everything, false)?;
    Ok(value)
}

/// Whether nothing in a value is undefined or could not be had, but for what other variables may hold.
pub(super) fn is_complete(value: &Value) -> bool {
    look(value, Reach::Everything, false).is_ok()
}

/// Looks through a value; other hosts' variables are rendered only if somebody needs them all.
fn look(value: &Value, reach: Reach, render: bool) -> Result<(), Gap> {
    let inside = match (value.kind(), reach) {
        (ValueKind::Undefined, Reach::Nowhere) => return Ok(()),
        (ValueKind::Undefined, _) => return Err(Gap::Undefined(value.clone())),
        (ValueKind::Invalid, _) => {
            return match reason(value) {
                Some(error) if reach != Reach::Nowhere || !is_undefined(&error) => Err(Gap::Failed(error)),
                _ => Ok(()),
            };
        }
        (_, Reach::Nowhere | Reach::Values) => return Ok(()),
        (ValueKind::Seq | ValueKind::Iterable | ValueKind::Map, Reach::Items | Reach::Members) => Reach::Values,
        (ValueKind::Seq | ValueKind::Iterable | ValueKind::Map, Reach::Everything) => Reach::Everything,
        _ => return Ok(()),
    };
    if let Some(list) = value.downcast_object_ref::<Vec<Value>>() {
        return list.iter().try_for_each(|item| look(item, inside, render));
    }
    if let Some(attributes) = value.downcast_object_ref::<Attributes>() {
        return match look(&attributes.values, reach, render) {
            Err(Gap::Undefined(_)) => Err(Gap::Failed(lacking(&attributes.name))),
            other => other,
        };
    }
    let context = value.downcast_object_ref::<Context>();
    if let Some(context) = context
        && render
    {
        context.enumerable().map_err(|failure| Gap::Failed(failure.into()))?;
    }
    let of_host = context.is_some() || value.downcast_object_ref::<HostVars>().is_some();
    if of_host && !(render && reach == Reach::Everything) {
        return Ok(());
    }
    if let Some(context) = context {
        return context.members().try_for_each(|found| match found {
            Ok(found) => look(&found, inside, render),
            Err(failure) => Err(Gap::Failed(failure.into())),
        });
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    match value.kind() {
        ValueKind::Map if reach == Reach::Items => Ok(()),
        ValueKind::Map => {
            object.try_iter_pairs().into_iter().flatten().try_for_each(|(key, item)| {
                look(&key, Reach::Values, render).and_then(|()| look(&item, inside, render))
            })
        }
        _ => object.try_iter().into_iter().flatten().try_for_each(|item| look(&item, inside, render)),
    }
}

/// Arguments, those with names too.
fn look_at_all(arguments: &[Value], reach: Reach) -> Result<(), Gap> {
    arguments.iter().try_for_each(|argument| {
        if !argument.is_kwargs() {
            return look(argument, reach, true);
        }
        let named = argument.as_object().and_then(|named| named.try_iter_pairs());
        named.into_iter().flatten().try_for_each(|(_, argument)| look(&argument, reach, true))
    })
}

/// A filter that comes to the first undefined value that it is given.
pub(super) fn filter(
    name: &'static str,
    reach: Reach,
    filter: Value,
) -> impl Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Value, Error> + Send + Sync + 'static {
    move |state, arguments| {
        let mut arguments = arguments.into_values();
        // without a test, they look at the items themselves
        let reach = if matches!(name, "select" | "reject") && arguments.len() == 1 { Reach::Items } else { reach };
        match look_at_all(&arguments, reach) {
            Ok(()) => {}
            Err(Gap::Undefined(value)) => return Ok(value),
            Err(Gap::Failed(error)) => return Err(error),
        }
        look_at_attributes(name, &arguments)?;
        if let Some(attributes) = arguments.first().and_then(Value::downcast_object_ref::<Attributes>) {
            arguments[0] = attributes.values.clone();
        }
        let value = filter.call(state, &arguments)?;
        match reason(&value) {
            Some(error) => Err(error),
            None if name == "map" => Ok(with_name(value, &arguments)),
            None => Ok(value),
        }
    }
}

/// A function; like a filter.
pub(super) fn function(
    reach: Reach,
    function: Value,
) -> impl Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Value, Error> + Send + Sync + 'static {
    filter("", reach, function)
}

/// A test, which has no way to come to something undefined.
pub(super) fn test(
    reach: Reach,
    test: Value,
) -> impl Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Value, Error> + Send + Sync + 'static {
    move |state, arguments| {
        let arguments = arguments.into_values();
        look_at_all(&arguments, reach)?;
        test.call(state, &arguments)
    }
}

/// Methods of text, lists and mappings; like filters.
pub(super) fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(undefined(value));
    }
    let reach = if value.kind() == ValueKind::String { Reach::Everything } else { Reach::Values };
    match look_at_all(arguments, reach) {
        Ok(()) => {}
        Err(Gap::Undefined(value)) => return Ok(value),
        Err(Gap::Failed(error)) => return Err(error),
    }
    if let Some(context) = value.downcast_object_ref::<Context>() {
        match (name, arguments.first()) {
            // it could not tell why there is no value
            ("get", Some(key)) => drop(context.lookup(key.as_str().unwrap_or_default())?),
            _ => context.enumerable()?,
        }
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, arguments)
}

/// Filters that look at one attribute of each item must find it there, unless they are told what to do without.
fn look_at_attributes(filter: &str, arguments: &[Value]) -> Result<(), Error> {
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
            match look(&at_path(&item, path), Reach::Values, true) {
                Err(Gap::Undefined(_)) if !may_lack => return Err(lacking(path)),
                Ok(()) | Err(Gap::Undefined(_)) => {}
                Err(Gap::Failed(error)) if may_lack && is_undefined(&error) => {}
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

fn lacking(attribute: &str) -> Error {
    Error::new(ErrorKind::UndefinedError, format!("an item's `{attribute}` is undefined"))
}

/// The attributes of some items, by their name, where some items have none: `select('defined')` may follow.
#[derive(Debug)]
struct Attributes {
    name: String,
    values: Value,
}

impl Object for Attributes {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.values.as_object()?.get_value(key)
    }

    /// Filters are given the values; for whatever else goes through them, such as `in`, a gap is an error.
    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let found = self.values.as_object().and_then(|values| values.try_iter()).into_iter().flatten();
        let attributes = Arc::clone(self);
        let gap = move |value: Value| if value.is_undefined() { Value::from(lacking(&attributes.name)) } else { value };
        Enumerator::Iter(Box::new(found.map(gap)))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        self.values.len()
    }
}

/// What `map(attribute='x')` and `map('extract', mapping, 'x')` come to, with the name if there are gaps in it.
fn with_name(values: Value, arguments: &[Value]) -> Value {
    if !matches!(look(&values, Reach::Items, false), Err(Gap::Undefined(_))) {
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
