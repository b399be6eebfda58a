//! Where a project begins, and which playbook is meant.

use crate::engine::load;
use crate::engine::project_id::{ProjectId, Settings};
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
            // what follows the folder's name is made of where it is
            let id = project.id.name.split_once('@').map_or(project.id.name.as_str(), |(folder, _)| folder);
            format!("{id} {} {:?} complete: {}", playbooks.join(" "), project.selected(), project.complete)
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

/// The current folder is found as an empty path.
#[test]
fn a_folder_is_the_same_however_it_is_named() {
    let id = |root: &Path| {
        let ProjectId { name, folder, .. } = ProjectId::of(root, &Settings::default());
        (name, folder)
    };
    let here = std::env::current_dir().unwrap();
    for root in ["", ".", "src/.."] {
        assert_eq!(id(Path::new(root)), id(&here), "{root}");
    }
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
    assert_snapshot!(loaded(folder, &one), @r#"lab ROOT/playbooks/site.yml ["two"] complete: true"#);
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
    assert!(partial(|selection| selection.tags.push("all".into())));
    assert!(partial(|selection| selection.skip_tags.push("never".into())));
}

#[test]
fn wrong_settings() {
    let folder = folder(&[INVENTORY, ("playbooks/site.yml", PLAY), ("solti.toml", "project = \"lab\"\nroot = 1\n")]);
    let folder = folder.path();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @"
    error: unknown field `root`, expected one of `project`, `formerly`, `playbook`
     --> ROOT/solti.toml:2:1
      |
    2 | root = 1
      | ^^^^
    ");
    let schema = crate::engine::settings_schema();
    let declared: Vec<_> = schema["properties"].as_object().unwrap().keys().map(|key| format!("`{key}`")).collect();
    let known = format!("expected one of {}\n", declared.join(", "));
    assert!(loaded(folder, &selection(folder, "inventories/lab")).contains(&known));
}

#[test]
fn settings_that_are_empty() {
    let text = "project = \"\"\nformerly = [\" \"]\nplaybook = \"\"\n";
    let folder = folder(&[INVENTORY, ("playbooks/site.yml", PLAY), ("solti.toml", text)]);
    let folder = folder.path();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @r#"
    error: the name of a project is empty
     --> ROOT/solti.toml:1:11
      |
    1 | project = ""
      |           ^^

    error: the name of a project is empty
     --> ROOT/solti.toml:2:13
      |
    2 | formerly = [" "]
      |             ^^^

    error: the name of the playbook is empty
     --> ROOT/solti.toml:3:12
      |
    3 | playbook = ""
      |            ^^
    "#);
    std::fs::write(folder.join("solti.toml"), "project = \"a@b\"\n").unwrap();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @r#"
    error: the name of a project has no `@`
     --> ROOT/solti.toml:1:11
      |
    1 | project = "a@b"
      |           ^^^^^
      |
      = help: that is how checkouts are told apart that have no name; `formerly` takes it
    "#);
    std::fs::write(folder.join("solti.toml"), "formerly = [\"ansible\"]\n").unwrap();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @r#"
    error: `formerly` is for a project with a name
     --> ROOT/solti.toml:1:13
      |
    1 | formerly = ["ansible"]
      |             ^^^^^^^^^
      |
      = help: add `project = "NAME"`
    "#);
}

/// What is read of a project tells whose it is: not the folder's name, and a given one wherever the folder is.
#[test]
fn two_projects_in_folders_of_one_name() {
    let files = |settings: &str| {
        folder(&[
            ("a/ansible/playbooks/site.yml", PLAY),
            ("b/ansible/playbooks/site.yml", PLAY),
            ("a/ansible/i/inventory.yml", INVENTORY.1),
            ("b/ansible/i/inventory.yml", INVENTORY.1),
            ("a/ansible/solti.toml", settings),
            ("b/ansible/solti.toml", settings),
        ])
    };
    let ids = |folder: &Path| ["a/ansible/i", "b/ansible/i"].map(|path| load(&selection(folder, path)).unwrap().id);
    let without = files("");
    let [one, two] = ids(without.path());
    assert!(
        one.name.starts_with("ansible@") && two.name.starts_with("ansible@") && one.name != two.name,
        "{one:?}{two:?}"
    );
    assert!(!one.given && one.former.is_empty() && one.folder == "ansible", "{one:?}");
    assert_eq!(ids(without.path())[0].name, one.name, "the next run finds it again");
    let named = files("project = \"lab\"\nformerly = [\"old\"]\n");
    let [one, two] = ids(named.path());
    assert_eq!((one.name.as_str(), two.name.as_str(), one.given), ("lab", "lab", true));
    assert!(one.former[0] == "old" && one.former[1].starts_with("ansible@") && one.former.len() == 2, "{one:?}");
}

/// Hosts that no play is about are asked what is left there, by the run of the whole project.
#[test]
fn hosts_in_no_play() {
    let inventory = "all:\n  hosts: { one: , two: , idle: , alias: { ansible_host: two } }\n  children: { empty: }\n";
    let play = |hosts: &str| format!("- hosts: {hosts}\n  resources:\n  - directory: {{ path: /srv/app }}\n");
    let folder = folder(&[
        ("inventory.yml", inventory),
        ("playbooks/site.yml", &play("one")),
        (
            "playbooks/other.yml",
            &format!(
                "{}  roles: [a.b.loki, {{role: alloy, name: x}}, {{role: gone, state: absent}}, {{name: \"c.d\"}}]\n",
                play("two")
            ),
        ),
        ("playbooks/vars.yml", "a: 1\n"),
    ]);
    let folder = folder.path();
    let with = |choose: &dyn Fn(&mut Selection)| {
        let mut selection = selection(folder, "inventory.yml");
        choose(&mut selection);
        match load(&selection) {
            Ok(project) => format!("{} idle: {}", project.selected().join(" "), project.idle.join(" ")),
            Err(errors) => errors
                .to_string()
                .replace(&folder.canonicalize().unwrap().display().to_string(), "ROOT")
                .replace(&folder.display().to_string(), "ROOT"),
        }
    };
    assert_eq!(with(&|_| {}), "one idle: idle");
    let site = |selection: &mut Selection| selection.playbooks.push(folder.join("playbooks/site.yml"));
    let other = |selection: &mut Selection| selection.playbooks.push(folder.join("playbooks/other.yml"));
    assert_eq!(with(&site), "one idle: idle");
    assert!(with(&other).contains("unknown role"));
    std::fs::write(folder.join("playbooks/other.yml"), play("two")).unwrap();
    assert_eq!(with(&other), "two idle: ", "a part of the project says nothing of other hosts");
    assert_eq!(with(&|selection| { selection.limit = Some("one".into()) }), "one idle: ");
    assert_eq!(with(&|selection| { selection.limit = Some("idle".into()) }), " idle: idle");
    assert_eq!(with(&|selection| { selection.tags.push("all".into()) }), "one idle: ");
    // nobody at all is no success
    assert_snapshot!(with(&|selection| { selection.limit = Some("two".into()) }), @r#"
    error: `--limit two` leaves no host of any play
    help: `solti inventory INVENTORY --graph` shows which groups a host is in
    "#);
    assert_snapshot!(with(&|selection| { selection.limit = Some("idle".into()); selection.tags.push("all".into()) }), @r#"
    error: `--limit idle` leaves no host of any play
    help: `solti inventory INVENTORY --graph` shows which groups a host is in
    "#);
    assert_snapshot!(with(&|selection| { selection.limit = Some("empty".into()) }), @r#"
    error: `--limit empty` leaves no host of any play
    help: `solti inventory INVENTORY --graph` shows which groups a host is in
    "#);
    std::fs::write(folder.join("playbooks/site.yml"), play("empty")).unwrap();
    std::fs::write(folder.join("playbooks/other.yml"), play("all")).unwrap();
    assert_snapshot!(with(&|_| {}), @r#"
    error: no play has a host
     --> ROOT/playbooks/site.yml:1:10
      |
    1 | - hosts: empty
      |          ^^^^^
      |
      = help: put hosts into the groups that the plays name
    "#);
    std::fs::write(folder.join("playbooks/site.yml"), "[]\n").unwrap();
    assert_snapshot!(with(&|_| {}), @"error: the playbook has no plays");
}

#[test]
fn what_other_playbooks_declare_is_known() {
    let other = "- hosts: \"{{ nobody }}\"\n  tasks: []\n  roles: [a.b.loki, {role: alloy, name: x}, {role: gone, state: absent}, {name: c.d}]\n- name: More\n  hosts: two\n  resources: []\n- hosts: [one, two]\n  resources: []\n";
    let folder = folder(&[
        ("inventory.yml", "all: { hosts: { one: , two: , three: } }\n"),
        ("playbooks/site.yml", PLAY),
        ("playbooks/other.yml", other),
        ("playbooks/vars.yml", "a: 1\n"),
        ("more/third.yml", "- hosts: three\n  roles: [telegraf]\n"),
        ("playbooks/importing.yaml", "- import_playbook: ../more/third.yml\n"),
    ]);
    let project = load(&selection(folder.path(), "inventory.yml")).unwrap();
    let elsewhere = project.ownership(false).elsewhere.unwrap();
    let names = [
        "loki",
        "x",
        "gone",
        "d",
        "alloy",
        "telegraf",
        "telegraf#2",
        "resources of More",
        "resources of the play for one,two in playbooks/other.yml",
    ];
    assert_eq!(names.map(|name| elsewhere.declares(name)), [true, true, false, true, false, true, true, true, true]);
    assert!(elsewhere.hosts.contains("two") && elsewhere.unread().is_none());
    std::fs::write(folder.path().join("playbooks/broken.yml"), "a: b: c\n").unwrap();
    let project = load(&selection(folder.path(), "inventory.yml")).unwrap();
    assert!(project.ownership(false).elsewhere.unwrap().unread().unwrap().ends_with("playbooks/broken.yml"));
}

/// A play without a name is known by whom it is for and where: not by its line, nor by the folder that solti runs in.
#[test]
fn a_play_without_a_name_is_found_again() {
    let instances = |site: &str| {
        let folder = folder(&[INVENTORY, ("playbooks/site.yml", site)]);
        let work = crate::engine::resolve::resolve(&load(&selection(folder.path(), "inventories/lab")).unwrap(), "one");
        work.unwrap().runs.into_iter().map(|run| run.instance).collect::<Vec<_>>()
    };
    let one = "resources of the play for all in playbooks/site.yml";
    assert_eq!(instances(PLAY), [one]);
    assert_eq!(
        instances(&format!("# a comment\n{}{PLAY}", PLAY.replace("all", "one").replace("srv", "opt"))),
        ["resources of the play for one in playbooks/site.yml", one]
    );
    assert_eq!(instances(&PLAY.replace("hosts: all", "hosts: all\n  name: Folders")), ["resources of Folders"]);
}

#[test]
fn no_playbook() {
    let folder = folder(&[INVENTORY]);
    let folder = folder.path();
    assert_snapshot!(loaded(folder, &selection(folder, "inventories/lab")), @"
    error: there is no playbook: the project has no playbooks/site.yml, no playbooks/site.yaml, no site.yml, no site.yaml
    help: name one with -p FILE
    help: the project is ROOT/inventories/lab, as no folder from there upwards has a solti.toml, playbooks or roles
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
