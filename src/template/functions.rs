//! Functions that templates may call: lookups, and how hosts reach one another.

use super::context::{Context, Failure};
use super::gaps::Reach;
use super::undefined;
use minijinja::value::{Kwargs, Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, functions as engine};

/// All that can be used.
pub(super) const NAMES: &[&str] =
    &["dict", "host_address", "host_of_url", "lookup", "namespace", "q", "query", "range"];

/// Ansible's and Jinja's that are not built yet.
pub(super) const UNBUILT: &[&str] = &["cycler", "finalize", "joiner", "lipsum", "now", "undef"];

/// Lookups that are built.
const LOOKUPS: &str = "env, file, secret, vars";

pub(super) fn add(environment: &mut Environment<'static>) {
    let mut add = |name, reach, function| environment.add_function(name, undefined::function(reach, function));
    add("dict", Reach::Everything, Value::from_function(engine::dict));
    add("namespace", Reach::Nowhere, Value::from_function(engine::namespace));
    add("range", Reach::Everything, Value::from_function(engine::range));
    add("lookup", Reach::Everything, Value::from_function(lookup));
    add("query", Reach::Everything, Value::from_function(query));
    add("q", Reach::Everything, Value::from_function(query));
    add("host_address", Reach::Everything, Value::from_function(host_address));
    add("host_of_url", Reach::Everything, Value::from_function(host_of_url));
}

fn lookup(state: &State<'_, '_>, kind: &str, terms: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let mut found = look_up(state, kind, terms.into_values())?;
    Ok(match found.len() {
        1 => found.remove(0),
        _ => Value::from(found.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    })
}

fn query(state: &State<'_, '_>, kind: &str, terms: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    look_up(state, kind, terms.into_values()).map(Value::from)
}

fn host_address(state: &State<'_, '_>, host: &str, options: Kwargs) -> Result<String, Error> {
    let listens = options.get::<Option<String>>("listens")?.unwrap_or_default();
    options.assert_all_used()?;
    address(state, host, &listens)
}

/// The host of the inventory that a URL leads to, seen from the host that is being rendered; empty if it is none.
fn host_of_url(state: &State<'_, '_>, url: &str) -> Result<String, Error> {
    let context = Context::of_state(state);
    let context = context.as_ref().ok_or_else(|| invalid("host_of_url is for values of hosts"))?;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let name = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    let scope = &context.scope;
    // every inventory has a localhost, which is the machine that solti runs on; here it is the host's own word
    if is_local(name) {
        return Ok(scope.host().unwrap_or_default().to_owned());
    }
    if scope.other(name).is_some() {
        return Ok(name.to_owned());
    }
    for other in scope.hosts() {
        let Some(its) = scope.other(&other) else { continue };
        if its.lookup("ansible_host", context.chain.as_ref())?.is_some_and(|address| address.to_string() == name) {
            return Ok(other);
        }
    }
    Ok(String::new())
}

fn is_local(address: &str) -> bool {
    address == "localhost" || address == "::1" || address.starts_with("127.")
}

/// The address by which the host that is being rendered reaches another of the inventory, as URLs have it.
fn address(state: &State<'_, '_>, to: &str, listens: &str) -> Result<String, Error> {
    let context = Context::of_state(state);
    let context = context.as_ref().ok_or_else(|| invalid("host_address is for values of hosts"))?;
    let Some(its) = context.scope.other(to) else {
        return Err(invalid(format!("host_address: no host `{to}` in the inventory")));
    };
    let own = context.scope.host() == Some(to);
    let listens = listens.trim_start_matches('[').trim_end_matches(']');
    let login = its.lookup("ansible_host", context.chain.as_ref())?.map(|value| value.to_string()).unwrap_or_default();
    let address = match listens {
        // only in that family, perhaps
        "::" if own => Some("::1"),
        "" | "0.0.0.0" | "::" | "*" => None,
        specific => (own || !is_local(specific)).then_some(specific),
    };
    let address = address.unwrap_or(match login.as_str() {
        _ if own => "127.0.0.1",
        // with forwarded ports, it is the address of the machine that solti runs on
        login if login.is_empty() || is_local(login) => to,
        login => login,
    });
    Ok(if address.contains(':') { format!("[{address}]") } else { address.to_owned() })
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
            "secret" => Value::from(secret(state, name, options.as_ref())?),
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

/// A secret that a host keeps: this one, or `host`.
fn secret(state: &State<'_, '_>, name: &str, options: Option<&Kwargs>) -> Result<String, Error> {
    let host = match options {
        Some(options) => options.get::<Option<String>>("host")?,
        None => None,
    };
    let context = Context::of_state(state);
    let context = context.as_ref().ok_or_else(|| invalid("lookup('secret') is for values of hosts"))?;
    if let Some(host) = &host
        && context.scope.other(host).is_none()
    {
        return Err(invalid(format!("lookup('secret'): no host `{host}` in the inventory")));
    }
    context.scope.secret(host.as_deref(), name).map_err(|error| invalid(error.to_string()))
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
