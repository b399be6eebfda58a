//! `quadlet`: a container, volume, network or image of podman's that systemd runs. Where podman is too old to know
//! quadlets, it becomes the unit that podman's generator would have written, under the same name.

mod name;
mod parse;
mod plan;
mod sections;

use super::arguments::{CONTENT, DROP_IN, SRC, TEMPLATE, USER, VALIDATE, body, command, plain_name};
use super::user_scope::UserScope;
use super::{Files, Planned, Resource, ResourceKind};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::systemd::UnitOperation;
use crate::ability::{Operation, Probe, StartedWith, State};
use crate::quadlet::{self, Kind, Named};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostic;
use crate::template::RenderError;
use crate::yaml::Node;
use parse::{quadlet_name, read};
use sections::{Sections, sections};

/// What turns quadlets into units at boot and at each `daemon-reload`.
pub const GENERATOR: &str = "/usr/lib/systemd/system-generators/podman-system-generator";

/// What containers of users wait for, since podman 5.3, when they start.
const ONLINE: &str = "network-online.target";

/// `quadlet`.
pub static QUADLET: ResourceKind = ResourceKind::new(
    Schema::new(
        "quadlet",
        &[
            Argument::new("name", Shape::Text, "the file: `NAME.container`, `.volume`, `.network` or `.image`")
                .required()
                .identity(),
            TEMPLATE.meaning("instead of sections: a template of the role that says all"),
            CONTENT.meaning("instead of sections: a text that says all"),
            SRC.meaning("instead of sections: a file of the role that says all"),
            section(
                "unit",
                "the section `[Unit]`; a list repeats a key, a mapping says `name=value`. A text is read as podman and \
                 systemd read it, with specifiers (`%h`) and variables (`${HOME}`); a value in a mapping is data, and \
                 arrives as it is. So `Environment: { A: \"50% of $X\" }` is just that, and `Environment: [\"A=%h\"]` \
                 is the home",
            ),
            section("container", "the section of a container, with podman's own keys; lists and mappings likewise"),
            section("volume", "that of a volume, likewise"),
            section("network", "that of a network, likewise"),
            section("image", "that of an image, likewise"),
            section("quadlet", "the section `[Quadlet]`, likewise"),
            section("service", "the section `[Service]`, likewise"),
            section("install", "the section `[Install]`, likewise"),
            DROP_IN.meaning("the name of a drop-in: `NAME.d/DROP_IN.conf` is written (podman 5.0)"),
            USER.meaning("whose it is: rootless, in the user's own systemd and podman; default: the system's"),
            Argument::new(
                "pull",
                Shape::Choice(&["missing", "never"]),
                "`missing`: an image that is not on the host is fetched",
            )
            .default("missing")
            .unseen(),
            VALIDATE.meaning("a command that must succeed once images and files are there, before anything is stopped"),
        ],
    ),
    "A container, volume, network or image that systemd runs through podman.",
    |arguments, _, files| Ok(Box::new(Quadlet::parse(arguments, files)?)),
)
.public()
.claims(|arguments, files| {
    let Some(name) = arguments.get("name").map(Node::string).transpose()? else { return Ok(Vec::new()) };
    let scope = UserScope::of_arguments(arguments, files)?;
    let drop_in = arguments.get("drop_in").map(Node::string).transpose()?;
    Ok(Named::parse(&name, "").map(|quadlet| claims(&scope, &quadlet, drop_in.as_deref())).unwrap_or_default())
});

/// A section of a quadlet; what it says stands in the file.
const fn section(name: &'static str, help: &'static str) -> Argument {
    Argument::new(name, Shape::Map(&Shape::Either(&[Shape::Several(&Shape::Text), Shape::Map(&Shape::Text)])), help)
        .unseen()
}

/// A quadlet, or a drop-in of one.
#[derive(Debug)]
pub struct Quadlet {
    quadlet: Named,
    bytes: Vec<u8>,
    drop_in: Option<String>,
    scope: UserScope,
    pull: bool,
    validate: Option<Vec<String>>,
}

