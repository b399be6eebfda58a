//! Reading and planning of every kind of resource, against hosts that are made up.

mod accounts;
mod arguments;
mod checks;
mod commands;
mod configs;
mod files;
mod hidden_quadlets;
mod influxdb;
mod influxdb_arguments;
mod keys;
mod markers;
mod newest;
mod packages;
mod quadlets;
mod removal;
mod services;
mod twice;
mod values;
mod versions;

use super::{Draft, Files, Planned, Resource, parse};
use crate::ability::accounts::{AccountOperation, GroupState, UserState};
use crate::ability::files::{Attributes, Below, FileOperation, Meta, PathState, Validation, sha256};
use crate::ability::memory::manifest::{Before, Item, ItemKind, Owned};
use crate::ability::systemd::UnitState;
use crate::ability::{Operation, State};
use crate::plan::change::{Change, Detail};
use crate::resource::ResourceKind;
use crate::source::{Diagnostic, SourceFile};
use crate::template::RenderError;
use crate::yaml::{self, Node};

/// A role's files: templates are named `*.j2`, one of them needs facts.
struct Role;

impl Files for Role {
    fn template(&self, name: &Node) -> Result<String, RenderError> {
        match name.string()?.as_str() {
            "facts.j2" => Err(RenderError::NeedsFacts),
            other if other.ends_with(".j2") => Ok(format!("rendered {other}\n")),
            other => Err(Diagnostic::at(&name.span, format!("there is no template {other}")).into()),
        }
    }

    fn file(&self, name: &Node) -> Result<Vec<u8>, RenderError> {
        match name.string()?.as_str() {
            "key.asc" => Ok(include_bytes!("data/key.asc").to_vec()),
            "key.gpg" => Ok(include_bytes!("data/key.gpg").to_vec()),
            "binary" => Ok(vec![0, 159, 146, 150]),
            other => Err(Diagnostic::at(&name.span, format!("there is no file {other}")).into()),
        }
    }

    fn home(&self, _user: &str) -> Result<Option<String>, RenderError> {
        Ok(None)
    }

    fn secrets_folder(&self) -> Result<String, RenderError> {
        Ok("/etc/solti/secrets".to_owned())
    }
}

fn yaml(text: &str) -> Node {
    yaml::parse(&SourceFile::named("role.yml", text)).unwrap()
}

/// `kind: {arguments}`, read as a resource.
fn read(text: &str) -> Result<Box<dyn Resource>, RenderError> {
    let node = yaml(text);
    let entry = &node.mapping().unwrap()[0];
    parse(ResourceKind::from_name(&entry.key).unwrap(), &entry.value, None, &Role)
}

fn resource(text: &str) -> Box<dyn Resource> {
    read(text).unwrap()
}

