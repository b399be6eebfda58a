//! Reading roles, checking their options, making their steps ready.

mod options;
mod places;

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
