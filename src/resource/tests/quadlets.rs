//! Quadlets on hosts with and without podman's generator, of the system and of users.

use super::*;
use crate::ability::Probe;
use insta::assert_snapshot;

pub(super) const WEB: &str = r#"
quadlet:
  name: web.container
  container: { Image: "docker.io/a/web:1", Volume: ["/etc/app:/etc/app:ro", "web.volume:/data"], EnvironmentFile: /etc/web.env }
  install: { WantedBy: multi-user.target }
"#;
pub(super) const VOLUME: &str = "quadlet: { name: web.volume, volume: {} }";
pub(super) const OWN: &str = "quadlet: { name: web.container, user: app, container: { Image: \"docker.io/a/web:1\" } }";
pub(super) const SERVICE: &str = "service: { name: web }";

/// A host with this podman.
pub(super) fn with_podman(version: &str) -> State {
    let mut state = host([("/etc/containers/systemd", folder(0o755))]);
    state.podman.version = Some(version.to_owned());
    state
}

pub(super) fn declared(state: &mut State, texts: &[&str]) {
    for text in texts {
        resource(text).declare(state);
    }
}

#[test]
fn a_quadlet_is_tried_by_the_generator_and_its_image_fetched() {
    let mut state = with_podman("5.4.2");
    declared(&mut state, &[WEB, VOLUME, SERVICE]);
    assert_snapshot!(plan(WEB, &mut state), @r#"
    create
      text of /etc/containers/systemd/web.container: None -> Some("[Container]\nImage=docker.io/a/web:1\nVolume=/etc/app:/etc/app:ro\nVolume=web.volume:/data\nEnvironmentFile=/etc/web.env\n\n[Install]\nWantedBy=multi-user.target\n")
      pulls docker.io/a/web:1
      > expect /etc/containers/systemd/web.container Absent
      > write in /etc/containers/systemd, /etc/containers/systemd/web.container root:root 0644 155 bytes, tried by podman's generator
      > Pull { user: None, image: "docker.io/a/web:1" }
      > make /var/lib/containers/storage -:- 0700
      > DaemonReload { user: None }
      = /etc/containers/systemd Same
      = /etc/containers/systemd/web.container Nothing
      = systemd-web Nothing
    "#);
    assert_snapshot!(plan(VOLUME, &mut state), @r#"
    create
      text of /etc/containers/systemd/web.volume: None -> Some("[Volume]\n")
      > expect /etc/containers/systemd/web.volume Absent
      > write in /etc/containers/systemd, /etc/containers/systemd/web.volume root:root 0644 9 bytes, tried by podman's generator
      > DaemonReload { user: None }
      = /etc/containers/systemd Same
      = /etc/containers/systemd/web.volume Nothing
      = web-volume.service Nothing
      = systemd-web Nothing
    "#);
    assert_snapshot!(plan(SERVICE, &mut state), @r#"
    start
      state: inactive -> active
      > Service { unit: "web.service", verb: Start, settle: 1000 }
      = web.service Nothing
    "#);
    assert!(resource(WEB).plan(&mut state).is_ok_and(|planned| planned.draft.is_none()));
}

#[test]
fn environments_of_containers_are_not_for_everybody() {
    let mut state = with_podman("5.4.2");
    declared(&mut state, &[WEB, VOLUME]);
    resource(VOLUME).plan(&mut state).unwrap();
    resource(WEB).plan(&mut state).unwrap();
    // as systemd makes it at boot for a folder below
    state.files.paths.insert("/var/lib/containers/storage".into(), folder(0o755));
    assert_snapshot!(plan(WEB, &mut state), @"
    update
      mode of /var/lib/containers/storage: 0755 -> 0700
      > make /var/lib/containers/storage -:- 0700
      = /etc/containers/systemd Same
      = /etc/containers/systemd/web.container Same
      = systemd-web Nothing
    ");
    assert!(resource(WEB).plan(&mut state).is_ok_and(|planned| planned.draft.is_none()));
    state.files.paths.insert("/var/lib/containers/storage".into(), folder(0o755));
    assert!(resource(VOLUME).plan(&mut state).is_ok_and(|planned| planned.draft.is_none()));
}

#[test]
fn an_older_podman_gets_the_unit() {
    let mut state = with_podman("4.3.1");
    declared(&mut state, &[WEB, VOLUME, SERVICE]);
    assert_snapshot!(plan(WEB, &mut state), @r#"
    create
      as a unit: podman 4.3 on the host has no quadlets
      text of /etc/systemd/system/web.service: None -> Some("[X-Container]\nImage=docker.io/a/web:1\nVolume=/etc/app:/etc/app:ro\nVolume=web.volume:/data\nEnvironmentFile=/etc/web.env\n\n[Install]\nWantedBy=multi-user.target\n\n[Unit]\nWants=network-online.target\nAfter=network-online.target\nRequiresMountsFor=%t/containers\nRequiresMountsFor=/etc/app\nRequires=web-volume.service\nAfter=web-volume.service\n\n[Service]\nEnvironment=PODMAN_SYSTEMD_UNIT=%n\nKillMode=mixed\nExecStop=/usr/bin/podman rm -v -f -i systemd-%N\nExecStopPost=-/usr/bin/podman rm -v -f -i systemd-%N\nDelegate=yes\nType=notify\nNotifyAccess=all\nSyslogIdentifier=%N\nExecStart=/usr/bin/podman run --name systemd-%N --replace --rm --cgroups=split --sdnotify=conmon -d -v /etc/app:/etc/app:ro -v systemd-web:/data --env-file /etc/web.env docker.io/a/web:1\n")
      starts with multi-user.target
      pulls docker.io/a/web:1
      > expect /etc/systemd/system/web.service Absent
      > write, /etc/systemd/system/web.service root:root 0644 744 bytes
      > expect /etc/systemd/system/multi-user.target.wants Absent
      > make /etc/systemd/system/multi-user.target.wants -:- 0755
      > expect /etc/systemd/system/multi-user.target.wants/web.service Absent
      > link /etc/systemd/system/multi-user.target.wants/web.service -> ../web.service
      > Pull { user: None, image: "docker.io/a/web:1" }
      > make /var/lib/containers/storage -:- 0700
      > DaemonReload { user: None }
      = /etc/systemd/system Same
      = /etc/systemd/system/web.service Nothing
      = /etc/systemd/system/multi-user.target.wants Nothing
      = /etc/systemd/system/multi-user.target.wants/web.service Nothing
      = systemd-web Nothing
    "#);
    assert_snapshot!(plan(VOLUME, &mut state), @r#"
    create
      as a unit: podman 4.3 on the host has no quadlets
      text of /etc/systemd/system/web-volume.service: None -> Some("[X-Volume]\n\n[Unit]\nWants=network-online.target\nAfter=network-online.target\nRequiresMountsFor=%t/containers\n\n[Service]\nExecStart=/bin/sh -c '/usr/bin/podman volume exists \"$$0\" || exec \"$$@\"' systemd-web /usr/bin/podman volume create systemd-web\nSyslogIdentifier=%N\nType=oneshot\nRemainAfterExit=yes\n")
      > expect /etc/systemd/system/web-volume.service Absent
      > write, /etc/systemd/system/web-volume.service root:root 0644 298 bytes
      > DaemonReload { user: None }
      = /etc/systemd/system Same
      = /etc/systemd/system/web-volume.service Nothing
      = web-volume.service Nothing
      = systemd-web Nothing
    "#);
    assert!(resource(WEB).plan(&mut state).is_ok_and(|planned| planned.draft.is_none()));
}

#[test]
fn an_upgraded_podman_gets_the_quadlet_in_place_of_the_unit() {
    let mut state = with_podman("4.3.1");
    state.podman.images.insert("docker.io/a/web:1".into(), "sha256:1".into());
    declared(&mut state, &[WEB, VOLUME, SERVICE]);
    for item in resource(WEB).plan(&mut state).unwrap().items {
        owned(&mut state, item);
    }
    state.podman.version = Some("5.4.2".into());
    state.predicted.units.clear();
    assert_snapshot!(plan(WEB, &mut state), @r#"
    create
      replaces /etc/systemd/system/multi-user.target.wants/web.service, written for a podman without quadlets
      replaces /etc/systemd/system/web.service, written for a podman without quadlets
      text of /etc/containers/systemd/web.container: None -> Some("[Container]\nImage=docker.io/a/web:1\nVolume=/etc/app:/etc/app:ro\nVolume=web.volume:/data\nEnvironmentFile=/etc/web.env\n\n[Install]\nWantedBy=multi-user.target\n")
      > expect /etc/systemd/system/multi-user.target.wants/web.service Link("../web.service")
      > Remove { path: "/etc/systemd/system/multi-user.target.wants/web.service" }
      > expect /etc/systemd/system/web.service Any
      > Remove { path: "/etc/systemd/system/web.service" }
      > expect /etc/containers/systemd/web.container Absent
      > write in /etc/containers/systemd, /etc/containers/systemd/web.container root:root 0644 155 bytes, tried by podman's generator
      > DaemonReload { user: None }
      = /etc/containers/systemd Same
      = /etc/containers/systemd/web.container Nothing
      = systemd-web Nothing
    "#);
}

#[test]
fn a_user_needs_a_few_things_first() {
    let mut state = with_podman("5.4.2");
    assert_snapshot!(plan(OWN, &mut state), @"impossible: there is no user app on the host; declare it first: `user: { name: app }`");
    state.accounts.users.insert("app".into(), UserState { home: "/home/app".into(), ..user(300) });
    assert_snapshot!(plan(OWN, &mut state), @r#"
    create
      app lingers: its services run without a login
      app gets ranges of subordinate ids
      text of /home/app/.config/containers/systemd/web.container: None -> Some("[Container]\nImage=docker.io/a/web:1\n")
      app:root 0644
      pulls docker.io/a/web:1
      > Linger { user: "app" }
      > expect /home/app Absent
      > make /home/app app:- 0755
      > expect /home/app/.config Absent
      > make /home/app/.config app:- 0755
      > expect /home/app/.config/containers Absent
      > make /home/app/.config/containers app:- 0755
      > expect /home/app/.config/containers/systemd Absent
      > make /home/app/.config/containers/systemd app:- 0755
      > expect /home/app/.config/containers/systemd/web.container Absent
      > write in /home/app/.config/containers/systemd, /home/app/.config/containers/systemd/web.container app:- 0644 36 bytes, tried by podman's generator
      > Pull { user: Some("app"), image: "docker.io/a/web:1" }
      > DaemonReload { user: Some("app") }
      = /home/app Nothing
      = /home/app/.config Nothing
      = /home/app/.config/containers Nothing
      = /home/app/.config/containers/systemd Nothing
      = /home/app/.config/containers/systemd/web.container Nothing
      = app/systemd-web Nothing
    "#);
    // what podman waits for in vain is said
    let mut waiting = with_podman("5.4.2");
    waiting.accounts.users.insert("app".into(), UserState { home: "/home/app".into(), ..user(300) });
    waiting
        .units
        .insert("network-online.target".into(), UnitState { active: "inactive".into(), ..UnitState::default() });
    assert!(plan(OWN, &mut waiting.clone()).contains("podman waits 90 s at each start"));
    assert!(
        !plan(&OWN.replace("user: app,", "user: app, quadlet: { DefaultDependencies: false },"), &mut waiting)
            .contains("90 s")
    );
    state.accounts.users.insert("app".into(), UserState { home: "/srv/app".into(), ..user(300) });
    assert_snapshot!(plan(OWN, &mut state), @"impossible: the home of app will be /srv/app, which can be used once the user is there: apply the user first");
}

/// A service is started with what its quadlet says, and starts anew for it.
#[test]
fn what_a_service_of_a_quadlet_is_started_with() {
    let mut state = with_podman("5.4.2");
    state.files.paths.insert("/etc/app/a".into(), file("a", 0o644));
    state.files.paths.insert("/etc/web.env".into(), file("A=b", 0o600));
    state.podman.images.insert("docker.io/a/web:1".into(), "sha256:1".into());
    let file_a = "file: { path: /etc/app/a, content: a }";
    let env = "file: { path: /etc/web.env, content: A=b, mode: \"0600\" }";
    declared(&mut state, &[WEB, VOLUME, SERVICE, file_a, env]);
    resource(WEB).plan(&mut state).unwrap();
    resource(SERVICE).plan(&mut state).unwrap();
    let recorded = state.memory.manifest.services["web.service"].clone();
    assert_eq!(
        recorded.keys().collect::<Vec<_>>(),
        ["/etc/app/a", "/etc/containers/systemd/web.container", "/etc/web.env", "image docker.io/a/web:1"]
    );
    state.podman.images.insert("docker.io/a/web:1".into(), "sha256:2".into());
    assert_snapshot!(plan(SERVICE, &mut state), @r#"
    restart
      because of image docker.io/a/web:1
      > Service { unit: "web.service", verb: Restart, settle: 1000 }
      = web.service Same
    "#);
    for (path, content) in [("/etc/app/a", "b"), ("/etc/web.env", "A=c")] {
        state.files.paths.insert(path.into(), file(content, 0o600));
        assert!(plan(SERVICE, &mut state).contains(&format!("because of {path}")));
    }
}

/// An image that is built on the host in the same run is there only afterwards.
#[test]
fn what_was_not_known_is_no_reason_later() {
    let built = "quadlet: { name: web.container, container: { Image: \"localhost/web:1\" } }";
    let mut state = with_podman("5.4.2");
    declared(&mut state, &[built, SERVICE]);
    resource(built).plan(&mut state).unwrap();
    resource(SERVICE).plan(&mut state).unwrap();
    state.podman.images.insert("localhost/web:1".into(), "1".into());
    assert!(plan(SERVICE, &mut state).starts_with("nothing"));
    state.podman.images.insert("localhost/web:1".into(), "2".into());
    assert!(plan(SERVICE, &mut state).starts_with("restart"));
}

/// Podman knows an official image of docker.io by a longer name than people do.
#[test]
fn an_official_image_is_there() {
    let official = "quadlet: { name: web.container, container: { Image: docker.io/influxdb:2.7.12 } }";
    let mut state = with_podman("5.4.2");
    assert!(
        plan(official, &mut state.clone())
            .contains("Pull { user: None, image: \"docker.io/library/influxdb:2.7.12\" }")
    );
    state.podman.images.insert("docker.io/library/influxdb:2.7.12".into(), "sha256:1".into());
    assert!(!plan(official, &mut state).contains("Pull"));
}

#[test]
fn whether_it_starts_at_boot_is_said_in_the_quadlet() {
    let mut state = with_podman("5.4.2");
    declared(&mut state, &[WEB]);
    resource(WEB).plan(&mut state).unwrap();
    assert_snapshot!(plan("service: { name: web, enabled: true }", &mut state), @"impossible: web.service is made from a quadlet, so whether it starts at boot is said there: `install: { WantedBy: multi-user.target }` in place of `enabled`");

    // A unit of the same name takes the place of one whose quadlet is gone.
    let mut state = with_podman("5.4.2");
    let generated = UnitState { load: "loaded".into(), enabled: "generated".into(), ..UnitState::default() };
    state.units.insert("web.service".into(), generated);
    let service = "service: { name: web, enabled: true, running: false }";
    assert!(plan(service, &mut state.clone()).starts_with("impossible"));
    state.predicted.units.insert("web.service".into());
    assert!(plan(service, &mut state).contains("> Enable"));
}

#[test]
fn what_podman_cannot_do() {
    assert_snapshot!(plan(WEB, &mut host([])), @"impossible: there is no podman on the host; declare it first: `package: { name: podman }`");
    let newer = "quadlet: { name: a.container, container: { Image: docker.io/a/b:1, ReloadSignal: HUP } }";
    assert_snapshot!(plan(newer, &mut with_podman("5.4.2")), @"impossible: line 3: ReloadSignal= needs podman 5.5; the host has 5.4");
    let drop_in = "quadlet: { name: a.container, drop_in: more, container: { Environment: { A: b } } }";
    assert_snapshot!(plan(drop_in, &mut with_podman("4.9.3")), @"impossible: line 1: a drop-in of a quadlet needs podman 5.0; the host has 4.9");
    let never = "quadlet: { name: a.container, pull: never, container: { Image: docker.io/a/b:1 } }";
    assert_snapshot!(plan(never, &mut with_podman("5.4.2")), @"impossible: the image docker.io/a/b:1 is not on the host, and `pull: never` keeps it from being fetched");
}

/// The podman that the same run installs is the one that counts.
#[test]
fn podman_may_be_still_to_come() {
    let mut state = host([]);
    state.packages.candidates.insert("podman".into(), "5.4.2+ds1-1".into());
    state.predicted.packages.insert("podman".into(), "known after apply".into());
    assert!(plan(VOLUME, &mut state).contains("/etc/containers/systemd/web.volume"));
}

#[test]
fn what_is_wrong_with_a_quadlet() {
    let text = "\
quadlet:
  name: web.container
  volume: {}
  container: { Imag: web, PublishPort: [80, \"a\\nb\"], Environment: { A: \"b \\\"c\\\"\" } }
  pull: always
  service: [a]
";
    assert_snapshot!(errors(text), @r#"
    error: `volume` is not for this kind of quadlet
     --> role.yml:3:11
      |
    3 |   volume: {}
      |           ^^

    error: a value in a unit file is one line
     --> role.yml:4:45
      |
    4 |   container: { Imag: web, PublishPort: [80, "a\nb"], Environment: { A: "b \"c\"" } }
      |                                             ^^^^^^

    error: `pull` is `missing` or `never`, not `always`
     --> role.yml:5:9
      |
    5 |   pull: always
      |         ^^^^^^
      |
      = help: for another image, name another tag or digest

    error: expected a mapping, found a list
     --> role.yml:6:12
      |
    6 |   service: [a]
      |            ^^^
    "#);
    assert_snapshot!(errors("quadlet: { name: web.service, content: x }"), @"
    error: `web.service` is no name of a quadlet
     --> role.yml:1:18
      |
    1 | quadlet: { name: web.service, content: x }
      |                  ^^^^^^^^^^^
      |
      = help: it ends in .container, .volume, .network or .image
    ");
    assert_snapshot!(errors("quadlet: { name: web.pod, content: \"[Pod]\\n\" }"), @r#"
    error: `web.pod` is no name of a quadlet
     --> role.yml:1:18
      |
    1 | quadlet: { name: web.pod, content: "[Pod]\n" }
      |                  ^^^^^^^
      |
      = help: it ends in .container, .volume, .network or .image
    "#);
    assert_snapshot!(errors("quadlet: { name: web.container, content: \"[Container]\\nImage=web\\nFoo\\n\" }"), @r#"
    error: line 3 of web.container: `Foo` is neither a section nor KEY=VALUE
     --> role.yml:1:18
      |
    1 | quadlet: { name: web.container, content: "[Container]\nImage=web\nFoo\n" }
      |                  ^^^^^^^^^^^^^
    "#);
    assert_snapshot!(errors("quadlet: { name: web.container }"), @"
    error: a quadlet without sections needs one of `template`, `content` and `src`
     --> role.yml:1:10
      |
    1 | quadlet: { name: web.container }
      |          ^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn the_questions_of_a_quadlet() {
    let mut probe = Probe::default();
    resource(OWN).ask(&mut probe);
    resource(WEB).ask(&mut probe);
    resource(VOLUME).ask(&mut probe);
    let program = probe.program();
    let (_, podman) = program.split_once("if command -v podman").unwrap();
    let (podman, rest) = podman.split_once(crate::ability::files::WAY).unwrap();
    let rest = rest.lines().rev().take(3).collect::<Vec<_>>().join("\n");
    assert_snapshot!(format!("{podman}\n{rest}"), @r#"
     >/dev/null; then say podman "$(podman_version)"; else offers podman; fi
    if command -v podman >/dev/null; then who=-
    podman image ls --no-trunc --format '{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}}' 2>/dev/null | while IFS= read -r line; do say image "$who $line"; done
    remembers '{"kind":"volume","name":"systemd-web"' || podman volume ls --format '{{.Name}}' 2>/dev/null | while IFS= read -r line; do say volume "$who $line"; done
    fi
    id=$(id -u -- app 2>/dev/null)
    own=; for file in /etc/subuid /etc/subgid; do while IFS=: read -r name rest || [ -n "$name" ]; do case $name in app | ${id:-app}) own=$own+; break ;; esac; done <"$file"; done 2>/dev/null
    [ "$own" != ++ ] || say subordinate app
    if command -v podman >/dev/null && [ -S "/run/user/$id/bus" ]; then who=app
    answers image "$who " app podman image ls --no-trunc --format '{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}}'
    fi

    say probed
    command -v systemctl >/dev/null 2>&1 || say lacks systemctl
    command -v runuser >/dev/null 2>&1 || say lacks runuser
    "#);
}
