//! Where in the project's files it stands what failed, for reports that point at lines.

use crate::engine::Project;
use crate::role::Role;
use crate::scenario::Scenario;
use crate::scenario::event::FilePlace;
use crate::source::{Diagnostics, Span};
use crate::yaml::{Node, Value};
use std::sync::Arc;

impl FilePlace {
    /// The file of a scenario.
    pub fn of_scenario(scenario: &Scenario) -> Self {
        Self { file: scenario.path.display().to_string(), line: None }
    }

    /// The first of these errors that stands in a file.
    pub fn of_errors(errors: &Diagnostics) -> Option<Self> {
        errors.iter().filter_map(|error| error.primary.as_ref()).find_map(|(span, _)| Self::of(span))
    }

    /// None for what is in no file of the project: roles that come with the program.
    fn of(span: &Span) -> Option<Self> {
        span.file.path()?;
        Some(Self { file: span.file.name().to_owned(), line: Some(span.position().0) })
    }
}

/// The roles of a run, by what ids of their resources and checks begin with.
#[derive(Debug, Default)]
pub struct Roles(Vec<(String, Arc<Role>)>);

impl Roles {
    /// Those of a project.
    pub fn of(project: &Project) -> Self {
        let roles = project.plays().flat_map(|(play, _)| &play.roles);
        Self(roles.map(|role| (role.instance.clone(), Arc::clone(&role.role))).collect())
    }

    /// Where `role/step/kind:name` is declared, or at least its step.
    pub fn find(&self, id: &str) -> Option<FilePlace> {
        let (instance, rest) = id.split_once('/')?;
        let (step, rest) = rest.split_once('/')?;
        let (kind, name) = rest.split_once(':').unwrap_or((rest, ""));
        let mut steps = self.0.iter().filter(|(found, _)| found == instance).flat_map(|(_, role)| &role.steps);
        let step = steps.find(|found| found.name == step)?;
        let resources = step.resources.iter().filter(|resource| resource.kind.name() == kind);
        let checks = step.checks.iter().filter(|check| check.kind.name() == kind);
        let declared: Vec<(&Span, bool)> = resources
            .map(|resource| (&resource.span, says(resource.name.as_ref(), &resource.args, name)))
            .chain(checks.map(|check| (&check.span, says(check.name.as_ref(), &check.args, name))))
            .collect();
        let span = match declared.as_slice() {
            [(only, _)] => only,
            several => several.iter().find(|(_, says)| *says).map_or(&step.span, |(span, _)| span),
        };
        FilePlace::of(span)
    }
}

/// Whether a label, or without one any argument, is just this name.
fn says(label: Option<&Node>, args: &Node, name: &str) -> bool {
    let is = |node: &Node| node.strings().is_ok_and(|words| words.join(" ") == name);
    match (label, &args.value) {
        (Some(label), _) => is(label),
        (None, Value::Mapping(entries)) => entries.iter().any(|entry| is(&entry.value)),
        (None, _) => false,
    }
}
