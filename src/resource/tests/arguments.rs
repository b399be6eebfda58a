//! What is wrong with arguments is said all at once, each at its place.

use super::{errors, read, yaml};
use crate::ability::Probe;
use crate::resource::ResourceKind;
use crate::yaml::Value;
use insta::assert_snapshot;

#[test]
fn all_errors_of_a_file_at_once() {
    let text =
        "file:\n  path: etc/app.conf\n  content: x\n  mode: 640\n  owner: \"\"\n  secret: maybe\n  colour: red\n";
    assert_snapshot!(errors(text), @r#"
    error: a path on a host must be absolute
     --> role.yml:2:9
      |
    2 |   path: etc/app.conf
      |         ^^^^^^^^^^^^ `etc/app.conf`

    error: this is no file mode
     --> role.yml:4:9
      |
    4 |   mode: 640
      |         ^^^ read as a decimal number
      |
      = help: write the mode as octal text: mode: "0640"

    error: `` is no name or number of a user or group
     --> role.yml:5:10
      |
    5 |   owner: ""
      |          ^^

    error: expected true or false, found text
     --> role.yml:6:11
      |
    6 |   secret: maybe
      |           ^^^^^

    error: unknown key `colour` in file
     --> role.yml:7:3
      |
    7 |   colour: red
      |   ^^^^^^
      |
      = help: known here: path, content, src, owner, group, mode, validate, secret
    "#);
}

/// `mode: "{{ app_mode }}"`, where a variable file says `app_mode: 0640` or `app_mode: 640`.
#[test]
fn a_mode_from_a_variable_is_a_number() {
    let mode = |number| {
        let mut node = yaml("\"{{ app_mode }}\"\n");
        node.value = Value::Integer(number);
        super::super::arguments::mode(&node).map_err(|errors| errors.to_string())
    };
    assert_eq!(mode(0o640), Ok(0o640));
    assert_eq!(mode(0o755), Ok(0o755));
    for decimal in [640, 644, 755, 700, -1] {
        assert!(mode(decimal).is_err_and(|error| error.contains("mode: \"0640\"")), "{decimal}");
    }
}

#[test]
fn content_and_source_exclude_each_other() {
    assert_snapshot!(errors("file: { path: /etc/app.conf, content: x, src: binary }\n"), @"
    error: `file` takes `content` or `src`, not both
     --> role.yml:1:47
      |
    1 | file: { path: /etc/app.conf, content: x, src: binary }
      |                                               ^^^^^^
    ");
    assert_snapshot!(errors("file: { path: /etc/app.conf }\n"), @"
    error: `file` needs `content` or `src`
     --> role.yml:1:7
      |
    1 | file: { path: /etc/app.conf }
      |       ^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(errors("file: { path: /etc/app.conf, src: nowhere }\n"), @"
    error: there is no file nowhere
     --> role.yml:1:35
      |
    1 | file: { path: /etc/app.conf, src: nowhere }
      |                                   ^^^^^^^
    ");
    assert_snapshot!(errors("template: { dest: /etc/app.conf }\n"), @"
    error: template needs `src`
     --> role.yml:1:11
      |
    1 | template: { dest: /etc/app.conf }
      |           ^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(errors("unit: { name: app, content: x, template: a.j2 }\n"), @"
    error: `unit` needs one of `template`, `content` and `src`
     --> role.yml:1:7
      |
    1 | unit: { name: app, content: x, template: a.j2 }
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_command_says_when_it_is_done() {
    assert_snapshot!(errors("command: { command: [] }\n"), @"
    error: `command` needs to say when there is nothing to do
     --> role.yml:1:10
      |
    1 | command: { command: [] }
      |          ^^^^^^^^^^^^^^^
      |
      = help: creates: a path that it makes; unless: a command that succeeds once it is done; probe and value: a command and what it prints then

    error: the command is empty
     --> role.yml:1:21
      |
    1 | command: { command: [] }
      |                     ^^
    ");
    assert_snapshot!(errors("command: { command: x, creates: /a, unless: y }\n"), @"
    error: `command` takes one of `creates`, `unless` and `probe`
     --> role.yml:1:10
      |
    1 | command: { command: x, creates: /a, unless: y }
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(errors("command: { command: x, probe: y }\n"), @"
    error: `probe` needs `value`: what it prints when there is nothing left to do
     --> role.yml:1:31
      |
    1 | command: { command: x, probe: y }
      |                               ^
    ");
    assert_snapshot!(errors("command: { command: x, creates: a, environment: { 1X: y, A B: z } }\n"), @"
    error: a path on a host must be absolute
     --> role.yml:1:33
      |
    1 | command: { command: x, creates: a, environment: { 1X: y, A B: z } }
      |                                 ^ `a`

    error: `1X` is no name of an environment variable
     --> role.yml:1:51
      |
    1 | command: { command: x, creates: a, environment: { 1X: y, A B: z } }
      |                                                   ^^

    error: `A B` is no name of an environment variable
     --> role.yml:1:58
      |
    1 | command: { command: x, creates: a, environment: { 1X: y, A B: z } }
      |                                                          ^^^
    ");
}

#[test]
fn a_config_set() {
    let text = "config:\n  dir: etc\n  owner: [a]\n  dir_mode: 755\n  files:\n  - { dest: a, content: x }\n  - { dest: ../b, content: x }\n  \
                - { dest: c }\n  - { dest: a, content: y }\n  - { dest: d, template: nowhere }\n";
    assert_snapshot!(errors(text), @r#"
    error: a path on a host must be absolute
     --> role.yml:2:8
      |
    2 |   dir: etc
      |        ^^^ `etc`

    error: expected text, found a list
     --> role.yml:3:10
      |
    3 |   owner: [a]
      |          ^^^

    error: this is no file mode
     --> role.yml:4:13
      |
    4 |   dir_mode: 755
      |             ^^^ read as a decimal number
      |
      = help: write the mode as octal text: mode: "0640"

    error: `dest` is a path relative to `dir`
     --> role.yml:7:13
      |
    7 |   - { dest: ../b, content: x }
      |             ^^^^ `../b`

    error: a file of a config needs one of `template`, `content` and `src`
     --> role.yml:8:5
      |
    8 |   - { dest: c }
      |     ^^^^^^^^^^^

    error: /a is in this set twice
     --> role.yml:9:5
      |
    9 |   - { dest: a, content: y }
      |     ^^^^^^^^^^^^^^^^^^^^^^^

    error: there is no template nowhere
      --> role.yml:10:26
       |
    10 |   - { dest: d, template: nowhere }
       |                          ^^^^^^^
    "#);
}

#[test]
fn a_template_without_facts_is_put_off_but_what_is_wrong_beside_it_is_said() {
    assert_eq!(errors("template: { src: facts.j2, dest: /etc/app.conf }\n"), "facts are not known yet");
    let text = "config: { dir: /etc/app, files: [{ dest: a, template: facts.j2 }, { dest: /b, content: x }] }\n";
    assert_snapshot!(errors(text), @"
    error: `dest` is a path relative to `dir`
     --> role.yml:1:75
      |
    1 | config: { dir: /etc/app, files: [{ dest: a, template: facts.j2 }, { dest: /b, content: x }] }
      |                                                                           ^^ `/b`
    ");
}

#[test]
fn only_commands_have_a_user_of_their_own() {
    let node = super::yaml("{ path: /etc/app }\n");
    let error =
        super::parse(ResourceKind::from_name("directory").unwrap(), &node, Some("app"), &super::Role).unwrap_err();
    assert_snapshot!(error, @"
    error: `become_user` is for commands, not for `directory`
     --> role.yml:1:1
      |
    1 | { path: /etc/app }
      | ^^^^^^^^^^^^^^^^^^
      |
      = help: say whose it is with `owner` and `group`, or set `become_user` on the role
    ");
}

#[test]
fn what_a_removal_knows() {
    let lasting = |kind: &ResourceKind| {
        let names = kind.arguments().iter().filter(|argument| argument.lasts).map(|argument| argument.name);
        format!("{}: {}\n", kind.name(), names.collect::<Vec<_>>().join(", "))
    };
    assert_snapshot!(ResourceKind::ALL.map(lasting).concat(), @"
    file: path
    template: dest
    config: dir, files
    directory: path
    symlink: path
    absent: path
    user: name
    group: name
    package: name, names
    unit: name, drop_in, user
    quadlet: name, drop_in, user
    service: name, user
    influxdb_setup: org
    influxdb_bucket: name
    influxdb_tokens: org, tokens
    command: command
    ");
    let kind = ResourceKind::from_name("influxdb_tokens").unwrap();
    let arguments = super::yaml("{ url: u, org: o, token: t, tokens: [{ name: n, read: [b] }], within: 5s }");
    assert_snapshot!(kind.lasting(&arguments).to_json(), @r#"{"org":"o","tokens":[{"name":"n"}]}"#);
    // a template that gives them all
    let arguments = super::yaml("{ token: t, tokens: '{{ tokens }}' }");
    assert_snapshot!(kind.lasting(&arguments).to_json(), @r#"{"tokens":"{{ tokens }}"}"#);
}

#[test]
fn every_kind_asks_and_claims_what_it_can_be_removed_by() {
    let all = [
        "file: { path: /etc/a, content: x }",
        "template: { dest: /etc/a, src: a.j2 }",
        "config: { dir: /etc/app, files: [{ dest: a, content: x }] }",
        "directory: { path: /etc/app }",
        "symlink: { path: /etc/a, src: b }",
        "absent: { path: /etc/a }",
        "user: { name: app }",
        "group: { name: app }",
        "package: { name: app }",
        "package: { names: [app, more] }",
        "unit: { name: app, content: x }",
        "unit: { name: app, content: x, drop_in: more }",
        "service: { name: app }",
        "quadlet: { name: app.container, container: { Image: docker.io/a/b } }",
        "quadlet: { name: app.volume, volume: {}, drop_in: more }",
        "influxdb_setup: { url: 'http://a', org: o, token: t, user: u, password: p, bucket: b }",
        "influxdb_bucket: { name: b, url: 'http://a', org: o, token: t }",
        "influxdb_tokens: { url: 'http://a', org: o, token: t, tokens: [{ name: n, read: [b] }] }",
        "command: { command: x, creates: /etc/a }",
        "command: { command: x, unless: y }",
    ];
    for text in all {
        let node = super::yaml(text);
        let entry = &node.mapping().unwrap()[0];
        let kind = ResourceKind::from_name(&entry.key).unwrap();
        let resource = read(text).unwrap();
        let mut probe = Probe::default();
        let empty = probe.program();
        resource.ask(&mut probe);
        assert_ne!(probe.program(), empty, "{text}");
        let lasting = kind.lasting(&entry.value);
        assert_eq!(crate::resource::claims(kind, &lasting, &super::Role).unwrap(), resource.claims(), "{text}");
        assert_eq!(kind.identity(&lasting), kind.identity(&entry.value), "{text}");
    }
}
