//! Steps as programs.

use crate::engine::event::StepPlan;
use crate::engine::step::{begin, commit, program};
use crate::plan::change::{Action, Change};
use crate::plan::operation::{Attributes, Body, Expectation, Operation, Validation, Verb};
use insta::assert_snapshot;

pub fn step(changes: Vec<Vec<Operation>>, in_order: bool) -> StepPlan {
    let change = |operations| Change { resource: "r".into(), action: Action::Update, details: Vec::new(), operations };
    StepPlan { step: "step".into(), changes: changes.into_iter().map(change).collect(), in_order }
}

pub fn attributes(owner: &str, mode: u32) -> Attributes {
    Attributes { owner: Some(owner.into()), group: None, mode: Some(mode) }
}

pub fn body(path: &str, content: &[u8]) -> Body {
    Body { path: path.into(), content: content.to_vec(), attributes: attributes("app", 0o640) }
}

pub fn write(folder: Option<&str>, bodies: Vec<Body>, validation: Option<&[&str]>) -> Operation {
    let command = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    Operation::WriteFiles {
        folder: folder.map(str::to_owned),
        bodies,
        removed: Vec::new(),
        validation: validation.map(|words| Validation::Command(command(words))),
        early: false,
    }
}

fn expect(path: &str, expectation: Expectation) -> Operation {
    Operation::Expect { path: path.into(), expectation }
}

fn service(unit: &str, verb: Verb, settle: u64) -> Operation {
    Operation::Service { unit: unit.into(), verb, settle }
}

/// The lines between the function's braces.
fn lines(plan: &StepPlan) -> String {
    let text = program(plan, "9-0-1", &[]);
    let inner = text.split_once("step() {\n").and_then(|(_, rest)| rest.rsplit_once("}\nunwatch\n"));
    inner.unwrap().0.to_owned()
}

