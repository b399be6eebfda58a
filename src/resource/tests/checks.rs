//! Checks: what they ask, how answers are read, and what they come to.

use crate::host::shells_here::{SAY, command, shells};
use crate::resource::check::CheckKind;
use crate::resource::check::{Check, Reply, Verdict, Who};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;

/// What time it is on the host: 2026-01-01T00:00:00Z.
pub(super) const NOW: i64 = 1_767_225_600;

pub(super) fn check(kind: CheckKind, text: &str) -> Check {
    let check = Check::parse(kind, &super::yaml(text), None).unwrap();
    // as it is in a plan that was written down and read back
    let text = serde_json::to_string(&check).unwrap();
    let read: Check = serde_json::from_str(&text).unwrap();
    assert_eq!(format!("{read:?}"), format!("{check:?}"), "{text}");
    read
}

pub(super) fn errors(kind: CheckKind, text: &str) -> String {
    Check::parse(kind, &super::yaml(text), None).unwrap_err().to_string()
}

pub(super) fn judge(check: &Check, status: i32, http: u16, body: &str) -> String {
    let now = jiff::Timestamp::from_second(NOW).unwrap();
    let Verdict { passed, seen, age, .. } = check.judge(&Reply { status, http, body: body.to_owned() }, Some(now));
    let age = age.map(|age| format!(" ({age} s)")).unwrap_or_default();
    format!("{}: {seen}{age}", if passed { "yes" } else { "no" })
}

/// Runs a check's program here, and reads what it says.
fn ask(check: &Check, shell: &[&str]) -> Option<Reply> {
    let output = command(shell, &format!("{SAY}{}", check.program())).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Check::reply(text.trim_end_matches('\n').strip_prefix("mark reply ")?)
}

