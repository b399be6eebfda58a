//! What `--tags` and `--skip-tags` select.

use super::request::Selection;
use crate::playbook::{Play, RoleUse};
use crate::source::{Diagnostic, Diagnostics, did_you_mean};
use std::collections::BTreeSet;

/// Names that mean something by themselves, as with Ansible.
const SPECIAL: [&str; 5] = ["all", "always", "never", "tagged", "untagged"];

/// How many tags are named where one is unknown.
const NAMED: usize = 12;

/// The user's choice of tags.
#[derive(Debug)]
pub struct Tags<'a> {
    /// `--tags`
    pub only: &'a [String],
    /// `--skip-tags`
    pub skip: &'a [String],
}

impl<'a> Tags<'a> {
    /// Those of a command line.
    pub fn of(selection: &'a Selection) -> Self {
        Self { only: &selection.tags, skip: &selection.skip_tags }
    }

    /// As with Ansible: `always` is in unless skipped, `never` is out unless named. What is in a role has the role's `names`
    /// as tags, too.
    pub fn select(&self, names: &[&str], tags: &[&[String]]) -> bool {
        let written = || tags.iter().flat_map(|tags| tags.iter().map(String::as_str));
        let has = |name: &str| match name {
            "tagged" => written().any(|tag| tag != "never"),
            "untagged" => written().next().is_none(),
            _ => names.contains(&name) || written().any(|tag| tag == name),
        };
        let named = |list: &[String]| list.iter().any(|tag| has(tag));
        if named(self.skip) {
            return false;
        }
        if self.only.is_empty() || self.only.iter().any(|tag| tag == "all") {
            return !has("never");
        }
        named(self.only) || has("always")
    }

    /// Whether anything of a role is selected, where it is used in a play.
    pub fn select_any(&self, play: &Play, used: &RoleUse) -> bool {
        used.role.steps.iter().any(|step| {
            let resources = step.resources.iter().map(|resource| &resource.tags);
            let mut all = resources.chain(step.checks.iter().map(|check| &check.tags));
            all.any(|tags| self.select(&names(used), &[&play.tags, &used.tags, &step.tags, tags]))
        })
    }
}

/// What a use of a role is called.
pub fn names(used: &RoleUse) -> [&str; 2] {
    [&used.role.name, &used.instance]
}

/// Refuses tags that nothing has: who names one means something by it.
///
/// # Errors
/// One for each.
pub fn check<'p>(selection: &Selection, plays: impl Iterator<Item = &'p Play>) -> Result<(), Diagnostics> {
    if selection.is_untagged() {
        return Ok(());
    }
    let known: BTreeSet<&str> = plays.flat_map(of_play).collect();
    let mut errors = Diagnostics::new();
    for (option, tags) in [("--tags", &selection.tags), ("--skip-tags", &selection.skip_tags)] {
        for tag in tags.iter().filter(|tag| !known.contains(tag.as_str()) && !SPECIAL.contains(&tag.as_str())) {
            let near = did_you_mean(tag, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            let error = Diagnostic::new(format!("`{option} {tag}`: nothing in the plays has the tag `{tag}`"));
            errors.push(error.hint(near.unwrap_or_else(|| there_are(&known))));
        }
    }
    errors.or(())
}

/// All tags that are written in a play, and its roles' names.
fn of_play(play: &Play) -> impl Iterator<Item = &str> {
    let roles = play.roles.iter().flat_map(|used| {
        let steps = used.role.steps.iter().flat_map(|step| {
            let resources = step.resources.iter().flat_map(|resource| &resource.tags);
            step.tags.iter().chain(resources).chain(step.checks.iter().flat_map(|check| &check.tags))
        });
        used.tags.iter().chain(steps).map(String::as_str).chain(names(used))
    });
    let resources = play.resources.iter().flat_map(|resource| &resource.tags);
    play.tags.iter().chain(resources).map(String::as_str).chain(roles)
}

fn there_are(known: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = known.iter().copied().take(NAMED).collect();
    match names.as_slice() {
        [] => "the plays have no tags".to_owned(),
        names => format!("there are: {}{}", names.join(", "), if known.len() > NAMED { ", ..." } else { "" }),
    }
}
