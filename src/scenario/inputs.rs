//! A scenario as the inputs of the engine: an inventory, a playbook, and the same with all roles gone.

use super::{Checks, Host, Platform, Plays, Scenario};
use crate::engine::request::{Given, Selection};
use crate::engine::{self, Project};
use crate::playbook::{Play, RoleUse, State};
use crate::role::{Role, Step};
use crate::source::{Diagnostics, Span, folder_of};
use crate::yaml::{Entry, Node, Value};
use indexmap::IndexMap;
use std::path::Path;
use std::sync::Arc;

/// The name under which the scenario's own checks are asked.
const OWN_CHECKS: &str = "scenario";

/// The variable that says where a scenario's own files are.
const FOLDER: &str = "scenario_dir";

/// What is applied.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// The scenario's roles.
    Roles,
    /// A playbook that prepares some hosts for them.
    Playbook(&'a Path, &'a [&'a Host]),
}

/// Reads everything that a run on these hosts is about; without an `inventory`, as far as it can be known before there are
/// any.
pub fn load(
    root: &Path,
    scenario: &Scenario,
    platform: &Platform,
    what: What<'_>,
    inventory: Option<&Path>,
) -> Result<Project, Diagnostics> {
    let (playbooks, playbook) = match (what, &scenario.plays) {
        (What::Playbook(path, _), _) => (vec![path.to_owned()], None),
        (What::Roles, Plays::Playbook(path)) => (vec![path.clone()], None),
        (What::Roles, Plays::Roles(roles)) => (Vec::new(), Some((scenario.path.clone(), play(scenario, roles)))),
    };
    let existing = platform.existing();
    let names = |hosts: &[&Host]| Some(hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(","));
    let limit = match what {
        What::Playbook(_, hosts) => names(hosts),
        // the others of an inventory are not the scenario's
        What::Roles => existing.and_then(|_| names(&scenario.hosts.iter().collect::<Vec<_>>())),
    };
    let inventory = existing.map(|existing| existing.inventory.as_path()).or(inventory);
    engine::load(&Selection {
        inventories: inventory.iter().map(|path| path.display().to_string()).collect(),
        limit,
        playbooks,
        forks: scenario.hosts.len(),
        given: Some(Given {
            root: root.to_owned(),
            inventory: inventory_of(scenario, platform),
            playbook,
            extra_vars: scenario.variant.vars().cloned().collect(),
        }),
        ..Selection::default()
    })
}

fn mapping(span: &Span, entries: impl IntoIterator<Item = (String, Node)>) -> Node {
    let entries = entries.into_iter().map(|(key, value)| Entry { key, key_span: value.span.clone(), value });
    Node::new(Value::Mapping(entries.collect()), span.clone())
}

/// One play that gives the roles to all hosts.
fn play(scenario: &Scenario, roles: &Node) -> Node {
    let play = mapping(
        &roles.span,
        [
            ("name".to_owned(), Node::text(scenario.name.clone(), roles.span.clone())),
            ("hosts".to_owned(), Node::text("all", roles.span.clone())),
            ("roles".to_owned(), roles.clone()),
        ],
    );
    Node::new(Value::Sequence(vec![play]), roles.span.clone())
}

fn inventory_of(scenario: &Scenario, platform: &Platform) -> Node {
    let at = &scenario.span;
    let entries = |entries: Vec<Entry>| Node::new(Value::Mapping(entries), at.clone());
    let mut groups: IndexMap<String, Vec<Entry>> = IndexMap::new();
    let mut hosts = Vec::new();
    for host in &scenario.hosts {
        let platform = host.platform.as_ref().unwrap_or(platform);
        // what the scenario says of all hosts wins over what the platform says of its own
        let said = |name: &str| scenario.vars.iter().chain(&host.vars).any(|var| var.key == name);
        let vars = platform.vars.iter().filter(|var| !said(&var.key)).chain(&host.vars).cloned().collect();
        let key_span = host.span.clone();
        hosts.push(Entry { key: host.name.clone(), key_span, value: entries(vars) });
        for (group, span) in &host.groups {
            let value = Node::new(Value::Null, span.clone());
            let member = Entry { key: host.name.clone(), key_span: span.clone(), value };
            groups.entry(group.clone()).or_default().push(member);
        }
    }
    let children = groups.into_iter().map(|(group, members)| {
        let span = members.first().map_or(at, |member| &member.key_span).clone();
        (group, mapping(&span, [("hosts".to_owned(), entries(members))]))
    });
    let children = mapping(at, children.collect::<Vec<_>>());
    let folder = folder_of(&scenario.path);
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut folder = Node::text(folder.display().to_string(), at.clone());
    folder.make_verbatim();
    let mut vars = vec![Entry { key: FOLDER.to_owned(), key_span: at.clone(), value: folder }];
    vars.extend(scenario.vars.iter().filter(|var| var.key != FOLDER).cloned());
    let all = [("vars".to_owned(), entries(vars)), ("hosts".to_owned(), entries(hosts))];
    let all = mapping(at, all.into_iter().chain([("children".to_owned(), children)]));
    mapping(at, [("all".to_owned(), all)])
}

/// Makes all roles gone, with their data; the last one goes first.
pub fn remove_roles(project: &mut Project) {
    for playbook in &mut project.playbooks {
        for play in &mut playbook.plays {
            // what a play declares itself goes as what is declared no longer
            play.resources.clear();
            for role in &mut play.roles {
                role.state = State::Absent;
                let labels = role.role.steps.iter().flat_map(|step| &step.resources);
                role.purge = labels.filter_map(|resource| resource.purge.clone()).collect();
                // generated secrets are data, too
                role.purge.push("data".to_owned());
            }
            play.roles.reverse();
        }
        playbook.plays.reverse();
    }
    project.playbooks.reverse();
    project.play_hosts.reverse();
}

/// Whether a play has resources of its own.
pub fn has_resources(project: &Project) -> bool {
    project.plays().any(|(play, _)| !play.resources.is_empty())
}

/// Adds the scenario's own checks behind the roles'.
pub fn add_checks(project: &mut Project, scenario: &Scenario) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut plays = Vec::new();
    for (number, checks) in scenario.checks.iter().enumerate() {
        let Some(hosts) = errors.collect(project.inventory.select(&checks.hosts, Some(&checks.span))) else { continue };
        project.play_hosts.push(hosts);
        plays.push(checking(project, scenario, checks, number));
    }
    if let Some(playbook) = project.playbooks.last_mut() {
        playbook.plays.extend(plays);
    }
    errors.or(())
}

/// A play with checks alone.
fn checking(project: &Project, scenario: &Scenario, checks: &Checks, number: usize) -> Play {
    let span = checks.span.clone();
    let step = Step {
        name: "checks".to_owned(),
        span: span.clone(),
        when: None,
        tags: Vec::new(),
        resources: Vec::new(),
        checks: checks.specs.clone(),
    };
    let role = Arc::new(Role::of_steps(OWN_CHECKS, &span.file, vec![step]));
    // as the plays do, so that options of roles have a value in the checks, too
    let vars = project.plays().flat_map(|(play, _)| play.vars.clone()).collect();
    let instance = if number == 0 { OWN_CHECKS.to_owned() } else { format!("{OWN_CHECKS} {}", number + 1) };
    let role = RoleUse::plain(role, instance, span.clone());
    Play {
        name: Some(scenario.name.clone()),
        hosts: vec![Node::text(checks.hosts.clone(), span.clone())],
        span,
        path: scenario.path.clone(),
        become_: None,
        become_user: None,
        remote_user: None,
        connection: None,
        vars,
        roles: vec![role],
        resources: Vec::new(),
        tags: Vec::new(),
        any_errors_fatal: false,
    }
}