#[test]
fn wrong_arguments() {
    assert_snapshot!(errors(CheckKind::Http, "{ status: 70000, contains: x, within: soon }"), @"
    error: http needs `url`
     --> role.yml:1:1
      |
    1 | { status: 70000, contains: x, within: soon }
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: an HTTP status is between 100 and 599
     --> role.yml:1:11
      |
    1 | { status: 70000, contains: x, within: soon }
      |           ^^^^^

    error: this is no length of time
     --> role.yml:1:39
      |
    1 | { status: 70000, contains: x, within: soon }
      |                                       ^^^^
      |
      = help: write it as 500ms, 30s, 5m, 1h or 2d
    ");
    assert_snapshot!(errors(CheckKind::Port, "{ port: 0, state: ajar }"), @"
    error: a port is between 1 and 65535
     --> role.yml:1:9
      |
    1 | { port: 0, state: ajar }
      |         ^

    error: `state` is `open` or `closed`, not `ajar`
     --> role.yml:1:19
      |
    1 | { port: 0, state: ajar }
      |                   ^^^^
    ");
    assert_snapshot!(errors(CheckKind::Command, "{ command: [] }"), @"
    error: the command is empty
     --> role.yml:1:12
      |
    1 | { command: [] }
      |            ^^
    ");
}

#[test]
fn names() {
    assert_eq!(check(CheckKind::Http, "{ url: \"http://a/\" }").name(), "http:http://a/");
    assert_eq!(check(CheckKind::Port, "{ port: 80, host: a }").name(), "port:a:80");
    assert_eq!(check(CheckKind::Command, "{ command: [a, b c] }").name(), "command:a 'b c'");
}

#[test]
fn programs() {
    let http =
        "{ url: \"http://a/?query={job=\\\"it's\\\"}\", headers: { X: \"a\\\\b\\tc\" }, body: \"{\\\"a\\\":\\n1}\" }";
    assert_snapshot!(check(CheckKind::Http, http).program(), @r#"
    if command -v curl >/dev/null; then reply=$(printf '%s' 'globoff
    url = "http://a/?query={job=\"it'\''s\"}"
    request = "POST"
    header = "X: a\\b\tc"
    data-raw = "{\"a\":\n1}"
    ' | curl -sS --max-time 10 -w '\n%{http_code}' -K - 2>&1); status=$?; http=${reply##*
    }; case $http in [0-9][0-9][0-9]) reply=${reply%
    *} ;; *) http=0 ;; esac; say reply $status $http "=$(printf '%s' "$reply" | head -c 1048576 | base64 | tr -d '\n')"; else say lacks curl; fi
    "#);
    assert_snapshot!(check(CheckKind::Port, "{ port: 3100 }").program(), @r#"status=1; reply=; for table in /proc/net/tcp /proc/net/tcp6; do [ -r "$table" ] && while read -r _ local _ state _; do case "$local $state" in *:0C1C" 0A") status=0; break ;; esac; done <"$table"; done; say reply $status 0 "=$(printf '%s' "$reply" | head -c 1048576 | base64 | tr -d '\n')""#);
    assert_snapshot!(check(CheckKind::Port, "{ port: 3100, host: a b }").program(), @r#"if command -v curl >/dev/null; then reply=$(curl -s -o /dev/null -w '%{time_connect}' --max-time 5 telnet://'a b:3100' </dev/null 2>/dev/null); case $reply in *[1-9]*) status=0 ;; *) status=1 ;; esac; say reply $status 0 "=$(printf '%s' "$reply" | head -c 1048576 | base64 | tr -d '\n')"; else say lacks curl; fi"#);
    assert_snapshot!(check(CheckKind::Command, "{ command: \"a | b\" }").program(), @r#"reply=$(timeout 10 sh -c 'a | b' </dev/null 2>&1); status=$?; say reply $status 0 "=$(printf '%s' "$reply" | head -c 1048576 | base64 | tr -d '\n')""#);
}

#[test]
fn replies() {
    let reply = Check::reply(&format!("7 0 ={}", STANDARD.encode("a\nb"))).unwrap();
    assert_eq!((reply.status, reply.http, reply.body.as_str()), (7, 0, "a\nb"));
    for broken in ["", "0 200", "0 200 =*", "x 200 =", "0 y =", "0 200 YQ=="] {
        assert!(Check::reply(broken).is_none(), "{broken}");
    }
}

#[test]
fn what_an_http_answer_comes_to() {
    let http = |more: &str| check(CheckKind::Http, &format!("{{ url: \"http://a/\"{more} }}"));
    assert_snapshot!(judge(&http(""), 0, 200, "ready"), @"yes: status 200");
    assert_snapshot!(judge(&http(""), 0, 503, "starting\nmore"), @"no: status 503 instead of 200: starting");
    assert_snapshot!(judge(&http(""), 7, 0, "curl: (7) refused\n"), @"no: curl: (7) refused");
    assert_snapshot!(judge(&http(""), 52, 0, ""), @"no: curl ended with 52");
    assert_snapshot!(judge(&http(", contains: up"), 0, 200, "down"), @"no: `up` is not in the answer: down");
    let that = http(", that: \"json.data | length > 1\"");
    assert_snapshot!(judge(&that, 0, 200, "{\"data\":[1,2]}"), @"yes: status 200");
    assert_snapshot!(judge(&that, 0, 200, "{\"data\":[1]}"), @r#"no: not so: json.data | length > 1; seen: {"data":[1]}"#);
    assert_snapshot!(judge(&that, 0, 200, "no json"), @"no: json.data | length > 1: `json.data` is undefined");
    assert_snapshot!(judge(&http(", that: \"ansible_facts.x\""), 0, 200, ""), @"no: ansible_facts.x: `ansible_facts` is undefined");
}

#[test]
fn what_a_command_comes_to() {
    let command = |more: &str| check(CheckKind::Command, &format!("{{ command: [x]{more} }}"));
    assert_snapshot!(judge(&command(""), 0, 0, ""), @"yes: exit status 0");
    assert_snapshot!(judge(&command(""), 2, 0, "wrong\nmore"), @"no: exit status 2: wrong");
    assert_snapshot!(judge(&command(", that: \"status == 2 and 'wrong' in body\""), 2, 0, "wrong"), @"yes: exit status 2");
    assert_snapshot!(judge(&command(", contains: right"), 0, 0, &"é".repeat(200)), @"no: `right` is not in the answer: éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé");
}

#[test]
fn ports() {
    let open = check(CheckKind::Port, "{ port: 80 }");
    let closed = check(CheckKind::Port, "{ port: 80, state: stopped }");
    assert_eq!([judge(&open, 0, 0, ""), judge(&open, 1, 0, "")], ["yes: port 80 is open", "no: port 80 is closed"]);
    assert_eq!([judge(&closed, 0, 0, ""), judge(&closed, 1, 0, "")], ["no: port 80 is open", "yes: port 80 is closed"]);
}

#[test]
fn programs_run_in_every_shell() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for shell in shells() {
        let reply =
            ask(&check(CheckKind::Command, "{ command: \"printf 'it is\\\\n\\\\n'; exit 3\" }"), shell).unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (3, "it is"), "{shell:?}");
        let reply = ask(&check(CheckKind::Port, &format!("{{ port: {port} }}")), shell).unwrap();
        assert_eq!(reply.status, 0, "{shell:?}");
        let reply = ask(&check(CheckKind::Port, "{ port: 1 }"), shell).unwrap();
        assert_eq!(reply.status, 1, "{shell:?}");
    }
}

/// Answers every request with a page of 2 MiB.
fn serve(listener: std::net::TcpListener) {
    use std::io::{Read as _, Write as _};
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { return };
        std::thread::spawn(move || {
            let _ = stream.read(&mut [0; 4096]);
            let page = "line\n".repeat(2 << 18);
            let _ = write!(stream, "HTTP/1.1 503 No\r\nContent-Length: {}\r\n\r\n{page}", page.len());
        });
    }
}

#[test]
fn curl_is_asked_in_every_shell() {
    if std::process::Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || serve(listener));
    let big = check(CheckKind::Http, &format!("{{ url: \"http://127.0.0.1:{port}/?query={{a,b}}\" }}"));
    let nobody = check(CheckKind::Http, "{ url: \"http://127.0.0.1:1/\" }");
    let open = check(CheckKind::Port, &format!("{{ port: {port}, host: 127.0.0.1 }}"));
    let closed = check(CheckKind::Port, "{ port: 1, host: 127.0.0.1 }");
    for shell in shells() {
        let reply = ask(&big, shell).unwrap();
        assert_eq!((reply.status, reply.http, reply.body.len()), (0, 503, 1 << 20), "{shell:?}");
        let reply = ask(&nobody, shell).unwrap();
        assert_eq!((reply.status, reply.http), (7, 0), "{shell:?} {}", reply.body);
        assert!(reply.body.contains("(7)"), "{shell:?} {}", reply.body);
        assert_eq!(ask(&open, shell).unwrap().status, 0, "{shell:?}");
        assert_eq!(ask(&closed, shell).unwrap().status, 1, "{shell:?}");
    }
}

#[test]
fn a_command_runs_as_whom_it_says() {
    let node = super::yaml("{ command: [id, -un] }");
    let check = Check::parse(CheckKind::Command, &node, Some("app")).unwrap();
    assert!(check.program().starts_with("reply=$(timeout 10 runuser -u app -- id -un "), "{}", check.program());
    let node = super::yaml("{ port: 80 }");
    assert!(Check::parse(CheckKind::Port, &node, Some("app")).is_err());
}

#[test]
fn wrong_files_and_units() {
    assert_snapshot!(errors(CheckKind::File, "{ path: etc, state: folder, mode: \"0999\" }"));
    assert_snapshot!(errors(CheckKind::File, "{ path: /a, state: absent, owner: root, contains: x, mod: \"0600\" }"));
    assert_snapshot!(errors(CheckKind::File, "{ path: /a, target: /b, mode: \"0600\" }"));
    assert_snapshot!(errors(CheckKind::Unit, "{ name: \"a b\", state: activ, enabled: maybe }"));
}

#[test]
fn what_a_file_comes_to() {
    let file = |more: &str, status: i32, body: &str| {
        judge(&check(CheckKind::File, &format!("{{ path: /a{more} }}")), status, 0, body)
    };
    assert_snapshot!(file("", 0, "81a4 0 0 root root"), @"yes: a file, mode 0644, root:root");
    assert_snapshot!(file(", mode: \"0600\", owner: app, group: adm", 0, "81a4 0 4 root adm"), @"no: mode 0644 instead of 0600, owner root instead of app");
    assert_snapshot!(file(", owner: \"7\", group: adm", 0, "81a4 7 4 UNKNOWN adm"), @"yes: a file, mode 0644, UNKNOWN:adm");
    assert_snapshot!(file("", 0, "41ed 0 0 root root"), @"no: a directory, no file");
    assert_snapshot!(file("", 0, "c1ff 0 0 root root"), @"no: a device, a pipe or a socket, no file");
    assert_snapshot!(file(", state: directory", 0, "43ff 0 0 root root"), @"yes: a directory, mode 1777, root:root");
    assert_snapshot!(file(", target: /b", 0, "a1ff 0 0 root root\n/c"), @"no: leads to /c instead of /b");
    assert_snapshot!(file(", state: link", 0, "a1ff 0 0 root root\n/c"), @"yes: a link, leads to /c, root:root");
    let none = "stat: cannot statx '/a': No such file or directory";
    assert_snapshot!(file("", 1, none), @"no: there is no /a");
    assert_snapshot!(file(", state: absent", 1, none), @"yes: nothing is there");
    assert_snapshot!(file(", state: absent", 1, "stat: cannot statx '/a': Permission denied"), @"no: stat: cannot statx '/a': Permission denied");
    assert_snapshot!(file(", state: absent", 0, "a1ff 0 0 root root"), @"no: a link is there");
    let behind = "stat: cannot statx '/a': Too many levels of symbolic links";
    assert_snapshot!(file(", state: absent", 1, behind), @"yes: nothing is there");
    assert_snapshot!(file("", 1, behind), @"no: there is no /a");
    let text = file(", contains: \"b\\nc\\n\"", 0, "81a4 0 0 root root readable\na\nb\nc");
    assert_snapshot!(text, @"yes: a file, mode 0644, root:root");
    assert_snapshot!(file(", contains: d", 0, "81a4 0 0 root root readable\na\nb"), @"no: `d` is not in it");
    assert_snapshot!(file(", contains: d", 0, "81a4 0 0 root root"), @"no: cannot be read");
}

#[test]
fn what_a_unit_comes_to() {
    let unit = |more: &str, state: &str| {
        judge(&check(CheckKind::Unit, &format!("{{ name: app{more} }}")), 0, 0, &format!("LoadState=loaded\n{state}"))
    };
    let running = "ActiveState=active\nSubState=running\nUnitFileState=disabled\nWantedBy=";
    let dead = "ActiveState=inactive\nSubState=dead\nUnitFileState=enabled\nWantedBy=multi-user.target";
    assert_snapshot!(unit("", running), @"yes: active (running)");
    assert_snapshot!(unit("", dead), @"no: inactive (dead)");
    assert_snapshot!(unit(", state: inactive, enabled: true", dead), @"yes: inactive (dead), enabled");
    assert_snapshot!(unit(", enabled: true", running), @"no: active (running), disabled");
    assert_snapshot!(unit(", enabled: false", running), @"yes: active (running), disabled");
    let quadlet = running.replace("disabled\nWantedBy=", "generated\nWantedBy=multi-user.target");
    assert_snapshot!(unit(", enabled: true", &quadlet), @"yes: active (running), generated");
    assert_snapshot!(unit(", state: failed", "ActiveState=failed\nSubState=failed"), @"yes: failed (failed)");
    assert_snapshot!(unit("", "ActiveState=activating\nSubState=auto-restart"), @"no: activating (auto-restart)");
    let absent = check(CheckKind::Unit, "{ name: app, state: inactive }");
    assert_snapshot!(judge(&absent, 0, 0, "LoadState=not-found\nActiveState=inactive"), @"no: there is no unit app.service");
    assert_snapshot!(judge(&absent, 1, 0, "id: ‘x’: no such user"), @"no: id: ‘x’: no such user");
    assert_eq!(check(CheckKind::Unit, "{ name: a.timer, user: bob }").name(), "unit:bob/a.timer");
}

#[test]
fn files_are_looked_at_in_every_shell() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let file = path("it's $HOME");
    std::fs::write(&file, "one\n`two`\n\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("it's $HOME", path("link")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    for shell in shells() {
        let seen = |path: &str, more: &str| {
            let check = check(CheckKind::File, &format!("{{ path: \"{path}\"{more} }}"));
            let verdict = check.judge(&ask(&check, shell).unwrap(), None);
            assert!(
                verdict.seen.starts_with(if verdict.passed { "a " } else { "" }) || verdict.seen == "nothing is there"
            );
            (verdict.passed, verdict.seen)
        };
        assert!(seen(&file, ", mode: \"0640\", contains: \"`two`\\n\"").0, "{shell:?}");
        assert_eq!(seen(&file, ", mode: \"0600\"").1, "mode 0640 instead of 0600", "{shell:?}");
        assert_eq!(seen(&file, ", contains: three").1, "`three` is not in it", "{shell:?}");
        assert!(seen(&path("link"), ", contains: one").0, "{shell:?}");
        assert!(seen(&path("link"), ", target: \"it's $HOME\"").0, "{shell:?}");
        assert_eq!(seen(&path("dangling"), "").1, format!("there is no {}", path("dangling")), "{shell:?}");
        assert_eq!(seen(&path("dangling"), ", state: absent").1, "a link is there", "{shell:?}");
        assert_eq!(seen(&path("none"), ", state: absent"), (true, "nothing is there".to_owned()), "{shell:?}");
        assert!(seen(&folder.path().display().to_string(), ", state: directory").0, "{shell:?}");
    }
}

/// Each wrong password is an attempt to guess it.
#[test]
fn whoever_is_refused_does_not_ask_again() {
    let with = |text: &str| check(CheckKind::Http, &format!("{{ url: 'http://a/api', {text} }}"));
    let me = "headers: { authorization: Basic x }";
    let who = |check: &Check, status: u16| check.judge(&Reply { status: 0, http: status, body: "no".into() }, None).who;
    assert_eq!(judge(&with(me), 0, 401, "no"), "no: status 401 instead of 200: no (refused, and not asked again)");
    assert_eq!(who(&with(me), 403), Who::Refused);
    for (check, status, said) in [
        // what is to be refused, and what may be refused for a while
        (with(&format!("{me}, status: 401")), 401, Who::Unsaid),
        (with(&format!("{me}, on_refused: retry")), 401, Who::Unsaid),
        // nobody asks, so nobody is locked out
        (with("headers: { Accept: text/plain }"), 401, Who::Unsaid),
        (check(CheckKind::Http, "{ url: 'http://me:secret@a/api' }"), 401, Who::Refused),
        (with("body: user=me&password=x"), 403, Who::Refused),
        (with(me), 503, Who::Unsaid),
        (with(me), 404, Who::Taken),
        (with(me), 200, Who::Taken),
    ] {
        assert_eq!(who(&check, status), said, "{check:?} {status}");
    }
    assert_snapshot!(errors(CheckKind::Http, "{ url: 'http://a/', on_refused: again }"), @"
    error: `on_refused` is `fail` or `retry`, not `again`
     --> role.yml:1:33
      |
    1 | { url: 'http://a/', on_refused: again }
      |                                 ^^^^^
    ");
}
