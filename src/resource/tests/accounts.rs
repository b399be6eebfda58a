//! Users and groups.

use super::*;
use insta::assert_snapshot;

#[test]
fn a_new_group() {
    assert_snapshot!(plan("group: { name: app }", &mut host([])), @"
    create
      > groupadd app
      = app Nothing
    ");
    assert_snapshot!(plan("group: { name: app, gid: 200, system: true }", &mut host([])), @"
    create
      gid: - -> 200
      a system group
      > groupadd -g 200 -r app
      = app Nothing
    ");
}

#[test]
fn a_group_that_is_there() {
    let mut state = host([]);
    state.groups.insert("app".into(), group(300, &["someone"]));
    assert_snapshot!(plan("group: { name: app }", &mut state), @"
    nothing
      = app Same
    ");
    assert_snapshot!(plan("group: { name: app, gid: 200 }", &mut state), @"
    update
      gid: 300 -> 200
      > groupmod -g 200 app
      = app Same
    ");
    assert_eq!(state.groups["app"], group(200, &["someone"]));
}

#[test]
fn a_new_user() {
    let mut state = host([]);
    state.groups.insert("app".into(), group(300, &[]));
    state.groups.insert("adm".into(), group(4, &[]));
    assert_snapshot!(plan("user: { name: more }", &mut state), @"
    create
      > useradd -m more
      = more Nothing
    ");
    let text = "user: { name: app, uid: 300, group: app, groups: [adm], home: /srv/app, shell: /bin/false, \
                comment: The App, system: true }";
    assert_snapshot!(plan(text, &mut state), @"
    create
      uid: - -> 300
      group: - -> app
      groups: - -> adm
      home: - -> /srv/app
      shell: - -> /bin/false
      comment: - -> The App
      a system account
      > useradd -u 300 -g app -G adm -d /srv/app -s /bin/false -c The App -r -M app
      = app Nothing
    ");
    assert_eq!(state.groups["adm"].members, ["app"]);
    assert_snapshot!(plan(text, &mut state), @"
    nothing
      = app Same
    ");
}

#[test]
fn a_user_that_is_there() {
    let mut state = host([]);
    state.users.insert("app".into(), user(300));
    state.groups.insert("app".into(), group(300, &[]));
    state.groups.insert("adm".into(), group(4, &["other"]));
    state.groups.insert("www".into(), group(33, &["app"]));
    assert_snapshot!(plan("user: { name: app, group: app, groups: [www], home: /var/lib/app }", &mut state), @"
    nothing
      = app Same
    ");
    assert_snapshot!(plan("user: { name: app, group: 300, groups: [33] }", &mut state), @"
    nothing
      = app Same
    ");
    let text = "user: { name: app, uid: 301, group: www, groups: [adm, www], shell: /bin/false, comment: Me }";
    assert_snapshot!(plan(text, &mut state), @"
    update
      uid: 300 -> 301
      group: app -> www
      shell: /bin/sh -> /bin/false
      comment:  -> Me
      groups: www -> www, adm
      > usermod -u 301 -g www -s /bin/false -c Me -a -G adm app
      = app Same
    ");
    assert_eq!(state.users["app"].gid, Some(33));
    assert_snapshot!(plan(text, &mut state), @"
    nothing
      = app Same
    ");
}

#[test]
fn groups_must_be_there_or_be_made() {
    assert_snapshot!(plan("user: { name: app, group: app }", &mut host([])), @"impossible: there is no group app on the host; declare it first: `group: { name: app }`");
    let mut state = host([]);
    plan("group: { name: app }", &mut state);
    assert!(plan("user: { name: app, group: app }", &mut state).starts_with("create"));
    let mut state = host([]);
    state.installing.insert("app".into(), "1".into());
    assert!(plan("user: { name: more, groups: [app] }", &mut state).starts_with("create"));
}

#[test]
fn missing_tools_are_named_only_when_they_are_needed() {
    let mut state = host([]);
    state.missing_tools.extend(["useradd".to_owned(), "groupadd".to_owned()]);
    assert_snapshot!(plan("group: { name: app }", &mut state), @"impossible: the host has no groupadd");
    assert_snapshot!(plan("user: { name: app }", &mut state), @"impossible: the host has no useradd");
    state.groups.insert("app".into(), group(300, &[]));
    assert!(plan("group: { name: app }", &mut state).starts_with("nothing"));
}
