//! `config`: a service's configuration as a set of files that are validated together and swapped as one.

use super::arguments::{
    CONTENT, GROUP, MODE, OWNER, SECRET, SRC, TEMPLATE, VALIDATE, account, attributes, body, path, permissions,
    validation,
};
use super::content::Content;
use super::directory::Directory;
use super::{Draft, Files, Planned, Resource, ResourceKind};
use crate::ability::files::{Attributes, Below, Body, FileOperation, PathState, Validation};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::secret::Taint;
use crate::source::{Diagnostic, Diagnostics};
use crate::template::RenderError;
use crate::yaml::Node;
use std::collections::BTreeSet;

/// `config`.
pub static CONFIG: ResourceKind = ResourceKind::new(
    Schema::new(
        "config",
        &[
            Argument::new("dir", Shape::Path, "the folder; made if it is missing, never replaced")
                .required()
                .identity(),
            Argument::new(
                "files",
                Shape::List(&Shape::Mapping(&FILE)),
                "a list, each with `dest` (relative to `dir`), one of `template`, `content` and `src`, and if need be \
                 `owner`, `group`, `mode`, `secret` of its own",
            )
            .required()
            .lasts(),
            VALIDATE.meaning(
                "a command that sees all staged files in the folder's place, and beside them what else is declared \
                 there, and what nobody but root can have written",
            ),
            OWNER.meaning("the user that all files belong to").unseen(),
            GROUP.meaning("the group that all files belong to").unseen(),
            MODE.meaning("the permissions of all files").unseen(),
            Argument::new(
                "dir_owner",
                Shape::Text,
                "the folder's own, and of folders in it that hold files of the set; without, `owner`",
            ),
            Argument::new("dir_group", Shape::Text, "likewise; without, `group`"),
            Argument::new("dir_mode", Shape::Mode, "the folder's own permissions"),
            Argument::new("exclusive", Shape::Flag, "`true`: files in the folder that nobody declared go")
                .default("false"),
        ],
    ),
    "Several files in one folder that belong together: staged side by side, validated together, swapped one right \
     after the other.",
    |arguments, _, files| Ok(Box::new(Config::parse(arguments, files)?)),
)
.claims(|arguments, _| {
    let Some(folder) = arguments.get("dir") else { return Ok(Vec::new()) };
    let folder = path(folder)?;
    let mut items = vec![Item { kind: ItemKind::Directory, name: folder.clone(), before: Before::Nothing }];
    let files = arguments.get("files").map(Node::sequence).transpose()?.unwrap_or_default();
    for dest in files.iter().filter_map(|file| file.get("dest")) {
        items.push(Item { kind: ItemKind::File, name: relative(dest, &folder)?, before: Before::Nothing });
    }
    Ok(items)
});

/// One file of the set.
static FILE: Schema = Schema::new(
    "a file of `config`",
    &[
        TEMPLATE,
        CONTENT,
        SRC,
        Argument::new("dest", Shape::Text, "where it is, relative to `dir`").required().lasts(),
        OWNER.unseen(),
        GROUP.unseen(),
        MODE.unseen(),
        SECRET,
    ],
)
.exactly_one(&["template", "content", "src"]);

/// A folder of configuration.
#[derive(Debug)]
pub struct Config {
    folder: String,
    folder_attributes: Attributes,
    files: Vec<Content>,
    validation: Option<Validation>,
    exclusive: bool,
}

impl Config {
    /// Reads [`CONFIG`].
    ///
    /// # Errors
    /// What is wrong with the arguments or a template.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Arguments::new(node, &CONFIG.schema)?;
        let folder = fields.required("dir");
        let folder = fields.read(folder, path);
        let shared = attributes(&mut fields);
        let folder_attributes = Attributes {
            owner: account(&mut fields, "dir_owner").or_else(|| shared.owner.clone()),
            group: account(&mut fields, "dir_group").or_else(|| shared.group.clone()),
            mode: permissions(&mut fields, "dir_mode"),
        };
        let validation = validation(&mut fields);
        let exclusive = fields.boolean("exclusive").unwrap_or(false);
        let list = fields.required("files");
        let list = fields.read(list, Node::sequence).unwrap_or_default();
        let mut contents: Vec<Content> = Vec::new();
        let mut needs_facts = false;
        for item in list {
            match file(item, folder.as_deref().unwrap_or("/"), &shared, files) {
                Ok(content) => {
                    if contents.iter().any(|other| other.path == content.path) {
                        fields.error(Diagnostic::at(&item.span, format!("{} is in this set twice", content.path)));
                    }
                    contents.push(content);
                }
                Err(RenderError::Invalid(errors)) => fields.error(errors),
                Err(RenderError::NeedsFacts) => needs_facts = true,
            }
        }
        let folder = fields.finish_with(folder)?;
        if needs_facts {
            return Err(RenderError::NeedsFacts);
        }
        Ok(Self { folder, folder_attributes, files: contents, validation, exclusive })
    }

    /// The folders that its files are in, the outermost first.
    fn folders(&self) -> Vec<Directory> {
        let mut inner = BTreeSet::new();
        for content in &self.files {
            let mut path = content.path.as_str();
            while let Some((parent, _)) = path.rsplit_once('/') {
                if parent.len() <= self.folder.len() {
                    break;
                }
                inner.insert(parent.to_owned());
                path = parent;
            }
        }
        let outer = Directory::new(self.folder.clone(), self.folder_attributes.clone());
        let attributes = Attributes { mode: None, ..self.folder_attributes.clone() };
        [outer].into_iter().chain(inner.into_iter().map(|path| Directory::new(path, attributes.clone()))).collect()
    }

    /// What is declared in the folder, by this set or otherwise, and not written now.
    fn others_declared(&self, state: &State, bodies: &[Body]) -> Vec<(String, String)> {
        let inside = format!("{}/", self.folder.trim_end_matches('/'));
        let declared = state.declared.files.range(inside.clone()..).take_while(|(path, _)| path.starts_with(&inside));
        let others = declared.filter(|(path, _)| bodies.iter().all(|body| body.path != **path));
        others.map(|(path, sha256)| (path.clone(), sha256.clone())).collect()
    }

    fn not_exclusive(&self, why: &str) -> String {
        let folder = &self.folder;
        format!(
            "what is in {folder} {why}, so what nobody declared there is not removed; do that by hand, or leave out `exclusive`"
        )
    }

    /// Files in the folder that nobody declared; they go when the set is exclusive.
    ///
    /// # Errors
    /// Where it cannot be told which these are.
    fn unmanaged(&self, state: &State) -> Result<Vec<String>, String> {
        let Some(below) = state.files.below.get(&self.folder).filter(|_| self.exclusive) else {
            return Ok(Vec::new());
        };
        let paths = match below {
            Below::All { paths, odd: 0 } => paths,
            Below::All { .. } => return Err(self.not_exclusive("has a name that is no line of text")),
            Below::Unknown => return Err(self.not_exclusive("is more than can be listed")),
        };
        let declared = |path: &str| {
            state.declared.files.contains_key(path)
                || *state.files.at(path) == PathState::Absent && state.files.paths.contains_key(path)
        };
        Ok(paths.iter().filter(|path| !declared(path)).cloned().collect())
    }
}

