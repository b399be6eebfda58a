//! Which folder is a project's root, and why, for who wonders why something is looked for there.

use std::path::{Path, PathBuf};

/// The file whose folder is a root.
pub const SETTINGS: &str = "solti.toml";
/// The folders whose folder is one where there is no such file.
const FOLDERS: [&str; 2] = ["playbooks", "roles"];

/// The root of the project that a folder is in: the nearest one upwards with the file, else the nearest one with a folder.
pub fn root_above(folder: &Path) -> Option<PathBuf> {
    let has_folder = |folder: &&Path| FOLDERS.iter().any(|name| folder.join(name).is_dir());
    let set = folder.ancestors().find(|folder| folder.join(SETTINGS).is_file());
    set.or_else(|| folder.ancestors().find(has_folder)).map(Path::to_owned)
}

/// Which folder is the project's, and what makes it that.
pub fn why_project(root: &Path) -> String {
    let shown = match root.display().to_string() {
        shown if shown.is_empty() || shown == "." => "the current folder".to_owned(),
        shown => shown,
    };
    let why = if root.join(SETTINGS).is_file() {
        format!("because of its {SETTINGS}")
    } else if let Some(name) = FOLDERS.iter().find(|name| root.join(name).is_dir()) {
        format!("because of its folder {name}")
    } else {
        format!("as no folder from there upwards has a {SETTINGS}, playbooks or roles")
    };
    format!("the project is {shown}, {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_folder_the_project() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let why = || why_project(folder.path()).replace(&folder.path().display().to_string(), "ROOT");
        assert_eq!(why(), "the project is ROOT, as no folder from there upwards has a solti.toml, playbooks or roles");
        std::fs::create_dir(folder.path().join("roles"))?;
        assert_eq!(why(), "the project is ROOT, because of its folder roles");
        std::fs::write(folder.path().join("solti.toml"), "")?;
        assert_eq!(why(), "the project is ROOT, because of its solti.toml");
        let below = folder.path().join("inventories/roles");
        std::fs::create_dir_all(&below)?;
        assert_eq!(root_above(&below).as_deref(), Some(folder.path()));
        std::fs::remove_file(folder.path().join("solti.toml"))?;
        assert_eq!(root_above(&below), Some(folder.path().join("inventories")));
        assert!(why_project(Path::new("")).starts_with("the project is the current folder, "));
        Ok(())
    }
}
