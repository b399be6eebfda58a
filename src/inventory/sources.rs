//! Where inventories come from: files, folders, and hosts named on the command line.

use super::vars_files::Beside;
use super::vars_files::VarsFolder;
use super::{Inventory, groups, read};
use crate::source::{Diagnostic, Diagnostics, SourceFile, Span, folder_of};
use crate::yaml::Node;
use std::path::{Path, PathBuf};

/// The names under which a folder keeps its inventory.
const FILE_NAMES: [&str; 4] = ["inventory.yml", "inventory.yaml", "hosts.yml", "hosts.yaml"];

/// Reads inventories, each a file, a folder, or `host1,host2,`; a later one adds to and overrides those before it.
///
/// # Errors
/// Everything that is wrong in any of them, and in the variables beside them and beside the playbook.
pub fn load(sources: &[String], playbook_dir: Option<&Path>) -> Result<Inventory, Diagnostics> {
    load_with(sources, None, playbook_dir)
}

/// The same, with one more that is given as a value and comes last.
///
/// # Errors
/// As above.
pub fn load_with(
    sources: &[String],
    given: Option<&Node>,
    playbook_dir: Option<&Path>,
) -> Result<Inventory, Diagnostics> {
    let mut errors = Diagnostics::new();
    let mut inventory = Inventory::default();
    groups::begin(&mut inventory);
    let mut folders = Vec::new();
    for source in sources {
        if source.contains(',') && !Path::new(source).exists() {
            named_hosts(&mut inventory, source, &mut errors);
            continue;
        }
        let Some(path) = errors.collect(inventory_file(Path::new(source))) else { continue };
        if let Some(file) = errors.collect(SourceFile::read(&path)) {
            read::read(&mut inventory, &file, &mut errors);
        }
        folders.push((folder_of(&path).to_owned(), Beside::Inventory));
        inventory.paths.push(path);
    }
    if let Some(given) = given {
        read::read_node(&mut inventory, given, &mut errors);
    }
    groups::finish(&mut inventory);
    // The playbook's come right behind those of the last inventory: of one and the same folder they would add nothing.
    let beside_last = |folder: &&Path| folders.last().is_some_and(|(last, _)| same_folder(last, folder));
    let playbook_dir = playbook_dir.filter(|folder| !beside_last(folder));
    folders.extend(playbook_dir.map(|folder| (folder.to_owned(), Beside::Playbook)));
    for (folder, beside) in folders {
        let folder = VarsFolder::load(&folder, beside, &inventory, &mut errors);
        inventory.folders.push(folder);
    }
    errors.or(inventory)
}

fn same_folder(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The file of an inventory that may be given as its folder.
fn inventory_file(path: &Path) -> Result<PathBuf, Diagnostics> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let found = FILE_NAMES.iter().map(|name| path.join(name)).find(|file| file.is_file());
    found.ok_or_else(|| {
        Diagnostic::new(format!("{}: no inventory in this folder", path.display()))
            .hint(format!("it is looked for as {}", FILE_NAMES.join(", ")))
            .into()
    })
}

/// `host1,host2,`
fn named_hosts(inventory: &mut Inventory, source: &str, errors: &mut Diagnostics) {
    let file = SourceFile::named("inventory", source);
    let mut start = 0;
    if source.split(',').all(|part| part.trim().is_empty()) {
        errors.push(Diagnostic::new(format!("the inventory `{source}` names no host")));
    }
    for part in source.split(',') {
        let name = part.trim();
        let at = start + (part.len() - part.trim_start().len());
        start += part.len() + 1;
        if !name.is_empty() {
            let span = Span::new(&file, at, at + name.len());
            groups::add_hosts(inventory, "all", name, &span, &[], errors);
        }
    }
}
