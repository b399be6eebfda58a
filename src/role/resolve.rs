//! A role's options on one host: values found, types checked, secrets noted.

use super::values::typed;
use super::{OptionSpec, OptionType, Role};
use crate::secret::{Certainty, Secrets};
use crate::source::{Diagnostic, Diagnostics, Span};
use crate::template::{Layer, Rank, RenderError, Scope};
use crate::yaml::{Node, Value};
use indexmap::IndexMap;

/// A role's options as they are on one host.
#[derive(Debug)]
pub struct ResolvedOptions {
    /// The typed values; an option that nobody gave and that has no default is absent.
    pub values: IndexMap<String, Node>,
    /// What the role's steps are rendered in: the scope that was given, with the typed values.
    pub scope: Scope,
    /// Whether some option could not be checked because it needs facts, which are not known yet.
    pub needs_facts: bool,
    /// Options in use that are going away.
    pub notes: Vec<Diagnostic>,
    /// Values that nobody gave, so that solti made them: for the host to keep, by the options' names.
    pub generated: Vec<(String, String)>,
}

impl Role {
    /// The options' defaults, which the other roles of a play see too.
    pub fn defaults(&self) -> Layer {
        let defaults = self.options.values().filter_map(|option| Some((option.name.clone(), option.default.clone()?)));
        Layer::new(Rank::Defaults, defaults)
    }
}

/// Finds the value of every option in `scope`, which has the role's [defaults](Role::defaults) and the values given
/// at its place, and checks it.
///
/// `used_at` is where the role is used; `absent` says that it is to be removed, so nothing is required.
///
/// # Errors
/// Every missing or wrong value, at the value's place.
pub fn resolve_options(
    role: &Role,
    scope: &Scope,
    used_at: &Span,
    absent: bool,
    secrets: &Secrets,
) -> Result<ResolvedOptions, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut notes = Vec::new();
    let scope = by_own_name(role, scope, &mut errors, &mut notes);
    let mut values = IndexMap::new();
    let mut generated = Vec::new();
    let mut needs_facts = false;
    // a value that is wrong was reported, so its option is not reported as missing too
    let mut wrong = Vec::new();
    for option in role.options.values() {
        let Some((rank, node)) = scope.written(&option.name) else {
            if option.generated && !absent {
                generate(option, &scope, used_at, &mut generated, &mut errors);
            }
            continue;
        };
        let rendered = match scope.render(node) {
            Ok(rendered) => rendered,
            Err(RenderError::NeedsFacts) => {
                needs_facts = true;
                wrong.push(&option.name);
                continue;
            }
            // if a name or path needs it after all, that says so
            Err(RenderError::Invalid(_)) if absent => continue,
            Err(RenderError::Invalid(found)) => {
                wrong.push(&option.name);
                errors.extend(found);
                continue;
            }
        };
        if rank > Rank::Defaults
            && let Some(instead) = &option.deprecated
        {
            notes.push(Diagnostic::at(&node.span, format!("`{}` is going away", option.name)).hint(instead));
        }
        // what no role says may be empty was to come from somewhere; `null` says that it is not given
        if option.kind == OptionType::Secret
            && rank > Rank::Defaults
            && !absent
            && is_blank(&rendered)
            && !may_be_blank(option)
        {
            wrong.push(&option.name);
            let instead = if option.generated { "to have one generated" } else { "to do without" };
            errors.push(
                Diagnostic::at(&node.span, format!("`{}` is a secret, and an empty text is none", option.name)).hint(
                    format!(
                        "an environment variable that is not set is an empty text; {instead}, leave the option out"
                    ),
                ),
            );
            continue;
        }
        if option.generated && is_empty(&rendered) {
            generate(option, &scope, used_at, &mut generated, &mut errors);
            continue;
        }
        secrets.note(&option.name, &rendered, &option.secret_keys, certainty(option));
        match typed(option, &rendered) {
            Ok(value) => {
                values.insert(option.name.clone(), value);
            }
            Err(found) => {
                wrong.push(&option.name);
                errors.extend(found);
            }
        }
    }
    let made = generated.iter().map(|(option, value): &(&OptionSpec, String)| {
        let text = Value::String { text: value.clone(), verbatim: true };
        (option.name.clone(), Node::new(text, option.span.clone()))
    });
    values.extend(made);
    let generated = generated.into_iter().map(|(option, value)| (option.name.clone(), value)).collect();
    let scope = scope.with_layer(Layer::new(Rank::Options, values.clone()));
    if !absent {
        for option in role.options.values().filter(|option| !wrong.contains(&&option.name)) {
            match missing(role, option, &values, &scope, used_at) {
                Ok(None) => {}
                Ok(Some(error)) => errors.push(error),
                Err(RenderError::NeedsFacts) => needs_facts = true,
                Err(RenderError::Invalid(found)) => errors.extend(found),
            }
        }
    }
    errors.or(ResolvedOptions { values, scope, needs_facts, notes, generated })
}

