//! Steps made ready for one host: conditions asked, loops unrolled, arguments rendered.

use super::{CheckKind, CheckSpec, MARKER, ResourceKind, ResourceSpec, Step, marker_name};
use crate::source::{Diagnostics, Span};
use crate::template::{Layer, Rank, RenderError, Scope, Value};
use crate::yaml::{self, Entry, Node};

/// A resource with everything rendered.
#[derive(Debug, Clone)]
pub struct RenderedResource {
    /// Which kind it is.
    pub kind: ResourceKind,
    /// The last part of its id: its label, or the argument that names it (a path, a package).
    pub name: String,
    /// Its arguments.
    pub args: Node,
    /// Where it is declared.
    pub span: Span,
    /// Its tags and those of its step.
    pub tags: Vec<String>,
    /// Who carries it out, if not the play's or role's user.
    pub become_user: Option<String>,
    /// What it counts as when it is removed.
    pub purge: Option<String>,
    /// What its templates see: with `item`, if it is one of a loop.
    pub scope: Scope,
}

/// A check with everything rendered.
#[derive(Debug, Clone)]
pub struct RenderedCheck {
    /// Which kind it is.
    pub kind: CheckKind,
    /// Its label, or what it asks for.
    pub name: String,
    /// Its arguments.
    pub args: Node,
    /// Where it is declared.
    pub span: Span,
    /// Its tags and those of its step.
    pub tags: Vec<String>,
    /// Who asks, if not the play's or role's user.
    pub become_user: Option<String>,
}

/// What a step comes to on one host.
#[derive(Debug, Clone, Default)]
pub struct Expanded {
    /// What should be there, in order.
    pub resources: Vec<RenderedResource>,
    /// What should be asked afterwards.
    pub checks: Vec<RenderedCheck>,
    /// Whether anything was left out because it needs facts, which are not known yet.
    pub needs_facts: bool,
    /// Everything that is wrong in what was left out.
    pub errors: Diagnostics,
}

/// Makes a step ready; nothing if its `when` is false. To remove it (`absent`), only names and paths
/// are rendered, and nothing is asked.
pub fn expand_step(step: &Step, scope: &Scope, absent: bool) -> Expanded {
    match step.when.as_ref().map_or(Ok(true), |when| scope.evaluate(when)) {
        Ok(true) => {}
        Ok(false) => return Expanded::default(),
        Err(error) => {
            let mut expanded = Expanded::default();
            expanded.lacks(error);
            return expanded;
        }
    }
    let mut expanded = expand_resources(&step.resources, &step.tags, scope, absent);
    let checks = if absent { &[] } else { step.checks.as_slice() };
    for spec in checks {
        match expand_check(spec, &step.tags, scope) {
            Ok(checks) => expanded.checks.extend(checks),
            Err(error) => expanded.lacks(error),
        }
    }
    expanded
}

/// Makes resources ready; `tags` are those of what they stand in.
pub fn expand_resources(specs: &[ResourceSpec], tags: &[String], scope: &Scope, absent: bool) -> Expanded {
    let mut expanded = Expanded::default();
    for spec in specs {
        match expand_resource(spec, tags, scope, absent) {
            Ok(resources) => expanded.resources.extend(resources),
            Err(error) => expanded.lacks(error),
        }
    }
    expanded
}

impl Expanded {
    /// Notes why something was left out.
    fn lacks(&mut self, error: RenderError) {
        match error {
            RenderError::NeedsFacts => self.needs_facts = true,
            RenderError::Invalid(found) => self.errors.extend(found),
        }
    }
}

fn expand_resource(
    spec: &ResourceSpec,
    tags: &[String],
    scope: &Scope,
    absent: bool,
) -> Result<Vec<RenderedResource>, RenderError> {
    let mut rendered = Vec::new();
    for scope in scopes(spec.loop_over.as_ref(), scope)? {
        if !holds(spec.when.as_ref(), &scope)? {
            continue;
        }
        let args = if absent { scope.render(&names_and_paths(&spec.args))? } else { scope.render(&spec.args)? };
        let name = match &spec.name {
            Some(name) => text(name, &scope)?,
            None => resource_identity(spec.kind, &args),
        };
        rendered.push(RenderedResource {
            kind: spec.kind,
            name,
            args,
            span: spec.span.clone(),
            tags: joined(tags, &spec.tags),
            become_user: spec.become_user.as_ref().map(|user| filled(user, &scope)).transpose()?,
            purge: spec.purge.clone(),
            scope,
        });
    }
    Ok(rendered)
}

