//! Roles that are to be absent, and roles that left the playbook.

use super::*;
use insta::assert_snapshot;

const ALL: &[&str] = &[
    "directory: { path: /srv/app }",
    "file: { path: /srv/app/a, content: x }",
    "package: { name: app }",
    "user: { name: app }",
    "service: { name: app }",
];

/// A host on which all of the role is.
fn with_all(before: &Before) -> State {
    let mut state = host(&[("/srv/app/a", "x")]);
    state.files.paths.insert("/srv/app".into(), PathState::Directory { meta: meta() });
    state.packages.installed.insert("app".into(), "1".into());
    listing(&mut state, "/srv/app", &["a"]);
    let user = crate::ability::accounts::UserState {
        uid: Some(1),
        gid: Some(1),
        comment: String::new(),
        home: "/".into(),
        shell: "/bin/sh".into(),
    };
    state.accounts.users.insert("app".into(), user);
    let before = || before.clone();
    owned(
        &mut state,
        "one",
        "directory:/srv/app",
        &[Item { kind: ItemKind::Directory, name: "/srv/app".into(), before: before() }],
    );
    owned(
        &mut state,
        "one",
        "file:/srv/app/a",
        &[Item { kind: ItemKind::File, name: "/srv/app/a".into(), before: before() }],
    );
    owned(&mut state, "one", "package:app", &[Item { kind: ItemKind::Package, name: "app".into(), before: before() }]);
    owned(&mut state, "one", "user:app", &[Item { kind: ItemKind::User, name: "app".into(), before: before() }]);
    owned(
        &mut state,
        "one",
        "service:app",
        &[Item { kind: ItemKind::Service, name: "app.service".into(), before: before() }],
    );
    state.memory.manifest.services.insert("app.service".into(), BTreeMap::new());
    state
}

