//! `solti init`: what it writes, and what it leaves alone.

use super::{solti, solti_in};
use std::fs;
use std::io;
use std::path::Path;

/// What was printed, with the digits of a project's name as zeros.
fn init(folder: &Path, arguments: &[&str]) -> io::Result<String> {
    let output = solti_in(folder, arguments)?;
    Ok(output
        .lines()
        .map(|line| match line.split_once("is called home-") {
            Some((before, rest)) => format!("{before}is called home-000000{}\n", &rest[6..]),
            None => format!("{line}\n"),
        })
        .collect())
}

#[test]
fn a_project_to_start_from() -> io::Result<()> {
    let above = tempfile::tempdir()?;
    insta::assert_snapshot!(init(above.path(), &["init", "home"])?, @"
    exit 0
    --- out
    The project is called home-000000, which hosts will know it by.

    solti.toml               written
    inventory.yml            written
    group_vars/all.yml       written
    group_vars/clients.yml   written
    playbooks/site.yml       written
    .gitignore               written

    Put your hosts into inventory.yml, then:
      cd home
      solti diff inventory.yml    what would change; touches nothing
      solti apply inventory.yml   shows the same, asks, and does it
    --- err
    ");
    let folder = above.path().join("home");
    // all of it is right, and speaks of itself
    assert!(solti_in(&folder, &["inventory", "--graph", "inventory.yml"])?.starts_with("exit 0\n"));
    let inventory = fs::read_to_string(folder.join("inventory.yml"))?;
    assert!(inventory.contains("solti diff inventory.yml ") && !inventory.contains("inventories/"), "{inventory}");
    let rendered = solti_in(&folder, &["render", "inventory.yml", "mon", "influxdb"])?;
    assert!(rendered.starts_with("exit 0\n") && rendered.contains("/etc/influxdb/config.yml"), "{rendered}");
    let settings = fs::read_to_string(folder.join("solti.toml"))?;
    let every_key: String = settings
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    fs::write(folder.join("solti.toml"), every_key)?;
    assert!(solti_in(&folder, &["render", "inventory.yml", "mon", "influxdb"])?.starts_with("exit 0\n"));
    // and is not written over
    insta::assert_snapshot!(init(above.path(), &["init", "home"])?, @"
    exit 3
    --- out
    --- err
    error: home/solti.toml is there already: the folder is a project's
    help: `solti init role NAME` adds a role of your own to it
    ");
    Ok(())
}

#[test]
fn what_is_in_a_folder_stays() -> io::Result<()> {
    let above = tempfile::tempdir()?;
    let folder = above.path().join("home");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("inventory.yml"), "all: { hosts: { one: } }\n")?;
    // a link that leads nowhere is something, too
    std::os::unix::fs::symlink(above.path().join("elsewhere"), folder.join(".gitignore"))?;
    insta::assert_snapshot!(init(&folder, &["init"])?, @"
    exit 0
    --- out
    The project is called home-000000, which hosts will know it by.

    solti.toml               written
    group_vars/all.yml       written
    group_vars/clients.yml   written
    playbooks/site.yml       written
    inventory.yml            there already, left as it is
    .gitignore               there already, left as it is

    Put your hosts into inventory.yml, then:
      solti diff inventory.yml    what would change; touches nothing
      solti apply inventory.yml   shows the same, asks, and does it
    --- err
    ");
    assert_eq!(fs::read_to_string(folder.join("inventory.yml"))?, "all: { hosts: { one: } }\n");
    assert!(!above.path().join("elsewhere").exists());
    // two folders of one name are two projects
    fs::create_dir_all(above.path().join("other"))?;
    solti_in(&above.path().join("other"), &["init", "home"])?;
    let settings = |folder: &Path| fs::read_to_string(folder.join("solti.toml"));
    assert_ne!(settings(&folder)?, settings(&above.path().join("other/home"))?);
    fs::write(above.path().join("file"), "")?;
    let refused = solti_in(above.path(), &["init", "file"])?;
    assert!(refused.starts_with("exit 3\n") && refused.contains("error: cannot write file/solti.toml: "), "{refused}");
    Ok(())
}

#[test]
fn a_role_of_ones_own() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    solti_in(folder, &["init"])?;
    insta::assert_snapshot!(solti_in(folder, &["init", "role", "back-up"])?, @"
    exit 0
    --- out
    roles/back-up/role.yml is written
    roles/back-up/templates/back-up.conf.j2 is written
    roles/back-up/templates/back-up.sh.j2 is written
    roles/back-up/templates/back-up.service.j2 is written
    molecule-tests/back-up/scenario.yml is written

    `solti test back-up` tries it on throwaway hosts, `roles: [back-up]` in a play puts it on yours.
    --- err
    ");
    insta::assert_snapshot!(solti_in(folder, &["role", "show", "back-up"])?, @"
    exit 0
    --- out
    back-up: What back-up is for, in one line

    Options
      back_up_interval  integer; default 10. Seconds between two signs of life

    Steps
      run  config, template, unit, service; checks: command
    --- err
    ");
    let listed = solti_in(folder, &["test", "--list"])?;
    assert!(listed.contains("back-up  debian13, debian12  back-up comes, shows that it works, and goes"), "{listed}");
    insta::assert_snapshot!(solti_in(folder, &["init", "role", "back-up"])?, @"
    exit 3
    --- out
    --- err
    error: there is a role back-up already (roles/back-up)
    help: `solti role show back-up` says what it can be told
    ");
    insta::assert_snapshot!(solti_in(folder, &["init", "role", "loki"])?, @"
    exit 3
    --- out
    --- err
    error: there is a role loki already (built in)
    help: `solti role show loki` says what it can be told
    ");
    insta::assert_snapshot!(solti_in(folder, &["init", "role", "../up"])?, @"
    exit 3
    --- out
    --- err
    error: `../up` is no name for a role
    help: a small letter, then small letters, digits, `_` and `-`: backup
    ");
    fs::create_dir_all(folder.join("roles/half"))?;
    fs::create_dir_all(folder.join("molecule-tests/half"))?;
    fs::write(folder.join("molecule-tests/half/scenario.yml"), "")?;
    insta::assert_snapshot!(solti_in(folder, &["init", "role", "half"])?, @"
    exit 3
    --- out
    --- err
    error: molecule-tests/half/scenario.yml is there already
    ");
    assert!(!folder.join("roles/half/role.yml").exists());
    Ok(())
}

#[test]
fn help() -> io::Result<()> {
    insta::assert_snapshot!(solti(&["init", "--help"])?, @"
    exit 0
    --- out
    Write a project to start from, or a role of one's own

    Usage: solti init [FOLDER]
           solti init <COMMAND>

    Commands:
      role  A role of the project that the current folder is in, with a scenario
            that it passes

    Arguments:
      [FOLDER]  The project's folder; made if it is missing [default: .]

    Options:
      -h, --help  Print help

    Examples:
      solti init monitoring       a project in a new folder: inventory, playbook,
      solti.toml
      solti init                  the same in the current folder; what is there
      stays
      solti init role backup      roles/backup, and a scenario that `solti test
      backup` passes
    --- err
    ");
    Ok(())
}