impl Quadlet {
    /// Reads [`QUADLET`].
    ///
    /// # Errors
    /// What is wrong with the arguments, and with what the quadlet says.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Arguments::new(node, &QUADLET.schema)?;
        let name_node = fields.required("name");
        let name = fields.read(name_node, quadlet_name);
        let drop_in = fields.get("drop_in");
        let drop_in = fields.read(drop_in, |node| plain_name(node, "a drop-in"));
        let scope = UserScope::read(&mut fields, files)?;
        let pull = fields.get("pull");
        let pull = fields.read(pull, |node| match node.string()?.as_str() {
            "missing" => Ok(true),
            "never" => Ok(false),
            other => {
                let error = Diagnostic::at(&node.span, format!("`pull` is `missing` or `never`, not `{other}`"));
                Err(error.hint("for another image, name another tag or digest").into())
            }
        });
        let validate = fields.get("validate");
        let validate = fields.read(validate, command);
        let typed = sections(&mut fields, name.as_ref().map(|(_, kind)| *kind));
        let bytes = match typed {
            Sections::Text(text) => Some(text.into_bytes()),
            Sections::Wrong => None,
            Sections::Absent => body(&mut fields, files, "a quadlet without sections")?,
        };
        let unit = match (&bytes, &name, name_node) {
            (Some(bytes), Some((name, kind)), Some(node)) => {
                let at = fields.get("template").or(fields.get("src")).unwrap_or(node);
                fields.read(Some(at), |at| read(bytes, name, *kind, drop_in.is_some(), at))
            }
            _ => None,
        };
        let ((name, kind), (bytes, unit)) = fields.finish_with(name.zip(bytes.zip(unit)))?;
        let quadlet = Named { name, kind, folder: Some(scope.quadlets()), unit };
        Ok(Self { quadlet, bytes, drop_in, scope, pull: pull.unwrap_or(true), validate })
    }

    /// Where podman reads it.
    fn path(&self) -> String {
        path(&self.scope, &self.quadlet.name, self.drop_in.as_deref())
    }

    /// The unit that it becomes.
    fn service(&self) -> String {
        self.quadlet.service_name()
    }

    fn unit(&self) -> String {
        self.scope.key(&self.service())
    }

    /// Where the unit is on hosts without the generator.
    fn unit_path(&self) -> String {
        format!("{}/{}", self.scope.units(), self.service())
    }

    /// The images that it needs, as podman calls them.
    fn images(&self) -> Vec<String> {
        if self.drop_in.is_some() {
            return Vec::new();
        }
        quadlet::inputs(&self.quadlet).images.into_iter().map(|image| podmans_name(image.name)).collect()
    }

    fn reload(&self) -> Operation {
        Operation::Units(UnitOperation::DaemonReload { user: self.scope.user().map(str::to_owned) })
    }
}

/// What podman calls an image: official ones of docker.io have a folder there that nobody writes.
fn podmans_name(image: String) -> String {
    match image.strip_prefix("docker.io/") {
        Some(name) if !name.contains('/') => format!("docker.io/library/{name}"),
        _ => image,
    }
}

/// Where podman reads a quadlet or a drop-in of it.
fn path(scope: &UserScope, name: &str, drop_in: Option<&str>) -> String {
    let folder = scope.quadlets();
    match drop_in {
        Some(drop_in) => format!("{folder}/{name}.d/{}.conf", drop_in.trim_end_matches(".conf")),
        None => format!("{folder}/{name}"),
    }
}

impl Resource for Quadlet {
    fn name(&self) -> String {
        match &self.drop_in {
            Some(drop_in) => format!("{}.d/{drop_in}", self.quadlet.name),
            None => self.quadlet.name.clone(),
        }
    }

