//! `solti init [FOLDER]`: a project to start from.

use super::new_files::NewFiles;
use crate::cli::{Error, out};
use solti::role::SETTINGS;
use solti::secret::hexadecimal;
use solti::source::Diagnostic;
use std::fmt::Write as _;
use std::path::Path;

const SOLTI_TOML: &str = include_str!("project/solti.toml");
const GITIGNORE: &str = include_str!("project/gitignore");
/// The same as those of this repository, which its tests apply.
const INVENTORY: &str = include_str!("../../../inventories/example/inventory.yml");
const FOR_ALL: &str = include_str!("../../../inventories/example/group_vars/all.yml");
const FOR_CLIENTS: &str = include_str!("../../../inventories/example/group_vars/clients.yml");
const PLAYBOOK: &str = include_str!("../../../playbooks/site.yml");
/// How the example speaks of itself.
const EXAMPLE: &str = "inventories/example";

/// Writes what is missing in a project's folder.
pub fn init(folder: &Path) -> Result<u8, Error> {
    let shown =
        |path: &str| if folder == Path::new(".") { path.to_owned() } else { folder.join(path).display().to_string() };
    if folder.join(SETTINGS).symlink_metadata().is_ok() {
        let error = Diagnostic::new(format!("{} is there already: the folder is a project's", shown(SETTINGS)));
        return Err(error.hint("`solti init role NAME` adds a role of your own to it").into());
    }
    let name = name(folder)?;
    let mut files = NewFiles::of(folder);
    files.add(SETTINGS, SOLTI_TOML.replace("NAME", &name));
    files.add("inventory.yml", INVENTORY.replace(EXAMPLE, "inventory.yml"));
    files.add("group_vars/all.yml", FOR_ALL.to_owned());
    files.add("group_vars/clients.yml", FOR_CLIENTS.to_owned());
    files.add("playbooks/site.yml", PLAYBOOK.to_owned());
    files.add(".gitignore", GITIGNORE.to_owned());
    let kept: Vec<_> = files.taken().into_iter().map(Path::to_owned).collect();
    let written = files.write()?;
    let mut text = format!("The project is called {name}, which hosts will know it by.\n\n");
    let rows = written
        .iter()
        .map(|path| (*path, "written"))
        .chain(kept.iter().map(|path| (path.as_path(), "there already, left as it is")));
    for (path, what) in rows {
        let _ = writeln!(text, "{:<23}  {what}", path.display());
    }
    let enter = if folder == Path::new(".") { String::new() } else { format!("  cd {}\n", folder.display()) };
    let _ = write!(
        text,
        "\nPut your hosts into inventory.yml, then:\n{enter}  solti diff inventory.yml    what would change; touches nothing\n  \
         solti apply inventory.yml   shows the same, asks, and does it\n"
    );
    out::print(&text)?;
    Ok(0)
}

/// A name that no other project has: that of the folder, of which there are many, and six digits.
fn name(folder: &Path) -> Result<String, Error> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let named = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = named.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    let digits =
        hexadecimal::<3>().map_err(|error| Diagnostic::new(format!("cannot make a name for the project: {error}")))?;
    Ok(format!("{}-{digits}", if name.is_empty() { "monitoring" } else { name }))
}
