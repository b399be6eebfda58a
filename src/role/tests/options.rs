//! Options: their types, what is wrong with values, and which are secret.

use super::*;

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
