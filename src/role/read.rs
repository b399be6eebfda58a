//! Reads `role.yml`.

use super::files::Folder;
use super::options::OPTION;
use super::{ActionSpec, Role, Step, check, options, read_resources};
use crate::resource::{TAGS, WHEN};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics, SourceFile};
use crate::yaml::{self, Node};
use indexmap::IndexMap;
use std::sync::Arc;

/// `role.yml`.
pub(super) static ROLE: Schema = Schema::new(
    "a role",
    &[
        Argument::new("summary", Shape::Text, "a line on what the role is for").required(),
        Argument::new(
            "options",
            Shape::Map(&Shape::Mapping(&OPTION)),
            "the role's whole interface, by the options' names",
        ),
        Argument::new("steps", Shape::List(&Shape::Mapping(&STEP)), "what it does, in order").required(),
        Argument::new("actions", Shape::Map(&Shape::Defined("action")), "what one does to the running service by hand"),
    ],
);

/// A step of a role.
pub(super) static STEP: Schema = Schema::new(
    "a step",
    &[
        Argument::new("name", Shape::Text, "its name, unique in the role; part of ids").required(),
        WHEN.meaning("an expression; where it is false, the step does not apply"),
        TAGS,
        Argument::new("resources", Shape::List(&Shape::Defined("resource")), "what should be there"),
        Argument::new("checks", Shape::List(&Shape::Defined("check")), "what must be answered yes afterwards"),
    ],
)
.at_least_one(&["resources", "checks"]);

/// Reads a role from its `role.yml`.
///
/// # Errors
/// Everything that is wrong in the file.
pub(super) fn read_role(name: &str, source: &Arc<SourceFile>, folder: Folder) -> Result<Role, Diagnostics> {
    let node = yaml::parse(source)?;
    let mut fields = Arguments::new(&node, &ROLE)?;
    let summary = fields.required_string("summary").unwrap_or_default();
    let options = fields.get("options");
    let options = fields.read(options, read_options).unwrap_or_default();
    let steps = fields.required("steps");
    let steps = fields.read(steps, read_steps).unwrap_or_default();
    let actions = fields.get("actions");
    let actions = fields.read(actions, read_actions).unwrap_or_default();
    fields.finish()?;
    Ok(Role { name: name.to_owned(), summary, source: Arc::clone(source), options, steps, actions, folder })
}

fn read_options(node: &Node) -> Result<IndexMap<String, super::OptionSpec>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut options: IndexMap<String, super::OptionSpec> = IndexMap::new();
    for entry in node.mapping()? {
        if let Some(option) = errors.collect(options::read_option(entry)) {
            options.insert(option.name.clone(), option);
        }
    }
    for option in options.values() {
        for alias in &option.aliases {
            if let Some(other) = options.get(alias) {
                let message = format!("the alias `{alias}` of `{}` is an option itself", option.name);
                errors.push(Diagnostic::at(&option.span, message).also(&other.span, "here"));
            }
        }
    }
    errors.or(options)
}

fn read_steps(node: &Node) -> Result<Vec<Step>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut steps: Vec<Step> = Vec::new();
    for item in node.sequence()? {
        let Some(step) = errors.collect(read_step(item)) else { continue };
        if let Some(other) = steps.iter().find(|other| other.name == step.name) {
            let message = format!("two steps are called `{}`", step.name);
            errors.push(Diagnostic::at(&step.span, message).also(&other.span, "the other one"));
        }
        steps.push(step);
    }
    errors.or(steps)
}

fn read_step(node: &Node) -> Result<Step, Diagnostics> {
    let mut fields = Arguments::new(node, &STEP)?;
    let name_node = fields.required("name");
    let name = fields.read(name_node, Node::string).unwrap_or_default();
    if let Some(node) = name_node
        && name.contains(['/', ':'])
    {
        fields.error(Diagnostic::at(&node.span, "a step's name is part of ids, so it has no `/` and no `:`"));
    }
    let when = fields.get("when").cloned();
    let tags = fields.tags();
    let resources_node = fields.get("resources");
    let resources = fields.read(resources_node, read_resources).unwrap_or_default();
    let checks_node = fields.get("checks");
    let checks = fields.read(checks_node, check::read_checks).unwrap_or_default();
    if resources_node.is_none() && checks_node.is_none() {
        fields.error(Diagnostic::at(fields.span(), "a step has `resources`, `checks` or both"));
    }
    let span = name_node.map_or_else(|| node.span.clone(), |node| node.span.clone());
    fields.finish()?;
    Ok(Step { name, span, when, tags, resources, checks })
}

fn read_actions(node: &Node) -> Result<IndexMap<String, ActionSpec>, Diagnostics> {
    let mut errors = Diagnostics::new();
    let actions = node.mapping()?.iter().filter_map(|entry| errors.collect(ActionSpec::read(entry)));
    let actions = actions.map(|action| (action.name.clone(), action)).collect();
    errors.or(actions)
}
