//! `unit`: a systemd unit file, or a drop-in that changes one.

use super::arguments::{CONTENT, DROP_IN, SRC, TEMPLATE, USER, body, plain_name, unit_name};
use super::content::Content;
use super::kind::first_text;
use super::user_scope::UserScope;
use super::{Draft, Files, Planned, Resource, ResourceKind};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::systemd::UnitOperation;
use crate::ability::{Operation, Probe, State};
use crate::quadlet::UnitFile;
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::secret::Taint;
use crate::template::RenderError;
use crate::yaml::Node;

/// `unit`.
pub static UNIT: ResourceKind = ResourceKind::new(
    Schema::new(
        "unit",
        &[
            Argument::new("name", Shape::Text, "the unit; without a suffix it is a service").required().identity(),
            TEMPLATE.meaning("a template of the role that says what it is"),
            CONTENT.meaning("what it says, instead of `template`"),
            SRC.meaning("a file of the role that says what it is, instead of `template`"),
            DROP_IN
                .meaning("the name of a drop-in: `UNIT.d/NAME.conf` is written, and the unit's own file is left alone"),
            USER.meaning(
                "whose unit it is: in the user's own systemd, which runs without a login; default: the system's",
            ),
        ],
    )
    .exactly_one(&["template", "content", "src"]),
    "A systemd unit in `/etc/systemd/system`, or a drop-in for one.",
    |arguments, _, files| Ok(Box::new(Unit::parse(arguments, files)?)),
)
.public()
.named(|kind, arguments| {
    // a drop-in is another thing than the unit that it is for
    let name = first_text(arguments, kind.identities());
    match first_text(arguments, ["drop_in"].into_iter()) {
        drop_in if drop_in.is_empty() => name,
        drop_in => format!("{name}.d/{}.conf", drop_in.trim_end_matches(".conf")),
    }
})
.claims(|arguments, files| {
    let Some(name) = arguments.get("name") else { return Ok(Vec::new()) };
    let (scope, unit, before) = (UserScope::of_arguments(arguments, files)?, unit_name(name)?, Before::Nothing);
    let Some(drop_in) = arguments.get("drop_in") else {
        return Ok(vec![Item { kind: ItemKind::File, name: unit_path(&scope, &unit), before }]);
    };
    let path = drop_in_path(&scope, &unit, &drop_in.string()?);
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder).to_owned();
    Ok(vec![
        Item { kind: ItemKind::Directory, name: folder, before: before.clone() },
        Item { kind: ItemKind::File, name: path, before },
    ])
});

/// Where a unit's file is.
fn unit_path(scope: &UserScope, unit: &str) -> String {
    format!("{}/{unit}", scope.units())
}

/// Where a drop-in of a unit is.
fn drop_in_path(scope: &UserScope, unit: &str, name: &str) -> String {
    format!("{}/{unit}.d/{}.conf", scope.units(), name.trim_end_matches(".conf"))
}

/// The files that a unit takes its environment from. Those with specifiers or patterns in their names only systemd knows.
fn environment_files(bytes: &[u8]) -> Vec<String> {
    let Ok(unit) = UnitFile::parse(&String::from_utf8_lossy(bytes)) else { return Vec::new() };
    let named = unit.all("Service", "EnvironmentFile");
    named
        .into_iter()
        .map(|entry| entry.text().trim_start_matches('-').to_owned())
        .filter(|path| !path.is_empty())
        .collect()
}

/// A unit file or a drop-in.
#[derive(Debug)]
pub struct Unit {
    unit: String,
    content: Content,
    drop_in: bool,
    scope: UserScope,
}

impl Unit {
    /// Reads [`UNIT`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Arguments::new(node, &UNIT.schema)?;
        let name = fields.required("name");
        let name = fields.read(name, unit_name);
        let drop_in = fields.get("drop_in");
        let drop_in = fields.read(drop_in, |node| plain_name(node, "a drop-in"));
        let scope = UserScope::read(&mut fields, files)?;
        let bytes = body(&mut fields, files, "`unit`")?;
        let (unit, bytes) = fields.finish_with(name.zip(bytes))?;
        let path = match &drop_in {
            Some(name) => drop_in_path(&scope, &unit, name),
            None => unit_path(&scope, &unit),
        };
        let content = Content { path, bytes, attributes: scope.attributes(), secret: false, taint: Taint::default() };
        Ok(Self { unit, content, drop_in: drop_in.is_some(), scope })
    }
}

impl Unit {
    /// The folder that it is in, where that is not systemd's own: there only for drop-ins or for a user's units.
    fn folder(&self) -> Option<&str> {
        let own = self.drop_in || self.scope.user().is_some();
        self.content.path.rsplit_once('/').map(|(folder, _)| folder).filter(|_| own)
    }
}

impl Resource for Unit {
    fn name(&self) -> String {
        if self.drop_in {
            self.content.path.trim_start_matches(&self.scope.units()).trim_start_matches('/').to_owned()
        } else {
            self.unit.clone()
        }
    }

    fn ask(&self, probe: &mut Probe) {
        self.content.ask(probe);
        self.scope.ask(probe);
        self.scope.folders(self.folder().unwrap_or(&self.scope.units())).iter().for_each(|folder| folder.ask(probe));
        probe.tool("systemctl");
    }

    fn claims(&self) -> Vec<Item> {
        let folders = self.folder().map(|folder| self.scope.claims(folder)).unwrap_or_default();
        folders.into_iter().chain([self.content.claim()]).collect()
    }

    fn declare(&self, state: &mut State) {
        self.content.declare(state);
        let named = state.declared.environment_files.entry(self.scope.key(&self.unit)).or_default();
        named.extend(environment_files(&self.content.bytes));
    }

    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        vec![self.content.text()]
    }

    fn contents_mut(&mut self) -> Vec<&mut Content> {
        vec![&mut self.content]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let mut planned = Planned::default();
        let mut operations = Vec::new();
        let mut details = Vec::new();
        if let Some(folder) = self.folder() {
            let prepared = self.scope.prepare(folder, state)?;
            operations.extend(prepared.operations);
            details.extend(prepared.details);
            planned.items.extend(prepared.items);
        }
        let difference = self.content.compare(state)?;
        operations.extend(difference.operations);
        if let Some(body) = difference.body {
            operations.push(Operation::write_file(body));
            operations
                .push(Operation::Units(UnitOperation::DaemonReload { user: self.scope.user().map(str::to_owned) }));
            state.predicted.units.insert(self.scope.key(&self.unit));
        }
        details.extend(difference.details);
        planned.draft = difference.action.map(|action| Draft { action, details, operations });
        planned.items.extend(difference.item);
        Ok(planned)
    }
}
