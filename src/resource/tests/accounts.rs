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
    state.accounts.groups.insert("app".into(), group(300, &["someone"]));
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
    assert_eq!(state.accounts.groups["app"], group(200, &["someone"]));
}

#[test]
fn a_new_user() {
    let mut state = host([("/bin/false", file("", 0o755))]);
    state.accounts.groups.insert("app".into(), group(300, &[]));
    state.accounts.groups.insert("adm".into(), group(4, &[]));
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
    assert_eq!(state.accounts.groups["adm"].members, ["app"]);
    assert_snapshot!(plan(text, &mut state), @"
    nothing
      = app Same
    ");
}

#[test]
fn a_user_that_is_there() {
    let mut state = host([("/bin/false", file("", 0o755))]);
    state.accounts.users.insert("app".into(), user(300));
    state.accounts.groups.insert("app".into(), group(300, &[]));
    state.accounts.groups.insert("adm".into(), group(4, &["other"]));
    state.accounts.groups.insert("www".into(), group(33, &["app"]));
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
    assert_eq!(state.accounts.users["app"].gid, Some(33));
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
    state.predicted.packages.insert("app".into(), "1".into());
    assert!(plan("user: { name: more, groups: [app] }", &mut state).starts_with("create"));
}

#[test]
fn missing_tools_are_named_only_when_they_are_needed() {
    let mut state = host([]);
    state.missing_tools.extend(["useradd".to_owned(), "groupadd".to_owned()]);
    assert_snapshot!(plan("group: { name: app }", &mut state), @"impossible: the host has no groupadd");
    assert_snapshot!(plan("user: { name: app }", &mut state), @"impossible: the host has no useradd");
    state.accounts.groups.insert("app".into(), group(300, &[]));
    assert!(plan("group: { name: app }", &mut state).starts_with("nothing"));
}

/// What useradd and groupadd would refuse is said where it is written.
#[test]
fn what_the_account_tools_do_not_take() {
    assert_snapshot!(errors("user: { name: app, home: srv/app, shell: bash, comment: 'a: b', group: 'a,b', groups: [ok, 'x,y'] }"), @"
    error: a path on a host must be absolute
     --> role.yml:1:26
      |
    1 | user: { name: app, home: srv/app, shell: bash, comment: 'a: b', group: 'a,b', groups: [ok, 'x,y'] }
      |                          ^^^^^^^ `srv/app`

    error: a path on a host must be absolute
     --> role.yml:1:42
      |
    1 | user: { name: app, home: srv/app, shell: bash, comment: 'a: b', group: 'a,b', groups: [ok, 'x,y'] }
      |                                          ^^^^ `bash`

    error: a colon cannot be in a field of /etc/passwd
     --> role.yml:1:57
      |
    1 | user: { name: app, home: srv/app, shell: bash, comment: 'a: b', group: 'a,b', groups: [ok, 'x,y'] }
      |                                                         ^^^^^^

    error: `a,b` is no name or number of a group
     --> role.yml:1:72
      |
    1 | user: { name: app, home: srv/app, shell: bash, comment: 'a: b', group: 'a,b', groups: [ok, 'x,y'] }
      |                                                                        ^^^^^

    error: `x,y` is no name or number of a group
     --> role.yml:1:92
      |
    1 | user: { name: app, home: srv/app, shell: bash, comment: 'a: b', group: 'a,b', groups: [ok, 'x,y'] }
      |                                                                                            ^^^^^
    ");
    assert_snapshot!(errors("user: { name: app, home: '/srv/a:b', comment: \"a\\nb\", uid: 0, groups: [''] }"), @r#"
    error: a colon cannot be in a field of /etc/passwd
     --> role.yml:1:26
      |
    1 | user: { name: app, home: '/srv/a:b', comment: "a\nb", uid: 0, groups: [''] }
      |                          ^^^^^^^^^^

    error: a line end or another control character cannot be in a field of /etc/passwd
     --> role.yml:1:47
      |
    1 | user: { name: app, home: '/srv/a:b', comment: "a\nb", uid: 0, groups: [''] }
      |                                               ^^^^^^

    error: 0 is root's, on every host
     --> role.yml:1:60
      |
    1 | user: { name: app, home: '/srv/a:b', comment: "a\nb", uid: 0, groups: [''] }
      |                                                            ^

    error: `` is no name or number of a group
     --> role.yml:1:72
      |
    1 | user: { name: app, home: '/srv/a:b', comment: "a\nb", uid: 0, groups: [''] }
      |                                                                        ^^
    "#);
    assert_snapshot!(errors("user: { name: 'DOM\\u' }"), @r"
    error: `DOM\u` is no name of a user or group of the host itself
     --> role.yml:1:15
      |
    1 | user: { name: 'DOM\u' }
      |               ^^^^^^^
      |
      = help: accounts of a directory service are made there, and need no declaration here
    ");
    assert_snapshot!(errors("group: { name: 2024, gid: 0 }"), @"
    error: `2024` is no name of a user or group
     --> role.yml:1:16
      |
    1 | group: { name: 2024, gid: 0 }
      |                ^^^^ it would be taken for a number
    ");
    let long = "a".repeat(33);
    assert!(errors(&format!("user: {{ name: {long} }}")).contains("33 characters, and 32 is the most"));
    assert!(errors(&format!("group: {{ name: {long} }}")).contains("33 characters, and 32 is the most"));
    for fine in [
        format!("user: {{ name: {} }}", "a".repeat(32)),
        "user: { name: Upper, home: '/srv/a b', shell: '', comment: 'A, B', group: 'domain users', uid: 4294967294 }"
            .into(),
        "user: { name: root, uid: 0, group: 0, shell: /bin/bash }".into(),
    ] {
        assert!(read(&fine).is_ok(), "{fine}");
    }
}

#[test]
fn groups_in_one_text() {
    let mut state = host([]);
    for name in ["adm", "games"] {
        state.accounts.groups.insert(name.into(), group(4, &[]));
    }
    assert!(plan("user: { name: app, groups: 'adm, games' }", &mut state).contains("useradd -G adm,games -m app"));
}

#[test]
fn numbers_that_others_have() {
    let mut state = host([]);
    state.accounts.users.insert("other".into(), user(1500));
    state.accounts.groups.insert("other".into(), group(1500, &[]));
    assert_snapshot!(plan("user: { name: app, uid: 1500 }", &mut state), @"impossible: the user other has the uid 1500 on the host");
    assert_snapshot!(plan("group: { name: app, gid: 1500 }", &mut state), @"impossible: the group other has the gid 1500 on the host");
    assert_snapshot!(plan("user: { name: app, group: 1600 }", &mut state), @"impossible: there is no group with the gid 1600 on the host; declare it first: `group: { name: ..., gid: 1600 }`");
    assert!(plan("user: { name: other, uid: 1500 }", &mut state).starts_with("nothing"));
    assert!(plan("group: { name: other, gid: 1500 }", &mut state).starts_with("nothing"));
}

/// useradd makes the home, whose permissions are known only then, and a group of the user's name.
#[test]
fn what_useradd_makes_is_there_for_what_follows() {
    let mut state = host([("/home", folder(0o755))]);
    assert_snapshot!(plan("file: { path: /home/app/.env, content: x, owner: app }", &mut state), @"impossible: the directory /home/app does not exist; declare it first: `directory: { path: /home/app }`");
    plan("user: { name: app }", &mut state);
    assert!(plan("file: { path: /home/app/.env, content: x, owner: app }", &mut state).starts_with("create"));
    assert!(plan("directory: { path: /home/app, owner: app }", &mut state).starts_with("nothing"));
    assert_snapshot!(plan("directory: { path: /home/app, owner: app, group: adm, mode: '0750' }", &mut state), @"
    update
      group: app -> adm
      mode: - -> 0750
      > set /home/app app:adm 0750
      = /home/app Nothing
    ");
    assert_snapshot!(plan("group: { name: app, gid: 1500 }", &mut state), @"
    update
      gid: - -> 1500
      > groupmod -g 1500 app
      = app Same
    ");
    assert_snapshot!(plan("file: { path: /home/app, content: x }", &mut state), @"impossible: /home/app will be the home of app, not a file");
    // a system account has none unless it is said, and one that is there stays as it is
    let mut state = host([("/srv/app", folder(0o755))]);
    plan("user: { name: own, system: true }", &mut state);
    assert_eq!(*state.files.at("/home/own"), PathState::Absent);
    plan("user: { name: app, home: /srv/app }", &mut state);
    assert_eq!(*state.files.at("/srv/app"), folder(0o755));
}

#[test]
fn a_shell_that_is_not_there() {
    let mut state = host([]);
    assert_snapshot!(plan("user: { name: app, shell: /bin/zsh }", &mut state), @"
    create
      shell: - -> /bin/zsh
      /bin/zsh is not on the host
      > useradd -s /bin/zsh -m app
      = app Nothing
    ");
    plan("file: { path: /etc/app/shell, content: x }", &mut state);
    assert!(!plan("user: { name: more, shell: /etc/app/shell }", &mut state).contains("is not on the host"));
}