/// One file of the set; owner, group and mode are the set's unless it has its own.
fn file(node: &Node, folder: &str, shared: &Attributes, files: &dyn Files) -> Result<Content, RenderError> {
    let mut fields = Arguments::called(node, &FILE, "a file of a config")?;
    let dest = fields.required("dest");
    let dest = fields.read(dest, |node| relative(node, folder));
    let own = attributes(&mut fields);
    let secret = fields.boolean("secret").unwrap_or(false);
    let bytes = body(&mut fields, files, "a file of a config")?;
    let (path, bytes) = fields.finish_with(dest.zip(bytes))?;
    let attributes = Attributes {
        owner: own.owner.or_else(|| shared.owner.clone()),
        group: own.group.or_else(|| shared.group.clone()),
        mode: own.mode.or(shared.mode),
    };
    Ok(Content { path, bytes, attributes, secret, taint: Taint::default() })
}

/// A path below the set's folder.
fn relative(node: &Node, folder: &str) -> Result<String, Diagnostics> {
    let text = node.string()?;
    let odd = text.is_empty() || text.split('/').any(|part| matches!(part, "" | "." | ".."));
    if odd || text.chars().any(|c| c.is_control() || c == '\\') {
        return Err(Diagnostic::at(&node.span, "`dest` is a path relative to `dir`").label(format!("`{text}`")).into());
    }
    Ok(format!("{}/{text}", folder.trim_end_matches('/')))
}

impl Resource for Config {
    fn name(&self) -> String {
        self.folder.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        self.folders().iter().for_each(|folder| folder.ask(probe));
        self.files.iter().for_each(|content| content.ask(probe));
        if self.exclusive {
            probe.files.below(&self.folder);
        }
    }

    fn claims(&self) -> Vec<Item> {
        let folders = self.folders();
        folders.iter().flat_map(Resource::claims).chain(self.files.iter().map(Content::claim)).collect()
    }

    fn declare(&self, state: &mut State) {
        self.files.iter().for_each(|content| content.declare(state));
    }

    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        self.files.iter().map(Content::text).collect()
    }

    fn contents_mut(&mut self) -> Vec<&mut Content> {
        self.files.iter_mut().collect()
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let mut planned = Planned::default();
        let (mut details, mut operations, mut actions) = (Vec::new(), Vec::new(), Vec::new());
        let mut bodies = Vec::new();
        for folder in self.folders() {
            let Planned { draft, items } = folder.plan(state)?;
            planned.items.extend(items);
            if let Some(draft) = draft {
                actions.push(draft.action);
                let name = folder.name();
                details.extend(draft.details.into_iter().map(|detail| within(&name, detail)));
                operations.extend(draft.operations);
            }
        }
        for content in &self.files {
            let difference = content.compare(state)?;
            actions.extend(difference.action);
            details.extend(difference.details.into_iter().map(|detail| within(&content.path, detail)));
            operations.extend(difference.operations);
            bodies.extend(difference.body);
            planned.items.extend(difference.item);
        }
        let removed = self.unmanaged(state)?;
        for path in &removed {
            actions.push(Action::Update);
            details.push(Detail::note(format!("remove {path}, which nobody declared")));
            state.files.paths.insert(path.clone(), PathState::Absent);
        }
        if !bodies.is_empty() || !removed.is_empty() {
            let (folder, validation) = (Some(self.folder.clone()), self.validation.clone());
            let declared = self.others_declared(state, &bodies);
            operations.push(Operation::Files(FileOperation::Write {
                folder,
                bodies,
                removed,
                declared,
                validation,
                early: false,
            }));
        }
        if !actions.is_empty() {
            let all_new = actions.iter().all(|action| *action == Action::Create);
            let action = if all_new { Action::Create } else { Action::Update };
            planned.draft = Some(Draft { action, details, operations });
        }
        Ok(planned)
    }
}

/// Says which path of the set a value or note is about.
fn within(path: &str, detail: Detail) -> Detail {
    match detail {
        Detail::Value { what, old, new } => Detail::Value { what: format!("{path} {what}"), old, new },
        Detail::Note { text } => Detail::note(format!("{path} {text}")),
        text @ Detail::Text { .. } => text,
    }
}
