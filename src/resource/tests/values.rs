//! Modes, paths and names: what is taken, and what is said of the rest.

use super::{errors, resource};
use insta::assert_snapshot;

#[test]
fn modes() {
    let mode = |mode: &str| errors(&format!("directory: {{ path: /etc/app, mode: {mode} }}\n"));
    for right in ["0640", "\"0640\"", "\"640\"", "\"0o640\"", "\"1777\"", "0"] {
        resource(&format!("directory: {{ path: /etc/app, mode: {right} }}\n"));
    }
    assert_snapshot!(mode("640"), @r#"
    error: this is no file mode
     --> role.yml:1:36
      |
    1 | directory: { path: /etc/app, mode: 640 }
      |                                    ^^^ read as a decimal number
      |
      = help: write the mode as octal text: mode: "0640"
    "#);
    assert_snapshot!(mode("\"0888\""), @r#"
    error: this is no file mode
     --> role.yml:1:36
      |
    1 | directory: { path: /etc/app, mode: "0888" }
      |                                    ^^^^^^ not octal digits
      |
      = help: write the mode as octal text: mode: "0640"
    "#);
    assert_snapshot!(mode("\"017777\""), @r#"
    error: this is no file mode
     --> role.yml:1:36
      |
    1 | directory: { path: /etc/app, mode: "017777" }
      |                                    ^^^^^^^^ beyond 7777
      |
      = help: write the mode as octal text: mode: "0640"
    "#);
    assert_snapshot!(mode("u=rwx"), @r#"
    error: this is no file mode
     --> role.yml:1:36
      |
    1 | directory: { path: /etc/app, mode: u=rwx }
      |                                    ^^^^^ not octal digits
      |
      = help: write the mode as octal text: mode: "0640"
    "#);
    assert_snapshot!(mode("[1]"), @r#"
    error: this is no file mode
     --> role.yml:1:36
      |
    1 | directory: { path: /etc/app, mode: [1] }
      |                                    ^^^
      |
      = help: write the mode as octal text: mode: "0640"
    "#);
    assert_snapshot!(mode("\"+640\""), @r#"
    error: this is no file mode
     --> role.yml:1:36
      |
    1 | directory: { path: /etc/app, mode: "+640" }
      |                                    ^^^^^^ not octal digits
      |
      = help: write the mode as octal text: mode: "0640"
    "#);
}

#[test]
fn paths() {
    let path = |path: &str| errors(&format!("directory: {{ path: \"{path}\" }}\n"));
    assert_snapshot!(path("etc/app"), @r#"
    error: a path on a host must be absolute
     --> role.yml:1:20
      |
    1 | directory: { path: "etc/app" }
      |                    ^^^^^^^^^ `etc/app`
    "#);
    assert_snapshot!(path("/etc/../app"), @r#"
    error: a path on a host must not have `.` or `..` in it
     --> role.yml:1:20
      |
    1 | directory: { path: "/etc/../app" }
      |                    ^^^^^^^^^^^^^ `/etc/../app`
    "#);
    assert_snapshot!(path("/etc/a\\nb"), @r#"
    error: a path on a host must not have control characters or backslashes
     --> role.yml:1:20
      |
    1 | directory: { path: "/etc/a\nb" }
      |                    ^^^^^^^^^^^
    "#);
    assert_snapshot!(path("/etc/a\\\\b"), @r#"
    error: a path on a host must not have control characters or backslashes
     --> role.yml:1:20
      |
    1 | directory: { path: "/etc/a\\b" }
      |                    ^^^^^^^^^^^
    "#);
    for (written, clean) in [("/", "/"), ("/etc///app//", "/etc/app"), ("//", "/"), ("/etc/it's me ", "/etc/it's me ")]
    {
        assert_eq!(resource(&format!("directory: {{ path: \"{written}\" }}\n")).name(), clean);
    }
}

#[test]
fn names() {
    assert_snapshot!(errors("user: { name: -x, uid: -1 }\n"), @"
    error: `-x` is no name of a user or group
     --> role.yml:1:15
      |
    1 | user: { name: -x, uid: -1 }
      |               ^^ letters, digits, `_`, `-` and `.`

    error: a number of a user or group is between 0 and 4294967294
     --> role.yml:1:24
      |
    1 | user: { name: -x, uid: -1 }
      |                        ^^
    ");
    assert_snapshot!(errors("group: { name: a b, gid: 4294967296 }\n"), @"
    error: `a b` is no name of a user or group
     --> role.yml:1:16
      |
    1 | group: { name: a b, gid: 4294967296 }
      |                ^^^ letters, digits, `_`, `-` and `.`

    error: a number of a user or group is between 0 and 4294967294
     --> role.yml:1:26
      |
    1 | group: { name: a b, gid: 4294967296 }
      |                          ^^^^^^^^^^
    ");
    assert_snapshot!(errors("service: { name: a/b }\n"), @"
    error: `a/b` is no name of a systemd unit
     --> role.yml:1:18
      |
    1 | service: { name: a/b }
      |                  ^^^
    ");
    assert_snapshot!(errors("service: { name: app, on_change: reboot, settle: soon, uses: [etc] }\n"), @"
    error: `on_change` is `restart` or `reload`, not `reboot`
     --> role.yml:1:34
      |
    1 | service: { name: app, on_change: reboot, settle: soon, uses: [etc] }
      |                                  ^^^^^^

    error: this is no length of time
     --> role.yml:1:50
      |
    1 | service: { name: app, on_change: reboot, settle: soon, uses: [etc] }
      |                                                  ^^^^
      |
      = help: write it as 500ms, 30s, 5m, 1h or 2d

    error: a path on a host must be absolute
     --> role.yml:1:63
      |
    1 | service: { name: app, on_change: reboot, settle: soon, uses: [etc] }
      |                                                               ^^^ `etc`
    ");
    assert_snapshot!(errors("unit: { name: app, content: x, drop_in: ../x }\n"), @"
    error: `../x` is no name of a drop-in
     --> role.yml:1:41
      |
    1 | unit: { name: app, content: x, drop_in: ../x }
      |                                         ^^^^ letters, digits, `_`, `-` and `.`
    ");
    assert_snapshot!(errors("package: { name: \"a;b\", state: absent }\n"), @r#"
    error: `a;b` is no name of a package
     --> role.yml:1:18
      |
    1 | package: { name: "a;b", state: absent }
      |                  ^^^^^

    error: `state` is `present` or `latest`, not `absent`
     --> role.yml:1:32
      |
    1 | package: { name: "a;b", state: absent }
      |                                ^^^^^^
      |
      = help: what a role stops declaring is left installed; a role with `state: absent` removes what it installed
    "#);
    assert_snapshot!(errors("package: { version: 1 }\n"), @"
    error: `package` needs `name` (or `names`)
     --> role.yml:1:10
      |
    1 | package: { version: 1 }
      |          ^^^^^^^^^^^^^^
    ");
    for (written, full) in [("app", "app"), ("app.timer", "app.timer"), ("a@b.c", "a@b.c"), ("app.service", "app")] {
        assert_eq!(resource(&format!("service: {{ name: {written} }}\n")).name(), full);
    }
}

/// Formats that solti writes itself: what they cannot say is an error at its place.
#[test]
fn what_a_format_cannot_say() {
    use super::checks::errors as of_check;
    use crate::resource::check::CheckKind::{Http, Marker};
    assert_snapshot!(of_check(Http, "{ url: \"http://h\", headers: { \"a b\": x, X-A: \"1\\nX-B: 2\" } }"), @r#"
    error: `a b` is no name of a header
     --> role.yml:1:31
      |
    1 | { url: "http://h", headers: { "a b": x, X-A: "1\nX-B: 2" } }
      |                               ^^^^^

    error: a header is one line, without control characters
     --> role.yml:1:46
      |
    1 | { url: "http://h", headers: { "a b": x, X-A: "1\nX-B: 2" } }
      |                                              ^^^^^^^^^^^
    "#);
    assert_snapshot!(of_check(
        Marker,
        "{ write: { influx: \"http://h\", tags: { site: 'a\\', x: \"b\\nc\" } }, find: { loki: \"http://l\", labels: { a: b }, user: \"a:b\", password: x } }"
    ), @r#"
    error: `a\` cannot be said in line protocol
     --> role.yml:1:10
      |
    1 | { write: { influx: "http://h", tags: { site: 'a\', x: "b\nc" } }, find: { loki: "http://l", labels: { a: b }, use...
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: names and values of tags are not empty, are one line and do not end in a backslash

    error: `b\nc` cannot be said in line protocol
     --> role.yml:1:10
      |
    1 | { write: { influx: "http://h", tags: { site: 'a\', x: "b\nc" } }, find: { loki: "http://l", labels: { a: b }, use...
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: names and values of tags are not empty, are one line and do not end in a backslash

    error: the name of a user of HTTP has no `:`, which ends it
     --> role.yml:1:117
      |
    1 | ..., find: { loki: "http://l", labels: { a: b }, user: "a:b", password: x } }
      |                                                        ^^^^^
    "#);
    assert_snapshot!(errors("command: { command: [echo, \"a\\0b\"], creates: /x, environment: { A: \"\\0\" } }\n"), @r#"
    error: there is a null character in it, which no program can be given
     --> role.yml:1:21
      |
    1 | command: { command: [echo, "a\0b"], creates: /x, environment: { A: "\0" } }
      |                     ^^^^^^^^^^^^^^

    error: there is a null character in it, which no program can be given
     --> role.yml:1:68
      |
    1 | command: { command: [echo, "a\0b"], creates: /x, environment: { A: "\0" } }
      |                                                                    ^^^^
    "#);
    assert_snapshot!(errors(
        "package: { name: v, repository: { name: v, uris: http://h, suites: \"a\\nTrusted: yes\", key: { src: key.asc, fingerprint: 3B9DF8859D37BFCF9E56AAD7F7D0B6568C45B8BB } } }\n"
    ), @r#"
    error: a field of a repository is one line, without control characters
     --> role.yml:1:68
      |
    1 | package: { name: v, repository: { name: v, uris: http://h, suites: "a\nTrusted: yes", key: { src: key.asc, finger...
      |                                                                    ^^^^^^^^^^^^^^^^^
    "#);
}
