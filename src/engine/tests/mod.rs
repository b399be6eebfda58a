//! Planning hosts, writing steps, finding projects: all that needs no host.

mod absent;
mod adopting;
mod amounts;
mod arguments;
mod cut;
mod durable;
mod facts;
mod faults;
mod generations;
mod killed;
mod limits;
mod locked;
mod planner;
mod podman_steps;
mod project;
mod reach;
mod removing;
mod settle;
mod step;
mod step_runs;
mod subordinate;
mod tags;
mod together;
mod written;

use super::host_plan::Plan;
use super::ownership::Ownership;
use super::planner::plan;
use super::work::{HostWork, Identity, Resolved, ResolvedStep, RoleRun};
use crate::ability::State;
use crate::ability::commands::Answer;
use crate::ability::files::{Meta, PathState};
use crate::ability::memory::manifest::{Before, Item, ItemKind, Manifest, Owned};
use crate::ability::systemd::UnitState;
use crate::host::Target;
use crate::plan::change::{Change, Detail};
use crate::resource::{self, Files, ResourceKind};
use crate::source::{Diagnostic, SourceFile, Span};
use crate::template::RenderError;
use crate::yaml::{self, Node};
use sha2::Digest as _;
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};

struct NoFiles;

impl Files for NoFiles {
    fn template(&self, name: &Node) -> Result<String, RenderError> {
        Err(Diagnostic::at(&name.span, "there are no templates").into())
    }

    fn file(&self, name: &Node) -> Result<Vec<u8>, RenderError> {
        Err(Diagnostic::at(&name.span, "there are no files").into())
    }

    fn home(&self, _user: &str) -> Result<Option<String>, RenderError> {
        Ok(None)
    }

    fn secrets_folder(&self) -> Result<String, RenderError> {
        Ok("/etc/solti/secrets".to_owned())
    }
}

/// A role with one step called `step`, and resources written `kind: {arguments}`.
fn role(name: &str, resources: &[&str]) -> RoleRun {
    let resources = resources.iter().map(|text| resolved(name, text)).collect();
    RoleRun {
        place: (0, 0),
        play_name: "play".into(),
        playbook: "site.yml".into(),
        role: name.into(),
        instance: name.into(),
        become_user: None,
        absent: false,
        purge: Vec::new(),
        span: Span::new(&SourceFile::named("site.yml", ""), 0, 0),
        secrets: Vec::new(),
        overruled: Vec::new(),
        awaits: BTreeSet::new(),
        steps: vec![ResolvedStep { name: "step".into(), resources, checks: Vec::new() }],
        action: None,
        complete: true,
    }
}

fn resolved(role: &str, text: &str) -> Resolved {
    let node = yaml::parse(&SourceFile::named("role.yml", text)).unwrap();
    let entry = &node.mapping().unwrap()[0];
    let kind = ResourceKind::from_name(&entry.key).unwrap();
    let resource = resource::parse(kind, &entry.value, None, &NoFiles).unwrap();
    Resolved {
        id: format!("{role}/step/{}:{}", kind.name(), resource.name()),
        claims: resource.claims(),
        resource: Some(resource),
        span: entry.key_span.clone(),
        purge: None,
        selected: true,
        unknown: None,
    }
}

/// The same role, to be removed.
fn absent(mut run: RoleRun) -> RoleRun {
    run.absent = true;
    run.steps.iter_mut().flat_map(|step| &mut step.resources).for_each(|resolved| resolved.resource = None);
    run
}

fn work(runs: Vec<RoleRun>) -> HostWork {
    HostWork {
        name: "host".into(),
        target: Target::from_variables("host", |_| None).unwrap(),
        runs,
        idle: false,
        beside: Vec::new(),
        last_play: 0,
        left_alone: Vec::new(),
        needs_facts: false,
        partial: false,
        notes: Vec::new(),
    }
}

const MINE: Ownership<'static> = Ownership {
    project: "mine",
    named: false,
    former: &[],
    folder: None,
    elsewhere: None,
    complete: true,
    prune: false,
};

