//! Platforms: what the hosts of a scenario run, built in or the project's own.

use super::{Existing, Preparation, read};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean};
use crate::yaml::{self, Entry, Fields, Node, Value};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};

/// A kind of host.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Its name.
    pub name: String,
    /// What its hosts boot from.
    pub image: Image,
    /// Where that is said, if it is not built in.
    pub span: Option<Span>,
    /// What is mounted into them.
    pub mounts: Vec<Mount>,
    /// What is done on them before anything else.
    pub prepare: Vec<Preparation>,
    /// Variables of its hosts, which a scenario's own override.
    pub vars: Vec<Entry>,
}

/// What hosts boot from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// A release of Debian, whose image solti builds.
    Suite(&'static str),
    /// An image that podman has, or can pull; systemd and sshd are in it.
    Named(String),
    /// Nothing: they are there already.
    Existing(Existing),
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
            let image = Image::Suite(suite);
            let (mounts, prepare, vars) = (Vec::new(), Vec::new(), Vec::new());
            platforms
                .insert(name.to_owned(), Platform { name: name.to_owned(), image, span: None, mounts, prepare, vars });
        }
        let path = folder.join("platforms.yml");
        if path.is_file() {
            let node = yaml::parse(&SourceFile::read(&path)?)?;
            let mut errors = Diagnostics::new();
            for entry in if matches!(node.value, Value::Null) { &[] } else { node.mapping()? } {
                errors.collect(read::name(&entry.key, &entry.key_span, "a platform"));
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
    let mut fields = Fields::new(node, "a platform")?;
    let name = match name {
        Some(name) => Some(name.to_owned()),
        None => {
            let named = fields.required("name");
            fields.read(named, |node| {
                let name = node.string()?;
                read::name(&name, &node.span, "a platform").map(|()| name)
            })
        }
    };
    let inventory = fields.entry("inventory");
    let existing = read_existing(&mut fields, inventory, folder);
    let named = if inventory.is_some() { fields.get("image") } else { fields.required("image") };
    let span = named.or(inventory.map(|entry| &entry.value)).map(|node| node.span.clone());
    let image = fields.read(named, Node::string).map(|name| Image::find(&name)).or(existing.map(Image::Existing));
    let mounts = fields.get("mounts");
    let mounts = fields.read(mounts, |node| read_mounts(node, folder)).unwrap_or_default();
    let prepare = fields.get("prepare");
    let prepare = fields.read(prepare, |node| read::preparations(node, folder)).unwrap_or_default();
    let vars = fields.get("vars");
    let vars = fields.read(vars, |vars| vars.mapping().map(<[Entry]>::to_vec)).unwrap_or_default();
    let platform = name.zip(image);
    fields.finish_with(platform).map(|(name, image)| Platform { name, image, span, mounts, prepare, vars })
}

/// `inventory` and what goes with it, which is not what goes with an image.
fn read_existing<'n>(fields: &mut Fields<'n>, inventory: Option<&'n Entry>, folder: &Path) -> Option<Existing> {
    let disposable = fields.entry("disposable");
    let Some(entry) = inventory else {
        if let Some(disposable) = disposable {
            let error = Diagnostic::at(&disposable.key_span, "`disposable` is for hosts of an `inventory`");
            fields.error(error.hint("hosts that are booted go anyway"));
        }
        return None;
    };
    for key in ["image", "mounts"] {
        if let Some(other) = fields.entry(key) {
            let error = Diagnostic::at(&other.key_span, format!("hosts of an inventory have no `{key}`"));
            fields.error(error.also(&entry.key_span, "the inventory is named here"));
        }
    }
    let inventory = fields.read(Some(&entry.value), |node| {
        let path = folder.join(node.string()?);
        if path.exists() {
            return Ok(path);
        }
        Err(Diagnostic::at(&node.span, format!("{}: no such file or folder", path.display())).into())
    });
    let disposable = fields.read(disposable.map(|entry| &entry.value), Node::boolean).unwrap_or_default();
    inventory.map(|inventory| Existing { inventory, disposable })
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