/// What is wrong with it.
fn errors(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

/// Plans it, and says what happens, as users and steps see it.
fn plan(text: &str, state: &mut State) -> String {
    match resource(text).plan(state) {
        Ok(planned) => shown(&planned),
        Err(reason) => format!("impossible: {reason}"),
    }
}

fn shown(planned: &Planned) -> String {
    let mut lines = Vec::new();
    if let Some(draft) = planned.draft.clone().map(written_and_read) {
        lines.push(draft.action.word().to_owned());
        lines.extend(draft.details.iter().map(|detail| format!("  {}", detail_text(detail))));
        lines.extend(draft.operations.iter().map(|operation| format!("  > {}", operation_text(operation))));
    } else {
        lines.push("nothing".to_owned());
    }
    lines.extend(planned.items.iter().map(|item| format!("  = {} {:?}", item.key().1, item.before)));
    lines.join("\n")
}

/// A change as it is in a plan that was written down and read back.
fn written_and_read(draft: Draft) -> Change {
    let change = draft.of("role/step/kind:name".to_owned());
    let text = serde_json::to_string(&change).unwrap();
    let read: Change = serde_json::from_str(&text).unwrap();
    assert_eq!(read, change, "{text}");
    read
}

fn detail_text(detail: &Detail) -> String {
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    match detail {
        Detail::Text { hidden: true, path, old, .. } => {
            format!("hidden text of {path}, {}", if old.is_some() { "changed" } else { "new" })
        }
        Detail::Text { path, old, new, .. } => format!("text of {path}: {old:?} -> {new:?}"),
        Detail::Value { what, old, new } => format!("{what}: {} -> {}", or(old), or(new)),
        Detail::Note { text } => text.clone(),
    }
}

fn operation_text(operation: &Operation) -> String {
    let of = |attributes: &Attributes| {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let mode = attributes.mode.map_or("-".to_owned(), |mode| format!("{mode:04o}"));
        format!("{}:{} {mode}", or(&attributes.owner), or(&attributes.group))
    };
    match operation {
        Operation::Accounts(AccountOperation::Tool { command }) => command.join(" "),
        Operation::Files(FileOperation::MakeDirectory { path, attributes }) => {
            format!("make {path} {}", of(attributes))
        }
        Operation::Files(FileOperation::SetAttributes { path, attributes, .. }) => {
            format!("set {path} {}", of(attributes))
        }
        Operation::Files(FileOperation::Expect { path, expectation }) => format!("expect {path} {expectation:?}"),
        Operation::Files(FileOperation::Link { path, target }) => format!("link {path} -> {target}"),
        Operation::Files(FileOperation::KeepOriginal { path, .. }) => format!("keep the original of {path}"),
        Operation::Files(FileOperation::Restore { path, .. }) => format!("restore {path}"),
        Operation::Files(FileOperation::Write { folder, bodies, removed, validation, early, declared }) => {
            let mut text = format!("write{}", if *early { " early" } else { "" });
            folder.iter().for_each(|folder| text.push_str(&format!(" in {folder}")));
            for body in bodies {
                text.push_str(&format!(", {} {} {} bytes", body.path, of(&body.attributes), body.content.len()));
            }
            removed.iter().for_each(|path| text.push_str(&format!(", without {path}")));
            declared.iter().for_each(|(path, _)| text.push_str(&format!(", beside {path}")));
            validation.iter().for_each(|validation| match validation {
                Validation::Command(command) => text.push_str(&format!(", tried by {command:?}")),
                Validation::Generator { .. } => text.push_str(", tried by podman's generator"),
            });
            text
        }
        Operation::Api(call) => format!("talk to its service; makes {:?}", call.makes),
        other => {
            // whose it is says itself
            let text = format!("{other:?}");
            let (_, text) = text.split_once('(').unwrap();
            text.strip_suffix(')').unwrap().to_owned()
        }
    }
}

fn meta(owner: &str, number: u32, mode: u32) -> Meta {
    Meta { owner: owner.into(), group: owner.into(), uid: Some(number), gid: Some(number), mode }
}

fn file(content: &str, mode: u32) -> PathState {
    PathState::File {
        meta: meta("root", 0, mode),
        sha256: Some(sha256(content.as_bytes())),
        content: Some(content.as_bytes().to_vec()),
        size: content.len() as u64,
        modified: Some(1000),
    }
}

fn folder(mode: u32) -> PathState {
    PathState::Directory { meta: meta("root", 0, mode) }
}

fn link(target: &str) -> PathState {
    PathState::Link { target: Some(target.into()) }
}

/// A host on which these paths are.
fn host(paths: impl IntoIterator<Item = (&'static str, PathState)>) -> State {
    let mut state = State::default();
    for folder_path in ["/", "/etc", "/etc/app", "/etc/systemd/system"] {
        state.files.paths.insert(folder_path.into(), folder(0o755));
    }
    state.files.paths.extend(paths.into_iter().map(|(path, state)| (path.to_owned(), state)));
    state
}

/// Notes that solti has put something there.
fn owned(state: &mut State, item: Item) {
    let (project, role, resource) = ("project".to_owned(), "role".to_owned(), "role/step/kind:name".to_owned());
    state.memory.manifest.resources.push(Owned {
        project,
        named: false,
        playbook: None,
        role,
        resource,
        purge: None,
        failed: false,
        items: vec![item],
    });
}

fn owned_file(path: &str, before: Before) -> Item {
    Item { kind: ItemKind::File, name: path.into(), before }
}

fn group(gid: u32, members: &[&str]) -> GroupState {
    GroupState { gid: Some(gid), members: members.iter().map(|&member| member.to_owned()).collect() }
}

fn user(uid: u32) -> UserState {
    UserState {
        uid: Some(uid),
        gid: Some(uid),
        comment: String::new(),
        home: "/var/lib/app".into(),
        shell: "/bin/sh".into(),
    }
}

fn unit(active: &str, enabled: &str) -> UnitState {
    UnitState {
        load: "loaded".into(),
        active: active.into(),
        enabled: enabled.into(),
        can_reload: true,
        since: 2000,
        ..UnitState::default()
    }
}
