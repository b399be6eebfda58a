//! Resources as written in a role's step or a play, before anything is rendered.

use crate::resource::{COMMON, ResourceKind, UNBUILT_KINDS};
use crate::schema::{OneOf, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics, Span, did_you_mean};
use crate::yaml::{Entry, Fields, Node, Value};

/// One resource as declared.
#[derive(Debug, Clone)]
pub struct ResourceSpec {
    /// Which kind it is.
    pub kind: &'static ResourceKind,
    /// The kind's name in the file, which is where errors about the whole resource point.
    pub span: Span,
    /// Its arguments: the mapping without the keys that every resource may have.
    pub args: Node,
    /// Its label, where the kind has no `name` argument of its own.
    pub name: Option<Node>,
    /// When it is declared at all; an expression.
    pub when: Option<Node>,
    /// What it is repeated for, as `item`.
    pub loop_over: Option<Node>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who carries it out.
    pub become_user: Option<Node>,
    /// What it counts as when it is removed: `data` stays unless that is named.
    pub purge: Option<String>,
}

/// Reads a list of resources.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn read_resources(node: &Node) -> Result<Vec<ResourceSpec>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let specs = node.sequence()?.iter().filter_map(|item| errors.collect(read_resource(item))).collect();
    errors.or(specs)
}

fn read_resource(node: &Node) -> Result<ResourceSpec, Diagnostics> {
    let entry = single_entry(node, "a resource", &|name| ResourceKind::from_name(name).is_some())?;
    let kind = ResourceKind::from_name(&entry.key).ok_or_else(|| unknown_kind(entry))?;
    let what = format!("`{}`", kind.name());
    let mut fields = Fields::new(&entry.value, &what)?;
    declared(&kind.schema, &mut fields);
    let name = if kind.has_name() { None } else { fields.get("name").cloned() };
    let when = fields.get("when").cloned();
    let loop_over = fields.get("loop").cloned();
    let tags = fields.tags();
    let become_user = fields.get("become_user").cloned();
    let purge = fields.string("purge");
    if let Some(error) = wrong_choice(&kind.schema, &what, &entry.value, &entry.key_span) {
        fields.error(error);
    }
    within(&kind.schema, &entry.value, &mut fields);
    for (key, hint) in FOREIGN_KEYS {
        if let Some(found) = find(&entry.value, key) {
            fields.get(key);
            fields.error(Diagnostic::at(&found.key_span, format!("`{key}` is not for resources")).hint(*hint));
        }
    }
    fields.finish()?;
    let common: Vec<&str> = COMMON.names().filter(|key| *key != "name" || !kind.has_name()).collect();
    let args = without(&entry.value, &common);
    Ok(ResourceSpec { kind, span: entry.key_span.clone(), args, name, when, loop_over, tags, become_user, purge })
}

/// Keys of Ansible tasks that mean something else here, and what to write instead.
const FOREIGN_KEYS: &[(&str, &str)] = &[
    ("notify", "there are no handlers: a `service` restarts when what it `uses` has changed"),
    ("register", "a resource has a state, not a result; a `check` asks questions"),
    ("with_items", "write `loop:`"),
    ("with_dict", "write `loop: \"{{ x | dict2items }}\"`"),
    ("ignore_errors", "a step that fails is put back; make the resource conditional with `when`"),
    ("delegate_to", "write a play for that host"),
    ("changed_when", "a `command` has `creates`, `unless` or `probe`"),
    ("failed_when", "write a `check`"),
    ("become", "say it at the play or the role; a resource may have `become_user`"),
];

/// `node` as a mapping of one key that names a kind.
pub(super) fn single_entry<'n>(
    node: &'n Node,
    what: &str,
    known: &dyn Fn(&str) -> bool,
) -> Result<&'n Entry, Diagnostics> {
    let entries = match &node.value {
        Value::Mapping(entries) => entries,
        _ => {
            let message = format!("{what} is written `kind: {{ … }}`, but this is {}", node.describe());
            return Err(Diagnostic::at(&node.span, message).into());
        }
    };
    match entries.as_slice() {
        [entry] => Ok(entry),
        [] => Err(Diagnostic::at(&node.span, format!("{what} is written `kind: {{ … }}`")).into()),
        several => {
            let kind = several.iter().find(|entry| known(&entry.key));
            let stray = several.iter().find(|entry| kind.is_none_or(|kind| kind.key != entry.key));
            let stray = stray.unwrap_or(&several[0]);
            let mut error = Diagnostic::at(&stray.key_span, format!("{what} has one key, its kind"));
            if let Some(kind) = kind {
                error = error
                    .label(format!("`{}` stands beside `{}`", stray.key, kind.key))
                    .hint(format!("move `{}` into the mapping of `{}`, or check the indentation", stray.key, kind.key));
            }
            Err(error.into())
        }
    }
}

