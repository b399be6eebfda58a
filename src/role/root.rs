//! The project's folder in words, for who wonders why something is looked for there.

use std::path::Path;

/// Which folder is the project's, and what makes it that.
pub fn why_project(root: &Path) -> String {
    let shown = match root.display().to_string() {
        shown if shown.is_empty() || shown == "." => "the current folder".to_owned(),
        shown => shown,
    };
    let here = |name: &&&str| root.join(name).exists();
    let why = match ["solti.toml", "playbooks", "roles"].iter().find(here) {
        Some(&"solti.toml") => "because of its solti.toml".to_owned(),
        Some(name) => format!("because of its folder {name}"),
        None => "as no folder from there upwards has a solti.toml, playbooks or roles".to_owned(),
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
        assert!(why_project(Path::new("")).starts_with("the project is the current folder, "));
        Ok(())
    }
}
