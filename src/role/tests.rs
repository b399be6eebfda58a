//! Reading roles, checking their options, making their steps ready.

use super::*;
use crate::secret::Secrets;
use crate::source::{Diagnostics, SourceFile, Span};
use crate::template::{Layer, Rank, Scope, Value};
use crate::yaml;
use insta::assert_snapshot;
use std::fs;
use std::path::Path;

/// A project with the files given.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn text(errors: &impl ToString, folder: &Path) -> String {
    errors.to_string().replace(&folder.display().to_string(), "PROJECT")
}

fn parse_role(text: &str) -> Result<Role, Diagnostics> {
    let source = SourceFile::named("roles/r/role.yml", text);
    read::read_role("r", &source, files::Folder::Disk("roles/r".into()))
}

fn role_errors(text: &str) -> String {
    parse_role(text).map(|_| ()).unwrap_err().to_string()
}

const LOKI: &str = r#"summary: Log storage
options:
  loki_http_port: { type: port, default: 3100, help: HTTP API }
  loki_backend: { type: choice, choices: [container, package], default: container }
  loki_retention: { type: duration, default: 30d }
  loki_storage: { type: choice, choices: [filesystem, s3], default: filesystem }
  loki_s3_secret: { type: secret, required_if: "loki_storage == 's3'", help: the bucket's key }
  loki_http_addr: { type: string, default: 0.0.0.0, aliases: [loki_listen] }
  loki_url: { type: url, default: "http://{{ loki_http_addr }}:{{ loki_http_port }}" }
  loki_version: { type: string }
  loki_limits: { type: mapping, default: {}, secret_keys: [password] }
  loki_workers: { type: integer, default: 2, min: 1, max: 16 }
  loki_dirs: { type: list, default: [/var/lib/loki] }
steps:
  - name: config
    tags: [config]
    resources:
      - directory: { path: "{{ item }}", mode: "0750", loop: "{{ loki_dirs }}", purge: data }
      - config:
          dir: /etc/loki
          files: [{ template: config.yml.j2, dest: config.yml }]
          tags: [files, config]
      - package: { name: loki, when: "loki_backend == 'package'" }
      - command: { name: enable, command: [loki, enable], creates: /etc/loki/enabled }
  - name: run
    when: loki_workers > 0
    resources:
      - service: { name: loki, uses: [/etc/loki], become_user: "{{ 'lo' ~ 'ki' }}" }
    checks:
      - http: { url: "{{ loki_url }}/ready", status: 200, within: 60s }
actions:
  flush: { command: [curl, "{{ loki_url }}/flush"], help: Write all to storage }
"#;

#[test]
fn a_role() {
    let role = parse_role(LOKI).unwrap();
    assert_eq!(role.options.len(), 11);
    assert_eq!(role.steps.iter().map(|step| step.resources.len()).collect::<Vec<_>>(), [4, 1]);
    assert_eq!(role.option("loki_listen").unwrap().name, "loki_http_addr");
    assert_eq!(role.actions["flush"].help.as_deref(), Some("Write all to storage"));
}

#[test]
fn everything_that_is_wrong_in_a_role() {
    assert_snapshot!(role_errors(
        "sumary: x\noptions:\n  a: { type: strng, dfault: 1 }\n  b: { type: choice }\n  c: { type: bool, required: true, default: no }\n  d: { type: string, aliases: [b] }\nsteps:\n  - name: a/b\n  - name: s\n    resources: []\n  - name: s\n    checks: []\n"
    ), @"
    error: unknown key `sumary` in a role
     --> roles/r/role.yml:1:1
      |
    1 | sumary: x
      | ^^^^^^
      |
      = help: did you mean `summary`?

    error: unknown type `strng`
     --> roles/r/role.yml:3:14
      |
    3 |   a: { type: strng, dfault: 1 }
      |              ^^^^^
      |
      = help: did you mean `string`?

    error: unknown key `dfault` in option `a`
     --> roles/r/role.yml:3:21
      |
    3 |   a: { type: strng, dfault: 1 }
      |                     ^^^^^^
      |
      = help: did you mean `default`?

    error: option `b` is a choice without `choices`
     --> roles/r/role.yml:4:3
      |
    4 |   b: { type: choice }
      |   ^

    error: unknown type `bool`
     --> roles/r/role.yml:5:14
      |
    5 |   c: { type: bool, required: true, default: no }
      |              ^^^^
      |
      = help: did you mean `boolean`?

    error: option `c` is required, so its default is never used
     --> roles/r/role.yml:5:45
      |
    5 |   c: { type: bool, required: true, default: no }
      |                                             ^^
      |
      = help: remove `required` or `default`

    error: a step has `resources`, `checks` or both
     --> roles/r/role.yml:8:5
      |
    8 |   - name: a/b
      |     ^^^^^^^^^

    error: a step's name is part of ids, so it has no `/` and no `:`
     --> roles/r/role.yml:8:11
      |
    8 |   - name: a/b
      |           ^^^

    error: two steps are called `s`
      --> roles/r/role.yml:11:11
       |
     9 |   - name: s
       |           - the other one
    10 |     resources: []
    11 |   - name: s
       |           ^
    ");
}

#[test]
fn everything_that_is_wrong_in_resources() {
    assert_snapshot!(role_errors(
        "summary: x
steps:
  - name: s
    resources:
      - fil: { path: /a }
      - ansible.builtin.copy: { dest: /a }
      - bucket: { name: a }
      - file: { path: /a, content: x, src: y, mod: '0644' }
      - file: { content: x }
      - command: { command: ls }
      - name: labelled
        directory: { path: /a }
      - template: { src: a, dest: b, notify: restart }
      - config: { dir: /a, files: [{ template: a }, { dest: b }, { dest: c, src: a, content: b, mod: x }] }
      - /etc/motd
    checks:
      - htp: { url: x }
      - http: { status: 200 }
"
    ), @"
    error: unknown kind of resource `fil`
     --> roles/r/role.yml:5:9
      |
    5 |       - fil: { path: /a }
      |         ^^^
      |
      = help: did you mean `file`?

    error: unknown kind of resource `ansible.builtin.copy`
     --> roles/r/role.yml:6:9
      |
    6 |       - ansible.builtin.copy: { dest: /a }
      |         ^^^^^^^^^^^^^^^^^^^^
      |
      = help: write `file`

    error: unknown kind of resource `bucket`
     --> roles/r/role.yml:7:9
      |
    7 |       - bucket: { name: a }
      |         ^^^^^^
      |
      = help: known: file, template, config, directory, symlink, absent, user, group, package, unit, quadlet, service, influxdb_setup, influxdb_bucket, influxdb_tokens, command

    error: `content` and `src` exclude each other
     --> roles/r/role.yml:8:39
      |
    8 |       - file: { path: /a, content: x, src: y, mod: '0644' }
      |                           -------     ^^^
      |                           |
      |                           the other one

    error: unknown key `mod` in `file`
     --> roles/r/role.yml:8:47
      |
    8 |       - file: { path: /a, content: x, src: y, mod: '0644' }
      |                                               ^^^
      |
      = help: did you mean `mode`?

    error: `file` needs `path`
     --> roles/r/role.yml:9:15
      |
    9 |       - file: { content: x }
      |               ^^^^^^^^^^^^^^

    error: `command` needs one of `creates`, `unless`, `probe`
      --> roles/r/role.yml:10:9
       |
    10 |       - command: { command: ls }
       |         ^^^^^^^ how would one see that it is done already?
       |
       = help: `creates` names a file, `unless` and `probe` are read-only commands

    error: a resource has one key, its kind
      --> roles/r/role.yml:11:9
       |
    11 |       - name: labelled
       |         ^^^^ `name` stands beside `directory`
       |
       = help: move `name` into the mapping of `directory`, or check the indentation

    error: `notify` is not for resources
      --> roles/r/role.yml:13:38
       |
    13 |       - template: { src: a, dest: b, notify: restart }
       |                                      ^^^^^^
       |
       = help: there are no handlers: a `service` restarts when what it `uses` has changed

    error: a file of `config` needs `dest`
      --> roles/r/role.yml:14:36
       |
    14 |       - config: { dir: /a, files: [{ template: a }, { dest: b }, { dest: c, src: a, content: b, mod: x }] }
       |                                    ^^^^^^^^^^^^^^^

    error: a file of `config` needs one of `template`, `content`, `src`
      --> roles/r/role.yml:14:53
       |
    14 |       - config: { dir: /a, files: [{ template: a }, { dest: b }, { dest: c, src: a, content: b, mod: x }] }
       |                                                     ^^^^^^^^^^^

    error: `content` and `src` exclude each other
      --> roles/r/role.yml:14:77
       |
    14 |       - config: { dir: /a, files: [{ template: a }, { dest: b }, { dest: c, src: a, content: b, mod: x }] }
       |                                                                             ^^^     ------- the other one

    error: unknown key `mod` in a file of `config`
      --> roles/r/role.yml:14:97
       |
    14 |       - config: { dir: /a, files: [{ template: a }, { dest: b }, { dest: c, src: a, content: b, mod: x }] }
       |                                                                                                 ^^^
       |
       = help: did you mean `mode`?

    error: a resource is written `kind: { … }`, but this is text
      --> roles/r/role.yml:15:9
       |
    15 |       - /etc/motd
       |         ^^^^^^^^^

    error: unknown kind of check `htp`
      --> roles/r/role.yml:17:9
       |
    17 |       - htp: { url: x }
       |         ^^^
       |
       = help: did you mean `http`?

    error: `http` needs `url`
      --> roles/r/role.yml:18:15
       |
    18 |       - http: { status: 200 }
       |               ^^^^^^^^^^^^^^^
    ");
}

struct Options {
    role: Role,
    used_at: Span,
    secrets: Secrets,
}

impl Options {
    fn new() -> Self {
        let play = SourceFile::named("site.yml", "roles: [loki]\n");
        Self { role: parse_role(LOKI).unwrap(), used_at: Span::new(&play, 8, 12), secrets: Secrets::new() }
    }

    fn resolve(&self, vars: &str, absent: bool) -> Result<ResolvedOptions, Diagnostics> {
        let vars = yaml::parse(&SourceFile::named("group_vars/all.yml", vars)).unwrap();
        let scope = Scope::new(vec![self.role.defaults(), Layer::entries(Rank::Play, vars.mapping().unwrap())]);
        resolve_options(&self.role, &scope, &self.used_at, absent, &self.secrets)
    }
}

#[test]
fn options_and_their_types() {
    let options = Options::new();
    let resolved = options
        .resolve("loki_http_port: '3200'\nloki_listen: 127.0.0.1\nloki_version: '3.10'\nloki_retention: 1h30m\n", false)
        .unwrap();
    let shown: Vec<String> = resolved.values.iter().map(|(name, node)| format!("{name}: {}", node.to_json())).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    loki_http_port: 3200
    loki_backend: "container"
    loki_retention: "1h30m"
    loki_storage: "filesystem"
    loki_http_addr: "127.0.0.1"
    loki_url: "http://127.0.0.1:3200"
    loki_version: "3.10"
    loki_limits: {}
    loki_workers: 2
    loki_dirs: ["/var/lib/loki"]
    "#);
    assert_snapshot!(resolved.notes[0].message, @"`loki_listen` is called `loki_http_addr` now");
}

#[test]
fn everything_that_is_wrong_in_options() {
    let wrong = "loki_http_port: 99999\nloki_backend: containr\nloki_retention: 30\nloki_storage: s3\nloki_listen: a\nloki_http_addr: b\nloki_url: localhost\nloki_version: 3.10\nloki_limits: [a]\nloki_workers: 20\nloki_dirs: /a\n";
    assert_snapshot!(Options::new().resolve(wrong, false).unwrap_err(), @r#"
    error: `loki_http_port` is 99999, not a port, 1 to 65535
     --> group_vars/all.yml:1:17
      |
    1 | loki_http_port: 99999
      |                 ^^^^^
      |
      = help: loki_http_port: HTTP API

    error: `loki_backend` cannot be `containr`
     --> group_vars/all.yml:2:15
      |
    2 | loki_backend: containr
      |               ^^^^^^^^ one of container, package
      |
      = help: did you mean `container`?

    error: `loki_retention` is 30, not a length of time with its unit: `30s`, `15m`, `12h`, `30d`
     --> group_vars/all.yml:3:17
      |
    3 | loki_retention: 30
      |                 ^^

    error: `loki_http_addr` and `loki_listen` are one option, given twice
     --> group_vars/all.yml:6:17
      |
    5 | loki_listen: a
      |              - also here
    6 | loki_http_addr: b
      |                 ^

    error: `loki_url` is the text `localhost`, not a URL with its scheme: `http://localhost:3100`
     --> group_vars/all.yml:7:11
      |
    7 | loki_url: localhost
      |           ^^^^^^^^^

    error: `loki_version` would be read as the number 3.1
     --> group_vars/all.yml:8:15
      |
    8 | loki_version: 3.10
      |               ^^^^
      |
      = help: put it in quotes

    error: `loki_limits` is a list, not a mapping
     --> group_vars/all.yml:9:14
      |
    9 | loki_limits: [a]
      |              ^^^

    error: `loki_workers` is 20, not a whole number from 1 to 16
      --> group_vars/all.yml:10:15
       |
    10 | loki_workers: 20
       |               ^^

    error: `loki_dirs` is the text `/a`, not a list
      --> group_vars/all.yml:11:12
       |
    11 | loki_dirs: /a
       |            ^^

    error: role `r` needs `loki_s3_secret` where loki_storage == 's3'
     --> site.yml:1:9
      |
    1 | roles: [loki]
      |         ^^^^
      |
     ::: roles/r/role.yml:7:3
      |
    7 |   loki_s3_secret: { type: secret, required_if: "loki_storage == 's3'", help: the bucket's key }
      |   -------------- declared here
      |
      = help: the bucket's key
    "#);
    assert!(Options::new().resolve("loki_storage: s3\n", true).is_ok(), "what is removed needs nothing");
}

#[test]
fn secrets_are_noted() {
    let options = Options::new();
    options.resolve("loki_storage: s3\nloki_s3_secret: 'hunter{{ 1 + 1 }}'\n", false).unwrap();
    assert_eq!(options.secrets.redact("key = hunter2"), "key = ********");
    let options = Options::new();
    options.resolve("loki_limits: { push: [{ user: someone, password: 'hunter{{ 1 + 1 }}' }] }\n", false).unwrap();
    assert_eq!(options.secrets.redact("someone: hunter2"), "someone: ********");
    let wrong = "summary: x\noptions:\n  a: { type: string, secret_keys: [b] }\n";
    assert!(role_errors(wrong).contains("has no mappings that `secret_keys` could be in"));
}

#[test]
fn labels_have_names_that_everybody_knows() {
    let role = parse_role(
        "summary: x\noptions:\n  own: { type: mapping, labels: true, default: {} }\n  \
         files: { type: list, label_keys: [labels], default: [] }\nsteps: []\n",
    )
    .unwrap();
    let options = Options { role, ..Options::new() };
    options.resolve("own: { site: here, _a1: x }\nfiles: [{ paths: [a-b], labels: { app: a-b } }]\n", false).unwrap();
    let wrong = "own: { site: here, a-b: x }\nfiles: [{ name-of: x, labels: { 1st: x, app: y } }]\n";
    assert_snapshot!(options.resolve(wrong, false).map(|_| ()).unwrap_err());
    let wrong = "summary: x\noptions:\n  a: { type: string, labels: true }\n";
    assert!(role_errors(wrong).contains("has no mappings that `labels` could be in"));
}

#[test]
fn steps_made_ready() {
    let resolved = Options::new().resolve("loki_dirs: [/a, /b]\n", false).unwrap();
    let role = parse_role(LOKI).unwrap();
    let show = |absent| {
        let mut lines = Vec::new();
        for step in &role.steps {
            let expanded = expand_step(step, &resolved.scope, absent);
            for resource in expanded.resources {
                let (kind, name, user) = (resource.kind.name(), &resource.name, &resource.become_user);
                let args = resource.args.to_json();
                lines.push(format!(
                    "{}/{kind}:{name} {args} {:?} {user:?} {:?}",
                    step.name, resource.tags, resource.purge
                ));
            }
            for check in expanded.checks {
                lines.push(format!("{}/{}:{} {}", step.name, check.kind.name(), check.name, check.args.to_json()));
            }
        }
        lines.join("\n")
    };
    assert_snapshot!(show(false), @r#"
    config/directory:/a {"path":"/a","mode":"0750"} ["config"] None Some("data")
    config/directory:/b {"path":"/b","mode":"0750"} ["config"] None Some("data")
    config/config:/etc/loki {"dir":"/etc/loki","files":[{"template":"config.yml.j2","dest":"config.yml"}]} ["config", "files"] None None
    config/command:enable {"command":["loki","enable"],"creates":"/etc/loki/enabled"} ["config"] None None
    run/service:loki {"name":"loki","uses":["/etc/loki"]} [] Some("loki") None
    run/http:http://0.0.0.0:3100/ready {"url":"http://0.0.0.0:3100/ready","status":200,"within":"60s"}
    "#);
    assert_snapshot!(show(true), @r#"
    config/directory:/a {"path":"/a"} ["config"] None Some("data")
    config/directory:/b {"path":"/b"} ["config"] None Some("data")
    config/config:/etc/loki {"dir":"/etc/loki","files":[{"dest":"config.yml"}]} ["config", "files"] None None
    config/command:enable {"command":["loki","enable"]} ["config"] None None
    run/service:loki {"name":"loki"} [] Some("loki") None
    "#);
}

#[test]
fn names_that_should_be_options() {
    let role = std::sync::Arc::new(parse_role(LOKI).unwrap());
    let given = "loki_http_prt: 1\nloki_listen: a\nloki_http_addr: b\nother: 1\n";
    let node = yaml::parse(&SourceFile::named("site.yml", given)).unwrap();
    assert_snapshot!(check_assignments(&role, node.mapping().unwrap()).unwrap_err(), @"
    error: role `r` has no option `loki_http_prt`
     --> site.yml:1:1
      |
    1 | loki_http_prt: 1
      | ^^^^^^^^^^^^^
      |
      = help: did you mean `loki_http_port`?

    error: option `loki_http_addr` is given twice
     --> site.yml:3:1
      |
    2 | loki_listen: a
      | ----------- first here
    3 | loki_http_addr: b
      | ^^^^^^^^^^^^^^

    error: role `r` has no option `other`
     --> site.yml:4:1
      |
    4 | other: 1
      | ^^^^^
      |
      = help: `solti role show r` lists them
    ");
    let inventory = "loki_http_prt: 1\nloki_grpc_port: 1\nloki_http_port: 1\nport: 1\n";
    let node = yaml::parse(&SourceFile::named("host_vars/a.yml", inventory)).unwrap();
    let names = node.mapping().unwrap().iter().map(|entry| (entry.key.as_str(), &entry.key_span));
    assert_snapshot!(check_inventory_names(&[role], names).unwrap_err(), @"
    error: `loki_http_prt` is nearly an option of role `r`
     --> host_vars/a.yml:1:1
      |
    1 | loki_http_prt: 1
      | ^^^^^^^^^^^^^
      |
      = help: did you mean `loki_http_port`?
    ");
}

#[test]
fn where_roles_and_files_are() {
    let folder = project(&[
        ("roles/loki/role.yml", LOKI),
        ("roles/loki/templates/config.yml.j2", "own {{ loki_http_port }}"),
        ("roles/loki/templates/sub/part.j2", "part"),
        ("roles/loki/files/key.bin", "\u{1}"),
        ("roles/old/tasks/main.yml", "[]"),
        ("roles/broken/role.yml", "summary: x\n"),
        ("templates/loki/config.yml.j2", "project"),
        ("templates/loki/one/config.yml.j2", "one"),
    ]);
    let library = RoleLibrary::new(Some(folder.path().to_owned()));
    assert!(library.names().contains(&"loki".to_owned()));
    let play = SourceFile::named("site.yml", "roles: [lokki]\n");
    let span = Span::new(&play, 8, 13);
    let lokki = library.find("lokki", Some(&span)).map(|_| ()).unwrap_err().to_string();
    assert!(lokki.contains("unknown role `lokki`") && lokki.contains("did you mean `loki`?"), "{lokki}");
    assert_snapshot!(text(&library.find("old", Some(&span)).unwrap_err(), folder.path()), @"
    error: PROJECT/roles/old is a role of Ansible: it has tasks, and no role.yml
     --> site.yml:1:9
      |
    1 | roles: [lokki]
      |         ^^^^^
      |
      = help: write a role.yml that says what should be there, as docs/roles.md has it
    ");
    assert_snapshot!(text(&library.find("broken", Some(&span)).unwrap_err(), folder.path()), @"
    error: a role needs `steps`
     --> PROJECT/roles/broken/role.yml:1:1
      |
    1 | summary: x
      | ^^^^^^^^^^
    ");
    let role = library.find("ns.coll.loki", None).unwrap();
    let name = |text: &str| yaml::parse(&SourceFile::named("role.yml", text)).unwrap();
    let template = |host: &str| library.files(&role, host).template(&name("config.yml.j2")).unwrap();
    assert_eq!(template("one").text(), "one");
    assert_eq!(template("two").text(), "project");
    let files = library.files(&role, "two");
    assert_eq!(files.file(&name("key.bin")).unwrap(), [1]);
    assert_snapshot!(text(&files.template(&name("sub/prt.j2")).unwrap_err(), folder.path()), @"
    error: no template `sub/prt.j2` in role `loki`
     --> role.yml:1:1
      |
    1 | sub/prt.j2
      | ^^^^^^^^^^
      |
      = help: did you mean `sub/part.j2`?
      = help: looked for PROJECT/templates/loki/sub/prt.j2, PROJECT/roles/loki/templates/sub/prt.j2
    ");
    let scope = Scope::new(vec![]).with_loader(files).with_magic("loki_http_port", Value::from(1));
    let including = SourceFile::named("t", "{% include 'sub/part.j2' %}!");
    assert_eq!(scope.render_template(&including).unwrap(), "part!");
}

#[test]
fn the_built_in_roles_are_right() {
    let library = RoleLibrary::new(None);
    if let Err(errors) = library.list() {
        panic!("{errors}");
    }
}

#[test]
fn checks_of_files_units_and_markers() {
    let role = parse_role(
        r#"summary: x
steps:
  - name: s
    checks:
      - file: { path: /etc/a }
      - unit: { name: "{{ word }}", enabled: true }
      - marker:
          write: { file: /var/log/a.log }
          find: { loki: "http://mon:3100", labels: { a: b } }
          loop: [1]
      - marker:
          write: { command: "{{ say }}" }
          find: { command: [cat, "/{{ marker | urlencode }}"] }
      - marker: { name: "{{ word }}", write: { journal: a }, find: { prometheus: "http://a" } }
"#,
    )
    .unwrap();
    let source = SourceFile::named("vars", "{ word: loki, say: \"echo '{{ marker }}'\" }");
    let node = yaml::parse(&source).unwrap();
    let scope = Scope::new(vec![Layer::entries(Rank::Play, node.mapping().unwrap())]);
    let expanded = expand_step(&role.steps[0], &scope, false);
    assert!(expanded.errors.is_empty(), "{}", expanded.errors);
    let lines =
        expanded.checks.iter().map(|check| format!("{}:{} {}", check.kind.name(), check.name, check.args.to_json()));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    assert_snapshot!(role_errors(
        "summary: x\nsteps:\n  - name: s\n    checks:\n      - unit: { state: active }\n      - marker: { write: { journal: a } }\n      - markr: {}\n"
    ));
}

/// They write to what is in use, whenever somebody asks how it is, which not everybody wants.
#[test]
fn markers_of_our_roles_can_be_left_out() {
    let library = RoleLibrary::new(None);
    let names = library.names();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        let role = library.find(&name, None).unwrap();
        let mut markers = role
            .steps
            .iter()
            .flat_map(|step| &step.checks)
            .filter(|check| check.kind == crate::resource::check::CheckKind::Marker);
        assert!(markers.all(|check| check.when.is_some()), "{name}");
    }
}

#[test]
fn what_is_wrong_within_an_argument_is_found_when_the_role_is_read() {
    let text = "summary: x\nsteps:\n  - name: s\n    resources:\n      - package: { name: a, repository: { name: a, uri: b, suites: c, key: { src: k } } }\n      - influxdb_tokens: { url: u, org: o, token: t, tokens: [{ name: n, reads: [b] }, '{{ t }}'] }\n      - package: { name: a, repository: \"{{ r }}\" }\n";
    assert_snapshot!(parse_role(text).unwrap_err(), @"
    error: unknown key `uri` in repository
     --> roles/r/role.yml:5:52
      |
    5 |       - package: { name: a, repository: { name: a, uri: b, suites: c, key: { src: k } } }
      |                                                    ^^^
      |
      = help: did you mean `uris`?

    error: key needs `fingerprint`
     --> roles/r/role.yml:5:76
      |
    5 |       - package: { name: a, repository: { name: a, uri: b, suites: c, key: { src: k } } }
      |                                                                            ^^^^^^^^^^

    error: unknown key `reads` in a token
     --> roles/r/role.yml:6:74
      |
    6 |       - influxdb_tokens: { url: u, org: o, token: t, tokens: [{ name: n, reads: [b] }, '{{ t }}'] }
      |                                                                          ^^^^^
      |
      = help: did you mean `read`?
    ");
}
