//! Wrong input: what is said, that it is all said at once, and that no host was contacted.

use crate::solti_in;
use std::io;
use std::path::Path;

/// A host that would leave a mark if anybody tried to reach it.
const HOSTS: &str = "\
all:
  hosts:
    web1: { ansible_ssh_common_args: '-o ProxyCommand=\"touch contacted\"' }
    web2:
";

/// What `solti` says of these files, which nothing can be done with.
pub fn refused(files: &[(&str, &str)]) -> io::Result<String> {
    refused_with(files, &["diff", "inventory.yml"])
}

fn refused_with(files: &[(&str, &str)], arguments: &[&str]) -> io::Result<String> {
    let folder = tempfile::tempdir()?;
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(path, text)
    };
    write("inventory.yml", HOSTS)?;
    write("playbooks/site.yml", "- hosts: all\n  resources: []\n")?;
    for (path, text) in files {
        write(path, text)?;
    }
    let shown = solti_in(folder.path(), arguments)?;
    assert!(!folder.path().join("contacted").exists(), "a host was contacted: {shown}");
    match shown.strip_prefix("exit 3\n--- out\n--- err\n") {
        Some(errors) => Ok(errors.lines().map(|line| format!("{}\n", lasting(line, folder.path()))).collect()),
        None => Err(io::Error::other(shown)),
    }
}

/// A line without what differs from run to run and from version to version: folders, and the roles in the program.
fn lasting(line: &str, folder: &Path) -> String {
    let line = line.replace(&folder.display().to_string(), "PROJECT");
    match line.split_once("help: roles: ") {
        Some((before, _)) => format!("{before}help: roles: ALL"),
        None => line,
    }
}

/// What is said of a play that stands in the project alone.
fn play(text: &str) -> io::Result<String> {
    refused(&[("playbooks/site.yml", text)])
}

/// What is said of resources of a play.
fn resources(text: &str) -> io::Result<String> {
    let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
    play(&format!("- hosts: all\n  resources:\n{indented}"))
}

/// What is said of a role, as it is used with these variables.
fn role(role_yml: &str, vars: &str) -> io::Result<String> {
    let play = format!("- hosts: all\n  roles:\n    - role: loki\n      vars: {vars}\n");
    refused(&[("playbooks/site.yml", &play), ("roles/loki/role.yml", role_yml)])
}

#[test]
fn an_action_that_nobody_has() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    solti_in(folder.path(), &["init"])?;
    for (role, action) in [("lokki", "flush"), ("nginx", "reload"), ("loki", "flsh"), ("loki", "stop")] {
        insta::assert_snapshot!(solti_in(folder.path(), &["run", "inventory.yml", role, action])?);
    }
    insta::assert_snapshot!(solti_in(folder.path(), &["run", "inventory.yml", "loki", "flush", "-l", "app"])?);
    Ok(())
}

#[test]
fn the_host_would_notice() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("playbooks"))?;
    std::fs::write(folder.path().join("inventory.yml"), HOSTS)?;
    std::fs::write(folder.path().join("playbooks/site.yml"), "- hosts: web1\n  resources: []\n")?;
    assert!(solti_in(folder.path(), &["diff", "inventory.yml"])?.starts_with("exit 4\n"));
    assert!(folder.path().join("contacted").exists());
    Ok(())
}

