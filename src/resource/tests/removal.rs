//! What is taken away when it is declared no longer.

use super::*;
use crate::ability::commands::{Answer, listing_key};
use crate::resource::removal::{Reach, plan as plan_removal};
use insta::assert_snapshot;

#[test]
fn the_image_of_a_container_stays() {
    let quadlet = |path: &str, unit: &str, image: &str| {
        let path: &'static str = path.to_owned().leak();
        let mut state = host([(path, file("x", 0o644))]);
        let inputs = [(format!("image {image}"), "1".to_owned()), ("package podman".to_owned(), "1".to_owned())];
        state.memory.manifest.services.insert(unit.to_owned(), inputs.into());
        removed(owned_file(path, Before::Nothing), Reach::Absent, &mut state)
    };
    let system = quadlet("/etc/containers/systemd/web.container", "web.service", "docker.io/a/web:1");
    assert_snapshot!(system, @r#"
    remove
      /etc/containers/systemd/web.container
      image docker.io/a/web:1 stays
      > expect /etc/containers/systemd/web.container File("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
      > Remove { path: "/etc/containers/systemd/web.container" }
      > DaemonReload { user: None }
    "#);
    let of_root = "root/docker.io/a/web:1";
    let users = quadlet("/home/app/.config/containers/systemd/web.container", "root/web.service", of_root);
    assert!(users.contains("\n  image docker.io/a/web:1 stays\n"), "{users}");
    let volume = quadlet("/etc/containers/systemd/web.volume", "web-volume.service", "docker.io/a/web:1");
    assert!(!volume.contains("stays"), "{volume}");
}

fn removed(item: Item, reach: Reach, state: &mut State) -> String {
    let draft = plan_removal(&item, reach, state);
    shown(&Planned { draft, items: Vec::new() })
}

/// All that can be on a host, and a host that has it.
fn everything(before: &Before) -> (Vec<Item>, State) {
    let mut state = host([("/etc/app/a.conf", file("x", 0o644)), ("/srv/empty", folder(0o755))]);
    state.commands.insert(listing_key("/srv/empty"), Answer { status: 0, output: String::new() });
    state.units.insert("app.service".into(), unit("active", "enabled"));
    state.packages.installed.insert("app".into(), "1".into());
    state.accounts.users.insert("app".into(), user(300));
    state.accounts.groups.insert("app".into(), group(300, &[]));
    let before = before.clone();
    let items = vec![
        Item { kind: ItemKind::File, name: "/etc/app/a.conf".into(), before: before.clone() },
        Item { kind: ItemKind::Directory, name: "/srv/empty".into(), before: before.clone() },
        Item { kind: ItemKind::Service, name: "app.service".into(), before: before.clone() },
        Item { kind: ItemKind::Package, name: "app".into(), before: before.clone() },
        Item { kind: ItemKind::User, name: "app".into(), before: before.clone() },
        Item { kind: ItemKind::Group, name: "app".into(), before },
    ];
    (items, state)
}

fn all(before: &Before, reach: Reach) -> String {
    let (items, mut state) = everything(before);
    let texts: Vec<String> = items.into_iter().map(|item| removed(item, reach, &mut state)).collect();
    texts.join("\n")
}

#[test]
fn what_solti_made() {
    assert_snapshot!(all(&Before::Nothing, Reach::Absent), @r#"
    remove
      /etc/app/a.conf
      > expect /etc/app/a.conf File("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
      > Remove { path: "/etc/app/a.conf" }
    remove
      /srv/empty
      > RemoveEmptyDirectory { path: "/srv/empty" }
    stop
      state: active -> inactive
      at boot: enabled -> disabled
      > Service { unit: "app.service", verb: Stop, settle: 0 }
      > Enable { unit: "app.service", enabled: false }
    remove
      package app; its data stays
      > Uninstall { packages: ["app"] }
    remove
      user app
      > userdel app
    remove
      group app
      > groupdel app
    "#);
}

#[test]
fn packages_and_accounts_stay_when_they_are_only_declared_no_longer() {
    assert_snapshot!(all(&Before::Nothing, Reach::Pruned), @r#"
    remove
      /etc/app/a.conf
      > expect /etc/app/a.conf File("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
      > Remove { path: "/etc/app/a.conf" }
    remove
      /srv/empty
      > RemoveEmptyDirectory { path: "/srv/empty" }
    stop
      state: active -> inactive
      at boot: enabled -> disabled
      > Service { unit: "app.service", verb: Stop, settle: 0 }
      > Enable { unit: "app.service", enabled: false }
    nothing
    nothing
    nothing
    "#);
}

#[test]
fn what_was_there_before_stays() {
    for reach in [Reach::Absent, Reach::Pruned] {
        assert_eq!(all(&Before::Same, reach), ["nothing"; 6].join("\n"));
    }
}

#[test]
fn what_was_there_before_comes_back() {
    let item = owned_file("/etc/app/a.conf", Before::Original("abc".into()));
    assert_snapshot!(removed(item.clone(), Reach::Pruned, &mut host([("/etc/app/a.conf", file("x", 0o644))])), @r#"
    put back
      /etc/app/a.conf as it was before solti
      > expect /etc/app/a.conf File("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
      > restore /etc/app/a.conf
    "#);
    assert_snapshot!(removed(item, Reach::Pruned, &mut host([])), @"
    put back
      /etc/app/a.conf as it was before solti
      > restore /etc/app/a.conf
    ");
}

#[test]
fn what_is_gone_already_is_no_change() {
    for reach in [Reach::Absent, Reach::Pruned] {
        for item in everything(&Before::Nothing).0 {
            assert_eq!(removed(item, reach, &mut host([])), "nothing");
        }
    }
}

#[test]
fn a_folder_goes_when_all_in_it_goes() {
    let mut state =
        host([("/srv/app", folder(0o755)), ("/srv/app/a", file("x", 0o644)), ("/srv/app/b", file("x", 0o644))]);
    state.commands.insert(listing_key("/srv/app"), Answer { status: 0, output: "a\nb".into() });
    let folder = Item { kind: ItemKind::Directory, name: "/srv/app".into(), before: Before::Nothing };
    removed(owned_file("/srv/app/a", Before::Nothing), Reach::Pruned, &mut state);
    assert_eq!(removed(folder.clone(), Reach::Pruned, &mut state), "nothing");
    removed(owned_file("/srv/app/b", Before::Nothing), Reach::Pruned, &mut state);
    assert_snapshot!(removed(folder, Reach::Pruned, &mut state), @r#"
    remove
      /srv/app
      > RemoveEmptyDirectory { path: "/srv/app" }
    "#);
}

#[test]
fn a_service_that_has_failed() {
    let mut state = host([]);
    state.units.insert("app.service".into(), unit("failed", "static"));
    let item = Item { kind: ItemKind::Service, name: "app.service".into(), before: Before::Nothing };
    assert_snapshot!(removed(item.clone(), Reach::Absent, &mut state), @r#"
    stop
      state: failed -> inactive
      > Service { unit: "app.service", verb: Stop, settle: 0 }
    "#);
    assert_eq!(removed(item, Reach::Absent, &mut state), "nothing");
}

#[test]
fn unit_files_and_links() {
    let mut state =
        host([("/etc/systemd/system/app.service.d/more.conf", file("x", 0o644)), ("/etc/app/link", link("b"))]);
    let drop_in = owned_file("/etc/systemd/system/app.service.d/more.conf", Before::Nothing);
    assert_snapshot!(removed(drop_in, Reach::Pruned, &mut state), @r#"
    remove
      /etc/systemd/system/app.service.d/more.conf
      > expect /etc/systemd/system/app.service.d/more.conf File("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
      > Remove { path: "/etc/systemd/system/app.service.d/more.conf" }
      > DaemonReload { user: None }
    "#);
    assert!(state.predicted.units.contains("app.service"));
    assert_snapshot!(removed(owned_file("/etc/app/link", Before::Nothing), Reach::Pruned, &mut state), @r#"
    remove
      /etc/app/link
      > Remove { path: "/etc/app/link" }
    "#);
}

#[test]
fn a_package_that_is_held() {
    let mut state = host([]);
    state.packages.installed.insert("app".into(), "1".into());
    state.packages.apt.held.insert("app".into());
    let item = Item { kind: ItemKind::Package, name: "app".into(), before: Before::Nothing };
    assert_snapshot!(removed(item, Reach::Absent, &mut state), @"
    remove
      package app; its data stays
      it is held on the host, so apt will not remove it before `apt-mark unhold app` there
      > Uninstall { packages: [\"app\"] }
    ");
}