#[test]
fn phases_whatever_the_order_declared() {
    let path = || "/etc/app/a".to_owned();
    let changes = vec![
        vec![service("app.service", Verb::Restart, 5000), service("b.timer", Verb::Start, 100)],
        vec![Operation::Enable { unit: "app.service".into(), enabled: true }, Operation::DaemonReload { user: None }],
        vec![Operation::Uninstall { packages: vec!["old".into()] }],
        vec![
            Operation::Link { path: "/etc/link".into(), target: "a b".into() },
            Operation::DaemonReload { user: None },
        ],
        vec![expect("/etc/app/a", Expectation::File("abc".into())), write(None, vec![body("/etc/app/a", b"x")], None)],
        vec![Operation::MakeDirectory { path: "/srv/a b".into(), attributes: attributes("app", 0o750) }],
        vec![Operation::SetAttributes { path: path(), attributes: Attributes::default() }],
        vec![Operation::Account { command: vec!["useradd".into(), "-c".into(), "The App".into(), "app".into()] }],
        vec![Operation::Install { packages: vec!["app=1.*".into()], refresh: true, recommends: false }],
        vec![Operation::WriteFiles {
            folder: None,
            bodies: vec![body("/etc/apt/key", &[0, 255])],
            removed: Vec::new(),
            validation: None,
            early: true,
        }],
        vec![expect("/etc/link", Expectation::Absent), expect("/srv/a b", Expectation::Any)],
        vec![Operation::KeepOriginal { path: path(), original: "0123".into() }],
        vec![Operation::Restore { path: "/etc/old".into(), original: "4567".into() }],
        vec![Operation::Remove { path: "/etc/gone".into() }, Operation::RemoveEmptyDirectory { path: "/srv/b".into() }],
    ];
    assert_snapshot!(lines(&step(changes, false)), @r#"
    at=4; expect /etc/app/a file abc || return 1
    at=10; expect /etc/link absent || return 1
    at=11; keep_original /etc/app/a 0123 || return 1
    at=9; stage_file 9-0-1-1 /etc/apt/key && F1=$F || return 1
    at=9; { printf '%s' AP8= | base64 -d >"$F1"; } 2>"$T/out" || { failed 1 '' 'cannot write /etc/apt/key'; false; } || return 1
    at=9; owned "$F1" 0640 app - || return 1
    flush "$F1"
    at=9; keep /etc/apt/key || return 1
    flush "$T" "$T/undo"
    at=9; swap "$F1" /etc/apt/key || return 1
    flush /etc/apt
    at=8; install yes no 'app=1.*' || return 1
    at=7; account useradd -c 'The App' app || return 1
    at=5; folder '/srv/a b' 0750 app - || return 1
    at=6; attributes /etc/app/a - - - || return 1
    at=4; stage_file 9-0-1-2 /etc/app/a && F2=$F || return 1
    at=4; { printf '%s' x >"$F2"; } 2>"$T/out" || { failed 1 '' 'cannot write /etc/app/a'; false; } || return 1
    at=4; owned "$F2" 0640 app - || return 1
    flush "$F2"
    at=4; keep /etc/app/a || return 1
    flush "$T" "$T/undo"
    at=4; swap "$F2" /etc/app/a || return 1
    flush /etc/app
    at=3; link 9-0-1-3 /etc/link 'a b' || return 1
    at=12; restore_original 9-0-1-4 /etc/old 4567 || return 1
    at=13; discard 9-0-1-5 /etc/gone || return 1
    at=13; discard_empty /srv/b || return 1
    at=1; reread || return 1
    at=0; service restart app.service || return 1
    at=0; service start b.timer || return 1
    at=1; enable app.service || return 1
    at=2; uninstall old old || return 1
    at=0; settle 50 0:app.service 0:b.timer || return 1
    "#);
}

#[test]
fn removals_in_their_order() {
    let changes = vec![
        vec![service("app.service", Verb::Stop, 0), Operation::Enable { unit: "app.service".into(), enabled: false }],
        vec![
            Operation::Remove { path: "/etc/systemd/system/app.service".into() },
            Operation::DaemonReload { user: None },
        ],
        vec![
            expect("/etc/app/it's", Expectation::Link("b c".into())),
            Operation::Remove { path: "/etc/app/it's".into() },
        ],
        vec![Operation::RemoveEmptyDirectory { path: "/etc/app".into() }],
        vec![Operation::Uninstall { packages: vec!["app".into()] }],
        vec![Operation::Account { command: vec!["userdel".into(), "app".into()] }],
    ];
    assert_snapshot!(lines(&step(changes, true)), @r"
    at=2; expect '/etc/app/it'\''s' link 'b c' || return 1
    at=0; service stop app.service || return 1
    at=0; disable app.service || return 1
    at=1; discard 9-0-1-1 /etc/systemd/system/app.service || return 1
    at=2; discard 9-0-1-2 '/etc/app/it'\''s' || return 1
    at=3; discard_empty /etc/app || return 1
    at=4; uninstall app app || return 1
    at=5; account userdel app || return 1
    reread || return 1
    ");
}

#[test]
fn a_set_is_staged_validated_and_swapped_as_one() {
    let bodies = vec![body("/etc/app/a b.yml", b"it's\n"), body("/etc/app/c/d", b"")];
    let set = write(Some("/etc/app"), bodies, Some(&["app", "--check", "/etc/app/a b.yml"]));
    assert_snapshot!(lines(&step(vec![vec![set]], false)), @r#"
    at=0; stage_folder 9-0-1-1 /etc/app && D1=$D || return 1
    at=0; { rm -f -- "$D1"'/a b.yml' && printf '%s' 'it'\''s
    ' >"$D1"'/a b.yml'; } 2>"$T/out" || { failed 1 '' 'cannot write /etc/app/a b.yml'; false; } || return 1
    at=0; owned "$D1"'/a b.yml' 0640 app - || return 1
    at=0; { rm -f -- "$D1"/c/d && printf '%s' '' >"$D1"/c/d; } 2>"$T/out" || { failed 1 '' 'cannot write /etc/app/c/d'; false; } || return 1
    at=0; owned "$D1"/c/d 0640 app - || return 1
    at=0; validate "$D1" /etc/app app --check '/etc/app/a b.yml' || return 1
    flush "$D1"'/a b.yml' "$D1"/c/d
    at=0; keep '/etc/app/a b.yml' || return 1
    at=0; keep /etc/app/c/d || return 1
    flush "$T" "$T/undo"
    at=0; swap "$D1"'/a b.yml' '/etc/app/a b.yml' || return 1
    at=0; swap "$D1"/c/d /etc/app/c/d || return 1
    flush /etc/app /etc/app/c
    "#);
}

#[test]
fn percent_s_stands_for_what_is_staged() {
    let one = |words: &[&str]| {
        let text = lines(&step(vec![vec![write(None, vec![body("/etc/a", b"x")], Some(words))]], false));
        text.lines().find(|line| line.contains("; try ") || line.contains("; validate ")).unwrap().to_owned()
    };
    assert_snapshot!(one(&["app", "%s"]), @r#"at=0; try app "$F1" || return 1"#);
    assert_snapshot!(one(&["app", "--file=%s;x", "", "%s%s"]), @r#"at=0; try app '--file='"$F1"';x' '' "$F1""$F1" || return 1"#);
    assert_snapshot!(one(&["sh", "-c", "app <%s"]), @r#"at=0; try sh -c 'app <'"$F1" || return 1"#);
    let set = write(Some("/etc/app"), vec![body("/etc/app/a", b"x")], Some(&["app", "%s/a"]));
    let text = lines(&step(vec![vec![set]], false));
    assert_snapshot!(text.lines().find(|line| line.contains("; try ")).unwrap(), @r#"at=0; try app "$D1"/a || return 1"#);
}

#[test]
fn commands() {
    let command = Operation::Command {
        command: vec!["install".into(), "it's".into()],
        chdir: Some("/srv/a b".into()),
        environment: vec![("TOKEN".into(), "hunter2".into())],
        stdin: Some("secret'\n".into()),
        user: Some("app".into()),
        unless: Some(vec!["test".into(), "-e".into(), "x".into()]),
    };
    assert_snapshot!(lines(&step(vec![vec![command]], false)), @r#"
    at=0; printf '%s' 'secret'\''
    ' | { (cd '/srv/a b' && TOKEN=hunter2 runuser -u app -- test -e x); } >/dev/null 2>&1 8>&- || { printf '%s' 'secret'\''
    ' >"$T/in"; (cd '/srv/a b' && TOKEN=hunter2 runuser -u app -- install 'it'\''s') <"$T/in" >"$T/out" 2>&1 8>&-; status=$?; rm -f "$T/in"; if [ $status -eq 0 ]; then say stays 'what `install '\''it'\''\'\'''\''s'\''` did'; else failed $status 'install '\''it'\''\'\'''\''s'\''' ''; false; fi; } || return 1
    "#);
}

#[test]
fn the_frame() {
    assert_snapshot!(begin("9-0", &[]), @"begin 9-0");
    assert_snapshot!(program(&step(Vec::new(), false), "9-0-0", &[]), @"
    step() {
    :
    }
    unwatch
    if ready && step; then watch; say step done; else put_back; fi
    ");
    assert_snapshot!(commit("{\"format\":1,\"it's\":2}"), @r#"
    unwatch
    if commit '{"format":1,"it'\''s":2}'; then say step committed; else put_back; fi
    "#);
}
