//! Steps made ready for one host: conditions asked, loops unrolled, arguments rendered.

use super::{CheckSpec, ResourceSpec, Step};
use crate::resource::check::{CheckKind, MARKER, marker_name};
use crate::resource::{ResourceKind, first_text};
use crate::source::{Diagnostics, Span};
use crate::template::{Layer, Rank, RenderError, Scope, Value};
use crate::yaml::Node;

/// A resource with everything rendered.
#[derive(Debug, Clone)]
pub struct RenderedResource {
    /// Which kind it is.
    pub kind: &'static ResourceKind,
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
        let args = if absent { scope.render(&spec.kind.lasting(&spec.args))? } else { scope.render(&spec.args)? };
        let name = match &spec.name {
            Some(name) => text(name, &scope)?,
            None => spec.kind.identity(&args),
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
            None => first_text(&args, spec.kind.identities()),
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

/// `marker`, for commands that write it or look for it.
fn marker() -> [(String, Value); 1] {
    [("marker".to_owned(), Value::from(MARKER))]
}
