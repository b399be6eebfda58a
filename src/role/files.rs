//! Where templates and files are looked for, and which of several wins.

use crate::source::{Diagnostic, Diagnostics, SourceFile, did_you_mean};
use crate::template::TemplateLoader;
use crate::yaml::Node;
use include_dir::Dir;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder on disk, or one in the binary.
#[derive(Debug, Clone)]
pub(crate) enum Folder {
    /// On disk.
    Disk(PathBuf),
    /// Embedded, by its path below `roles/`; nothing if the binary has no such folder.
    Embedded(PathBuf),
}

/// The roles in the binary.
pub(super) static EMBEDDED: Dir<'static> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/roles");

impl Folder {
    /// A folder in this one.
    pub fn join(&self, name: &str) -> Self {
        match self {
            Self::Disk(path) => Self::Disk(path.join(name)),
            Self::Embedded(path) => Self::Embedded(path.join(name)),
        }
    }

    /// How it is called in errors.
    pub fn describe(&self) -> String {
        match self {
            Self::Disk(path) => path.display().to_string(),
            Self::Embedded(path) => format!("builtin:roles/{}", path.display()),
        }
    }

    /// The content of a file in it, if it is there.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        match self {
            Self::Disk(path) => {
                let path = path.join(name);
                if !path.is_file() {
                    return Ok(None);
                }
                let content = std::fs::read(&path);
                content.map(Some).map_err(|error| Diagnostic::new(format!("cannot read {}: {error}", path.display())))
            }
            Self::Embedded(path) => Ok(EMBEDDED.get_file(path.join(name)).map(|file| file.contents().to_vec())),
        }
    }

    /// A text file in it, if it is there.
    pub fn source(&self, name: &str) -> Result<Option<Arc<SourceFile>>, Diagnostic> {
        let Some(content) = self.read(name)? else { return Ok(None) };
        let shown = self.join(name).describe();
        let text = String::from_utf8(content).map_err(|_| Diagnostic::new(format!("{shown} is not UTF-8 text")))?;
        Ok(Some(match self {
            Self::Disk(path) => SourceFile::from_path(&path.join(name), text),
            Self::Embedded(_) => SourceFile::named(shown, text),
        }))
    }

    /// The paths of all files in it and below.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        match self {
            Self::Disk(path) => collect_disk(path, path, &mut names),
            Self::Embedded(path) => {
                if let Some(folder) = EMBEDDED.get_dir(path) {
                    collect_embedded(path, folder, &mut names);
                }
            }
        }
        names
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        match self {
            Self::Disk(path) => path.is_dir(),
            Self::Embedded(path) => EMBEDDED.get_dir(path).is_some(),
        }
    }
}

fn collect_disk(root: &Path, folder: &Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        // a link to a folder could lead round in a circle
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_disk(root, &path, names);
        } else if let Ok(name) = path.strip_prefix(root) {
            names.push(name.display().to_string());
        }
    }
}

fn collect_embedded(root: &Path, folder: &Dir<'static>, names: &mut Vec<String>) {
    let files = folder.files().filter_map(|file| file.path().strip_prefix(root).ok());
    names.extend(files.map(|name| name.display().to_string()));
    for folder in folder.dirs() {
        collect_embedded(root, folder, names);
    }
}

/// What the templates and files of a role (or a play) are looked up in, for one host.
#[derive(Debug)]
pub struct RoleFiles {
    /// "role `loki`", "the play"
    owner: String,
    /// The first that has a name wins.
    templates: Vec<Folder>,
    files: Vec<Folder>,
}

impl RoleFiles {
    pub(super) fn new(owner: String, templates: Vec<Folder>, files: Vec<Folder>) -> Self {
        Self { owner, templates, files }
    }

    /// The template that `name` (a text node) stands for.
    ///
    /// # Errors
    /// When there is none: at the name, with the places looked at and near names.
    pub fn template(&self, name: &Node) -> Result<Arc<SourceFile>, Diagnostics> {
        let text = name.string()?;
        match find(&self.templates, |folder| folder.source(&text)) {
            Ok(Some(source)) => Ok(source),
            Ok(None) => Err(self.missing("template", &text, name, &self.templates)),
            Err(error) => Err(at(error, name)),
        }
    }

    /// The content of the file that `name` (a text node) stands for.
    ///
    /// # Errors
    /// When there is none: at the name, with the places looked at and near names.
    pub fn file(&self, name: &Node) -> Result<Vec<u8>, Diagnostics> {
        let text = name.string()?;
        match find(&self.files, |folder| folder.read(&text)) {
            Ok(Some(content)) => Ok(content),
            Ok(None) => Err(self.missing("file", &text, name, &self.files)),
            Err(error) => Err(at(error, name)),
        }
    }

    fn missing(&self, what: &str, text: &str, name: &Node, folders: &[Folder]) -> Diagnostics {
        let names: Vec<String> = folders.iter().flat_map(Folder::names).collect();
        let near = did_you_mean(text, names.iter().map(String::as_str));
        // the last one is where it belongs; of the others, which override it, those that are there
        let belongs = folders.len().saturating_sub(1);
        let looked = folders.iter().enumerate().filter(|(number, folder)| *number == belongs || folder.exists());
        let places: Vec<String> = looked.map(|(_, folder)| folder.join(text).describe()).collect();
        Diagnostic::at(&name.span, format!("no {what} `{text}` in {}", self.owner))
            .maybe_hint(near.map(|near| format!("did you mean `{near}`?")))
            .hint(format!("looked for {}", places.join(", ")))
            .into()
    }
}

fn find<T>(
    folders: &[Folder],
    read: impl Fn(&Folder) -> Result<Option<T>, Diagnostic>,
) -> Result<Option<T>, Diagnostic> {
    for folder in folders {
        if let Some(found) = read(folder)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// An error about a file, at the place that names it.
fn at(error: Diagnostic, name: &Node) -> Diagnostics {
    Diagnostic::at(&name.span, error.message).into()
}

impl TemplateLoader for RoleFiles {
    fn load_template(&self, name: &str) -> Result<Option<Arc<SourceFile>>, Diagnostic> {
        find(&self.templates, |folder| folder.source(name))
    }

    fn load_file(&self, name: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        find(&self.files, |folder| folder.read(name))
    }
}
