//! What a template sees while it is rendered: variables looked up by name, and why one of them failed.

use super::{RenderError, Scope};
use crate::source::{Diagnostic, Diagnostics, Span};
use minijinja::value::{Enumerator, Object};
use minijinja::{Error, ErrorKind, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The name by which functions reach the context; no template can spell it.
pub(super) const SELF: &str = "\u{0}context";

/// So many variables may need one another in a row; deeper is a mistake, and would exhaust the stack.
const CHAIN_LIMIT: usize = 40;

/// Why a value could not be had.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// It is wrong.
    Invalid(Diagnostics),
    /// It refers to something that is not defined, so it counts as undefined itself: `default` helps.
    Undefined(Diagnostics),
    /// It asks for facts, which are not known yet.
    NeedsFacts,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a variable could not be rendered")
    }
}

impl std::error::Error for Failure {}

impl From<Diagnostic> for Failure {
    fn from(error: Diagnostic) -> Self {
        Self::Invalid(error.into())
    }
}

impl From<Failure> for RenderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Invalid(errors) | Failure::Undefined(errors) => Self::Invalid(errors),
            Failure::NeedsFacts => Self::NeedsFacts,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::new(ErrorKind::InvalidOperation, "a variable could not be rendered").with_source(failure)
    }
}

/// A variable that is being rendered, and the one that it is needed for.
#[derive(Debug)]
pub(super) struct Link {
    scope: usize,
    name: String,
    span: Span,
    depth: usize,
    needed_for: Option<Arc<Link>>,
}

impl Link {
    /// One variable more, unless it is being rendered already.
    pub fn extend(chain: Option<&Arc<Self>>, scope: &Scope, name: &str, span: &Span) -> Result<Arc<Self>, Failure> {
        let id = scope.id();
        let mut links = std::iter::successors(chain, |link| link.needed_for.as_ref());
        if links.any(|link| link.scope == id && link.name == name) {
            return Err(cycle(chain, id, name).into());
        }
        let depth = chain.map_or(0, |link| link.depth + 1);
        if depth > CHAIN_LIMIT {
            let message = format!("more than {CHAIN_LIMIT} variables need one another in a row");
            return Err(Diagnostic::at(span, message).into());
        }
        Ok(Arc::new(Self { scope: id, name: name.to_owned(), span: span.clone(), depth, needed_for: chain.cloned() }))
    }
}

/// The error of a variable that needs itself, with every variable on the way.
fn cycle(chain: Option<&Arc<Link>>, scope: usize, name: &str) -> Diagnostic {
    let mut round = Vec::new();
    for link in std::iter::successors(chain, |link| link.needed_for.as_ref()) {
        round.push(link);
        if link.scope == scope && link.name == name {
            break;
        }
    }
    round.reverse();
    let names: Vec<&str> = round.iter().map(|link| link.name.as_str()).chain([name]).collect();
    let mut places = round.iter();
    let Some(first) = places.next() else { return Diagnostic::new(format!("`{name}` refers to itself")) };
    let message = format!("`{name}` refers to itself: {}", names.join(" → "));
    let error = Diagnostic::at(&first.span, message).label(if round.len() == 1 { "" } else { "it begins here" });
    places.fold(error, |error, link| error.also(&link.span, format!("`{}`", link.name)))
}

/// The root of a template's variables.
#[derive(Debug)]
pub(super) struct Context {
    pub scope: Scope,
    pub chain: Option<Arc<Link>>,
    /// What was looked up already, failures too: the engine asks once more for each name in a failed expression, and
    /// would double the work at every variable in a row. Nothing if this outlives one rendering, for facts may arrive.
    known: Option<Mutex<HashMap<String, Found>>>,
}

type Found = Result<Option<Value>, Failure>;

impl Context {
    /// For rendering one template.
    pub fn new(scope: Scope, chain: Option<Arc<Link>>) -> Arc<Self> {
        Arc::new(Self { scope, chain, known: Some(Mutex::default()) })
    }

    /// For a value that may be kept: a host in `hostvars`.
    fn kept(scope: Scope, chain: Option<Arc<Link>>) -> Arc<Self> {
        Arc::new(Self { scope, chain, known: None })
    }

    /// The value of a variable.
    pub fn lookup(&self, name: &str) -> Found {
        let Some(known) = &self.known else { return self.scope.lookup(name, self.chain.as_ref()) };
        let known = || known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(name) {
            return found.clone();
        }
        let found = self.scope.lookup(name, self.chain.as_ref());
        known().insert(name.to_owned(), found.clone());
        found
    }

    /// Whether it is known which variables there are: facts are among them.
    pub fn enumerable(&self) -> Result<(), Failure> {
        self.scope.host().map_or(Ok(()), |_| self.lookup("ansible_facts").map(drop))
    }

    /// The values of all variables that are enumerated.
    pub fn members(&self) -> impl Iterator<Item = Result<Value, Failure>> {
        self.names().into_iter().filter_map(|name| self.lookup(&name).transpose())
    }

    /// All names, facts among them, but that of all hosts' variables: with it, going through those of one would never end.
    fn names(&self) -> Vec<String> {
        let mut names = self.scope.names();
        names.retain(|name| name != "hostvars");
        names.extend(self.scope.facts());
        names.sort();
        names.dedup();
        names
    }

    /// Why a variable counts as undefined.
    pub fn why_undefined(&self, name: &str) -> Option<Diagnostics> {
        match self.lookup(name) {
            Err(Failure::Undefined(why)) => Some(why),
            _ => None,
        }
    }
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if name == SELF || name == "vars" {
            return Some(Value::from_dyn_object(Self::kept(self.scope.clone(), self.chain.clone())));
        }
        if name == "omit" {
            return Some(Value::from_object(Omit));
        }
        match self.lookup(name) {
            Ok(value) => value,
            Err(Failure::Undefined(_)) => None,
            Err(failure) => Some(Value::from(Error::from(failure))),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.enumerable() {
            Ok(()) => Enumerator::Values(self.names().into_iter().map(Value::from).collect()),
            Err(failure) => Enumerator::Values(vec![Value::from(Error::from(failure))]),
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        self.enumerable().ok().map(|()| self.names().len())
    }
}

/// `omit`: the argument that it is given to counts as not given.
#[derive(Debug)]
pub(super) struct Omit;

impl Object for Omit {
    fn repr(self: &Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }
}

/// Whether a value is `omit`.
pub(super) fn is_omit(value: &Value) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

/// `hostvars`: the variables of every host, by its name.
#[derive(Debug)]
pub(super) struct HostVars {
    /// Who asks for them.
    scope: Scope,
    chain: Option<Arc<Link>>,
}

impl HostVars {
    pub fn new(scope: Scope, chain: Option<Arc<Link>>) -> Self {
        Self { scope, chain }
    }
}

impl Object for HostVars {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let scope = self.scope.other(key.as_str()?)?;
        Some(Value::from_dyn_object(Context::kept(scope, self.chain.clone())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.scope.explicit_hosts().map(Value::from).collect())
    }
}
