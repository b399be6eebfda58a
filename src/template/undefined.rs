//! Where undefined values stop, so that nothing takes them for empty ones.
//!
//! The engine itself refuses them in operators and in output, but hands them to filters, tests, functions and methods, and
//! lets them be members of lists and mappings. So all of these are called through here, and what a template comes to is
//! looked through. As in Ansible 2.19, what is given an undefined value comes to that value: `x | upper | default('-')`.
//!
//! The same goes for values that could not be had, such as facts that are not known yet: they are `Invalid` values of the
//! engine, which only notices some of them by itself.

use super::attributes::{self, Attributes};
use super::context::{Context, Failure, HostVars};
use minijinja::value::{Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Error, ErrorKind, State};

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
pub(super) enum Gap {
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
pub(super) fn is_undefined(error: &Error) -> bool {
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
pub(super) fn look(value: &Value, reach: Reach, render: bool) -> Result<(), Gap> {
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
            Err(Gap::Undefined(_)) => Err(Gap::Failed(attributes.lacking())),
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
        if let Some(attributes) = arguments.first_mut()
            && let Some(values) = attributes.downcast_object_ref::<Attributes>().map(|found| found.values.clone())
        {
            *attributes = values;
        }
        attributes::look(name, &arguments)?;
        let value = filter.call(state, &arguments)?;
        match reason(&value) {
            Some(error) => Err(error),
            None if name == "map" => Ok(attributes::with_name(value, &arguments)),
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
