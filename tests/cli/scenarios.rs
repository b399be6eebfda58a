//! `solti test` as far as it goes without hosts.

use super::{solti, solti_in};
use std::fs;
use std::io;
use std::path::Path;

fn write(folder: &Path, path: &str, text: &str) -> io::Result<()> {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap_or(folder))?;
    fs::write(path, text)
}

#[test]
fn help() -> io::Result<()> {
    insta::assert_snapshot!(solti(&["test", "--help"])?);
    Ok(())
}

#[test]
fn wrong_scenarios_are_refused_before_anything_starts() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    write(folder, "roles/.keep", "")?;
    insta::assert_snapshot!(solti_in(folder, &["test"])?);
    insta::assert_snapshot!(solti_in(folder, &["test", "--init", "loki"])?);
    insta::assert_snapshot!(solti_in(folder, &["test", "--list"])?);
    insta::assert_snapshot!(solti_in(folder, &["test", "lokki"])?);
    insta::assert_snapshot!(solti_in(folder, &["test", "--platform", "debian31"])?);
    insta::assert_snapshot!(solti_in(folder, &["test", "--until", "aply"])?);
    insta::assert_snapshot!(solti_in(folder, &["test", "--keep", "--until", "removed"])?);
    write(folder, "molecule-tests/a/scenario.yml", "role: loki\nplatfroms: debian13\n")?;
    write(folder, "molecule-tests/b/scenario.yml", "roles: [{ role: loki, vars: { loki_prot: 1 } }]\nplatforms: x\n")?;
    insta::assert_snapshot!(solti_in(folder, &["test"])?);
    Ok(())
}