fn text_digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn meta() -> Meta {
    Meta { owner: "root".into(), group: "root".into(), uid: Some(0), gid: Some(0), mode: 0o644 }
}

fn file(text: &str) -> PathState {
    let (sha256, size) = (Some(text_digest(text)), text.len() as u64);
    PathState::File { meta: meta(), sha256, content: None, size, modified: Some(1000) }
}

/// A host with files, on which `app.service` runs.
fn host(files: &[(&str, &str)]) -> State {
    let mut state = State::default();
    for folder in ["/", "/etc", "/etc/app", "/etc/systemd/system"] {
        state.files.paths.insert(folder.into(), PathState::Directory { meta: Meta { mode: 0o755, ..meta() } });
    }
    state.files.paths.extend(files.iter().map(|(path, text)| ((*path).to_owned(), file(text))));
    let unit = UnitState {
        load: "loaded".into(),
        active: "active".into(),
        enabled: "enabled".into(),
        since: 2000,
        ..UnitState::default()
    };
    state.units.insert("app.service".into(), unit);
    state
}

/// Notes in the manifest that a role of this project has these things.
fn owned(state: &mut State, role: &str, resource: &str, items: &[Item]) {
    let resource = format!("{role}/step/{resource}");
    let (project, role, items) = ("mine".to_owned(), role.to_owned(), items.to_vec());
    state.memory.manifest.resources.push(Owned {
        project,
        named: false,
        playbook: None,
        role,
        resource,
        purge: None,
        failed: false,
        items,
    });
}

fn file_item(path: &str) -> Item {
    Item { kind: ItemKind::File, name: path.into(), before: Before::Nothing }
}

fn folder_item(path: &str) -> Item {
    Item { kind: ItemKind::Directory, name: path.into(), before: Before::Nothing }
}

/// Plans, leaving the state as the plan will, and says what came out.
fn planned(work: &HostWork, state: &mut State, ownership: Ownership<'_>) -> String {
    let mut states: BTreeMap<Identity, State> = BTreeMap::from([(None, std::mem::take(state))]);
    let result = plan(work, &mut states, ownership);
    *state = states.remove(&None).unwrap();
    match result {
        Ok(plan) => shown(&plan),
        Err(all) => {
            let lines: Vec<String> = all.iter().map(|one| format!("{}: {}", one.resource, one.reason)).collect();
            format!("impossible:\n{}", lines.join("\n"))
        }
    }
}

fn shown(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for transaction in &plan.transactions {
        lines.push(transaction.plan.role.clone());
        for step in &transaction.plan.steps {
            lines.push(format!("  {}{}", step.step, if step.in_order { ", in order" } else { "" }));
            lines.extend(step.changes.iter().map(change));
        }
        lines.extend(entries(&transaction.manifest).into_iter().map(|line| format!("  = {line}")));
    }
    lines.extend(plan.notes.iter().map(|note| format!("note: {note}")));
    if lines.is_empty() { "nothing".into() } else { lines.join("\n") }
}

fn change(change: &Change) -> String {
    let notes = change.details.iter().filter_map(|detail| match detail {
        Detail::Note { text } => Some(format!(", {text}")),
        _ => None,
    });
    format!("    {} {}{}", change.action.word(), change.resource, notes.collect::<String>())
}

/// Who has what, as the manifest says.
fn entries(manifest: &Manifest) -> Vec<String> {
    let things = |owned: &Owned| {
        let things = owned.items.iter().map(|item| format!(" {} {:?}", item.key().1, item.before));
        things.collect::<Vec<_>>().join(",")
    };
    manifest.resources.iter().map(|owned| format!("{}{}", owned.resource, things(owned))).collect()
}

fn listing(state: &mut State, folder: &str, names: &[&str]) {
    let answer = Answer { status: 0, output: names.join("\n") };
    state.commands.insert(crate::ability::commands::listing_key(folder), answer);
}
