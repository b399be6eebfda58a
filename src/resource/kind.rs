//! What a kind of resource is: its declaration, and what is made of its arguments.

use super::{Files, Resource};
use crate::ability::memory::manifest::Item;
use crate::schema::{Argument, Schema, Shape};
use crate::source::Diagnostics;
use crate::template::RenderError;
use crate::yaml::{Entry, Node, Value};
use std::fmt;

type Parse = fn(&Node, Option<&str>, &dyn Files) -> Result<Box<dyn Resource>, RenderError>;
type Claims = fn(&Node, &dyn Files) -> Result<Vec<Item>, RenderError>;

/// A kind of resource. Each is declared beside what reads it, and listed in [`ResourceKind::ALL`].
pub struct ResourceKind {
    /// Its arguments, beside those that every resource has.
    pub schema: Schema,
    /// What it is, in a line.
    pub help: &'static str,
    /// Whether a user of its own may carry it out.
    pub has_user: bool,
    /// Whether everybody on the host can read what it writes.
    pub is_public: bool,
    /// Where a secret goes that must not be in its files, if that is not a matter of their mode.
    pub secrets_go: Option<&'static str>,
    pub(super) parse: Parse,
    pub(super) claims: Claims,
    names: fn(&Self, &Node) -> String,
}

impl ResourceKind {
    /// A kind with these arguments, which has nothing on the host that could be taken away.
    pub(super) const fn new(schema: Schema, help: &'static str, parse: Parse) -> Self {
        Self {
            schema,
            help,
            has_user: false,
            is_public: false,
            secrets_go: None,
            parse,
            claims: |_, _| Ok(Vec::new()),
            names: |kind, arguments| first_text(arguments, kind.identities()),
        }
    }

    /// What a resource has on the host, in the order made, from arguments without content.
    pub(super) const fn claims(self, claims: Claims) -> Self {
        Self { claims, ..self }
    }

    /// What names a resource, where that is more than one argument.
    pub(super) const fn named(self, names: fn(&Self, &Node) -> String) -> Self {
        Self { names, ..self }
    }

    /// A user of its own may carry it out.
    pub(super) const fn with_user(self) -> Self {
        Self { has_user: true, ..self }
    }

    /// Everybody on the host can read what it writes.
    pub(super) const fn public(self) -> Self {
        Self { is_public: true, ..self }
    }

    /// A secret must not be in its files, but goes there.
    pub(super) const fn secrets_go(self, hint: &'static str) -> Self {
        Self { secrets_go: Some(hint), ..self }
    }

    /// Its name in YAML and in ids.
    pub const fn name(&self) -> &'static str {
        self.schema.what
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its arguments, beside those that every resource has.
    pub const fn arguments(&self) -> &'static [Argument] {
        self.schema.arguments
    }

    /// Whether `name` is one of its arguments, not just a label.
    pub fn has_name(&self) -> bool {
        self.schema.argument("name").is_some()
    }

    /// The arguments that name a resource within its step, unless it has a `name` of its own.
    pub fn identities(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.arguments().iter().filter(|argument| argument.identity).map(|argument| argument.name)
    }

    /// What names a resource in its step.
    pub fn identity(&self, arguments: &Node) -> String {
        (self.names)(self, arguments)
    }

    /// The arguments without what only its content needs.
    pub fn lasting(&self, arguments: &Node) -> Node {
        lasting(&self.schema, arguments)
    }
}

fn lasting(schema: &Schema, node: &Node) -> Node {
    let value = match &node.value {
        Value::Mapping(entries) => Value::Mapping(entries.iter().filter_map(|entry| kept(schema, entry)).collect()),
        Value::Sequence(items) => Value::Sequence(items.iter().map(|item| lasting(schema, item)).collect()),
        _ => return node.clone(),
    };
    Node::new(value, node.span.clone())
}

fn kept(schema: &Schema, entry: &Entry) -> Option<Entry> {
    let argument = schema.argument(&entry.key).filter(|argument| argument.lasts)?;
    match argument.shape.inner() {
        Some(inner) => Some(Entry { value: lasting(inner, &entry.value), ..entry.clone() }),
        None => Some(entry.clone()),
    }
}

/// The text of the first of these keys that is among the arguments; of a list, its words.
pub(crate) fn first_text(arguments: &Node, mut names: impl Iterator<Item = &'static str>) -> String {
    let found = names.find_map(|name| arguments.get(name));
    found.and_then(|node| node.strings().ok()).unwrap_or_default().join(" ")
}

/// What is on the host by the name or path that this argument is; nothing where it is not there.
pub(super) fn claimed(
    arguments: &Node,
    key: &str,
    read: impl Fn(&Node) -> Result<String, Diagnostics>,
    item: impl Fn(String) -> Item,
) -> Result<Vec<Item>, RenderError> {
    Ok(arguments.get(key).map(|node| read(node).map(item)).transpose()?.into_iter().collect())
}

impl fmt::Debug for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for ResourceKind {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ResourceKind {}

/// What every resource may have beside its kind's own arguments.
pub const COMMON: Schema = Schema::new(
    "a resource",
    &[
        Argument::new(
            "name",
            Shape::Text,
            "what it is called in ids and output, where the kind has no argument of that name",
        ),
        WHEN,
        LOOP,
        TAGS,
        Argument::new("become_user", Shape::Text, "who runs it; for `command` and `marker` only"),
        Argument::new(
            "purge",
            Shape::Text,
            "a label, such as `data`: what has it stays when the role is removed, unless the play says `purge: \
             [data]`. Not for checks",
        ),
    ],
);

pub(crate) const WHEN: Argument = Argument::new(
    "when",
    Shape::Condition,
    "an expression; where it is false, the resource is not declared, so what solti had put there goes",
);
const LOOP: Argument = Argument::new("loop", Shape::List(&Shape::Any), "a list: once for each `item`");
pub(crate) const TAGS: Argument = Argument::new(
    "tags",
    Shape::Several(&Shape::Text),
    "a list, or names separated by commas: selected with `--tags`, left out with `--skip-tags`. All in a role has the \
     role's name as a tag, too; of roles in which nothing is selected nothing is asked for. A tag that nothing has is \
     an error. `always`, `never`, `all`, `tagged` and `untagged` mean what they mean in Ansible",
);