    fn ask(&self, probe: &mut Probe) {
        let user = self.scope.user();
        probe.podman.images(user);
        probe.files.path(GENERATOR);
        probe.files.path(plan::STORAGE);
        probe.tool("systemctl");
        self.scope.ask(probe);
        if user.is_some() {
            probe.units.ask(ONLINE);
        }
        let path = self.path();
        for folder in self.scope.folders(path.rsplit_once('/').map_or("/", |(folder, _)| folder)) {
            folder.ask(probe);
        }
        self.scope.folders(&self.scope.units()).iter().for_each(|folder| folder.ask(probe));
        probe.files.content_unless(&path, &crate::ability::files::sha256(&self.bytes));
        if self.drop_in.is_none() {
            probe.units.ask(&self.unit());
            probe.files.content(&self.unit_path());
            probe.files.link(&self.unit_path());
            for link in quadlet::install_links(&self.quadlet) {
                let link = format!("{}/{}", self.scope.units(), link.path);
                if let Some((parent, _)) = link.rsplit_once('/') {
                    self.scope.folders(parent).iter().for_each(|folder| folder.ask(probe));
                }
                probe.files.link(&link);
            }
        }
        if self.drop_in.is_none() {
            things(&self.scope, &self.quadlet).iter().for_each(|item| probe.podman.unless_remembered(item));
        }
    }

    fn claims(&self) -> Vec<Item> {
        claims(&self.scope, &self.quadlet, self.drop_in.as_deref())
    }

    fn declare(&self, state: &mut State) {
        let user = self.scope.user().map(str::to_owned);
        let set = state.declared.quadlets.entry(user).or_default();
        match set.iter_mut().find(|named| named.name == self.quadlet.name) {
            Some(main) => main.unit.extend(&self.quadlet.unit),
            None => set.push(self.quadlet.clone()),
        }
        let (path, unit_path) = (self.path(), self.unit_path());
        for path in [&path, &unit_path] {
            state.declared.files.insert(path.clone(), crate::ability::files::sha256(&self.bytes));
        }
        let inputs = quadlet::inputs(&self.quadlet);
        let images = self.images().iter().map(|image| self.scope.key(image)).collect::<Vec<_>>();
        let StartedWith { files, uses, images: all } = state.declared.started_with.entry(self.unit()).or_default();
        files.extend([path, unit_path]);
        uses.extend(inputs.host_paths.into_iter().map(|path| path.name));
        all.extend(images);
        let environment = state.declared.environment_files.entry(self.unit()).or_default();
        environment.extend(inputs.environment_files.into_iter().map(|path| path.name));
    }

    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        vec![(self.path(), self.bytes.clone())]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        plan::plan(self, state)
    }
}

/// The things of a quadlet, whether the host's podman knows quadlets or not.
fn claims(scope: &UserScope, quadlet: &Named, drop_in: Option<&str>) -> Vec<Item> {
    let file = |path: String| Item { kind: ItemKind::File, name: path, before: Before::Nothing };
    let path = path(scope, &quadlet.name, drop_in);
    let mut items = scope.claims(path.rsplit_once('/').map_or("/", |(folder, _)| folder));
    items.push(file(path));
    if drop_in.is_some() {
        return items;
    }
    let service = quadlet.service_name();
    items.extend(scope.claims(&scope.units()).into_iter().filter(|_| scope.user().is_some()));
    items.push(file(format!("{}/{service}", scope.units())));
    for link in quadlet::install_links(quadlet) {
        items.push(file(format!("{}/{}", scope.units(), link.path)));
    }
    items.extend(things(scope, quadlet));
    items
}

/// What podman keeps for a quadlet, and the service that makes it; a container's own service is a resource of its own.
fn things(scope: &UserScope, quadlet: &Named) -> Vec<Item> {
    let before = Before::Nothing;
    let unit = Item { kind: ItemKind::Service, name: scope.key(&quadlet.service_name()), before: before.clone() };
    // a name that only systemd knows is left to it
    let Some(name) = quadlet.resolved_object_name().map(|name| scope.key(&name)) else { return Vec::new() };
    match quadlet.kind {
        Kind::Container => vec![Item { kind: ItemKind::Container, name, before }],
        Kind::Volume => vec![unit, Item { kind: ItemKind::Volume, name, before }],
        Kind::Network => vec![unit, Item { kind: ItemKind::Network, name, before }],
        Kind::Image => Vec::new(),
    }
}