fn expand_check(spec: &CheckSpec, tags: &[String], scope: &Scope) -> Result<Vec<RenderedCheck>, RenderError> {
    let mut rendered = Vec::new();
    for scope in scopes(spec.loop_over.as_ref(), scope)? {
        if !holds(spec.when.as_ref(), &scope)? {
            continue;
        }
        let args = match spec.kind {
            CheckKind::Marker => scope.with_layer(Layer::values(Rank::Local, marker())).render(&spec.args)?,
            _ => scope.render(&spec.args)?,
        };
        let name = match &spec.name {
            Some(name) => text(name, &scope)?,
            None if spec.kind == CheckKind::Marker => marker_name(&args),
            None => identity(&args, spec.kind.required()),
        };
        rendered.push(RenderedCheck {
            kind: spec.kind,
            name,
            args,
            span: spec.span.clone(),
            tags: joined(tags, &spec.tags),
            become_user: spec.become_user.as_ref().map(|user| filled(user, &scope)).transpose()?,
        });
    }
    Ok(rendered)
}

/// One scope for each item of the loop, or just the one.
fn scopes(loop_over: Option<&Node>, scope: &Scope) -> Result<Vec<Scope>, RenderError> {
    let Some(items) = loop_over else { return Ok(vec![scope.clone()]) };
    scope.each(items)
}

fn holds(when: Option<&Node>, scope: &Scope) -> Result<bool, RenderError> {
    when.map_or(Ok(true), |when| scope.evaluate(when))
}

fn text(node: &Node, scope: &Scope) -> Result<String, RenderError> {
    Ok(scope.render(node)?.string()?)
}

fn filled(node: &Node, scope: &Scope) -> Result<String, RenderError> {
    Ok(scope.render(node)?.filled()?)
}

fn joined(outer: &[String], own: &[String]) -> Vec<String> {
    let mut tags = outer.to_vec();
    tags.extend(own.iter().filter(|tag| !outer.contains(tag)).cloned());
    tags
}

/// What names a resource in its step; a drop-in is another thing than the unit that it is for.
fn resource_identity(kind: ResourceKind, args: &Node) -> String {
    let name = identity(args, kind.identity());
    match identity(args, &["drop_in"]) {
        drop_in if kind == ResourceKind::Unit && !drop_in.is_empty() => {
            format!("{name}.d/{}.conf", drop_in.trim_end_matches(".conf"))
        }
        _ => name,
    }
}

/// `marker`, for commands that write it or look for it.
fn marker() -> [(String, Value); 1] {
    [("marker".to_owned(), Value::from(MARKER))]
}

/// The text of the first of `names` that is among the arguments; of a list, its words.
fn identity(args: &Node, names: &[&str]) -> String {
    let yaml::Value::Mapping(entries) = &args.value else { return String::new() };
    let found = names.iter().find_map(|name| entries.iter().find(|entry| entry.key == *name));
    found.and_then(|entry| entry.value.strings().ok()).unwrap_or_default().join(" ")
}

/// What must be known of a resource to remove it.
const NAMES_AND_PATHS: &[&str] =
    &["path", "dest", "dir", "files", "name", "names", "user", "drop_in", "recursive", "system", "command", "tokens"];

/// The arguments without what only its content needs.
fn names_and_paths(args: &Node) -> Node {
    let value = match &args.value {
        yaml::Value::Mapping(entries) => yaml::Value::Mapping(
            entries
                .iter()
                .filter(|entry| NAMES_AND_PATHS.contains(&entry.key.as_str()))
                .map(|entry| Entry { value: names_and_paths(&entry.value), ..entry.clone() })
                .collect(),
        ),
        yaml::Value::Sequence(items) => yaml::Value::Sequence(items.iter().map(names_and_paths).collect()),
        _ => return args.clone(),
    };
    Node::new(value, args.span.clone())
}
