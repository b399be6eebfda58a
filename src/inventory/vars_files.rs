//! `group_vars/` and `host_vars/`: which files belong to a name, and what is in them.

use super::{Inventory, LOCAL_NAMES};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span};
use crate::yaml::{self, Entry, Value};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders inside of folders; a loop of links ends here.
const DEPTH_LIMIT: usize = 16;

/// Which `group_vars` and `host_vars` are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Those beside an inventory.
    Inventory,
    /// Those beside the playbook.
    Playbook,
}

/// The variables beside one inventory, or beside the playbook.
#[derive(Debug)]
pub(super) struct VarsFolder {
    pub beside: Beside,
    pub groups: HashMap<String, Vec<VarsFile>>,
    pub hosts: HashMap<String, Vec<VarsFile>>,
}

/// One file of variables.
#[derive(Debug)]
pub(super) struct VarsFile {
    pub path: PathBuf,
    pub entries: Vec<Entry>,
}

impl VarsFolder {
    /// Reads the files of all groups and hosts that the inventory knows; others are left alone.
    pub fn load(folder: &Path, beside: Beside, inventory: &Inventory, errors: &mut Diagnostics) -> Self {
        let hosts = inventory.hosts.keys().map(String::as_str);
        let local = LOCAL_NAMES.into_iter().filter(|name| !inventory.hosts.contains_key(*name));
        Self {
            beside,
            groups: load_all(&folder.join("group_vars"), inventory.groups.keys().map(String::as_str), errors),
            hosts: load_all(&folder.join("host_vars"), hosts.chain(local), errors),
        }
    }
}

fn load_all<'n>(
    folder: &Path,
    names: impl Iterator<Item = &'n str>,
    errors: &mut Diagnostics,
) -> HashMap<String, Vec<VarsFile>> {
    if !folder.is_dir() {
        return HashMap::new();
    }
    let mut all = HashMap::new();
    for name in names.filter(|name| !name.contains('/') && *name != "." && *name != "..") {
        let paths = files_of(folder, name, errors);
        let files: Vec<VarsFile> = paths.into_iter().filter_map(|path| errors.collect(load_file(path))).collect();
        if !files.is_empty() {
            all.insert(name.to_owned(), files);
        }
    }
    all
}

/// The first of NAME, NAME.yml, NAME.yaml and NAME.json that is there; of a folder all that is in it.
fn files_of(folder: &Path, name: &str, errors: &mut Diagnostics) -> Vec<PathBuf> {
    let candidates = ["", ".yml", ".yaml", ".json"].map(|extension| folder.join(format!("{name}{extension}")));
    let Some(found) = candidates.into_iter().find(|path| path.exists()) else { return Vec::new() };
    if !found.is_dir() {
        return vec![found];
    }
    let mut files = Vec::new();
    list(&found, 0, &mut files, errors);
    files
}

/// The files below a folder, sorted; hidden ones, backups and foreign extensions are passed over.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, errors: &mut Diagnostics) {
    let entries = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => return errors.push(Diagnostic::new(format!("{}: cannot be read: {error}", folder.display()))),
    };
    if depth > DEPTH_LIMIT {
        return errors.push(Diagnostic::new(format!("{}: too many folders inside of each other", folder.display())));
    }
    let mut names: Vec<_> = entries.into_iter().map(|entry| entry.file_name()).collect();
    names.sort_unstable();
    for name in names {
        let Some(text) = name.to_str().filter(|text| !text.starts_with('.') && !text.ends_with('~')) else { continue };
        let path = folder.join(text);
        let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned());
        if path.is_dir() {
            if extension.is_none() {
                list(&path, depth + 1, files, errors);
            }
        } else if matches!(extension.as_deref(), None | Some("yml" | "yaml" | "json")) {
            files.push(path);
        }
    }
}

fn load_file(path: PathBuf) -> Result<VarsFile, Diagnostics> {
    let mut file = SourceFile::read(&path)?;
    if file.text().starts_with("$ANSIBLE_VAULT;") {
        let line = file.text().lines().next().map_or(0, str::len);
        let error = Diagnostic::at(&Span::new(&file, 0, line), "a file that is encrypted as a whole cannot be read")
            .hint("encrypt single values with `!vault` instead");
        return Err(error.into());
    }
    if path.extension().is_some_and(|extension| extension == "json") && file.text().contains('\t') {
        // JSON may be indented with tabs, YAML may not; inside of JSON's texts a tab is written `\t`.
        file = SourceFile::from_path(&path, file.text().replace('\t', " "));
    }
    let root = yaml::parse(&Arc::clone(&file))?;
    match root.value {
        Value::Null => Ok(VarsFile { path, entries: Vec::new() }),
        Value::Mapping(entries) => Ok(VarsFile { path, entries }),
        _ => {
            let message = format!("variables must be a mapping, not {}", root.describe());
            Err(Diagnostic::at(&root.span, message).hint("write `name: value`").into())
        }
    }
}
