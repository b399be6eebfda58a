//! Steps as programs.

use crate::ability::accounts::AccountOperation;
use crate::ability::commands::CommandOperation;
use crate::ability::files::{Attributes, Body, Expectation, FileOperation, Validation};
use crate::ability::packages::PackageOperation;
use crate::ability::systemd::{UnitOperation, Verb};
use crate::ability::{Operation, Probe};
use crate::engine::generation::Part;
use crate::engine::step::{begin, commit, opening, program};
use crate::plan::change::{Action, Change};
use crate::plan::role_plan::StepPlan;
use insta::assert_snapshot;
use std::collections::BTreeMap;

pub fn step(changes: Vec<Vec<Operation>>, in_order: bool) -> StepPlan {
    let change = |operations| Change { resource: "r".into(), action: Action::Update, details: Vec::new(), operations };
    let plan = StepPlan { step: "step".into(), changes: changes.into_iter().map(change).collect(), in_order };
    // as it is in a plan that was written down and read back
    let read = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!(plan, read);
    read
}

pub fn attributes(owner: &str, mode: u32) -> Attributes {
    Attributes { owner: Some(owner.into()), group: None, mode: Some(mode) }
}

pub fn body(path: &str, content: &[u8]) -> Body {
    Body { path: path.into(), content: content.to_vec(), attributes: attributes("app", 0o640) }
}

pub fn write(folder: Option<&str>, bodies: Vec<Body>, validation: Option<&[&str]>) -> Operation {
    let command = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    Operation::Files(FileOperation::Write {
        folder: folder.map(str::to_owned),
        bodies,
        removed: Vec::new(),
        declared: Vec::new(),
        validation: validation.map(|words| Validation::Command(command(words))),
        early: false,
    })
}

fn expect(path: &str, expectation: Expectation) -> Operation {
    Operation::Files(FileOperation::Expect { path: path.into(), expectation })
}

pub fn service(unit: &str, verb: Verb, settle: u64) -> Operation {
    Operation::Units(UnitOperation::Service { unit: unit.into(), verb, settle })
}

/// The lines between the function's braces.
pub fn lines(plan: &StepPlan) -> String {
    let text = program(plan, "9-0-1", &[]);
    let inner = text.split_once("step() {\n").and_then(|(_, rest)| rest.rsplit_once("}\nif ready "));
    inner.unwrap().0.to_owned()
}

