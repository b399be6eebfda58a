//! `solti init role NAME`: a role of one's own, which already passes its scenario.

use super::new_files::NewFiles;
use crate::cli::{Error, out};
use solti::role::RoleLibrary;
use solti::source::Diagnostic;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The files of a role, by their paths in the project. `NAME` stands for its name, `OPTION` for what its options begin with.
const FILES: [(&str, &str); 5] = [
    ("roles/NAME/role.yml", include_str!("role/role.yml")),
    ("roles/NAME/templates/NAME.conf.j2", include_str!("role/NAME.conf.j2")),
    ("roles/NAME/templates/NAME.sh.j2", include_str!("role/NAME.sh.j2")),
    ("roles/NAME/templates/NAME.service.j2", include_str!("role/NAME.service.j2")),
    ("molecule-tests/NAME/scenario.yml", include_str!("role/scenario.yml")),
];

/// Writes the role and its scenario.
pub fn init(name: &str) -> Result<u8, Error> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-');
    if !plain {
        let error = Diagnostic::new(format!("`{name}` is no name for a role"));
        return Err(error.hint("a small letter, then small letters, digits, `_` and `-`: backup").into());
    }
    let root = crate::cli::role::project().unwrap_or_else(|| PathBuf::from("."));
    let there = RoleLibrary::new(Some(root.clone())).list()?.into_iter().find(|role| role.name == name);
    if let Some(role) = there {
        let error = Diagnostic::new(format!("there is a role {name} already ({})", role.origin));
        return Err(error.hint(format!("`solti role show {name}` says what it can be told")).into());
    }
    let mut files = NewFiles::of(&root);
    for (path, text) in FILES {
        files.add(path.replace("NAME", name), text.replace("NAME", name).replace("OPTION", &name.replace('-', "_")));
    }
    if let Some(taken) = files.taken().first() {
        return Err(Diagnostic::new(format!("{} is there already", root.join(taken).display())).into());
    }
    let mut text = String::new();
    for path in files.write()? {
        let _ = writeln!(text, "{} is written", root.join(path).display());
    }
    let _ = write!(
        text,
        "\n`solti test {name}` tries it on throwaway hosts, `roles: [{name}]` in a play puts it on yours.\n"
    );
    out::print(&text)?;
    Ok(0)
}
