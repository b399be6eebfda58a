//! Platforms: what the hosts of a scenario run, built in or the project's own.

use super::schema::PLATFORM;
use super::{Existing, prepare};
use crate::scenario::Preparation;
use crate::schema::Arguments;
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean};
use crate::yaml::{self, Entry, Node, Value};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};

/// A kind of host.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Its name.
    pub name: String,
    /// Where its hosts come from.
    pub origin: Origin,
    /// Where that is said, if it is not built in.
    pub span: Option<Span>,
    /// What is mounted into them.
    pub mounts: Vec<Mount>,
    /// What is done on them before anything else.
    pub prepare: Vec<Preparation>,
    /// Variables of its hosts, which a scenario's own override.
    pub vars: Vec<Entry>,
}

/// Where hosts come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// They are booted for a run.
    Image(Image),
    /// They are there already.
    Existing(Existing),
}

/// What hosts boot from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// A release of Debian, whose image solti builds.
    Suite(&'static str),
    /// An image that podman or docker has, or can pull; systemd and sshd are in it.
    Named(String),
    /// One that the project says how to build.
    Built(Build),
}

/// What an image is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The folder that the build sees.
    pub folder: PathBuf,
    /// The Containerfile in it.
    pub file: String,
    /// Arguments, as `NAME=VALUE`.
    pub arguments: Vec<String>,
}

impl Build {
    /// Whether it begins with the image of a built-in platform, which then has to be there.
    pub fn has_built_in_base(&self) -> bool {
        let text = std::fs::read_to_string(self.folder.join(&self.file)).unwrap_or_default();
        text.contains("localhost/solti/")
    }
}

/// A folder or file of this machine that hosts see, read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is here.
    pub source: PathBuf,
    /// Where it is there.
    pub target: String,
}

/// The platforms that are there without being declared, and the releases of Debian that they are.
pub const BUILT_IN: [(&str, &str); 2] = [("debian13", "trixie"), ("debian12", "bookworm")];

impl Image {
    fn find(name: &str) -> Self {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, suite)) => Self::Suite(suite),
            None => Self::Named(name.to_owned()),
        }
    }
}

/// The platforms of a project, by name: the built-in ones, and what `platforms.yml` says.
#[derive(Debug)]
pub struct Platforms(IndexMap<String, Platform>);

impl Platforms {
    /// Reads the project's, if there are any in this folder.
    pub fn load(folder: &Path) -> Result<Self, Diagnostics> {
        let mut platforms = IndexMap::new();
        for (name, suite) in BUILT_IN {
            let origin = Origin::Image(Image::Suite(suite));
            let (mounts, prepare, vars) = (Vec::new(), Vec::new(), Vec::new());
            platforms
                .insert(name.to_owned(), Platform { name: name.to_owned(), origin, span: None, mounts, prepare, vars });
        }
        let path = folder.join("platforms.yml");
        if path.is_file() {
            let node = yaml::parse(&SourceFile::read(&path)?)?;
            let mut errors = Diagnostics::new();
            for entry in if matches!(node.value, Value::Null) { &[] } else { node.mapping()? } {
                errors.collect(prepare::name(&entry.key, &entry.key_span, "a platform"));
                if let Some(platform) = errors.collect(definition(Some(&entry.key), &entry.value, folder)) {
                    platforms.insert(entry.key.clone(), platform);
                }
            }
            errors.or(())?;
        }
        Ok(Self(platforms))
    }

    /// The platform that is named here.
    pub fn named(&self, node: &Node) -> Result<Platform, Diagnostics> {
        let name = node.string()?;
        if let Some(platform) = self.0.get(&name) {
            return Ok(platform.clone());
        }
        let near = did_you_mean(&name, self.names()).map(|near| format!("did you mean `{near}`?"));
        let known = self.names().collect::<Vec<_>>().join(", ");
        let hint = near.unwrap_or_else(|| format!("known: {known}; more are declared in molecule-tests/platforms.yml"));
        Err(Diagnostic::at(&node.span, format!("unknown platform `{name}`")).hint(hint).into())
    }