#[test]
fn phases_whatever_the_order_declared() {
    let path = || "/etc/app/a".to_owned();
    let changes = vec![
        vec![service("app.service", Verb::Restart, 5000), service("b.timer", Verb::Start, 100)],
        vec![
            Operation::Units(UnitOperation::Enable { unit: "app.service".into(), enabled: true }),
            Operation::Units(UnitOperation::DaemonReload { user: None }),
        ],
        vec![Operation::Packages(PackageOperation::Uninstall { packages: vec!["old".into()] })],
        vec![
            Operation::Files(FileOperation::Link { path: "/etc/link".into(), target: "a b".into() }),
            Operation::Units(UnitOperation::DaemonReload { user: None }),
        ],
        vec![expect("/etc/app/a", Expectation::File("abc".into())), write(None, vec![body("/etc/app/a", b"x")], None)],
        vec![Operation::Files(FileOperation::MakeDirectory {
            path: "/srv/a b".into(),
            attributes: attributes("app", 0o750),
        })],
        vec![Operation::Files(FileOperation::SetAttributes {
            path: path(),
            attributes: Attributes::default(),
            uid: Some(7),
        })],
        // what is given away before the folder that it is in, what is taken from somebody after it
        vec![Operation::Files(FileOperation::SetAttributes {
            path: "/etc/app/a/deeper".into(),
            attributes: attributes("app", 0o750),
            uid: Some(0),
        })],
        vec![
            Operation::Files(FileOperation::SetAttributes {
                path: "/etc/app".into(),
                attributes: attributes("app", 0o750),
                uid: Some(0),
            }),
            Operation::Files(FileOperation::SetAttributes {
                path: "/etc/app/b/deeper".into(),
                attributes: attributes("root", 0o750),
                uid: Some(7),
            }),
            Operation::Files(FileOperation::SetAttributes {
                path: "/etc/app/b".into(),
                attributes: attributes("root", 0o750),
                uid: Some(7),
            }),
        ],
        vec![Operation::Accounts(AccountOperation::Tool {
            command: vec!["useradd".into(), "-c".into(), "The App".into(), "app".into()],
        })],
        vec![Operation::Packages(PackageOperation::Install {
            packages: vec!["app=1.*".into()],
            refresh: true,
            recommends: false,
        })],
        vec![Operation::Files(FileOperation::Write {
            folder: None,
            bodies: vec![body("/etc/apt/key", &[0, 255])],
            removed: Vec::new(),
            declared: Vec::new(),
            validation: None,
            early: true,
        })],
        vec![expect("/etc/link", Expectation::Absent), expect("/srv/a b", Expectation::Any)],
        vec![Operation::Files(FileOperation::KeepOriginal { path: path(), original: "0123".into() })],
        vec![Operation::Files(FileOperation::Restore { path: "/etc/old".into(), original: "4567".into() })],
        vec![
            Operation::Files(FileOperation::Remove { path: "/etc/gone".into() }),
            Operation::Files(FileOperation::RemoveEmptyDirectory { path: "/srv/b".into() }),
        ],
    ];
    assert_snapshot!(lines(&step(changes, false)), @"
    say part preparing
    at=4; expect /etc/app/a file abc || return 1
    at=12; expect /etc/link absent || return 1
    say part preparing
    at=13; keep_original c2df60a4bb603575 /etc/app/a 0123 || return 1
    say part packages
    stand /etc/apt
    at=11; beside d54e12d3184c2752 /etc/apt/key || return 1
    at=11; printf '%s' AP8= | base64 -d | fill d54e12d3184c2752 /etc/apt/key 0640 app - || return 1
    leave
    stand /etc/apt
    at=11; keep d54e12d3184c2752 /etc/apt/key || return 1
    secure d54e12d3184c2752 /etc/apt/key || return 1
    stand /etc/apt
    at=11; swap d54e12d3184c2752 /etc/apt/key || return 1
    leave
    flush /etc/apt
    say part packages
    at=10; install yes no 'app=1.*' || return 1
    say part accounts
    at=9; account useradd -c 'The App' app || return 1
    say part files
    at=5; folder a03c3ef980ff72ff '/srv/a b' 0750 app - || return 1
    say part files
    at=6; attributes f4c05e68789b61ed /etc/app/a - - - 7 || return 1
    at=8; attributes 551aea75b4dec163 /etc/app/b 0750 root - 7 || return 1
    at=8; attributes 22df850048e9fc2d /etc/app/b/deeper 0750 root - 7 || return 1
    at=7; attributes 0ddca6819c8fc7a3 /etc/app/a/deeper 0750 app - 0 || return 1
    at=8; attributes 4a249a49fc6a88a1 /etc/app 0750 app - 0 || return 1
    say part files
    stand /etc/app
    at=4; beside 2bb16f288c86f4bb /etc/app/a || return 1
    at=4; printf '%s' x | fill 2bb16f288c86f4bb /etc/app/a 0640 app - || return 1
    leave
    stand /etc/app
    at=4; keep 2bb16f288c86f4bb /etc/app/a || return 1
    secure 2bb16f288c86f4bb /etc/app/a || return 1
    stand /etc/app
    at=4; swap 2bb16f288c86f4bb /etc/app/a || return 1
    leave
    flush /etc/app
    say part files
    at=3; link 0cf509eb43c5fe95 /etc/link 'a b' || return 1
    at=14; restore_original e20575294df3c6db /etc/old 4567 || return 1
    at=15; discard 58c78cbb2f7125c3 /etc/gone || return 1
    at=15; discard_empty 1cfedb2db410a1ca /srv/b || return 1
    say part daemon-reload
    at=1; enable_all before_reread 1:app.service || return 1
    at=1; reread || return 1
    say part services
    at=0; service restart app.service || return 1
    at=0; service start b.timer || return 1
    say part packages
    at=2; uninstall old old || return 1
    say part settling
    at=0; settle 50 0:app.service 0:b.timer || return 1
    ");
}

#[test]
fn removals_in_their_order() {
    let changes = vec![
        vec![
            service("app.service", Verb::Stop, 0),
            Operation::Units(UnitOperation::Enable { unit: "app.service".into(), enabled: false }),
        ],
        vec![
            Operation::Files(FileOperation::Remove { path: "/etc/systemd/system/app.service".into() }),
            Operation::Units(UnitOperation::DaemonReload { user: None }),
        ],
        vec![
            expect("/etc/app/it's", Expectation::Link("b c".into())),
            Operation::Files(FileOperation::Remove { path: "/etc/app/it's".into() }),
        ],
        vec![Operation::Files(FileOperation::RemoveEmptyDirectory { path: "/etc/app".into() })],
        vec![Operation::Packages(PackageOperation::Uninstall { packages: vec!["app".into()] })],
        vec![Operation::Accounts(AccountOperation::Tool { command: vec!["userdel".into(), "app".into()] })],
    ];
    assert_snapshot!(lines(&step(changes, true)), @r"
    at=2; expect '/etc/app/it'\''s' link 'b c' || return 1
    at=0; service stop app.service || return 1
    at=0; disable app.service || return 1
    at=1; discard c2df60a4bb603575 /etc/systemd/system/app.service || return 1
    at=2; discard d54e12d3184c2752 '/etc/app/it'\''s' || return 1
    at=3; discard_empty a03c3ef980ff72ff /etc/app || return 1
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
    say part files
    stand /etc/app
    at=0; beside c2df60a4bb603575 '/etc/app/a b.yml' || return 1
    at=0; printf '%s' 'it'\''s
    ' | fill c2df60a4bb603575 '/etc/app/a b.yml' 0640 app - || return 1
    stand /etc/app/c
    at=0; beside d54e12d3184c2752 /etc/app/c/d || return 1
    at=0; printf '%s' '' | fill d54e12d3184c2752 /etc/app/c/d 0640 app - || return 1
    leave
    at=0; view a03c3ef980ff72ff /etc/app 'a b.yml' c2df60a4bb603575 c/d d54e12d3184c2752 || return 1
    at=0; validate a03c3ef980ff72ff "$P" view app --check '/etc/app/a b.yml' || return 1
    stand /etc/app
    at=0; keep c2df60a4bb603575 '/etc/app/a b.yml' || return 1
    stand /etc/app/c
    at=0; keep d54e12d3184c2752 /etc/app/c/d || return 1
    secure c2df60a4bb603575 '/etc/app/a b.yml' d54e12d3184c2752 /etc/app/c/d || return 1
    stand /etc/app
    at=0; swap c2df60a4bb603575 '/etc/app/a b.yml' || return 1
    stand /etc/app/c
    at=0; swap d54e12d3184c2752 /etc/app/c/d || return 1
    leave
    flush /etc/app /etc/app/c
    "#);
}

#[test]
fn a_set_is_tried_with_what_the_step_brings_beside_it() {
    let set = match write(Some("/etc/app"), vec![body("/etc/app/a", b"x")], Some(&["app"])) {
        Operation::Files(FileOperation::Write { folder, bodies, removed, validation, early, .. }) => {
            let declared = ["/etc/app/b", "/etc/app/c"].map(|path| (path.to_owned(), "sum".to_owned())).to_vec();
            Operation::Files(FileOperation::Write { folder, bodies, removed, declared, validation, early })
        }
        other => other,
    };
    let text = lines(&step(vec![vec![set], vec![write(None, vec![body("/etc/app/b", b"y")], None)]], false));
    let view = text.lines().find(|line| line.contains("; view ")).unwrap();
    let staged = text.lines().find_map(|line| line.split_once(" /etc/app/b ")?.0.rsplit(' ').next()).unwrap();
    assert!(view.contains(&format!(" b {staged} c =sum ")), "{view}");
}

#[test]
fn percent_s_stands_for_what_is_staged() {
    let one = |words: &[&str]| {
        let text = lines(&step(vec![vec![write(None, vec![body("/etc/a", b"x")], Some(words))]], false));
        text.lines().find(|line| line.contains("; try ") || line.contains("; validate ")).unwrap().to_owned()
    };
    assert_snapshot!(one(&["app", "%s"]), @"at=0; try app /etc/.solti-c2df60a4bb603575/new || return 1");
    assert_snapshot!(one(&["app", "--file=%s;x", "", "%s%s"]), @"at=0; try app '--file='/etc/.solti-c2df60a4bb603575/new';x' '' /etc/.solti-c2df60a4bb603575/new/etc/.solti-c2df60a4bb603575/new || return 1");
    assert_snapshot!(one(&["sh", "-c", "app <%s"]), @r#"at=0; try sh -c 'app <"$1"' sh /etc/.solti-c2df60a4bb603575/new || return 1"#);
    let set = write(Some("/etc/app"), vec![body("/etc/app/a", b"x")], Some(&["app", "%s/a"]));
    let text = lines(&step(vec![vec![set]], false));
    assert_snapshot!(text.lines().find(|line| line.contains("; try ")).unwrap(), @r#"at=0; try app "$D"/a || return 1"#);
}

#[test]
fn commands() {
    let command = Operation::Commands(CommandOperation::Run {
        command: vec!["install".into(), "it's".into()],
        chdir: Some("/srv/a b".into()),
        environment: vec![("TOKEN".into(), "hunter2".into())],
        stdin: Some("secret'\n".into()),
        user: Some("app".into()),
        unless: Some(vec!["test".into(), "-e".into(), "x".into()]),
    });
    assert_snapshot!(lines(&step(vec![vec![command]], false)), @r#"
    say part services
    at=0; printf '%s' 'secret'\''
    ' | { (cd '/srv/a b' && TOKEN=hunter2 runuser -u app -- test -e x 8>&-); } >/dev/null 2>&1 8>&- || { printf '%s' 'secret'\''
    ' >"$T/in"; (cd '/srv/a b' && TOKEN=hunter2 runuser -u app -- install 'it'\''s' 8>&-) <"$T/in" >"$T/out" 2>&1 8>&-; status=$?; rm -f "$T/in"; detach; if [ $status -eq 0 ]; then stays 'what `install '\''it'\''\'\'''\''s'\''` did'; else failed $status 'install '\''it'\''\'\'''\''s'\''' ''; false; fi; } || return 1
    "#);
}

#[test]
fn the_frame() {
    assert_snapshot!(begin("9-0", None, &[], &[]), @"begin 9-0");
    let part = Part { run: "0123".into(), record: "{\"role\":\"it's\"}".into() };
    assert_snapshot!(begin("9-0", Some(&part), &[], &[]), @r#"
    records 0123 '{"role":"it'\''s"}'
    begin 9-0
    "#);
    assert_snapshot!(program(&step(Vec::new(), false), "9-0-0", &[]), @"
    step() {
    :
    }
    if ready && step; then say step done; else untold; roll_back; fi
    ");
    assert_snapshot!(commit("{\"format\":1,\"it's\":2}"), @r#"
    commit '{"format":1,"it'\''s":2}'
    "#);
}

#[test]
fn groups_are_made_before_users() {
    let account = |words: &str| {
        vec![Operation::Accounts(AccountOperation::Tool { command: words.split(' ').map(str::to_owned).collect() })]
    };
    let changes = ["useradd -g one app", "usermod -G two more", "groupadd one", "groupmod -g 1500 two"].map(account);
    assert_snapshot!(lines(&step(changes.into(), false)), @"
    say part accounts
    at=2; account groupadd one || return 1
    at=3; account groupmod -g 1500 two || return 1
    say part accounts
    at=0; account useradd -g one app || return 1
    at=1; account usermod -G two more || return 1
    ");
}

/// A host's shell has the functions of the probe and those of the steps, and knows one of each name.
#[test]
fn no_function_takes_the_name_of_another() {
    let mut probe = Probe::default();
    probe.files.path("/etc/app");
    probe.files.digest("/etc/app");
    probe.files.content("/etc/app");
    probe.files.link("/etc/link");
    probe.commands.listing("/srv/app");
    probe.podman.images(Some("app"));
    probe.units.ask("app.service");
    let program = opening("who", "together") + &probe.program();
    let mut functions = BTreeMap::new();
    for line in program.lines() {
        let Some((name, _)) = line.split_once("() {").or_else(|| line.split_once("() (")) else { continue };
        if let Some(other) = functions.insert(name, line) {
            assert_eq!(line, other);
        }
    }
    assert!(functions.len() > 100, "{}", functions.len());
}