/// Makes a value for an option that nobody has given one.
fn generate<'r>(
    option: &'r OptionSpec,
    scope: &Scope,
    used_at: &Span,
    generated: &mut Vec<(&'r OptionSpec, String)>,
    errors: &mut Diagnostics,
) {
    match scope.generated(&option.name) {
        Ok(value) => generated.push((option, value)),
        Err(error) => errors.push(Diagnostic::at(used_at, error.to_string())),
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(node.value, Value::Null) || is_blank(node)
}

fn is_blank(node: &Node) -> bool {
    node.as_str().is_some_and(str::is_empty)
}

/// Whether the role's own default says that an empty text means something; of what is required it is said elsewhere.
fn may_be_blank(option: &OptionSpec) -> bool {
    option.required || option.required_if.is_some() || option.default.as_ref().is_some_and(is_blank)
}

/// The scope in which options that were given by an alias have their own name.
fn by_own_name(role: &Role, scope: &Scope, errors: &mut Diagnostics, notes: &mut Vec<Diagnostic>) -> Scope {
    let mut renamed: Vec<(String, Node)> = Vec::new();
    for option in role.options.values() {
        let own = scope.written(&option.name).filter(|(rank, _)| *rank > Rank::Defaults);
        let aliases = option.aliases.iter().filter_map(|alias| Some((alias, scope.written(alias)?)));
        let mut given: Vec<(&String, &Node)> = aliases.map(|(alias, (_, node))| (alias, node)).collect();
        given.extend(own.map(|(_, node)| (&option.name, node)));
        if let [(first, one), (second, other), ..] = given.as_slice() {
            let message = format!("`{second}` and `{first}` are one option, given twice");
            errors.push(Diagnostic::at(&other.span, message).also(&one.span, "also here"));
        } else if let (None, [(alias, node)]) = (own, given.as_slice()) {
            notes.push(Diagnostic::at(&node.span, format!("`{alias}` is called `{}` now", option.name)));
            renamed.push((option.name.clone(), (*node).clone()));
        }
    }
    if renamed.is_empty() { scope.clone() } else { scope.with_layer(Layer::new(Rank::Role, renamed)) }
}

/// How secret the values of an option are, by what is said of it.
fn certainty(option: &OptionSpec) -> Certainty {
    match option.kind {
        OptionType::Secret => Certainty::Declared,
        _ if option.secret_values => Certainty::Likely,
        OptionType::String | OptionType::List | OptionType::Mapping | OptionType::Any => {
            Certainty::of_name(&option.name)
        }
        _ => Certainty::Open,
    }
}

/// What the role's steps are rendered in as it would be with other secrets. Where a value cannot be had so, it stays what it
/// is.
pub fn twin(role: &Role, scope: &Scope, options: &ResolvedOptions, secrets: &Secrets) -> Scope {
    let scope = by_own_name(role, &scope.twin(), &mut Diagnostics::new(), &mut Vec::new());
    let mut values = options.values.clone();
    for (name, value) in &mut values {
        let Some(option) = role.options.get(name) else { continue };
        let rendered = scope.written(name).and_then(|(_, node)| scope.render(node).ok());
        if let Some(mut other) = rendered.filter(|node| !is_empty(node)) {
            secrets.exchange(&mut other, &option.secret_keys, certainty(option));
            if let Ok(other) = typed(option, &other) {
                *value = other;
                continue;
            }
        }
        secrets.exchange(value, &option.secret_keys, certainty(option));
    }
    scope.with_layer(Layer::new(Rank::Options, values))
}

/// The error of an option that somebody had to give.
fn missing(
    role: &Role,
    option: &OptionSpec,
    values: &IndexMap<String, Node>,
    scope: &Scope,
    used_at: &Span,
) -> Result<Option<Diagnostic>, RenderError> {
    let value = values.get(&option.name);
    if value.is_some_and(|node| !is_empty(node)) {
        return Ok(None);
    }
    let reason = match &option.required_if {
        Some(condition) if scope.evaluate(condition)? => condition.as_str().map(|text| format!(" where {text}")),
        _ if option.required => Some(String::new()),
        _ => return Ok(None),
    };
    let message = format!("role `{}` needs `{}`{}", role.name, option.name, reason.unwrap_or_default());
    let error = match value.filter(|node| node.span.file.name() != option.span.file.name()) {
        Some(node) => Diagnostic::at(&node.span, message).label("this is empty"),
        None => Diagnostic::at(used_at, message),
    };
    Ok(Some(error.also(&option.span, "declared here").maybe_hint(option.help.clone())))
}
