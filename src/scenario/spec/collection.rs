//! The scenarios of a project: the folders of `molecule-tests/` that have a `scenario.yml`, or `scenario.yaml`.

use super::platform::Platforms;
use super::{prepare, read};
use crate::role::RoleLibrary;
use crate::scenario::Scenario;
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, did_you_mean};
use std::path::{Path, PathBuf};

/// The folder of a project's scenarios.
pub const FOLDER: &str = "molecule-tests";

/// What a scenario's file may be called.
const FILES: [&str; 2] = ["scenario.yml", "scenario.yaml"];

/// What is said in a new scenario of a role that asks for nothing by itself.
const CHECKS: &str = "\
# The role has no checks of its own; what is to be true afterwards, for example:
# checks:
#   - unit: { name: example }
#   - file: { path: /etc/example, contains: port }
#   - http: { url: \"http://127.0.0.1:1234/health\" }
";

/// A project's scenarios.
#[derive(Debug)]
pub struct Collection {
    /// The project's folder.
    pub root: PathBuf,
    names: Vec<String>,
    platforms: Platforms,
}

impl Collection {
    /// Looks for the scenarios of the project in `root`.
    ///
    /// # Errors
    /// What is wrong with the project's platforms.
    pub fn open(root: PathBuf) -> Result<Self, Diagnostics> {
        let folder = root.join(FOLDER);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if FILES.iter().any(|file| entry.path().join(file).is_file()) {
                names.extend(entry.file_name().into_string().ok());
            }
        }
        names.sort();
        Ok(Self { platforms: Platforms::load(&folder)?, root, names })
    }

    /// Reads the scenarios of these names, or all if none is named.
    ///
    /// # Errors
    /// Unknown names, and everything that is wrong in the scenarios.
    pub fn read(&self, wanted: &[String]) -> Result<Vec<Scenario>, Diagnostics> {
        let mut errors = Diagnostics::new();
        let mut found: Vec<Scenario> = Vec::new();
        for name in if wanted.is_empty() { &self.names } else { wanted } {
            if found.iter().any(|scenario| scenario.name == *name) {
                continue;
            }
            found.extend(errors.collect(self.one(name)));
        }
        if self.names.is_empty() && wanted.is_empty() {
            let folder = self.root.join(FOLDER);
            let error = Diagnostic::new(format!("there are no scenarios in {}", folder.display()));
            errors.push(error.hint("`solti test --init ROLE` writes one"));
        }
        errors.or(found)
    }

    fn one(&self, name: &str) -> Result<Scenario, Diagnostics> {
        if !self.names.iter().any(|known| known == name) {
            let near = did_you_mean(name, self.names.iter().map(String::as_str));
            let error = Diagnostic::new(format!("unknown scenario `{name}`"));
            return Err(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None if self.names.is_empty() => error.hint("there are none; `solti test --init ROLE` writes one"),
                None => error.hint(format!("scenarios: {}", self.names.join(", "))),
            }
            .into());
        }
        let folder = self.root.join(FOLDER).join(name);
        let files = FILES.map(|file| folder.join(file)).into_iter().filter(|path| path.is_file());
        let files = files.map(|path| SourceFile::read(&path)).collect::<Result<Vec<_>, _>>()?;
        let Some(source) = files.first() else {
            return Err(Diagnostic::new(format!("the scenario `{name}` is gone")).into());
        };
        let whole = Span::new(source, 0, 0);
        if let Some(other) = files.get(1) {
            let error = Diagnostic::at(&Span::new(other, 0, 0), format!("there are two scenarios `{name}`"));
            return Err(error.also(&whole, "the other").into());
        }
        prepare::name(name, &whole, "a scenario")?;
        read::scenario(name, source, &self.platforms)
    }
}

/// Writes a scenario for a role; the file.
///
/// # Errors
/// When there is no such role, or there is a scenario of its name already.
pub fn init(root: &Path, role: &str) -> Result<PathBuf, Diagnostics> {
    let role = RoleLibrary::new(Some(root.to_owned())).find(role, None)?;
    let folder = root.join(FOLDER).join(&role.name);
    let path = folder.join("scenario.yml");
    if path.exists() {
        return Err(Diagnostic::new(format!("{} is there already", path.display())).into());
    }
    let mut text =
        format!("summary: {}\nrole: {}\nplatforms: [debian13, debian12]\n", quoted(&role.summary), role.name);
    if role.steps.iter().all(|step| step.checks.is_empty()) {
        text.push_str(CHECKS);
    }
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| Diagnostic::new(format!("cannot write {}: {error}", path.display())))?;
    Ok(path)
}

/// A line of text as YAML; JSON's quotes are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