#[test]
fn text_that_is_no_yaml() -> io::Result<()> {
    insta::assert_snapshot!(play("- hosts: all\n  resources:\n    - file: { path: /etc/x, content: \"a }\n")?, @r#"
    error: this quote is never closed
     --> playbooks/site.yml:3:38
      |
    3 |     - file: { path: /etc/x, content: "a }
      |             -                        ^
      |             |
      |             inside of what begins here
    "#);
    insta::assert_snapshot!(play("- hosts: all\n  vars:\n    port: 1\n   name: x\n")?, @"
    error: expected `key: value`
     --> playbooks/site.yml:4:4
      |
    4 |    name: x
      |    ^ not a key
      |
      = help: the keys of one mapping, and the dashes of one list, must be indented alike
    ");
    insta::assert_snapshot!(play("- hosts: all\n\tvars: {}\n")?, @"
    error: a tab in the indentation
     --> playbooks/site.yml:2:1
      |
    2 |     vars: {}
      | ^^^^ YAML is indented with spaces only
    ");
    insta::assert_snapshot!(resources("- file: { path: {{ home }}/x, content: {{ text }} }\n")?, @r#"
    error: a value that begins with `{{` must be in quotes
     --> playbooks/site.yml:3:21
      |
    3 |     - file: { path: {{ home }}/x, content: {{ text }} }
      |                     ^^^^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `"{{ home }}"`

    error: a value that begins with `{{` must be in quotes
     --> playbooks/site.yml:3:44
      |
    3 |     - file: { path: {{ home }}/x, content: {{ text }} }
      |                                            ^^^^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `"{{ text }}"`
    "#);
    insta::assert_snapshot!(resources("- file:\n    path: {{ home }}/x\n    content: a\n")?, @r#"
    error: a value that begins with `{{` must be in quotes
     --> playbooks/site.yml:4:15
      |
    4 |         path: {{ home }}/x
      |               ^^^^^^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `path: "{{ home }}/x"`
    "#);
    insta::assert_snapshot!(play("hosts: all\n")?, @"
    error: a playbook is a list of plays, not a mapping
     --> playbooks/site.yml:1:1
      |
    1 | hosts: all
      | ^^^^^^^^^^
      |
      = help: begin it with `- hosts: …`
    ");
    insta::assert_snapshot!(play("- hosts: all\n  hosts: web1\n  resources: []\n  vars: { a: 1, a: 2 }\n")?, @"
    error: duplicate key `hosts`
     --> playbooks/site.yml:2:3
      |
    1 | - hosts: all
      |   ----- first given here
    2 |   hosts: web1
      |   ^^^^^

    error: duplicate key `a`
     --> playbooks/site.yml:4:17
      |
    4 |   vars: { a: 1, a: 2 }
      |           -     ^
      |           |
      |           first given here
    ");
    Ok(())
}

#[test]
fn keys_that_nobody_knows() -> io::Result<()> {
    let site = "\
- hosts: all
  becom: true
  taks: []
  tasks:
    - debug:
  handlers: []
  gather_facts: false
  serial: 1
  roles:
    - { role: loki, tag: [a], loki_prot: 3100, vars: { loki_retentoin: 3d, port: 1 } }
    - loci
    - { rol: loki }
  resources:
    - fil: { path: /etc/x, content: a }
    - copy: { path: /etc/x, content: a }
    - file: { pth: /etc/x, contents: a, modes: \"0644\" }
    - bucket: { name: logs }
    - file: { path: /etc/y, content: a }
      when: true
    - file: { path: /etc/z, content: a, notify: restart }
";
    let role = "\
summary: Logs
optoins: {}
options:
  loki_port: { type: port, defalt: 3100 }
  loki_retention: { type: durations }
  loki_mode: { type: choice }
  loki_size: { type: str, required: true, default: x }
steps:
  - name: config
    resource: []
    checks:
      - htpp: { url: x }
      - http: { url: x, stats: 200 }
  - resources: []
  - name: config
    resources: []
";
    insta::assert_snapshot!(refused(&[("playbooks/site.yml", site), ("roles/loki/role.yml", role)])?, @r#"
    error: unknown key `becom` in a play
     --> playbooks/site.yml:2:3
      |
    2 |   becom: true
      |   ^^^^^
      |
      = help: did you mean `become`?

    error: unknown key `taks` in a play
     --> playbooks/site.yml:3:3
      |
    3 |   taks: []
      |   ^^^^
      |
      = help: did you mean `tags`?

    error: `tasks` is not for a play
     --> playbooks/site.yml:4:3
      |
    4 |   tasks:
      |   ^^^^^
      |
      = help: write `resources:`, or a role; imperative tasks do not exist

    error: `handlers` is not for a play
     --> playbooks/site.yml:6:3
      |
    6 |   handlers: []
      |   ^^^^^^^^
      |
      = help: a `service` restarts when what it `uses` has changed; there are no handlers

    error: `serial` on a play is not built yet
     --> playbooks/site.yml:8:3
      |
    8 |   serial: 1
      |   ^^^^^^

    error: unknown role `loci`
      --> playbooks/site.yml:11:7
       |
    11 |     - loci
       |       ^^^^
       |
       = help: did you mean `loki`?
       = help: roles: ALL
       = help: looked in roles and among those built in; the project is the current folder, because of its folder playbooks

    error: a role's mapping needs `role`
      --> playbooks/site.yml:12:7
       |
    12 |     - { rol: loki }
       |       ^^^^^^^^^^^^^
       |
       = help: did you mean `role` by `rol`?

    error: unknown kind of resource `fil`
      --> playbooks/site.yml:14:7
       |
    14 |     - fil: { path: /etc/x, content: a }
       |       ^^^
       |
       = help: did you mean `file`?

    error: unknown kind of resource `copy`
      --> playbooks/site.yml:15:7
       |
    15 |     - copy: { path: /etc/x, content: a }
       |       ^^^^
       |
       = help: write `file`

    error: unknown key `pth` in `file`
      --> playbooks/site.yml:16:15
       |
    16 |     - file: { pth: /etc/x, contents: a, modes: "0644" }
       |               ^^^
       |
       = help: did you mean `path`?

    error: unknown key `contents` in `file`
      --> playbooks/site.yml:16:28
       |
    16 |     - file: { pth: /etc/x, contents: a, modes: "0644" }
       |                            ^^^^^^^^
       |
       = help: did you mean `content`?

    error: unknown key `modes` in `file`
      --> playbooks/site.yml:16:41
       |
    16 |     - file: { pth: /etc/x, contents: a, modes: "0644" }
       |                                         ^^^^^
       |
       = help: did you mean `mode`?

    error: unknown kind of resource `bucket`
      --> playbooks/site.yml:17:7
       |
    17 |     - bucket: { name: logs }
       |       ^^^^^^
       |
       = help: known: file, template, config, directory, symlink, absent, user, group, package, unit, quadlet, service, influxdb_setup, influxdb_bucket, influxdb_tokens, command

    error: a resource has one key, its kind
      --> playbooks/site.yml:19:7
       |
    19 |       when: true
       |       ^^^^ `when` stands beside `file`
       |
       = help: move `when` into the mapping of `file`, or check the indentation

    error: `notify` is not for resources
      --> playbooks/site.yml:20:41
       |
    20 |     - file: { path: /etc/z, content: a, notify: restart }
       |                                         ^^^^^^
       |
       = help: there are no handlers: a `service` restarts when what it `uses` has changed

    error: unknown key `optoins` in a role
     --> roles/loki/role.yml:2:1
      |
    2 | optoins: {}
      | ^^^^^^^
      |
      = help: did you mean `options`?

    error: unknown key `defalt` in option `loki_port`
     --> roles/loki/role.yml:4:28
      |
    4 |   loki_port: { type: port, defalt: 3100 }
      |                            ^^^^^^
      |
      = help: did you mean `default`?

    error: unknown type `durations`
     --> roles/loki/role.yml:5:27
      |
    5 |   loki_retention: { type: durations }
      |                           ^^^^^^^^^
      |
      = help: did you mean `duration`?

    error: option `loki_mode` is a choice without `choices`
     --> roles/loki/role.yml:6:3
      |
    6 |   loki_mode: { type: choice }
      |   ^^^^^^^^^

    error: unknown type `str`
     --> roles/loki/role.yml:7:22
      |
    7 |   loki_size: { type: str, required: true, default: x }
      |                      ^^^
      |
      = help: did you mean `string`?

    error: option `loki_size` is required, so its default is never used
     --> roles/loki/role.yml:7:52
      |
    7 |   loki_size: { type: str, required: true, default: x }
      |                                                    ^
      |
      = help: remove `required` or `default`

    error: unknown key `resource` in a step
      --> roles/loki/role.yml:10:5
       |
    10 |     resource: []
       |     ^^^^^^^^
       |
       = help: did you mean `resources`?

    error: unknown kind of check `htpp`
      --> roles/loki/role.yml:12:9
       |
    12 |       - htpp: { url: x }
       |         ^^^^
       |
       = help: did you mean `http`?

    error: unknown key `stats` in `http`
      --> roles/loki/role.yml:13:25
       |
    13 |       - http: { url: x, stats: 200 }
       |                         ^^^^^
       |
       = help: did you mean `status`?

    error: a step needs `name`
      --> roles/loki/role.yml:14:5
       |
    14 |   - resources: []
       |     ^^^^^^^^^^^^^
    "#);
    let role = "summary: x\noptions: { loki_port: { type: port }, loki_retention: { type: duration } }\nsteps: []\n";
    let site = "\
- hosts: all
  roles:
    - { role: loki, tag: [a], loki_prot: 3100, vars: { loki_retentoin: 3d, port: 1 } }
    - [loki]
";
    insta::assert_snapshot!(refused(&[("playbooks/site.yml", site), ("roles/loki/role.yml", role)])?, @"
    error: unknown key `tag` in a role
     --> playbooks/site.yml:3:21
      |
    3 |     - { role: loki, tag: [a], loki_prot: 3100, vars: { loki_retentoin: 3d, port: 1 } }
      |                     ^^^
      |
      = help: did you mean `tags`?

    error: role `loki` has no option `loki_prot`
     --> playbooks/site.yml:3:31
      |
    3 |     - { role: loki, tag: [a], loki_prot: 3100, vars: { loki_retentoin: 3d, port: 1 } }
      |                               ^^^^^^^^^
      |
      = help: did you mean `loki_port`?

    error: role `loki` has no option `loki_retentoin`
     --> playbooks/site.yml:3:56
      |
    3 |     - { role: loki, tag: [a], loki_prot: 3100, vars: { loki_retentoin: 3d, port: 1 } }
      |                                                        ^^^^^^^^^^^^^^
      |
      = help: did you mean `loki_retention`?

    error: role `loki` has no option `port`
     --> playbooks/site.yml:3:76
      |
    3 |     - { role: loki, tag: [a], loki_prot: 3100, vars: { loki_retentoin: 3d, port: 1 } }
      |                                                                            ^^^^
      |
      = help: `solti role show loki` lists them

    error: a role is a name or a mapping, not a list
     --> playbooks/site.yml:4:7
      |
    4 |     - [loki]
      |       ^^^^^^
      |
      = help: write `- loki`, or `- { role: loki, … }`
    ");
    Ok(())
}

#[test]
fn values_of_the_wrong_type() -> io::Result<()> {
    let site = "\
- hosts: all
  become: perhaps
  vars: [a]
  tags: { a: b }
  roles: loki
  resources:
    - file: [/etc/x]
    - directory: /srv
    - file: { path: /etc/e, content: a, src: b }
    - file: { path: /etc/f }
    - unit: { name: x }
";
    insta::assert_snapshot!(play(site)?, @"
    error: expected true or false, found text
     --> playbooks/site.yml:2:11
      |
    2 |   become: perhaps
      |           ^^^^^^^

    error: expected a mapping, found a list
     --> playbooks/site.yml:3:9
      |
    3 |   vars: [a]
      |         ^^^

    error: expected text, found a mapping
     --> playbooks/site.yml:4:9
      |
    4 |   tags: { a: b }
      |         ^^^^^^^^

    error: expected a list, found text
     --> playbooks/site.yml:5:10
      |
    5 |   roles: loki
      |          ^^^^

    error: `file` must be a mapping, not a list
     --> playbooks/site.yml:7:13
      |
    7 |     - file: [/etc/x]
      |             ^^^^^^^^

    error: `directory` must be a mapping, not text
     --> playbooks/site.yml:8:18
      |
    8 |     - directory: /srv
      |                  ^^^^

    error: `content` and `src` exclude each other
     --> playbooks/site.yml:9:41
      |
    9 |     - file: { path: /etc/e, content: a, src: b }
      |                             -------     ^^^
      |                             |
      |                             the other one

    error: `file` needs one of `content`, `src`
      --> playbooks/site.yml:10:7
       |
    10 |     - file: { path: /etc/f }
       |       ^^^^

    error: `unit` needs one of `template`, `content`, `src`
      --> playbooks/site.yml:11:7
       |
    11 |     - unit: { name: x }
       |       ^^^^
    ");
    // what only shows once it is rendered
    let site = "\
- hosts: all
  resources:
    - file: { path: etc/x, content: [a] }
    - file: { path: /etc/a, content: a, mode: 644 }
    - file: { path: /etc/b, content: a, mode: \"rw-r--r--\" }
    - file: { path: /etc/c, content: a, mode: \"0999\" }
    - file: { path: /etc/../d, content: a, mode: 99999 }
    - service: { name: a b, on_change: reboot, settle: soon, enabled: maybe }
    - user: { name: a:b }
    - package: { name: x, state: absent }
";
    insta::assert_snapshot!(play(site)?, @r#"
    error: a path on a host must be absolute
     --> playbooks/site.yml:3:21
      |
    3 |     - file: { path: etc/x, content: [a] }
      |                     ^^^^^ `etc/x`

    error: expected text, found a list
     --> playbooks/site.yml:3:37
      |
    3 |     - file: { path: etc/x, content: [a] }
      |                                     ^^^

    error: this is no file mode
     --> playbooks/site.yml:4:47
      |
    4 |     - file: { path: /etc/a, content: a, mode: 644 }
      |                                               ^^^ read as a decimal number
      |
      = help: write the mode as octal text: mode: "0640"

    error: this is no file mode
     --> playbooks/site.yml:5:47
      |
    5 |     - file: { path: /etc/b, content: a, mode: "rw-r--r--" }
      |                                               ^^^^^^^^^^^ not octal digits
      |
      = help: write the mode as octal text: mode: "0640"

    error: this is no file mode
     --> playbooks/site.yml:6:47
      |
    6 |     - file: { path: /etc/c, content: a, mode: "0999" }
      |                                               ^^^^^^ not octal digits
      |
      = help: write the mode as octal text: mode: "0640"

    error: a path on a host must not have `.` or `..` in it
     --> playbooks/site.yml:7:21
      |
    7 |     - file: { path: /etc/../d, content: a, mode: 99999 }
      |                     ^^^^^^^^^ `/etc/../d`

    error: this is no file mode
     --> playbooks/site.yml:7:50
      |
    7 |     - file: { path: /etc/../d, content: a, mode: 99999 }
      |                                                  ^^^^^ read as a decimal number
      |
      = help: write the mode as octal text: mode: "0640"

    error: `a b` is no name of a systemd unit
     --> playbooks/site.yml:8:24
      |
    8 |     - service: { name: a b, on_change: reboot, settle: soon, enabled: maybe }
      |                        ^^^

    error: `on_change` is `restart` or `reload`, not `reboot`
     --> playbooks/site.yml:8:40
      |
    8 |     - service: { name: a b, on_change: reboot, settle: soon, enabled: maybe }
      |                                        ^^^^^^

    error: this is no length of time
     --> playbooks/site.yml:8:56
      |
    8 |     - service: { name: a b, on_change: reboot, settle: soon, enabled: maybe }
      |                                                        ^^^^
      |
      = help: write it as 500ms, 30s, 5m, 1h or 2d

    error: expected true or false, found text
     --> playbooks/site.yml:8:71
      |
    8 |     - service: { name: a b, on_change: reboot, settle: soon, enabled: maybe }
      |                                                                       ^^^^^

    error: `a:b` is no name of a user or group
     --> playbooks/site.yml:9:21
      |
    9 |     - user: { name: a:b }
      |                     ^^^ letters, digits, `_`, `-` and `.`

    error: `state` is `present` or `latest`, not `absent`
      --> playbooks/site.yml:10:34
       |
    10 |     - package: { name: x, state: absent }
       |                                  ^^^^^^
       |
       = help: what a role stops declaring is left installed; a role with `state: absent` removes what it installed
    "#);
    Ok(())
}

#[test]
fn commands_that_would_run_each_time() -> io::Result<()> {
    let commands = "\
- command: { command: make install }
- command: { creates: /x }
- command: make install
- shell: { cmd: make }
";
    insta::assert_snapshot!(resources(commands)?, @"
    error: `command` needs one of `creates`, `unless`, `probe`
     --> playbooks/site.yml:3:7
      |
    3 |     - command: { command: make install }
      |       ^^^^^^^ how would one see that it is done already?
      |
      = help: `creates` names a file, `unless` and `probe` are read-only commands

    error: `command` needs `command`
     --> playbooks/site.yml:4:16
      |
    4 |     - command: { creates: /x }
      |                ^^^^^^^^^^^^^^^

    error: `command` must be a mapping, not text
     --> playbooks/site.yml:5:16
      |
    5 |     - command: make install
      |                ^^^^^^^^^^^^

    error: unknown kind of resource `shell`
     --> playbooks/site.yml:6:7
      |
    6 |     - shell: { cmd: make }
      |       ^^^^^
      |
      = help: write `command`
    ");
    let commands = "\
- command: { command: a, creates: /x, unless: b }
- command: { command: a, probe: b }
- command: { command: [], creates: x }
";
    insta::assert_snapshot!(resources(commands)?, @"
    error: `command` takes one of `creates`, `unless` and `probe`
     --> playbooks/site.yml:3:16
      |
    3 |     - command: { command: a, creates: /x, unless: b }
      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: `probe` needs `value`: what it prints when there is nothing left to do
     --> playbooks/site.yml:4:37
      |
    4 |     - command: { command: a, probe: b }
      |                                     ^

    error: the command is empty
     --> playbooks/site.yml:5:27
      |
    5 |     - command: { command: [], creates: x }
      |                           ^^

    error: a path on a host must be absolute
     --> playbooks/site.yml:5:40
      |
    5 |     - command: { command: [], creates: x }
      |                                        ^ `x`
    ");
    Ok(())
}

#[test]
fn options_without_or_with_wrong_values() -> io::Result<()> {
    let text = "\
summary: Logs
options:
  loki_port: { type: port, default: 3100, help: HTTP API }
  loki_storage: { type: choice, choices: [files, s3], default: files }
  loki_bucket: { type: string, required_if: \"loki_storage == 's3'\", help: Where chunks go }
  loki_secret: { type: secret, required: true }
  loki_retention: { type: duration, default: 30d }
  loki_streams: { type: integer, min: 1, max: 10 }
  loki_tls: { type: boolean, default: false }
  loki_dir: { type: path, default: /var/lib/loki }
  loki_url: { type: url }
  loki_tenants: { type: list }
steps: []
";
    insta::assert_snapshot!(role(text, "{}")?, @"
    error: role `loki` needs `loki_secret`
     --> playbooks/site.yml:3:13
      |
    3 |     - role: loki
      |             ^^^^
      |
     ::: roles/loki/role.yml:6:3
      |
    6 |   loki_secret: { type: secret, required: true }
      |   ----------- declared here
    ");
    let vars = "
        loki_port: http
        loki_storage: s4
        loki_secret: \"\"
        loki_retention: 30
        loki_streams: 11
        loki_tls: maybe
        loki_dir: lib/loki
        loki_url: localhost:3100
        loki_tenants: a";
    insta::assert_snapshot!(role(text, vars)?, @r#"
    error: `loki_port` is the text `http`, not a port, 1 to 65535
     --> playbooks/site.yml:5:20
      |
    5 |         loki_port: http
      |                    ^^^^
      |
      = help: loki_port: HTTP API

    error: `loki_storage` cannot be `s4`
     --> playbooks/site.yml:6:23
      |
    6 |         loki_storage: s4
      |                       ^^ one of files, s3
      |
      = help: did you mean `s3`?

    error: role `loki` needs `loki_secret`
     --> playbooks/site.yml:7:22
      |
    7 |         loki_secret: ""
      |                      ^^ this is empty
      |
     ::: roles/loki/role.yml:6:3
      |
    6 |   loki_secret: { type: secret, required: true }
      |   ----------- declared here

    error: `loki_retention` is 30, not a length of time with its unit: `30s`, `15m`, `12h`, `30d`
     --> playbooks/site.yml:8:25
      |
    8 |         loki_retention: 30
      |                         ^^

    error: `loki_streams` is 11, not a whole number from 1 to 10
     --> playbooks/site.yml:9:23
      |
    9 |         loki_streams: 11
      |                       ^^

    error: `loki_tls` is the text `maybe`, not true or false
      --> playbooks/site.yml:10:19
       |
    10 |         loki_tls: maybe
       |                   ^^^^^

    error: `loki_dir` is the text `lib/loki`, not an absolute path
      --> playbooks/site.yml:11:19
       |
    11 |         loki_dir: lib/loki
       |                   ^^^^^^^^

    error: `loki_url` is the text `localhost:3100`, not a URL with its scheme: `http://localhost:3100`
      --> playbooks/site.yml:12:19
       |
    12 |         loki_url: localhost:3100
       |                   ^^^^^^^^^^^^^^

    error: `loki_tenants` is the text `a`, not a list
      --> playbooks/site.yml:13:23
       |
    13 |         loki_tenants: a
       |                       ^
    "#);
    insta::assert_snapshot!(role(text, "{ loki_storage: s3, loki_secret: s, loki_bucket: \"{{ bucket }}\" }")?, @r#"
    error: `bucket` is undefined
     --> playbooks/site.yml:4:66
      |
    4 |       vars: { loki_storage: s3, loki_secret: *, loki_bucket: "{{ bucket }}" }
      |                                                                  ^^^^^^
    "#);
    let hosts = (
        "inventory.yml",
        "all: { hosts: { web1: { loki_prot: 1, loki_retention: 5, loki_secret: x, lokiport: 2 } } }\n",
    );
    let site = ("playbooks/site.yml", "- hosts: all\n  roles: [loki]\n");
    insta::assert_snapshot!(refused(&[hosts, site, ("roles/loki/role.yml", text)])?, @"
    error: `loki_prot` is nearly an option of role `loki`
     --> inventory.yml:1:25
      |
    1 | all: { hosts: { web1: { loki_prot: 1, loki_retention: 5, loki_secret: *, lokiport: 2 } } }
      |                         ^^^^^^^^^
      |
      = help: did you mean `loki_port`?

    error: `lokiport` is nearly an option of role `loki`
     --> inventory.yml:1:74
      |
    1 | all: { hosts: { web1: { loki_prot: 1, loki_retention: 5, loki_secret: *, lokiport: 2 } } }
      |                                                                          ^^^^^^^^
      |
      = help: did you mean `loki_port`?
    ");
    Ok(())
}

#[test]
fn templates_point_at_their_own_lines() -> io::Result<()> {
    let role = "\
summary: Logs
options:
  loki_port: { type: port, default: 3100 }
steps:
  - name: config
    resources:
      - template: { src: config.yml.j2, dest: /etc/loki.yml }
      - template: { src: syntax.j2, dest: /etc/loki.syntax }
      - template: { src: gone.j2, dest: /etc/loki.gone }
      - template: { src: outer.j2, dest: /etc/loki.outer }
      - file: { src: logo.png, path: /etc/loki.png }
      - file: { path: \"/etc/{{ loki_nmae }}\", content: \"{{ loki_prt }}\" }
      - file: { path: /etc/when, content: a, when: \"loki_prt > 1\" }
      - file: { path: /etc/loop, content: \"{{ item.name }}\", loop: \"{{ things }}\" }
";
    let files = [
        ("playbooks/site.yml", "- hosts: all\n  roles: [loki]\n  vars: { things: [{ nam: a }] }\n"),
        ("roles/loki/role.yml", role),
        ("roles/loki/templates/config.yml.j2", "server:\n  port: {{ loki_port }}\n  name: {{ loki_nam }}\n"),
        ("roles/loki/templates/syntax.j2", "{% for x in [1] %}\n{{ x }\n"),
        ("roles/loki/templates/outer.j2", "first\n{% include 'inner.j2' %}\n"),
        ("roles/loki/templates/inner.j2", "{{ 'a' | no_such_filter }}\n"),
    ];
    insta::assert_snapshot!(refused(&files)?, @r#"
    error: no template `gone.j2` in role `loki`
     --> roles/loki/role.yml:9:26
      |
    9 |       - template: { src: gone.j2, dest: /etc/loki.gone }
      |                          ^^^^^^^
      |
      = help: looked for roles/loki/templates/gone.j2

    error: no file `logo.png` in role `loki`
      --> roles/loki/role.yml:11:22
       |
    11 |       - file: { src: logo.png, path: /etc/loki.png }
       |                      ^^^^^^^^
       |
       = help: looked for roles/loki/files/logo.png

    error: `loki_nmae` is undefined
      --> roles/loki/role.yml:12:32
       |
    12 |       - file: { path: "/etc/{{ loki_nmae }}", content: "{{ loki_prt }}" }
       |                                ^^^^^^^^^

    error: `loki_prt` is undefined
      --> roles/loki/role.yml:12:60
       |
    12 |       - file: { path: "/etc/{{ loki_nmae }}", content: "{{ loki_prt }}" }
       |                                                            ^^^^^^^^
       |
       = help: did you mean `loki_port`?

    error: `loki_prt` is undefined
      --> roles/loki/role.yml:13:52
       |
    13 |       - file: { path: /etc/when, content: a, when: "loki_prt > 1" }
       |                                                    ^^^^^^^^^^^^^^
       |
       = help: did you mean `loki_port`?

    error: `item.name` is undefined
      --> roles/loki/role.yml:14:47
       |
    14 |       - file: { path: /etc/loop, content: "{{ item.name }}", loop: "{{ things }}" }
       |                                               ^^^^^^^^^
       |
       = help: did you mean `item.nam`?

    error: `loki_nam` is undefined
     --> roles/loki/templates/config.yml.j2:3:12
      |
    3 |   name: {{ loki_nam }}
      |            ^^^^^^^^

    error: unknown filter `no_such_filter`
     --> roles/loki/templates/inner.j2:1:10
      |
    1 | {{ 'a' | no_such_filter }}
      |          ^^^^^^^^^^^^^^

    error: syntax error in a template
     --> roles/loki/templates/syntax.j2:2:6
      |
    2 | {{ x }
      |      ^ unexpected `}`, expected end of variable block
    "#);
    Ok(())
}

#[test]
fn variables_that_are_not_there() -> io::Result<()> {
    let site = "\
- hosts: \"{{ target }}\"
  vars: { folder: \"{{ nowhere }}/x\", loop: \"{{ loop }}\" }
  become: true
  resources:
    - file: { path: \"{{ folder }}\", content: \"{{ hostvars['web2'].port }}\" }
    - file: { path: /etc/x, content: \"{{ prot }}\" }
";
    insta::assert_snapshot!(play(site)?, @r#"
    error: `target` is undefined
     --> playbooks/site.yml:1:14
      |
    1 | - hosts: "{{ target }}"
      |              ^^^^^^
    "#);
    insta::assert_snapshot!(play(&site.replace("\"{{ target }}\"", "all"))?, @r#"
    error: `nowhere` is undefined
     --> playbooks/site.yml:2:23
      |
    2 |   vars: { folder: "{{ nowhere }}/x", loop: "{{ loop }}" }
      |                       ^^^^^^^
    ...
    5 |     - file: { path: "{{ folder }}", content: "{{ hostvars['web2'].port }}" }
      |                         ------ used here

    error: `hostvars['web2'].port` is undefined
     --> playbooks/site.yml:5:58
      |
    5 |     - file: { path: "{{ folder }}", content: "{{ hostvars['web2'].port }}" }
      |                                                          ^^^^^^^^^^^^^

    error: `prot` is undefined
     --> playbooks/site.yml:6:42
      |
    6 |     - file: { path: /etc/x, content: "{{ prot }}" }
      |                                          ^^^^
    "#);
    Ok(())
}

#[test]
fn secrets_that_everybody_could_read() -> io::Result<()> {
    let role_yml = "\
summary: x
options:
  a_token: { type: secret }
steps:
  - name: run
    resources:
      - unit: { name: b, content: \"[Service]\\nEnvironment=TOKEN={{ a_token }}\\n\" }
      - quadlet: { name: a.container, container: { Image: \"docker.io/a/b:1\", Environment: { TOKEN: \"{{ a_token }}\" } } }
      - file: { path: /etc/a.env, mode: \"0600\", content: \"TOKEN={{ a_token }}\\n\" }
      - command: { command: [login, \"{{ a_token }}\"], creates: /etc/a }
      - command: { command: [login], environment: { TOKEN: \"{{ a_token }}\" }, creates: /etc/a }
      - command: { command: [login], unless: [sh, -c, \"login {{ a_token }}\"] }
      - command: { command: [login], stdin: \"{{ a_token }}\", creates: /etc/a }
    checks:
      - command: { command: [login, \"--token={{ a_token }}\"] }
";
    insta::assert_snapshot!(role(role_yml, "{ a_token: correct-horse }")?, @r#"
    error: loki/run/unit:b has a secret in it, and everybody on the host can read it
     --> roles/loki/role.yml:7:9
      |
    7 |       - unit: { name: b, content: "[Service]\nEnvironment=TOKEN={{ a_token }}\n" }
      |         ^^^^
      |
      = help: put the secret into a file with `mode: "0600"`, and name that with `EnvironmentFile`

    error: loki/run/quadlet:a.container has a secret in it, and everybody on the host can read it
     --> roles/loki/role.yml:8:9
      |
    8 |       - quadlet: { name: a.container, container: { Image: "docker.io/a/b:1", Environment: { TOKEN: "{{ a_token }}...
      |         ^^^^^^^
      |
      = help: put the secret into a file with `mode: "0600"`, and name that with `EnvironmentFile`

    error: loki/run/command:login ******** has a secret in its arguments or environment, which everybody on the host can see
      --> roles/loki/role.yml:10:9
       |
    10 |       - command: { command: [login, "{{ a_token }}"], creates: /etc/a }
       |         ^^^^^^^
       |
       = help: hand it over with `stdin`, or let it be read from a file with `mode: "0600"`

    error: loki/run/command:login has a secret in its arguments or environment, which everybody on the host can see
      --> roles/loki/role.yml:11:9
       |
    11 |       - command: { command: [login], environment: { TOKEN: "{{ a_token }}" }, creates: /etc/a }
       |         ^^^^^^^
       |
       = help: hand it over with `stdin`, or let it be read from a file with `mode: "0600"`

    error: loki/run/command:login#2 has a secret in its arguments or environment, which everybody on the host can see
      --> roles/loki/role.yml:12:9
       |
    12 |       - command: { command: [login], unless: [sh, -c, "login {{ a_token }}"] }
       |         ^^^^^^^
       |
       = help: hand it over with `stdin`, or let it be read from a file with `mode: "0600"`

    error: loki/run/command:login --token=******** has a secret in its arguments or environment, which everybody on the host can see
      --> roles/loki/role.yml:15:9
       |
    15 |       - command: { command: [login, "--token={{ a_token }}"] }
       |         ^^^^^^^
       |
       = help: hand it over with `stdin`, or let it be read from a file with `mode: "0600"`
    "#);
    Ok(())
}

#[test]
fn accounts() -> io::Result<()> {
    let role = "\
summary: x
steps:
  - name: a
    resources:
      - user: { name: app, uid: 1500, home: srv/app, shell: bash, comment: \"App: the one\" }
      - user: { name: more, uid: 1500 }
      - group: { name: 'CORP\\staff', gid: 0 }
      - service: { name: app@, enabled: true }
";
    let files = [("playbooks/site.yml", "- hosts: all\n  roles: [one]\n"), ("roles/one/role.yml", role)];
    insta::assert_snapshot!(refused(&files)?, @r#"
    error: a path on a host must be absolute
     --> roles/one/role.yml:5:45
      |
    5 |       - user: { name: app, uid: 1500, home: srv/app, shell: bash, comment: "App: the one" }
      |                                             ^^^^^^^ `srv/app`

    error: a path on a host must be absolute
     --> roles/one/role.yml:5:61
      |
    5 |       - user: { name: app, uid: 1500, home: srv/app, shell: bash, comment: "App: the one" }
      |                                                             ^^^^ `bash`

    error: a colon cannot be in a field of /etc/passwd
     --> roles/one/role.yml:5:76
      |
    5 |       - user: { name: app, uid: 1500, home: srv/app, shell: bash, comment: "App: the one" }
      |                                                                            ^^^^^^^^^^^^^^

    error: `CORP\staff` is no name of a user or group of the host itself
     --> roles/one/role.yml:7:24
      |
    7 |       - group: { name: 'CORP\staff', gid: 0 }
      |                        ^^^^^^^^^^^^
      |
      = help: accounts of a directory service are made there, and need no declaration here

    error: app@.service is a template, of which only instances can run
     --> roles/one/role.yml:8:26
      |
    8 |       - service: { name: app@, enabled: true }
      |                          ^^^^
      |
      = help: name one, such as app@one
    "#);
    let sound = role.replace(", home: srv/app, shell: bash, comment: \"App: the one\"", "");
    let sound = sound.replace("'CORP\\staff', gid: 0", "staff, gid: 1500").replace("app@", "app@one");
    insta::assert_snapshot!(refused(&[files[0], ("roles/one/role.yml", &sound)])?, @"
    error: the uid 1500 is declared twice for one host
     --> roles/one/role.yml:6:9
      |
    5 |       - user: { name: app, uid: 1500 }
      |         ---- and for app
    6 |       - user: { name: more, uid: 1500 }
      |         ^^^^ for more
    ");
    Ok(())
}

#[test]
fn two_owners() -> io::Result<()> {
    let role = "summary: x\nsteps:\n  - name: a\n    resources:\n      - file: { path: /etc/shared, content: a }\n      - service: { name: x }\n";
    let site = "\
- hosts: all
  roles: [one, two]
  resources:
    - template: { src: x.j2, dest: //etc//shared/ }
    - service: { name: x.service }
";
    let files = [
        ("playbooks/site.yml", site),
        ("roles/one/role.yml", role),
        ("roles/two/role.yml", role),
        ("playbooks/templates/x.j2", "x"),
    ];
    insta::assert_snapshot!(refused(&files)?, @"
    error: the file /etc/shared is declared twice for one host
     --> playbooks/site.yml:4:7
      |
    4 |     - template: { src: x.j2, dest: //etc//shared/ }
      |       ^^^^^^^^ by resources/play/template://etc//shared/
      |
     ::: roles/two/role.yml:5:9
      |
    5 |       - file: { path: /etc/shared, content: a }
      |         ---- and by two/a/file:/etc/shared

    error: the service x.service is declared twice for one host
     --> playbooks/site.yml:5:7
      |
    5 |     - service: { name: x.service }
      |       ^^^^^^^ by resources/play/service:x.service
      |
     ::: roles/two/role.yml:6:9
      |
    6 |       - service: { name: x }
      |         ------- and by two/a/service:x

    error: the file /etc/shared is declared twice for one host
     --> roles/two/role.yml:5:9
      |
    5 |       - file: { path: /etc/shared, content: a }
      |         ^^^^ by two/a/file:/etc/shared
      |
     ::: roles/one/role.yml:5:9
      |
    5 |       - file: { path: /etc/shared, content: a }
      |         ---- and by one/a/file:/etc/shared

    error: the service x.service is declared twice for one host
     --> roles/two/role.yml:6:9
      |
    6 |       - service: { name: x }
      |         ^^^^^^^ by two/a/service:x
      |
     ::: roles/one/role.yml:6:9
      |
    6 |       - service: { name: x }
      |         ------- and by one/a/service:x
    ");
    Ok(())
}

#[test]
fn inventories() -> io::Result<()> {
    let refused_inventory = |text: &str| refused(&[("inventory.yml", text)]);
    let cycle = "all:\n  children:\n    a: { children: { b: { children: { a: } } } }\n";
    insta::assert_snapshot!(refused_inventory(cycle)?, @"
    error: groups are inside of each other
     --> inventory.yml:3:22
      |
    3 |     a: { children: { b: { children: { a: } } } }
      |                      ^ b > a > b
    ");
    let mixed = "\
all:
  hosts:
    web[3:1]:
    web1: [a]
  host: {}
  vars: [a]
  children:
    db: [a]
";
    insta::assert_snapshot!(refused_inventory(mixed)?, @"
    error: `[3:1]`: the range ends before it begins
     --> inventory.yml:3:5
      |
    3 |     web[3:1]:
      |     ^^^^^^^^

    error: the variables of host `web1` must be a mapping, not a list
     --> inventory.yml:4:11
      |
    4 |     web1: [a]
      |           ^^^

    error: unknown key `host` in group `all`
     --> inventory.yml:5:3
      |
    5 |   host: {}
      |   ^^^^
      |
      = help: did you mean `hosts`?

    error: `vars` of group `all` must be a mapping, not a list
     --> inventory.yml:6:9
      |
    6 |   vars: [a]
      |         ^^^
      |
      = help: write `a:` with a colon, in place of `- a`

    error: group `db` must be a mapping, not a list
     --> inventory.yml:8:9
      |
    8 |     db: [a]
      |         ^^^
      |
      = help: a group has `hosts`, `vars` and `children`
    ");
    let connection = "\
all:
  hosts:
    web1: { ansible_port: ssh, ansible_user: \"{{ usr }}\" }
    web2: { ansible_connection: docker }
    web3: { ansible_password: secret }
    web4: { ansible_ssh_common_args: \"-o 'x\" }
";
    insta::assert_snapshot!(refused_inventory(connection)?, @r#"
    error: `ansible_port` of host web1: expected a port from 1 to 65535, found `ssh`
     --> inventory.yml:3:27
      |
    3 |     web1: { ansible_port: ssh, ansible_user: "{{ usr }}" }
      |                           ^^^

    error: `usr` is undefined
     --> inventory.yml:3:50
      |
    3 |     web1: { ansible_port: ssh, ansible_user: "{{ usr }}" }
      |                                                  ^^^
      |
      = help: only for host web1

    error: `ansible_connection` of host web2: expected `ssh` or `local`, found `docker`
     --> inventory.yml:4:33
      |
    4 |     web2: { ansible_connection: docker }
      |                                 ^^^^^^

    error: `ansible_password` of host web3: logging in with a stored password is not supported: use a key, or let ssh ask for it
     --> inventory.yml:5:31
      |
    5 |     web3: { ansible_password: ****** }
      |                               ^^^^^^

    error: `ansible_ssh_common_args` of host web4: `-o 'x`: missing closing quote
     --> inventory.yml:6:38
      |
    6 |     web4: { ansible_ssh_common_args: "-o 'x" }
      |                                      ^^^^^^^
    "#);
    insta::assert_snapshot!(refused_with(&[], &["diff", "inventories/home"])?, @"error: inventories/home: no such file");
    insta::assert_snapshot!(refused_with(&[("inventories/x", "")], &["diff", "inventories"])?, @"
    error: inventories: no inventory in this folder
    help: it is looked for as inventory.yml, inventory.yaml, hosts.yml, hosts.yaml
    ");
    insta::assert_snapshot!(refused_with(&[], &["diff", "inventory.yml", "-l", "wbe1:db*:~x(:!web2"])?, @"
    error: no host and no group is called `wbe1`
    help: did you mean `web1`?

    error: no host and no group matches `db*`

    error: `~x(` is no host pattern: unclosed group
    ");
    insta::assert_snapshot!(refused(&[("playbooks/site.yml", "- hosts: wbe:web1\n  resources: []\n")])?, @"
    error: no host and no group is called `wbe`
     --> playbooks/site.yml:1:10
      |
    1 | - hosts: wbe:web1
      |          ^^^
      |
      = help: known groups: all, ungrouped
    ");
    insta::assert_snapshot!(refused(&[("group_vars/all.yml", "a: {{ b }}\n"), ("host_vars/web2.yml", "- a\n")])?, @r#"
    error: a value that begins with `{{` must be in quotes
     --> group_vars/all.yml:1:4
      |
    1 | a: {{ b }}
      |    ^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `a: "{{ b }}"`

    error: variables must be a mapping, not a list
     --> host_vars/web2.yml:1:1
      |
    1 | - a
      | ^^^
      |
      = help: write `name: value`
    "#);
    Ok(())
}

#[test]
fn arguments() -> io::Result<()> {
    let with = |arguments: &[&str]| refused_with(&[], &[&["diff", "inventory.yml"], arguments].concat());
    insta::assert_snapshot!(with(&["-p", "playbooks/gone.yml"])?, @"error: cannot read the playbook playbooks/gone.yml: no such file");
    insta::assert_snapshot!(with(&["-e", "port"])?, @"
    error: `port` is no variable
     --> --extra-vars:1:1
      |
    1 | port
      | ^^^^
      |
      = help: write it as key=value, or name a file with @
    ");
    insta::assert_snapshot!(with(&["-e", "@gone.yml"])?, @"error: gone.yml: no such file");
    insta::assert_snapshot!(with(&["-e", "{a: [1}"])?, @"
    error: `[` is closed by `}`
     --> --extra-vars:1:5
      |
    1 | {a: [1}
      |     ^
    ");
    insta::assert_snapshot!(with(&["-e", "a='b"])?, @"
    error: a quote is not closed
     --> --extra-vars:1:1
      |
    1 | a='b
      | ^^^^
    ");
    insta::assert_snapshot!(with(&["--become-password-file", "gone"])?, @"error: cannot read the password file gone: no such file");
    insta::assert_snapshot!(with(&["--check"])?, @"
    error: solti has no check mode
    help: `solti diff` shows what `solti apply` would change: the same plan, made by the same code
    ");
    insta::assert_snapshot!(refused_with(&[], &["aply", "inventory.yml"])?, @"
    error: unrecognized subcommand 'aply'

      tip: a similar subcommand exists: 'apply'

    Usage: solti <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused_with(&[], &["diff", "inventory.yml", "--limt", "a"])?, @"
    error: unexpected argument '--limt' found

      tip: a similar argument exists: '--limit'

    Usage: solti diff --limit <PATTERN> <INVENTORY>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused_with(&[], &["verify", "inventory.yml", "--within", "soon"])?, @"
    error: invalid value 'soon' for '--within <TIME>': write it as 500ms, 30s, 5m, 1h or 2d

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(refused_with(&[("solti.toml", "projekt = \"x\"\n")], &["diff", "inventory.yml"])?, @r#"
    error: unknown field `projekt`, expected one of `project`, `formerly`, `playbook`
     --> solti.toml:1:1
      |
    1 | projekt = "x"
      | ^^^^^^^
    "#);
    insta::assert_snapshot!(refused_with(&[("solti.toml", "project = 1\n")], &["diff", "inventory.yml"])?, @"
    error: invalid type: integer `1`, expected a string
     --> solti.toml:1:11
      |
    1 | project = 1
      |           ^
    ");
    Ok(())
}

#[test]
fn a_signal_of_a_host_that_is_not_there() -> io::Result<()> {
    let role = "summary: x
steps:
  - name: s
    checks:
      - command: { command: date +%s, signal: metrics, of: '{{ item }}', newest: body, max_age: 1m, loop: [web1, web3] }
";
    let files = [("roles/demo/role.yml", role), ("playbooks/site.yml", "- { hosts: web1, roles: [demo] }\n")];
    insta::assert_snapshot!(refused_with(&files, &["verify", "inventory.yml"])?, @"
    error: `of`: the inventory has no host `web3`
     --> roles/demo/role.yml:5:60
      |
    5 |       - command: { command: date +%s, signal: metrics, of: '{{ item }}', newest: body, max_age: 1m, loop: [web1, ...
      |                                                            ^^^^^^^^^^^^
      |
      = help: did you mean `web1`?
    ");
    Ok(())
}

#[test]
fn a_playbook_in_the_current_folder() -> io::Result<()> {
    let play = "- hosts: all
  resources:
    - file: { path: /x, content: \"{{ lookup('file', playbook_dir ~ '/key.asc') }}\" }
";
    insta::assert_snapshot!(refused_with(&[("site.yml", play)], &["diff", "inventory.yml", "-p", "site.yml"])?, @r#"
    error: cannot read PROJECT/key.asc: No such file or directory (os error 2)
     --> site.yml:3:38
      |
    3 |     - file: { path: /x, content: "{{ lookup('file', playbook_dir ~ '/key.asc') }}" }
      |                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    Ok(())
}

#[test]
fn what_is_undefined_in_a_play() -> io::Result<()> {
    let text = "- file: { path: /a, content: \"{{ [1, prot] | join(',') }}\" }
- file: { path: /b, content: x, when: \"inventory_hostname in [web1, 'web2']\" }
";
    insta::assert_snapshot!(resources(text)?, @r#"
    error: `prot` is undefined
     --> playbooks/site.yml:3:42
      |
    3 |     - file: { path: /a, content: "{{ [1, prot] | join(',') }}" }
      |                                          ^^^^

    error: `web1` is undefined
     --> playbooks/site.yml:4:67
      |
    4 |     - file: { path: /b, content: x, when: "inventory_hostname in [web1, 'web2']" }
      |                                                                   ^^^^
    "#);
    Ok(())
}

/// A variable that is not set gives empty text: no host is contacted for that.
#[test]
fn nothing_selects_nothing() -> io::Result<()> {
    let inventory = format!("{HOSTS}  children: {{ empty: }}\n");
    let with = |arguments: &[&str]| refused_with(&[("inventory.yml", &inventory)], arguments);
    let on = |arguments: &[&str]| with(&[&["apply", "inventory.yml", "-y"], arguments].concat());
    for (arguments, said) in [
        (["-l", ""], "error: `--limit` is empty"),
        (["-l", ","], "error: the host pattern `,` names no host"),
        (["-l", ":!web1"], "error: the host pattern `:!web1` names no host"),
        (["-l", "web1:!web1"], "error: the host pattern `web1:!web1` leaves no host: it takes away all that it names"),
        (["-l", "@empty.retry"], "error: the host pattern `@empty.retry` names no host"),
        (["-l", "@"], "error: no file is named: its name is empty"),
        (["-l", "empty"], "error: `--limit empty` leaves no host of any play"),
        (["-t", ""], "error: `--tags` is empty"),
        (["-t", "a,"], "error: `--tags` has something empty in it"),
        (["--skip-tags", " "], "error: `--skip-tags` is empty"),
        (["-e", ""], "error: `--extra-vars` is empty"),
        (["-e", "@"], "error: no file is named: its name is empty"),
        (["-p", ""], "error: a value is required for '--playbook <FILE>' but none was supplied"),
        (["-i", ""], "error: `--inventory` is empty"),
        (["-i", ","], "error: the inventory `,` names no host"),
        (["-u", ""], "error: `--user` is empty"),
        (["--private-key", ""], "error: a value is required for '--private-key <FILE>' but none was supplied"),
    ] {
        let files = [("inventory.yml", inventory.as_str()), ("empty.retry", "\n")];
        let shown = refused_with(&files, &[&["apply", "inventory.yml", "-y"], &arguments[..]].concat())?;
        assert_eq!(shown.lines().next(), Some(said), "{arguments:?}");
    }
    assert!(with(&["apply", "", "-y"])?.starts_with("error: `INVENTORY` is empty"));
    assert!(with(&["test", ""])?.starts_with("error: `SCENARIO` is empty"));
    insta::assert_snapshot!(on(&["-l", ""])?, @"
    error: `--limit` is empty
    help: a shell's variable that is not set gives empty text, which `--limit` has no use for
    ");
    let hosts = |hosts: &str| {
        let play = format!("- hosts: {hosts}\n  resources: []\n");
        refused(&[("inventory.yml", &inventory), ("playbooks/site.yml", &play)])
    };
    insta::assert_snapshot!(hosts("\"{{ x | default('') }}\"")?, @r#"
    error: the host pattern is empty
     --> playbooks/site.yml:1:10
      |
    1 | - hosts: "{{ x | default('') }}"
      |          ^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: `all` is every host
    "#);
    for (text, said) in [
        ("\"\"", "error: the host pattern is empty"),
        ("[]", "error: `hosts` names no host"),
        ("[\"\", \"!web1\"]", "error: the host pattern `:!web1` names no host"),
        ("\"{{ x | default([]) }}\"", "error: the host pattern is empty"),
        ("all:!all", "error: the host pattern `all:!all` leaves no host: it takes away all that it names"),
    ] {
        assert_eq!(hosts(text)?.lines().next(), Some(said), "{text}");
    }
    assert_eq!(play("[]\n")?, "error: the playbook has no plays\n");
    for key in ["become: true\n  become_user", "remote_user", "connection", "tags", "vars_files"] {
        let shown = play(&format!("- hosts: all\n  {key}: \"\"\n  resources: [{{ directory: {{ path: /srv }} }}]\n"))?;
        assert!(
            shown.starts_with("error: expected text, found empty text\n --> playbooks/site.yml:"),
            "{key}: {shown}"
        );
    }
    for variable in ["ansible_user", "ansible_host", "ansible_become_user"] {
        let files = [
            ("group_vars/all.yml", &*format!("{variable}: \"{{{{ gone | default('') }}}}\"\n")),
            ("playbooks/site.yml", "- hosts: all\n  become: true\n  resources: [{ directory: { path: /srv } }]\n"),
        ];
        assert!(refused(&files)?.contains("empty"), "{variable}");
    }
    Ok(())
}