    /// The platform that a scenario names, or declares for itself.
    pub fn read(&self, node: &Node, folder: &Path) -> Result<Platform, Diagnostics> {
        if !matches!(node.value, Value::Mapping(_)) {
            return self.named(node);
        }
        definition(None, node, folder)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Reads what a platform is; paths in it are relative to `folder`.
fn definition(name: Option<&str>, node: &Node, folder: &Path) -> Result<Platform, Diagnostics> {
    let mut fields = Arguments::new(node, &PLATFORM)?;
    let name = match name {
        Some(name) => Some(name.to_owned()),
        None => {
            let named = fields.required("name");
            fields.read(named, |node| {
                let name = node.string()?;
                prepare::name(&name, &node.span, "a platform").map(|()| name)
            })
        }
    };
    let origins = ["image", "build", "inventory"].map(|key| fields.entry(key));
    let span = origins.iter().flatten().next().map(|entry| entry.value.span.clone());
    let origin = read_origin(&mut fields, origins, folder);
    let mounts = fields.entry("mounts");
    if let (Some(mounts), Some(inventory)) = (mounts, origins[2]) {
        let error = Diagnostic::at(&mounts.key_span, "hosts of an `inventory` have no `mounts`");
        fields.error(error.also(&inventory.key_span, "the inventory is named here"));
    }
    let mounts = mounts.map(|entry| &entry.value);
    let mounts = fields.read(mounts, |node| read_mounts(node, folder)).unwrap_or_default();
    let prepare = fields.get("prepare");
    let prepare = fields.read(prepare, |node| prepare::preparations(node, folder)).unwrap_or_default();
    let vars = fields.get("vars");
    let vars = fields.read(vars, |vars| vars.mapping().map(<[Entry]>::to_vec)).unwrap_or_default();
    let platform = name.zip(origin);
    fields.finish_with(platform).map(|(name, origin)| Platform { name, origin, span, mounts, prepare, vars })
}

/// Where hosts come from: the one of the three that is there, with the keys that go with it.
fn read_origin<'n>(fields: &mut Arguments<'n>, origins: [Option<&'n Entry>; 3], folder: &Path) -> Option<Origin> {
    let arguments = fields.get("args");
    let arguments = fields.read(arguments, |node| build_arguments(node, origins[1].is_some()));
    let disposable = fields.entry("disposable");
    if let (Some(disposable), None) = (disposable, origins[2]) {
        let error = Diagnostic::at(&disposable.key_span, "`disposable` is for hosts of an `inventory`");
        fields.error(error.hint("hosts that are booted go anyway"));
    }
    match origins {
        [Some(named), None, None] => {
            fields.read(Some(&named.value), Node::string).map(|name| Origin::Image(Image::find(&name)))
        }
        [None, Some(built), None] => fields.read(Some(&built.value), |node| {
            let (folder, file) = read_build(node, folder)?;
            let arguments = arguments.unwrap_or_default();
            Ok(Origin::Image(Image::Built(Build { folder, file, arguments })))
        }),
        [None, None, Some(inventory)] => {
            fields.read(Some(&inventory.value), |node| read_existing(node, disposable, folder)).map(Origin::Existing)
        }
        [None, None, None] => {
            fields.required("image");
            None
        }
        several => {
            let mut keys = several.into_iter().flatten().map(|entry| &entry.key_span);
            if let (Some(first), Some(second)) = (keys.next(), keys.next()) {
                let error = Diagnostic::at(second, "a platform has one of `image`, `build` and `inventory`");
                fields.error(error.also(first, "given here already"));
            }
            None
        }
    }
}

/// A Containerfile, or a folder with one; the folder and the file's name.
fn read_build(node: &Node, folder: &Path) -> Result<(PathBuf, String), Diagnostics> {
    let path = folder.join(node.string()?);
    let wrong = |message: String| Diagnostics::from(Diagnostic::at(&node.span, message));
    let path = path.canonicalize().map_err(|error| wrong(format!("cannot build {}: {error}", path.display())))?;
    let file = match path.is_dir() {
        true => ["Containerfile", "Dockerfile"].map(|name| path.join(name)).into_iter().find(|file| file.is_file()),
        false => Some(path.clone()),
    };
    let file = file.ok_or_else(|| wrong(format!("there is no Containerfile in {}", path.display())))?;
    match (file.parent(), file.file_name().and_then(std::ffi::OsStr::to_str)) {
        (Some(folder), Some(name)) => Ok((folder.to_owned(), name.to_owned())),
        _ => Err(wrong(format!("{} is no Containerfile", file.display()))),
    }
}

/// Texts by the names of a build's arguments, as `NAME=VALUE`.
fn build_arguments(node: &Node, is_built: bool) -> Result<Vec<String>, Diagnostics> {
    if !is_built {
        return Err(Diagnostic::at(&node.span, "`args` are for a `build`").into());
    }
    let mut errors = Diagnostics::new();
    let argument = |entry: &Entry| entry.value.string().map(|value| format!("{}={value}", entry.key));
    let arguments = node.mapping()?.iter().filter_map(|entry| errors.collect(argument(entry))).collect();
    errors.or(arguments)
}

/// The hosts of a file or folder.
fn read_existing(node: &Node, disposable: Option<&Entry>, folder: &Path) -> Result<Existing, Diagnostics> {
    let mut errors = Diagnostics::new();
    let inventory = folder.join(node.string()?);
    if !inventory.exists() {
        let message = format!("{}: no such file or folder", inventory.display());
        errors.push(Diagnostic::at(&node.span, message));
    }
    let disposable = disposable.and_then(|entry| errors.collect(entry.value.boolean())).unwrap_or_default();
    errors.or(Existing { inventory, disposable })
}

/// A list of `HERE:THERE`.
fn read_mounts(node: &Node, folder: &Path) -> Result<Vec<Mount>, Diagnostics> {
    let items = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut errors = Diagnostics::new();
    let mounts = items.iter().filter_map(|item| errors.collect(read_mount(item, folder))).collect();
    errors.or(mounts)
}

fn read_mount(node: &Node, folder: &Path) -> Result<Mount, Diagnostics> {
    let text = node.string()?;
    let wrong = |message: String| Diagnostics::from(Diagnostic::at(&node.span, message));
    let Some((source, target)) = text
        .split_once(':')
        .filter(|(source, target)| !source.is_empty() && target.starts_with('/') && !text.contains([',', '\n', ' ']))
    else {
        return Err(wrong(format!("`{text}` is no mount: expected `PATH:/ABSOLUTE/PATH`, without spaces and commas")));
    };
    match folder.join(source).canonicalize() {
        Ok(source) => Ok(Mount { source, target: target.to_owned() }),
        Err(error) => Err(wrong(format!("cannot mount {}: {error}", folder.join(source).display()))),
    }
}
