//! The command line without hosts: help, wrong usage, exit codes.

mod generated;
mod init;
mod json;
mod refused;
mod rendered;
mod scenarios;
mod secrets;
mod written;

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// What `solti` prints and returns: exit code, standard output and standard error, as one text.
fn solti(arguments: &[&str]) -> io::Result<String> {
    solti_in(Path::new("."), arguments)
}

fn solti_in(folder: &Path, arguments: &[&str]) -> io::Result<String> {
    solti_told(folder, arguments, &[])
}

/// The same, with these in its environment.
fn solti_told(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> io::Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_solti"))
        .envs(environment.iter().copied())
        .args(arguments)
        .current_dir(folder)
        .env("COLUMNS", "80")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
    Ok(format!("exit {code}\n--- out\n{out}--- err\n{err}"))
}

#[test]
fn help_names_the_commands() -> io::Result<()> {
    let help = solti(&["--help"])?;
    insta::assert_snapshot!(help, @r#"
    exit 0
    --- out
    Brings the hosts of a monitoring stack to a declared state over SSH.

    solti reads an Ansible inventory and playbooks of roles, says exactly what it
    would change on which host, changes that and nothing else, and puts back what
    was there if anything fails. A host needs nothing but sshd and a shell.

    Usage: solti <COMMAND>

    Commands:
      diff         Show what apply would change; touches nothing
      apply        Bring the hosts to the declared state
      verify       Ask the checks of all roles; changes nothing
      run          Carry out an action of a role, such as loki's flush
      test         Run scenarios on throwaway hosts
      inventory    Show the inventory, as ansible-inventory does
      render       Show the files that a role makes for a host
      role         List the roles there are, or show one
      init         Write a project to start from, or a role of one's own
      schema       Print what a file may say, as JSON Schema for editors
      completions  Print what completes solti's commands and options in a shell
      man          Print the manual page, or write those of all commands to a folder

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Examples:
      solti diff inventories/home          what would change; nothing is touched
      solti apply inventories/home -l web  the same plan, carried out on some hosts

    INVENTORY is a file, a folder with an inventory.yml, or "host1,host2,".

    Exit codes:
        0  done; for diff: no changes     4  some hosts could not be reached
        1  something failed               5  nothing was done: declined, locked
        2  diff: there are changes      130  interrupted; what had begun was
        3  the input is wrong                finished or put back
    --- err
    "#);
    assert!(help.lines().all(|line| line.chars().count() <= 80));
    Ok(())
}

#[test]
fn help_of_a_command() -> io::Result<()> {
    let help = solti(&["apply", "--help"])?;
    insta::assert_snapshot!(help, @r#"
    exit 0
    --- out
    Bring the hosts to the declared state

    Usage: solti apply [OPTIONS] <INVENTORY>

    Arguments:
      <INVENTORY>  A file, a folder with an inventory.yml, or "host1,host2,"

    Options:
      -y, --yes     Apply without asking; needed where there is no terminal
          --verify  Ask the checks of roles without changes too
          --prune   Remove what roles that left the playbook had put on the hosts
      -h, --help    Print help

    Selection:
      -i, --inventory <INVENTORY>   One more inventory, layered over the ones before
      -p, --playbook <FILE>         A playbook; again for more [default:
                                    playbooks/site.yml]
      -e, --extra-vars <K=V|@FILE>  Set a variable, or all of a file's; wins over
                                    everything
      -l, --limit <PATTERN>         Only hosts that match this pattern
      -t, --tags <TAG,...>          Only what has one of these tags
          --skip-tags <TAG,...>     Not what has one of these tags

    Connection:
      -u, --user <USER>
              Log in as this user, unless the inventory says otherwise
          --private-key <FILE>
              Log in with this key
      -b, --become
              Become root for everything
      -K, --ask-become-pass
              Ask for the password that sudo wants
          --become-password-file <FILE>
              Read the password that sudo wants from a file
      -f, --forks <N>
              Hosts that are worked on at once [default: 20]

    Output:
      -o, --output <FORMAT>  Format: text, json (one document at the end), or jsonl
                             (one line per event) [default: text]
          --color <WHEN>     Use colours: auto, always, or never [default: auto]
      -v, --verbose...       Show all lines and checks, and what each host took; -vv
                             what goes on, and what takes its time
      -q, --quiet            Only the answer and what failed

    Shows the plan and asks before anything is changed. A role whose step or check
    fails is put back as it was.
    --- err
    "#);
    assert!(help.lines().all(|line| line.chars().count() <= 80));
    Ok(())
}

#[test]
fn the_version() -> io::Result<()> {
    assert!(solti(&["--version"])?.starts_with("exit 0\n--- out\nsolti "));
    Ok(())
}

#[test]
fn wrong_usage_is_3() -> io::Result<()> {
    let wrong: [&[&str]; 11] = [
        &[],
        &["nonsense"],
        &["diff"],
        &["diff", "--nonsense", "x"],
        &["diff", "--forks", "0", "x"],
        &["diff", "-o", "yaml", "x"],
        &["diff", "-v", "-q", "x"],
        &["inventory", "x"],
        &["inventory", "x", "--list", "--graph"],
        &["render", "x", "host"],
        &["role"],
    ];
    for arguments in wrong {
        let shown = solti(arguments)?;
        assert!(shown.starts_with("exit 3\n--- out\n--- err\n"), "{arguments:?}: {shown}");
    }
    Ok(())
}

#[test]
fn the_check_mode_of_ansible() -> io::Result<()> {
    insta::assert_snapshot!(solti(&["apply", "x", "--check"])?, @"
    exit 3
    --- out
    --- err
    error: solti has no check mode
    help: `solti diff` shows what `solti apply` would change: the same plan, made by the same code
    ");
    assert_eq!(solti(&["apply", "x", "--check"])?, solti(&["diff", "x", "-C"])?);
    Ok(())
}

#[test]
fn an_output_that_is_not_built_yet() -> io::Result<()> {
    insta::assert_snapshot!(solti(&["diff", "localhost,", "-o", "github"])?, @"
    exit 3
    --- out
    --- err
    error: `-o github` is not built yet
    help: `-o text`, `-o json` and `-o jsonl` are
    ");
    Ok(())
}

const INVENTORY: &str = "\
all:
  vars: { site: home }
  children:
    web:
      hosts:
        web1: { port: 0644, tls: yes }
        web2:
";

#[test]
fn the_inventory() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("inventory.yml"), INVENTORY)?;
    let show = |arguments: &[&str]| solti_in(folder.path(), arguments);
    insta::assert_snapshot!(show(&["inventory", "inventory.yml", "--graph"])?, @"
    exit 0
    --- out
    @all:
      |--@ungrouped:
      |--@web:
      |  |--web1
      |  |--web2
    --- err
    ");
    insta::assert_snapshot!(show(&["inventory", ".", "--host", "web1"])?, @r#"
    exit 0
    --- out
    {
        "port": 420,
        "site": "home",
        "tls": true
    }
    --- err
    "#);
    insta::assert_snapshot!(show(&["inventory", ".", "--list"])?, @r#"
    exit 0
    --- out
    {
        "_meta": {
            "hostvars": {
                "web1": {
                    "port": 420,
                    "site": "home",
                    "tls": true
                },
                "web2": {
                    "site": "home"
                }
            },
            "profile": "inventory_legacy"
        },
        "all": {
            "children": [
                "ungrouped",
                "web"
            ]
        },
        "web": {
            "hosts": [
                "web1",
                "web2"
            ]
        }
    }
    --- err
    "#);
    insta::assert_snapshot!(show(&["inventory", ".", "--host", "wev1"])?, @"
    exit 3
    --- out
    --- err
    error: the inventory has no host `wev1`
    help: did you mean `web1`?
    ");
    insta::assert_snapshot!(show(&["inventory", "nowhere", "--list"])?, @"
    exit 3
    --- out
    --- err
    error: nowhere: no such file
    ");
    Ok(())
}

#[test]
fn a_reader_that_goes_away_is_no_error() -> io::Result<()> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_solti"))
        .args(["inventory", "localhost,", "--list"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    drop(child.stdout.take());
    let output = child.wait_with_output()?;
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    Ok(())
}

#[test]
fn the_files_of_the_example() -> io::Result<()> {
    for (host, role) in [
        ("mon", "influxdb"),
        ("mon", "loki"),
        ("mon", "grafana"),
        ("mon", "telegraf"),
        ("app", "telegraf"),
        ("app", "alloy"),
    ] {
        let shown = solti(&["render", "inventories/example", host, role])?;
        assert!(shown.starts_with("exit 0\n--- out\n==> /etc/"), "{host} {role}: {shown}");
    }
    Ok(())
}

#[test]
fn roles_are_those_of_the_project_that_a_run_has() -> io::Result<()> {
    let project = tempfile::tempdir()?;
    let write = |path: &str, text: &str| {
        let path = project.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        std::fs::write(path, text)
    };
    write("solti.toml", "")?;
    write("roles/own/role.yml", "summary: Of this project\nsteps: []\n")?;
    // a folder that is called as one of a project is none where a file says which is
    write("inventories/home/roles/README", "")?;
    let listed = solti_in(&project.path().join("inventories/home"), &["role", "list"])?;
    assert!(listed.contains("Of this project"), "{listed}");
    Ok(())
}

#[test]
fn defaults_as_what_they_come_to() -> io::Result<()> {
    let shown = solti(&["role", "show", "loki"])?;
    let shown: String = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "loki_version string; default 3.7.6, which follows from loki_backend.",
        "loki_image string; default docker.io/grafana/loki:3.7.6, which follows from loki_version.",
        "loki_local_url url; its default follows from inventory_hostname, loki_http_addr and loki_http_port.",
        "loki_data_path string; default \"\", which follows from loki_backend.",
    ] {
        assert!(shown.contains(text), "no {text:?} in {shown}");
    }
    Ok(())
}
