//! Lists and mappings.

use super::super::context::Context;
use super::super::gaps::{reason, undefined};
use super::{argument, invalid, items};
use minijinja::Error;
use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs};

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

/// The pairs of a mapping.
fn pairs(value: &Value, filter: &str) -> Result<Vec<(Value, Value)>, Error> {
    if value.kind() != ValueKind::Map {
        let found = super::super::kinds::words(value.kind());
        return Err(invalid(format!("`{filter}` needs a mapping, not {found}")));
    }
    let context = value.downcast_object_ref::<Context>();
    value
        .try_iter()?
        .checked()
        .map(|key| {
            let key = key?;
            // what is undefined of another host keeps its reason
            let failed = context.and_then(|context| context.lookup(key.as_str()?).err());
            let item = failed.map_or_else(|| value.get_item(&key), |failure| Ok(Value::from(Error::from(failure))));
            item.map(|item| (key, item))
        })
        .collect()
}

pub(super) fn combine(value: &Value, others: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let mut others = others.into_values();
    let options = if others.last().is_some_and(Value::is_kwargs) { others.pop() } else { None };
    let (mut recursive, mut merge) = (false, "replace".to_owned());
    if let Some(options) = options {
        let options = Kwargs::try_from(options)?;
        recursive = options.get::<Option<bool>>("recursive")?.unwrap_or(false);
        merge = options.get::<Option<String>>("list_merge")?.unwrap_or(merge);
        options.assert_all_used()?;
    }
    let merge = ListMerge::from_name(&merge)?;
    // lists of mappings may be given too
    let mut mappings = Vec::new();
    for value in std::iter::once(value).chain(&others) {
        if is_list(value) {
            mappings.extend(items(value, "combine")?);
        } else {
            mappings.push(value.clone());
        }
    }
    let mut combined = Value::from_pairs(Vec::<(Value, Value)>::new());
    for mapping in mappings {
        combined = merged(&combined, &mapping, recursive, merge)?;
    }
    Ok(combined)
}

/// What becomes of two lists under one key.
#[derive(Clone, Copy)]
enum ListMerge {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendNew,
    PrependNew,
}

impl ListMerge {
    fn from_name(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "replace" => Self::Replace,
            "keep" => Self::Keep,
            "append" => Self::Append,
            "prepend" => Self::Prepend,
            "append_rp" => Self::AppendNew,
            "prepend_rp" => Self::PrependNew,
            _ => {
                let known = "replace, keep, append, prepend, append_rp, prepend_rp";
                return Err(invalid(format!("`list_merge` is one of {known}, not `{name}`")));
            }
        })
    }

    fn merge(self, lower: &Value, higher: &Value) -> Result<Value, Error> {
        let (lower, higher) = (items(lower, "combine")?, items(higher, "combine")?);
        let without = |list: &[Value], others: &[Value]| -> Vec<Value> {
            list.iter().filter(|item| !others.contains(item)).cloned().collect()
        };
        Ok(Value::from(match self {
            Self::Replace => higher,
            Self::Keep => lower,
            Self::Append => [lower, higher].concat(),
            Self::Prepend => [higher, lower].concat(),
            Self::AppendNew => [without(&lower, &higher), higher].concat(),
            Self::PrependNew => {
                let rest = without(&lower, &higher);
                [higher, rest].concat()
            }
        }))
    }
}

fn merged(lower: &Value, higher: &Value, recursive: bool, merge: ListMerge) -> Result<Value, Error> {
    let mut result: Vec<(Value, Value)> = pairs(lower, "combine")?;
    for (key, value) in pairs(higher, "combine")? {
        let Some((_, existing)) = result.iter_mut().find(|(known, _)| *known == key) else {
            result.push((key, value));
            continue;
        };
        *existing = if recursive && existing.kind() == ValueKind::Map && value.kind() == ValueKind::Map {
            merged(existing, &value, recursive, merge)?
        } else if is_list(existing) && is_list(&value) {
            merge.merge(existing, &value)?
        } else {
            value
        };
    }
    Ok(Value::from_pairs(result))
}

/// Of mappings too whose length is not known beforehand.
pub(super) fn length(value: &Value) -> Result<usize, Error> {
    match (value.len(), value.kind()) {
        (None, ValueKind::Map) => Ok(items(value, "length")?.len()),
        _ => minijinja::filters::length(value),
    }
}

fn key_names(options: &Kwargs) -> Result<(String, String), Error> {
    let key = options.get::<Option<String>>("key_name")?.unwrap_or_else(|| "key".to_owned());
    let value = options.get::<Option<String>>("value_name")?.unwrap_or_else(|| "value".to_owned());
    options.assert_all_used()?;
    Ok((key, value))
}