#[test]
fn backwards() {
    let work = work(vec![absent(role("one", ALL))]);
    let mut state = with_all(&Before::Nothing);
    assert_snapshot!(planned(&work, &mut state, MINE), @"
    one
      absent, in order
        stop one/step/service:app
        remove one/step/file:/srv/app/a, /srv/app/a
        remove one/step/package:app, package app; its data stays
        remove one/step/directory:/srv/app, /srv/app
        remove one/step/user:app, user app
    ");
    assert_eq!(state.memory.manifest, Manifest::default());
    assert_eq!(planned(&work, &mut state, MINE), "nothing");
}

#[test]
fn what_was_there_before_stays() {
    let mut state = with_all(&Before::Same);
    assert_eq!(planned(&work(vec![absent(role("one", ALL))]), &mut state, MINE), "nothing");
}

#[test]
fn without_a_manifest_packages_and_accounts_stay() {
    let mut state = with_all(&Before::Nothing);
    state.memory.manifest = Manifest::default();
    assert_snapshot!(planned(&work(vec![absent(role("one", ALL))]), &mut state, MINE), @"
    one
      absent, in order
        stop one/step/service:app
        remove one/step/file:/srv/app/a, /srv/app/a
        remove one/step/directory:/srv/app, /srv/app
    ");
}

#[test]
fn what_has_a_label_stays_unless_it_is_named() {
    let mut state = with_all(&Before::Nothing);
    state.memory.manifest.resources[1].purge = Some("data".into());
    let mut run = absent(role("one", ALL));
    run.steps[0].resources[1].purge = Some("data".into());
    assert_snapshot!(planned(&work(vec![run]), &mut state.clone(), MINE), @"
    one
      absent, in order
        stop one/step/service:app
        remove one/step/package:app, package app; its data stays
        remove one/step/user:app, user app
      = one/step/file:/srv/app/a /srv/app/a Nothing
    ");
    let mut run = absent(role("one", ALL));
    run.purge.push("data".into());
    assert_eq!(planned(&work(vec![run]), &mut state, MINE).matches("\n    ").count(), 5);
}

#[test]
fn with_tags_too_what_was_there_before_comes_back() {
    let mut state = host(&[("/etc/app/a", "x"), ("/etc/app/b", "x"), ("/etc/app/c", "x")]);
    let original = Item { kind: ItemKind::File, name: "/etc/app/a".into(), before: Before::Original("kept".into()) };
    owned(&mut state, "one", "file:/etc/app/a", &[original]);
    owned(
        &mut state,
        "one",
        "file:/etc/app/b",
        &[Item { kind: ItemKind::File, name: "/etc/app/b".into(), before: Before::Same }],
    );
    owned(&mut state, "other", "file:/etc/app/c", &[file_item("/etc/app/c")]);
    let files = ["a", "b", "c"].map(|name| format!("file: {{ path: /etc/app/{name}, content: x }}"));
    let mut run = absent(role("one", &files.iter().map(String::as_str).collect::<Vec<_>>()));
    run.complete = false;
    let mut work = work(vec![run]);
    work.left_alone.push("other".into());
    assert_snapshot!(planned(&work, &mut state, MINE), @"
    one
      absent, in order
        put back one/step/file:/etc/app/a, /etc/app/a as it was before solti
      = one/step/file:/etc/app/a /etc/app/a Same
      = one/step/file:/etc/app/b /etc/app/b Same
      = other/step/file:/etc/app/c /etc/app/c Nothing
    ");
}

#[test]
fn what_another_role_needs_stays() {
    let mut state = with_all(&Before::Nothing);
    owned(
        &mut state,
        "other",
        "package:app",
        &[Item { kind: ItemKind::Package, name: "app".into(), before: Before::Nothing }],
    );
    let mut work = work(vec![
        absent(role("one", ALL)),
        role("two", &["user: { name: app }", "file: { path: /srv/app/a, content: x }"]),
    ]);
    work.left_alone.push("other".into());
    let text = planned(&work, &mut state, MINE);
    assert!(
        !text.contains("package app") && !text.contains("user app") && !text.contains("remove one/step/file"),
        "{text}"
    );
}

#[test]
fn roles_that_left_the_playbook() {
    let mut state = with_all(&Before::Nothing);
    let work = work(vec![role("two", &["file: { path: /etc/app/a, content: x }"])]);
    assert_snapshot!(planned(&work, &mut state.clone(), MINE), @"
    two
      step
        create two/step/file:/etc/app/a
      = one/step/directory:/srv/app /srv/app Nothing
      = one/step/file:/srv/app/a /srv/app/a Nothing
      = one/step/package:app app Nothing
      = one/step/user:app app Nothing
      = one/step/service:app app.service Nothing
      = two/step/file:/etc/app/a /etc/app/a Nothing
    note: role one is in no play any more, but 5 resources of it are still here; `state: absent` or apply --prune removes them, and diff --prune shows that
    ");
    let part = Ownership { complete: false, ..MINE };
    assert!(!planned(&work, &mut state.clone(), part).contains("note"), "with -p not all plays are at hand");
    assert_snapshot!(planned(&work, &mut state, Ownership { prune: true, ..MINE }), @"
    two
      step
        create two/step/file:/etc/app/a
      = one/step/directory:/srv/app /srv/app Nothing
      = one/step/file:/srv/app/a /srv/app/a Nothing
      = one/step/package:app app Nothing
      = one/step/user:app app Nothing
      = one/step/service:app app.service Nothing
      = two/step/file:/etc/app/a /etc/app/a Nothing
    one
      orphaned, in order
        stop one/step/service:app
        remove one/step/file:/srv/app/a, /srv/app/a
        remove one/step/directory:/srv/app, /srv/app
      = two/step/file:/etc/app/a /etc/app/a Nothing
    ");
}

#[test]
fn a_role_that_is_left_alone_is_not_orphaned() {
    let mut state = with_all(&Before::Nothing);
    let mut work = work(Vec::new());
    work.left_alone.push("one".into());
    assert_eq!(planned(&work, &mut state, Ownership { prune: true, ..MINE }), "nothing");
}

#[test]
fn what_is_the_projects_own_is_all_that_counts() {
    let mut state = with_all(&Before::Nothing);
    let theirs = Ownership { project: "theirs", prune: true, ..MINE };
    assert_eq!(planned(&work(Vec::new()), &mut state, theirs), "nothing");
}

/// The folders that lead to a user's quadlet are not what its volume's label is about.
#[test]
fn of_a_labelled_volume_only_the_volume_is_data() {
    let volume = "quadlet: { name: app.volume, user: app, volume: {} }";
    let mut state = host(&[("/home/app/.config/containers/systemd/app.volume", "x")]);
    for folder in
        ["/home/app", "/home/app/.config", "/home/app/.config/containers", "/home/app/.config/containers/systemd"]
    {
        state.files.paths.insert(folder.into(), PathState::Directory { meta: meta() });
        let content: &[&str] = if folder == "/home/app" { &[".config", "letters"] } else { &[] };
        listing(&mut state, folder, content);
    }
    state.podman.volumes.insert("app/systemd-app".into());
    let mut run = role("one", &[volume]);
    run.steps[0].resources[0].purge = Some("data".into());
    let items = run.steps[0].resources[0].claims.clone();
    owned(&mut state, "one", "quadlet:app.volume", &items);
    state.memory.manifest.resources[0].purge = Some("data".into());
    let mut run = absent(run);
    assert_snapshot!(planned(&work(vec![run]), &mut state, MINE), @"
    one
      absent, in order
        remove one/step/quadlet:app.volume, /home/app/.config/containers/systemd/app.volume
        remove one/step/quadlet:app.volume, /home/app/.config/containers/systemd
        remove one/step/quadlet:app.volume, /home/app/.config/containers
        remove one/step/quadlet:app.volume, /home/app/.config
      = one/step/quadlet:app.volume app/systemd-app Nothing
    ");
    let left: Vec<&Item> = state.memory.manifest.resources.iter().flat_map(|owned| &owned.items).collect();
    assert_eq!(left, [&Item { kind: ItemKind::Volume, name: "app/systemd-app".into(), before: Before::Nothing }]);
    run = absent(role("one", &[volume]));
    run.steps[0].resources[0].purge = Some("data".into());
    run.purge = vec!["data".into()];
    assert_snapshot!(planned(&work(vec![run]), &mut state, MINE), @"
    one
      absent, in order
        remove one/step/quadlet:app.volume, volume systemd-app of app with all in it
    ");
    assert_eq!(state.memory.manifest, Manifest::default());
}

/// What podman's own folder is for is there whoever made it.
#[test]
fn without_a_manifest_podmans_folder_stays() {
    let mut state = host(&[]);
    state.files.paths.insert("/etc/containers/systemd".into(), PathState::Directory { meta: meta() });
    listing(&mut state, "/etc/containers/systemd", &[]);
    let quadlet = "quadlet: { name: app.network, network: {} }";
    assert_eq!(planned(&work(vec![absent(role("one", &[quadlet]))]), &mut state, MINE), "nothing");
}

/// What a role does not take away while it is there, it takes away when it goes, whatever it has declared meanwhile.
#[test]
fn what_stays_with_a_role_goes_with_it() {
    let mut state = with_all(&Before::Nothing);
    assert_snapshot!(planned(&work(vec![role("one", &[])]), &mut state, MINE), @"
    one
      no longer declared, in order
        stop one/step/service:app
        remove one/step/file:/srv/app/a, /srv/app/a
        remove one/step/directory:/srv/app, /srv/app
      = one/step/package:app app Nothing
      = one/step/user:app app Nothing
    ");
    assert_eq!(planned(&work(vec![role("one", &[])]), &mut state, MINE), "nothing");
    assert_snapshot!(planned(&work(vec![absent(role("one", &[]))]), &mut state, MINE), @"
    one
      absent, in order
        remove one/step/package:app, package app; its data stays
        remove one/step/user:app, user app
    ");
    assert_eq!(state.memory.manifest, Manifest::default());
}

/// A unit that was enabled is made from a quadlet now, of which systemd enables and disables nothing.
#[test]
fn what_a_quadlet_makes_starts_at_boot_as_that_says() {
    const QUADLET: &[&str] = &[
        "quadlet: { name: app.container, container: { Image: \"docker.io/a/app:1\" } }",
        "service: { name: app, running: false }",
    ];
    let planned_with = |before: Before| {
        let mut state = host(&[]);
        state.podman.version = Some("5.4.2".into());
        state.podman.images.insert("docker.io/a/app:1".into(), "sha256:1".into());
        state.files.paths.insert("/etc/containers/systemd".into(), PathState::Directory { meta: meta() });
        let enabled = crate::ability::systemd::UnitState {
            load: "loaded".into(),
            enabled: "enabled".into(),
            ..Default::default()
        };
        state.units.insert("app.service".into(), enabled);
        owned(
            &mut state,
            "one",
            "package/service:app",
            &[Item { kind: ItemKind::Service, name: "app.service".into(), before }],
        );
        planned(&work(vec![role("one", QUADLET)]), &mut state, MINE)
    };
    assert_snapshot!(planned_with(Before::Nothing), @"
    one
      no longer declared, in order
        update one/step/package/service:app
      step
        create one/step/quadlet:app.container
      = one/step/quadlet:app.container /etc/containers/systemd Same, /etc/containers/systemd/app.container Nothing, systemd-app Nothing
      = one/step/service:app app.service Nothing
    ");
    // whoever had enabled it before solti came has it enabled again afterwards
    assert!(!planned_with(Before::Same).contains("no longer declared"));
}

/// Where podman has no quadlets, the links that `[Install]` stands for are what enables the unit.
#[test]
fn what_replaces_a_unit_with_links_is_enabled_itself() {
    const LINK: &str = "/etc/systemd/system/multi-user.target.wants/app.service";
    let mut state = host(&[]);
    state.files.paths.insert(LINK.into(), PathState::Link { target: Some("../app.service".into()) });
    let running = crate::ability::systemd::UnitState {
        load: "loaded".into(),
        active: "active".into(),
        enabled: "enabled".into(),
        ..Default::default()
    };
    state.units.insert("app.service".into(), running);
    owned(
        &mut state,
        "one",
        "quadlet:app",
        &[Item { kind: ItemKind::File, name: LINK.into(), before: Before::Nothing }],
    );
    owned(
        &mut state,
        "one",
        "service:app",
        &[Item { kind: ItemKind::Service, name: "app.service".into(), before: Before::Nothing }],
    );
    assert_snapshot!(planned(&work(vec![role("one", &["service: { name: app, enabled: true }"])]), &mut state, MINE), @"
    one
      no longer declared, in order
        remove one/step/quadlet:app, /etc/systemd/system/multi-user.target.wants/app.service
      step
        update one/step/service:app
      = one/step/service:app app.service Nothing
    ");
}

/// What ran before solti came, with a unit of its own.
#[test]
fn what_was_there_before_runs_as_it_did() {
    let mut state = host(&[]);
    let active =
        crate::ability::systemd::UnitState { load: "loaded".into(), active: "active".into(), ..Default::default() };
    state.units.insert("app.service".into(), active);
    let original = Before::Original("kept".into());
    owned(
        &mut state,
        "one",
        "quadlet:app",
        &[Item { kind: ItemKind::File, name: "/etc/systemd/system/app.service".into(), before: original }],
    );
    owned(
        &mut state,
        "one",
        "service:app",
        &[Item { kind: ItemKind::Service, name: "app.service".into(), before: Before::Same }],
    );
    assert_snapshot!(planned(&work(vec![absent(role("one", &[]))]), &mut state, MINE), @"
    one
      absent, in order
        put back one/step/quadlet:app, /etc/systemd/system/app.service as it was before solti
        restart one/step/service:app, as it was before solti
      = one/step/quadlet:app /etc/systemd/system/app.service Same
      = one/step/service:app app.service Same
    ");
}
