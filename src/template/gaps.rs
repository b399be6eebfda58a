//! Gaps in values: what is undefined, or could not be had, and how far one looks for it.

use super::context::{Context, Failure, HostVars};
use minijinja::value::{Enumerator, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind};
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

/// The error of an item without an attribute.
pub(super) fn lacking(attribute: &str) -> Error {
    Error::new(ErrorKind::UndefinedError, format!("an item's `{attribute}` is undefined"))
}

/// The attributes of some items, by their name, where some items have none: `select('defined')` may follow.
#[derive(Debug)]
pub(super) struct Attributes {
    pub name: String,
    /// What was found, undefined where an item has none.
    pub values: Value,
}

impl Attributes {
    /// The error of its gaps.
    pub fn lacking(&self) -> Error {
        lacking(&self.name)
    }
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
        let gap = move |value: Value| if value.is_undefined() { Value::from(attributes.lacking()) } else { value };
        Enumerator::Iter(Box::new(found.map(gap)))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        self.values.len()
    }
}
