//! Where a project begins, and which playbook is meant.

use crate::engine::load;
use crate::engine::request::Selection;
use insta::assert_snapshot;
use std::path::Path;

/// A project with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

const INVENTORY: (&str, &str) = ("inventories/lab/inventory.yml", "all: { hosts: { one: , two: } }\n");
const PLAY: &str = "- hosts: all\n  resources:\n  - directory: { path: /srv/app }\n";

fn selection(folder: &Path, inventory: &str) -> Selection {
    Selection { inventories: vec![folder.join(inventory).display().to_string()], forks: 1, ..Selection::default() }
}

fn loaded(folder: &Path, selection: &Selection) -> String {
    let text = match load(selection) {
        Ok(project) => {
            let playbooks: Vec<String> = project.plays().map(|(play, _)| play.path.display().to_string()).collect();
            format!("{} {} {:?} complete: {}", project.id, playbooks.join(" "), project.selected(), project.complete)
        }
        Err(errors) => errors.to_string(),
    };
    let real = folder.canonicalize().unwrap();
    let name = real.file_name().unwrap().to_string_lossy().into_owned();
    text.replace(&real.display().to_string(), "ROOT")
        .replace(&folder.display().to_string(), "ROOT")
        .replace(&name, "NAME")
}

#[test]
fn the_nearest_folder_with_playbooks() {
    let folder = folder(&[INVENTORY, ("playbooks/site.yml", PLAY), ("inventories/lab/host_vars/one.yml", "a: 1\n")]);
    let folder = folder.path();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @r#"NAME ROOT/playbooks/site.yml ["one", "two"] complete: true"#);
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab/inventory.yml")), @r#"NAME ROOT/playbooks/site.yml ["one", "two"] complete: true"#);
}

#[test]
fn settings_win() {
    let folder = folder(&[
        INVENTORY,
        ("inventories/roles/x", ""),
        ("playbooks/site.yml", PLAY),
        ("plays/main.yml", PLAY),
        ("solti.toml", "project = \"lab\"\nplaybook = \"plays/main.yml\"\n"),
    ]);
    let folder = folder.path();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @r#"lab ROOT/plays/main.yml ["one", "two"] complete: true"#);
    let mut one = selection(folder, "inventories/lab");
    one.playbooks.push(folder.join("playbooks/site.yml"));
    one.limit = Some("two".into());
    assert_snapshot!(loaded(folder, &one), @r#"lab ROOT/playbooks/site.yml ["two"] complete: false"#);
}

#[test]
fn a_run_of_a_part() {
    let inventory = ("inventory.yml", "all: { hosts: { one: , two: , idle: } }\n");
    let play = ("playbooks/site.yml", "- hosts: one:two\n  resources:\n  - directory: { path: /srv/app }\n");
    let folder = folder(&[inventory, play]);
    let folder = folder.path();
    let partial = |choose: fn(&mut Selection)| {
        let mut selection = selection(folder, "inventory.yml");
        choose(&mut selection);
        load(&selection).unwrap().partial
    };
    assert!(!partial(|_| {}));
    assert!(!partial(|selection| selection.limit = Some("two:one".into())), "nobody is left out");
    assert!(partial(|selection| selection.limit = Some("two".into())));
    assert!(partial(|selection| selection.tags.push("app".into())));
    assert!(partial(|selection| selection.skip_tags.push("app".into())));
}

#[test]
fn wrong_settings() {
    let folder = folder(&[INVENTORY, ("playbooks/site.yml", PLAY), ("solti.toml", "project = \"lab\"\nroot = 1\n")]);
    let folder = folder.path();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @"
    error: unknown field `root`, expected `project` or `playbook`
     --> ROOT/solti.toml:2:1
      |
    2 | root = 1
      | ^^^^
    ");
}

#[test]
fn no_playbook() {
    let folder = folder(&[INVENTORY]);
    let folder = folder.path();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @"
    error: there is no playbook: ROOT/inventories/lab/playbooks/site.yml does not exist
    help: name one with -p FILE
    ");
}

/// What the command line says of a host wins over the inventory, where it has been said there at all.
#[test]
fn variables_of_the_command_line_say_how_a_host_is_reached() {
    let folder = folder(&[
        ("inventory.yml", "all: { hosts: { one: { ansible_user: admin } } }\n"),
        ("playbooks/site.yml", PLAY),
    ]);
    let mut selection = selection(folder.path(), "inventory.yml");
    selection.extra_vars = vec!["ansible_user=ops ansible_port=2222".to_owned()];
    let work = crate::engine::resolve::resolve(&load(&selection).unwrap(), "one").unwrap();
    let crate::host::Method::Ssh { user, port, .. } = work.target.method else { panic!() };
    assert_eq!((user.as_deref(), port), (Some("ops"), Some(2222)));
    selection.extra_vars = vec!["ansible_port=none".to_owned()];
    assert_snapshot!(crate::engine::resolve::resolve(&load(&selection).unwrap(), "one").unwrap_err(), @"
    error: `ansible_port` of host one: expected a port from 1 to 65535, found `none`
     --> --extra-vars:1:1
      |
    1 | ansible_port=none
      | ^^^^^^^^^^^^^^^^^
    ");
}