pub(super) fn dict2items(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let (key_name, value_name) = key_names(&options)?;
    let pairs = pairs(value, "dict2items")?.into_iter();
    Ok(pairs.map(|(key, value)| Value::from_pairs([(key_name.clone(), key), (value_name.clone(), value)])).collect())
}

pub(super) fn items2dict(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let (key_name, value_name) = key_names(&options)?;
    let mut pairs = Vec::new();
    for item in items(value, "items2dict")? {
        let (key, value) = (item.get_attr(&key_name)?, item.get_attr(&value_name)?);
        if key.is_undefined() || value.is_undefined() {
            return Err(invalid(format!("`items2dict` needs items with `{key_name}` and `{value_name}`")));
        }
        pairs.push((key, value));
    }
    Ok(Value::from_pairs(pairs))
}

pub(super) fn flatten(value: &Value, levels: Option<usize>, options: Kwargs) -> Result<Value, Error> {
    let levels = argument(levels, &options, "levels")?;
    let skip_nulls = options.get::<Option<bool>>("skip_nulls")?.unwrap_or(true);
    options.assert_all_used()?;
    let mut flat = Vec::new();
    flatten_into(&items(value, "flatten")?, levels, skip_nulls, &mut flat)?;
    Ok(Value::from(flat))
}

fn flatten_into(list: &[Value], levels: Option<usize>, skip_nulls: bool, flat: &mut Vec<Value>) -> Result<(), Error> {
    for item in list {
        if item.is_undefined() {
            return Err(undefined(item));
        }
        if skip_nulls && item.is_none() {
            continue;
        }
        if is_list(item) && levels != Some(0) {
            flatten_into(&items(item, "flatten")?, levels.map(|levels| levels - 1), skip_nulls, flat)?;
        } else {
            flat.push(item.clone());
        }
    }
    Ok(())
}

fn distinct(list: Vec<Value>) -> Vec<Value> {
    let mut seen = Vec::new();
    for item in list {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

pub(super) fn unique(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let case_sensitive = options.get::<Option<bool>>("case_sensitive")?.unwrap_or(false);
    let attribute = options.get::<Option<String>>("attribute")?;
    options.assert_all_used()?;
    let mut seen: Vec<Value> = Vec::new();
    let mut kept = Vec::new();
    for item in items(value, "unique")? {
        let key = match &attribute {
            Some(attribute) => item.get_attr(attribute)?,
            None => item.clone(),
        };
        let key = match key.as_str() {
            Some(text) if !case_sensitive => Value::from(text.to_lowercase()),
            _ => key,
        };
        if !seen.contains(&key) {
            seen.push(key);
            kept.push(item);
        }
    }
    Ok(Value::from(kept))
}

pub(super) fn union(value: &Value, other: &Value) -> Result<Value, Error> {
    Ok(Value::from(distinct([items(value, "union")?, items(other, "union")?].concat())))
}

pub(super) fn intersect(value: &Value, other: &Value) -> Result<Value, Error> {
    let other = items(other, "intersect")?;
    let common = items(value, "intersect")?.into_iter().filter(|item| other.contains(item)).collect();
    Ok(Value::from(distinct(common)))
}

pub(super) fn difference(value: &Value, other: &Value) -> Result<Value, Error> {
    let other = items(other, "difference")?;
    let left = items(value, "difference")?.into_iter().filter(|item| !other.contains(item)).collect();
    Ok(Value::from(distinct(left)))
}

pub(super) fn symmetric_difference(value: &Value, other: &Value) -> Result<Value, Error> {
    let (one, other) = (items(value, "symmetric_difference")?, items(other, "symmetric_difference")?);
    let all = [one.as_slice(), other.as_slice()].concat().into_iter();
    Ok(Value::from(distinct(all.filter(|item| one.contains(item) != other.contains(item)).collect())))
}

pub(super) fn product(value: &Value, others: Rest<Value>) -> Result<Value, Error> {
    let mut rows: Vec<Vec<Value>> = items(value, "product")?.into_iter().map(|item| vec![item]).collect();
    for other in &others.0 {
        let other = items(other, "product")?;
        rows = rows
            .iter()
            .flat_map(|row| other.iter().map(|item| [row.as_slice(), std::slice::from_ref(item)].concat()))
            .collect();
    }
    Ok(rows.into_iter().map(Value::from).collect())
}

/// The item of `container` at the key that is filtered: `map('extract', hostvars, 'ansible_host')`.
pub(super) fn extract(key: &Value, container: &Value, more: Option<Value>) -> Result<Value, Error> {
    let more = match more {
        None => Vec::new(),
        Some(keys) if is_list(&keys) => items(&keys, "extract")?,
        Some(key) => vec![key],
    };
    std::iter::once(key).chain(&more).try_fold(container.clone(), |value, key| {
        let found = value.get_item(key)?;
        reason(&found).map_or(Ok(found), Err)
    })
}
