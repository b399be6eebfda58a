//! Functions that templates may call: lookups.

use super::context::{Context, Failure};
use minijinja::value::{Kwargs, Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State};

/// All that can be used.
pub(super) const NAMES: &[&str] = &["dict", "lookup", "namespace", "q", "query", "range"];

/// Ansible's and Jinja's that are not built yet.
pub(super) const UNBUILT: &[&str] = &["cycler", "finalize", "joiner", "lipsum", "now", "undef"];

/// Lookups that are built.
const LOOKUPS: &str = "env, file, vars";

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_function("lookup", |state: &State<'_, '_>, kind: &str, terms: Rest<ValueOrKwargs>| {
        let mut found = look_up(state, kind, terms.into_values())?;
        Ok::<_, Error>(match found.len() {
            1 => found.remove(0),
            _ => Value::from(found.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
        })
    });
    for name in ["query", "q"] {
        environment.add_function(name, |state: &State<'_, '_>, kind: &str, terms: Rest<ValueOrKwargs>| {
            look_up(state, kind, terms.into_values()).map(Value::from)
        });
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn look_up(state: &State<'_, '_>, kind: &str, mut terms: Vec<Value>) -> Result<Vec<Value>, Error> {
    let options = match terms.last() {
        Some(last) if last.is_kwargs() => Some(Kwargs::try_from(last.clone())?),
        _ => None,
    };
    if options.is_some() {
        terms.pop();
    }
    let default = match &options {
        Some(options) => options.get::<Option<Value>>("default")?,
        None => None,
    };
    let kind = kind.rsplit('.').next().unwrap_or(kind);
    let mut found = Vec::new();
    for term in terms {
        let name = term.as_str().ok_or_else(|| invalid(format!("lookup('{kind}') needs text")))?;
        found.push(match kind {
            "env" => std::env::var(name).map_or_else(|_| default.clone().unwrap_or(Value::from("")), Value::from),
            "file" => file(state, name, options.as_ref())?,
            "vars" => match (variable(state, name)?, &default) {
                (Some(value), _) => value,
                (None, Some(default)) => default.clone(),
                (None, None) => return Err(invalid(format!("no variable `{name}`"))),
            },
            _ => return Err(invalid(format!("lookup('{kind}') is not built yet; these are: {LOOKUPS}"))),
        });
    }
    if let Some(options) = options {
        options.assert_all_used()?;
    }
    Ok(found)
}

fn variable(state: &State<'_, '_>, name: &str) -> Result<Option<Value>, Error> {
    let Some(context) = Context::of_state(state) else { return Ok(None) };
    Ok(context.scope.lookup(name, context.chain.as_ref())?)
}

fn file(state: &State<'_, '_>, name: &str, options: Option<&Kwargs>) -> Result<Value, Error> {
    let context = Context::of_state(state);
    let loader = context.as_ref().and_then(|context| context.scope.loader());
    let found = match loader {
        Some(loader) => loader.load_file(name).map_err(Failure::from)?,
        None => None,
    };
    let content = match found {
        Some(content) => content,
        None if name.starts_with('/') => {
            std::fs::read(name).map_err(|error| invalid(format!("cannot read {name}: {error}")))?
        }
        None => return Err(invalid(format!("no file `{name}`"))),
    };
    let text = String::from_utf8(content).map_err(|_| invalid(format!("{name} is not UTF-8 text")))?;
    let flag = |name: &str, default: bool| match options {
        Some(options) => options.get::<Option<bool>>(name).map(|flag| flag.unwrap_or(default)),
        None => Ok(default),
    };
    let text = if flag("rstrip", true)? { text.trim_end() } else { &text };
    Ok(Value::from(if flag("lstrip", false)? { text.trim_start() } else { text }))
}
