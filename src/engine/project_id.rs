//! Whose a project's things are on hosts: the name that `solti.toml` gives the project, else one made of its place.
//!
//! Only what is written in the project survives another folder, another machine, a shallow clone and no clone at all, and
//! only what somebody has chosen for it is nobody else's. A project without a name goes by its folder and a digest of
//! where that is, so that two teams' `ansible/` are two projects; what a checkout elsewhere put there becomes its own
//! where it declares the same ([`super::adoption`]).

use crate::schema::json::{Templates, document, mapping};
use crate::schema::{Argument, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span};
use serde::Deserialize;
use sha2::Digest as _;
use sha2::Sha256;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// What stands between a folder and the digest of its place; a name that is given has none.
const AT: char = '@';

/// The names of a project on hosts.
#[derive(Debug, Clone)]
pub struct ProjectId {
    /// The one that its things are owned under.
    pub name: String,
    /// Whether `solti.toml` gives it.
    pub given: bool,
    /// Those that it had before: what is owned under them is its own.
    pub former: Vec<String>,
    /// Its folder, whose name was that of the project before there were places, and is part of those of its checkouts.
    pub folder: String,
}

/// The keys of `solti.toml`.
static SETTINGS: Schema = Schema::new(
    "solti.toml",
    &[
        Argument::new("project", Shape::String, "the name under which the project's things are owned on hosts"),
        Argument::new(
            "formerly",
            Shape::List(&Shape::String),
            "names that it had before: what is owned under them is its own",
        ),
        Argument::new(
            "playbook",
            Shape::String,
            "the playbook that is applied when none is named, from the project's folder",
        ),
    ],
);

/// What a `solti.toml` may say.
pub fn settings_schema() -> serde_json::Value {
    document("the settings of a project of solti", mapping(&SETTINGS, Templates::Nowhere), serde_json::Map::new())
}

/// `solti.toml`, whose folder is the project's root.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    project: Option<Spanned<String>>,
    #[serde(default)]
    formerly: Vec<Spanned<String>>,
    playbook: Option<Spanned<PathBuf>>,
}

impl Settings {
    /// Reads the text of a `solti.toml`.
    pub fn read(source: &Arc<SourceFile>) -> Result<Self, Diagnostics> {
        let at = |range: std::ops::Range<usize>| Span::new(source, range.start, range.end);
        let settings: Self = toml::from_str(source.text()).map_err(|error| {
            let span = at(error.span().unwrap_or(0..0));
            Diagnostics::from(Diagnostic::at(&span, error.message().to_owned()))
        })?;
        let mut errors = Diagnostics::new();
        for name in settings.project.iter().chain(&settings.formerly) {
            if name.get_ref().trim().is_empty() {
                errors.push(Diagnostic::at(&at(name.span()), "the name of a project is empty"));
            }
        }
        if let Some(name) = settings.project.as_ref().filter(|name| name.get_ref().contains(AT)) {
            let error = Diagnostic::at(&at(name.span()), format!("the name of a project has no `{AT}`"));
            errors.push(error.hint("that is how checkouts are told apart that have no name; `formerly` takes it"));
        }
        if let (None, Some(name)) = (&settings.project, settings.formerly.first()) {
            let error = Diagnostic::at(&at(name.span()), "`formerly` is for a project with a name");
            errors.push(error.hint("add `project = \"NAME\"`"));
        }
        if let Some(path) = settings.playbook.as_ref().filter(|path| path.get_ref().as_os_str().is_empty()) {
            errors.push(Diagnostic::at(&at(path.span()), "the name of the playbook is empty"));
        }
        errors.or(settings)
    }

    /// The playbook that is applied when none is named.
    pub fn playbook(&self) -> Option<&Path> {
        self.playbook.as_ref().map(|path| path.get_ref().as_path())
    }
}

impl ProjectId {
    /// The names of the project in this folder.
    pub(super) fn of(root: &Path, settings: &Settings) -> Self {
        // the current folder is shown as nothing
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let root = root.canonicalize().unwrap_or(root);
        let folder = root.file_name().map_or_else(|| "solti".to_owned(), |name| name.to_string_lossy().into_owned());
        let place = format!("{folder}{AT}{}", place(&root));
        match &settings.project {
            Some(name) => {
                let former = settings.formerly.iter().map(|name| name.get_ref().clone()).chain([place]).collect();
                Self { name: name.get_ref().clone(), given: true, former, folder }
            }
            None => Self { name: place, given: false, former: Vec::new(), folder },
        }
    }
}

/// Whether a name is one that was made of a place.
pub fn is_place(name: &str) -> bool {
    name.contains(AT)
}

/// Whether a project that was never given a name has its things under this one, in a folder that is called so.
pub fn is_of_folder(name: &str, folder: &str) -> bool {
    name == folder || name.rsplit_once(AT).is_some_and(|(of, _)| of == folder)
}

/// Eight digits that this machine and this folder alone have.
fn place(root: &Path) -> String {
    let machine = ["/etc/machine-id", "/proc/sys/kernel/hostname"].iter().find_map(|path| {
        std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    });
    let text = format!("{}\n{}", machine.unwrap_or_default(), root.display());
    Sha256::digest(text.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
