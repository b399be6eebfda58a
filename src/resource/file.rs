//! `file` and `template`: one file, with its content given, copied from the role, or rendered.

use super::arguments::{CONTENT, GROUP, MODE, OWNER, SECRET, SRC, VALIDATE, attributes, brought, path, validation};
use super::content::{Content, require_parent};
use super::kind::claimed;
use super::{Draft, Files, Planned, Resource, ResourceKind};
use crate::ability::files::{FileOperation, Validation};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::secret::Taint;
use crate::source::Diagnostic;
use crate::template::RenderError;
use crate::yaml::Node;

/// `file`.
pub static FILE: ResourceKind = ResourceKind::new(
    Schema::new(
        "file",
        &[
            Argument::new("path", Shape::Path, "where it is").required().identity(),
            CONTENT,
            SRC.meaning("a file in `files/` of the role (for a play: beside the playbook), instead of `content`"),
            OWNER.unseen(),
            GROUP.unseen(),
            MODE.unseen(),
            VALIDATE,
            SECRET,
        ],
    )
    .exactly_one(&["content", "src"]),
    "One file with given content, or copied from the role's `files/`.",
    |arguments, _, files| Ok(Box::new(File::parse(arguments, files)?)),
)
.claims(|arguments, _| {
    claimed(arguments, "path", path, |path| Item { kind: ItemKind::File, name: path, before: Before::Nothing })
});

/// `template`.
pub static TEMPLATE: ResourceKind = ResourceKind::new(
    Schema::new(
        "template",
        &[
            SRC.meaning(super::arguments::TEMPLATE.help).required(),
            Argument::new("dest", Shape::Path, "where the file is").required().identity(),
            OWNER.unseen(),
            GROUP.unseen(),
            MODE.unseen(),
            VALIDATE,
            SECRET,
        ],
    ),
    "One file rendered from a template of the role.",
    |arguments, _, files| Ok(Box::new(File::parse_template(arguments, files)?)),
)
.claims(|arguments, _| {
    claimed(arguments, "dest", path, |path| Item { kind: ItemKind::File, name: path, before: Before::Nothing })
});

/// A file on the host.
#[derive(Debug)]
pub struct File {
    content: Content,
    validation: Option<Validation>,
}

impl File {
    /// Reads [`FILE`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Arguments::new(node, &FILE.schema)?;
        let target = fields.required("path");
        let (content, src) = (fields.get("content"), fields.get("src"));
        let bytes = match (content, src) {
            (Some(content), None) => fields.read(Some(content), Node::string).map(String::into_bytes),
            (None, Some(src)) => brought(&mut fields, files.file(src))?,
            (Some(_), Some(src)) => {
                fields.error(Diagnostic::at(&src.span, "`file` takes `content` or `src`, not both"));
                None
            }
            (None, None) => {
                let error = Diagnostic::at(fields.span(), "`file` needs `content` or `src`");
                fields.error(error);
                None
            }
        };
        Self::finish(fields, target, bytes)
    }

    /// Reads [`TEMPLATE`].
    ///
    /// # Errors
    /// What is wrong with the arguments or the template.
    pub fn parse_template(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Arguments::new(node, &TEMPLATE.schema)?;
        let target = fields.required("dest");
        let bytes = match fields.required("src") {
            Some(src) => brought(&mut fields, files.template(src))?.map(String::into_bytes),
            None => None,
        };
        Self::finish(fields, target, bytes)
    }

    fn finish<'n>(
        mut fields: Arguments<'n>,
        target: Option<&'n Node>,
        bytes: Option<Vec<u8>>,
    ) -> Result<Self, RenderError> {
        let target = fields.read(target, path);
        let attributes = attributes(&mut fields);
        let validation = validation(&mut fields);
        let secret = fields.boolean("secret").unwrap_or(false);
        let (path, bytes) = fields.finish_with(target.zip(bytes))?;
        Ok(Self { content: Content { path, bytes, attributes, secret, taint: Taint::default() }, validation })
    }
}

impl Resource for File {
    fn name(&self) -> String {
        self.content.path.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        self.content.ask(probe);
    }

    fn claims(&self) -> Vec<Item> {
        vec![self.content.claim()]
    }

    fn declare(&self, state: &mut State) {
        self.content.declare(state);
    }

    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        vec![self.content.text()]
    }

    fn contents_mut(&mut self) -> Vec<&mut Content> {
        vec![&mut self.content]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        require_parent(state, &self.content.path)?;
        let difference = self.content.compare(state)?;
        let mut operations = difference.operations;
        if let Some(body) = difference.body {
            operations.push(Operation::Files(FileOperation::Write {
                folder: None,
                bodies: vec![body],
                removed: Vec::new(),
                declared: Vec::new(),
                validation: self.validation.clone(),
                early: false,
            }));
        }
        let draft = difference.action.map(|action| Draft { action, details: difference.details, operations });
        Ok(Planned { draft, items: difference.item.into_iter().collect() })
    }
}