fn unknown_kind(entry: &Entry) -> Diagnostics {
    let name = entry.key.as_str();
    if UNBUILT_KINDS.contains(&name) {
        return Diagnostic::at(&entry.key_span, format!("`{name}` is not built yet")).into();
    }
    let names = ResourceKind::ALL.map(ResourceKind::name);
    let module = name.rsplit('.').next().unwrap_or(name);
    let near = INSTEAD
        .iter()
        .find(|(ansible, _)| *ansible == module)
        .map(|(_, ours)| format!("write `{ours}`"))
        .or_else(|| did_you_mean(module, names).map(|near| format!("did you mean `{near}`?")));
    let near = near.unwrap_or_else(|| format!("known: {}", names.join(", ")));
    Diagnostic::at(&entry.key_span, format!("unknown kind of resource `{name}`")).hint(near).into()
}

/// Ansible's modules, and the kind that does the same.
const INSTEAD: &[(&str, &str)] = &[
    ("copy", "file"),
    ("apt", "package"),
    ("yum", "package"),
    ("dnf", "package"),
    ("apt_repository", "package: { repository: … }"),
    ("deb822_repository", "package: { repository: … }"),
    ("apt_key", "package: { repository: { key: … } }"),
    ("systemd", "service"),
    ("systemd_service", "service"),
    ("shell", "command"),
    ("uri", "checks: [{ http: … }]"),
    ("wait_for", "checks: [{ port: … }]"),
];

fn find<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    let Value::Mapping(entries) = &node.value else { return None };
    entries.iter().find(|entry| entry.key == key)
}

/// Asks for every declared key.
pub(super) fn declared(schema: &Schema, fields: &mut Fields<'_>) {
    for argument in schema.arguments {
        if argument.required {
            fields.required(argument.name);
        } else {
            fields.get(argument.name);
        }
    }
}

/// The error of a mapping that has none or too many of the keys of which it has one.
fn wrong_choice(schema: &Schema, what: &str, node: &Node, at: &Span) -> Option<Diagnostic> {
    let OneOf { names, exactly, why } = schema.one_of?;
    let found: Vec<_> = names.iter().filter_map(|name| find(node, name)).collect();
    let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let misspelt = |key: &str| schema.argument(key).is_none() && did_you_mean(key, names.iter().copied()).is_some();
    match found.as_slice() {
        [] if node.mapping().is_ok_and(|entries| entries.iter().any(|entry| misspelt(&entry.key))) => None,
        [] => {
            let error = Diagnostic::at(at, format!("{what} needs one of {list}"));
            Some(match why {
                Some((label, hint)) => error.label(label).hint(hint),
                None => error,
            })
        }
        [first, second, ..] if exactly => Some(
            Diagnostic::at(&second.key_span, format!("`{}` and `{}` exclude each other", first.key, second.key))
                .also(&first.key_span, "the other one"),
        ),
        _ => None,
    }
}

/// Looks through the mappings that are declared within one.
fn within(schema: &Schema, node: &Node, fields: &mut Fields<'_>) {
    for argument in schema.arguments {
        let (Some(inner), Some(entry)) = (argument.shape.inner(), find(node, argument.name)) else { continue };
        let items = match (&argument.shape, &entry.value.value) {
            // a template that gives it
            (_, Value::String { .. } | Value::Null) => continue,
            (Shape::Mapping(_), _) => std::slice::from_ref(&entry.value),
            _ => match entry.value.sequence() {
                Ok(items) => items,
                Err(error) => {
                    fields.error(error);
                    continue;
                }
            },
        };
        for item in items.iter().filter(|item| item.as_str().is_none()) {
            if let Err(error) = one_within(inner, item) {
                fields.error(error);
            }
        }
    }
}

fn one_within(schema: &Schema, node: &Node) -> Result<(), Diagnostics> {
    let mut fields = Fields::new(node, schema.what)?;
    declared(schema, &mut fields);
    if let Some(error) = wrong_choice(schema, schema.what, node, &node.span) {
        fields.error(error);
    }
    within(schema, node, &mut fields);
    fields.finish()
}

/// The mapping without some of its keys.
pub(super) fn without(node: &Node, keys: &[&str]) -> Node {
    let value = match &node.value {
        Value::Mapping(entries) => {
            Value::Mapping(entries.iter().filter(|entry| !keys.contains(&entry.key.as_str())).cloned().collect())
        }
        _ => return node.clone(),
    };
    Node::new(value, node.span.clone())
}
