//! Quadlets, images and users' own scopes in steps.

use super::step::{body, step};
use crate::ability::Operation;
use crate::ability::accounts::AccountOperation;
use crate::ability::commands::CommandOperation;
use crate::ability::files::{FileOperation, Validation};
use crate::ability::podman::{PodmanOperation, PodmanThing};
use crate::ability::systemd::{UnitOperation, Verb};
use crate::engine::step::{program, pulls};
use insta::assert_snapshot;

fn pull(user: Option<&str>, image: &str) -> Operation {
    Operation::Podman(PodmanOperation::Pull { user: user.map(str::to_owned), image: image.into() })
}

fn quadlet(path: &str) -> Operation {
    Operation::Files(FileOperation::Write {
        folder: Some("/etc/containers/systemd".into()),
        bodies: vec![body(path, b"x")],
        removed: Vec::new(),
        declared: Vec::new(),
        validation: Some(Validation::Generator { user: false }),
        early: false,
    })
}

/// Images are fetched as soon as there are podman and the user who runs it, each once; a failure is its resource's.
#[test]
fn images_come_as_early_as_they_can() {
    let plans = [
        step(vec![vec![Operation::Files(FileOperation::Remove { path: "/etc/old".into() })]], true),
        step(
            vec![vec![Operation::Accounts(AccountOperation::Tool { command: vec!["useradd".into(), "app".into()] })]],
            false,
        ),
        step(vec![vec![pull(Some("app"), "a.b/c:1"), quadlet("/etc/containers/systemd/a.container")]], false),
        step(vec![vec![pull(Some("app"), "a.b/c:1"), pull(None, "a.b/c:1")]], false),
    ];
    let found = pulls(&plans);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2, 0, 0]);
    assert_snapshot!(program(&plans[1], "9-0-1", &found[1]), @"
    step() {
    say part accounts
    at=0; account useradd app || return 1
    say part images
    at=1; pull app a.b/c:1 || return 1
    at=2; pull - a.b/c:1 || return 1
    }
    if ready && step; then say step done; else untold; roll_back; fi
    ");
    let found = pulls(&plans[2..]);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0]);
}

/// What refers to each other is looked at by the generator at once.
#[test]
fn quadlets_of_a_step_are_tried_together() {
    let folder = "/etc/containers/systemd";
    let plan = step(
        vec![
            vec![
                quadlet(&format!("{folder}/a.container")),
                Operation::Units(UnitOperation::DaemonReload { user: None }),
            ],
            vec![quadlet(&format!("{folder}/a.volume")), Operation::Units(UnitOperation::DaemonReload { user: None })],
            vec![quadlet(&format!("{folder}/a.container.d/more.conf"))],
            vec![Operation::Commands(CommandOperation::Try {
                user: None,
                command: vec!["podman".into(), "run".into()],
            })],
            vec![Operation::Units(UnitOperation::DaemonReload { user: Some("app".into()) })],
            vec![Operation::Units(UnitOperation::Service {
                unit: "app/a.service".into(),
                verb: Verb::Restart,
                settle: 100,
            })],
        ],
        false,
    );
    assert_snapshot!(program(&plan, "9-0-1", &[]), @r#"
    step() {
    say part files
    stand /etc/containers/systemd
    at=0; beside c2df60a4bb603575 /etc/containers/systemd/a.container || return 1
    at=0; printf '%s' x | fill c2df60a4bb603575 /etc/containers/systemd/a.container 0640 app - || return 1
    stand /etc/containers/systemd
    at=0; beside d54e12d3184c2752 /etc/containers/systemd/a.volume || return 1
    at=0; printf '%s' x | fill d54e12d3184c2752 /etc/containers/systemd/a.volume 0640 app - || return 1
    stand /etc/containers/systemd/a.container.d
    at=0; beside a03c3ef980ff72ff /etc/containers/systemd/a.container.d/more.conf || return 1
    at=0; printf '%s' x | fill a03c3ef980ff72ff /etc/containers/systemd/a.container.d/more.conf 0640 app - || return 1
    leave
    at=0; view f4c05e68789b61ed /etc/containers/systemd a.container c2df60a4bb603575 a.volume d54e12d3184c2752 a.container.d/more.conf a03c3ef980ff72ff || return 1
    at=0; reachable f4c05e68789b61ed "$P" view || return 1
    at=0; generate system "$D" a.container a.volume a.container || return 1
    stand /etc/containers/systemd
    at=0; keep c2df60a4bb603575 /etc/containers/systemd/a.container || return 1
    stand /etc/containers/systemd
    at=0; keep d54e12d3184c2752 /etc/containers/systemd/a.volume || return 1
    stand /etc/containers/systemd/a.container.d
    at=0; keep a03c3ef980ff72ff /etc/containers/systemd/a.container.d/more.conf || return 1
    secure c2df60a4bb603575 /etc/containers/systemd/a.container d54e12d3184c2752 /etc/containers/systemd/a.volume a03c3ef980ff72ff /etc/containers/systemd/a.container.d/more.conf || return 1
    stand /etc/containers/systemd
    at=0; swap c2df60a4bb603575 /etc/containers/systemd/a.container || return 1
    stand /etc/containers/systemd
    at=0; swap d54e12d3184c2752 /etc/containers/systemd/a.volume || return 1
    stand /etc/containers/systemd/a.container.d
    at=0; swap a03c3ef980ff72ff /etc/containers/systemd/a.container.d/more.conf || return 1
    leave
    flush /etc/containers/systemd /etc/containers/systemd/a.container.d
    say part trials
    at=3; try_as - podman run || return 1
    say part daemon-reload
    at=0; reread || return 1
    at=4; reread app || return 1
    say part services
    at=5; service restart app/a.service || return 1
    say part settling
    at=5; settle 1 5:app/a.service || return 1
    }
    if ready && step; then say step done; else untold; roll_back; fi
    "#);
}

/// systemd must have forgotten a volume's service before the volume goes.
#[test]
fn what_podman_keeps_goes_last() {
    let discard = |what, name: &str| Operation::Podman(PodmanOperation::Discard { what, name: name.into() });
    let plan = step(
        vec![
            vec![Operation::Units(UnitOperation::Service {
                unit: "app/a.service".into(),
                verb: Verb::Stop,
                settle: 0,
            })],
            vec![
                Operation::Files(FileOperation::Remove { path: "/home/app/a.volume".into() }),
                Operation::Units(UnitOperation::DaemonReload { user: Some("app".into()) }),
            ],
            vec![discard(PodmanThing::Container, "app/systemd-a"), discard(PodmanThing::Volume, "app/systemd-a")],
        ],
        true,
    );
    assert_snapshot!(program(&plan, "9-0-1", &[]), @"
    step() {
    at=0; service stop app/a.service || return 1
    at=1; discard c2df60a4bb603575 /home/app/a.volume || return 1
    reread app || return 1
    at=2; discard_podman container app systemd-a || return 1
    at=2; discard_podman volume app systemd-a || return 1
    }
    if ready && step; then say step done; else untold; roll_back; fi
    ");
}
