//! Units that would hide what podman's generator makes of a quadlet.

use super::quadlets::{OWN, SERVICE, VOLUME, WEB, declared, with_podman};
use super::*;
use insta::assert_snapshot;

const VENDORS: &str = "/etc/systemd/system/web.service";

#[test]
fn a_unit_that_would_hide_it_gives_way_and_comes_back() {
    let mut state = with_podman("5.4.2");
    state.podman.images.insert("docker.io/a/web:1".into(), "sha256:1".into());
    declared(&mut state, &[WEB, VOLUME, SERVICE]);
    state.files.paths.insert(VENDORS.into(), file("[Service]\n", 0o644));
    state.units.insert("web.service".into(), UnitState { fragment: VENDORS.into(), ..unit("active", "enabled") });
    let first = resource(WEB).plan(&mut state).unwrap();
    assert_snapshot!(shown(&first), @r#"
    create
      replaces /etc/systemd/system/web.service, which comes back when the quadlet goes
      text of /etc/containers/systemd/web.container: None -> Some("[Container]\nImage=docker.io/a/web:1\nVolume=/etc/app:/etc/app:ro\nVolume=web.volume:/data\nEnvironmentFile=/etc/web.env\n\n[Install]\nWantedBy=multi-user.target\n")
      > keep the original of /etc/systemd/system/web.service
      > expect /etc/systemd/system/web.service File("40d8baaabac85ad8ac5a2ec40dd065b4ea0fb47c25ce3ddad4c290d22503c90f")
      > Remove { path: "/etc/systemd/system/web.service" }
      > expect /etc/containers/systemd/web.container Absent
      > write in /etc/containers/systemd, /etc/containers/systemd/web.container root:root 0644 155 bytes, tried by podman's generator
      > make /var/lib/containers/storage -:- 0700
      > DaemonReload { user: None }
      = /etc/containers/systemd Same
      = /etc/systemd/system/web.service Original("5747476b1aabc24186ef59b4")
      = /etc/containers/systemd/web.container Nothing
      = systemd-web Nothing
    "#);
    first.items.into_iter().for_each(|item| owned(&mut state, item));
    // what is kept stays known, also where the package has brought it again
    let items = |state: &mut State| {
        let items = resource(WEB).plan(state).unwrap().items;
        items.into_iter().filter(|item| item.key().1 == VENDORS).map(|item| item.before.clone()).collect::<Vec<_>>()
    };
    let kept = items(&mut state);
    assert!(matches!(kept[..], [Before::Original(_)]), "{kept:?}");
    state.files.paths.insert(VENDORS.into(), file("[Service]\nType=exec\n", 0o644));
    assert_eq!(items(&mut state), kept);
    assert_eq!(*state.files.at(VENDORS), PathState::Absent);
}

#[test]
fn a_name_that_another_unit_keeps() {
    let hidden = |name: &str, unit: UnitState, path: Option<PathState>| {
        let mut state = with_podman("5.4.2");
        state.accounts.users.insert("app".into(), UserState { home: "/home/app".into(), ..user(300) });
        state.units.insert(name.into(), unit);
        state.files.paths.extend(path.map(|path| (VENDORS.to_owned(), path)));
        plan(if name.contains('/') { OWN } else { WEB }, &mut state)
    };
    let at = |fragment: &str| UnitState { fragment: fragment.into(), ..unit("active", "static") };
    let masked = |how: &str| UnitState { load: "masked".into(), ..unit("inactive", how) };
    assert_snapshot!(hidden("web.service", at("/run/systemd/transient/web.service"), None), @"impossible: web.service, which it becomes, is another unit on the host, /run/systemd/transient/web.service, which systemd prefers; `systemctl stop web.service` ends that one");
    assert_snapshot!(hidden("web.service", at("/run/systemd/system/web.service"), None), @"impossible: web.service, which it becomes, is another unit on the host, /run/systemd/system/web.service, which systemd prefers; remove that file, and `systemctl daemon-reload`");
    assert_snapshot!(hidden("app/web.service", at("/etc/systemd/user/web.service"), None), @"impossible: web.service of app, which it becomes, is another unit on the host, /etc/systemd/user/web.service, which systemd prefers; remove that file, and `systemctl --user -M app@ daemon-reload`");
    assert_snapshot!(hidden("web.service", masked("masked"), None), @"impossible: web.service, which it becomes, is masked on the host; `systemctl unmask web.service` if that is no longer meant");
    assert_snapshot!(hidden("app/web.service", masked("masked-runtime"), None), @"impossible: web.service of app, which it becomes, is masked on the host; `systemctl --user -M app@ unmask --runtime web.service` if that is no longer meant");
    assert_snapshot!(hidden("web.service", unit("inactive", ""), Some(link("/dev/null"))), @"impossible: web.service, which it becomes, is masked on the host; `systemctl unmask web.service` if that is no longer meant");
    assert_snapshot!(hidden("web.service", unit("inactive", ""), Some(folder(0o755))), @"impossible: /etc/systemd/system/web.service is on the host, but is no file, and hides the unit that it becomes");
    for below in [
        "/run/systemd/generator/web.service",
        "/usr/lib/systemd/system/web.service",
        "/run/systemd/generator.late/web.service",
    ] {
        assert!(hidden("web.service", at(below), None).starts_with("create\n"), "{below}");
    }
    let own = "/home/app/.local/share/systemd/user/web.service";
    assert!(hidden("app/web.service", at(own), None).starts_with("create\n"));

    // where podman is too old for quadlets, the unit is an administrator's
    let mut state = with_podman("4.3.1");
    state.units.insert("web.service".into(), at("/run/systemd/system/web.service"));
    declared(&mut state, &[WEB, VOLUME]);
    assert!(plan(WEB, &mut state).starts_with("create\n"));
    state.units.insert("web.service".into(), masked("masked"));
    assert!(plan(WEB, &mut state).contains("systemctl unmask web.service"));
}
