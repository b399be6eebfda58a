//! Where undefined values stop, so that nothing takes them for empty ones.
//!
//! The engine itself refuses them in operators and in output, but hands them to filters, tests, functions and methods, and
//! lets them be members of lists and mappings. So all of these are called through here, and what a template comes to is
//! looked through. As in Ansible 2.19, what is given an undefined value comes to that value: `x | upper | default('-')`.
//!
//! The same goes for values that could not be had, such as facts that are not known yet: they are `Invalid` values of the
//! engine, which only notices some of them by itself.

use super::attributes;
use super::context::Context;
use super::gaps::{Attributes, Gap, Reach, look, reason, undefined};
use minijinja::value::{Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Error, State};

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
