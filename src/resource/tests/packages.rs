//! Packages and their repositories.

use super::*;
use insta::assert_snapshot;

fn with(installed: Option<&str>, candidate: Option<&str>) -> State {
    let mut state = host([]);
    state.packages.installed.extend(installed.map(|version| ("app".to_owned(), version.to_owned())));
    state.packages.candidates.extend(candidate.map(|version| ("app".to_owned(), version.to_owned())));
    state
}

#[test]
fn present() {
    let text = "package: { names: [app, more], recommends: false }";
    assert_snapshot!(plan(text, &mut with(None, None)), @r#"
    install
      app: - -> known after apply
      more: - -> known after apply
      > Install { packages: ["app", "more"], refresh: false, recommends: false }
      = app Nothing
      = more Nothing
    "#);
    assert_snapshot!(plan(text, &mut with(Some("1"), None)), @r#"
    install
      more: - -> known after apply
      > Install { packages: ["more"], refresh: false, recommends: false }
      = app Same
      = more Nothing
    "#);
    assert_snapshot!(plan("package: { name: app }", &mut with(Some("1"), Some("2"))), @"
    nothing
      = app Same
    ");
}

#[test]
fn a_version() {
    let text = "package: { name: app, version: \"2.53.*\" }";
    assert_snapshot!(plan(text, &mut with(None, Some("3"))), @r#"
    install
      app: - -> 2.53.*
      > Install { packages: ["app=2.53.*"], refresh: true, recommends: true }
      = app Nothing
    "#);
    assert_snapshot!(plan(text, &mut with(Some("2.53.1-1"), Some("3"))), @"
    nothing
      = app Same
    ");
    assert_snapshot!(plan(text, &mut with(Some("2.52.9"), None)), @r#"
    upgrade
      app: 2.52.9 -> 2.53.*
      > Install { packages: ["app=2.53.*"], refresh: true, recommends: true }
      = app Same
    "#);
    assert!(
        plan("package: { name: app, version: \"2.53\" }", &mut with(Some("2.53.1"), None)).starts_with("downgrade")
    );
}

#[test]
fn the_latest() {
    let text = "package: { name: app, state: latest }";
    assert_snapshot!(plan(text, &mut with(Some("1"), Some("2"))), @r#"
    upgrade
      app: 1 -> 2
      > Install { packages: ["app=2"], refresh: true, recommends: true }
      = app Same
    "#);
    assert_snapshot!(plan(text, &mut with(Some("2"), Some("2"))), @"
    nothing
      = app Same
    ");
    assert_snapshot!(plan(text, &mut with(Some("2"), None)), @"
    nothing
      = app Same
    ");
    assert_snapshot!(plan(text, &mut with(None, None)), @r#"
    install
      app: - -> known after apply
      > Install { packages: ["app"], refresh: true, recommends: true }
      = app Nothing
    "#);
}

/// A host whose package lists have these versions of `app`.
fn offering(installed: Option<&str>, candidate: Option<&str>, versions: &[&str]) -> State {
    let mut state = with(installed, candidate);
    state.packages.apt.offered.insert("app".into(), versions.iter().map(|version| (*version).to_owned()).collect());
    state
}

/// What happens, without what does not matter.
fn first(text: &str, state: &mut State) -> String {
    let plan = plan(text, state);
    plan.lines().filter(|line| !line.contains("  > ") && !line.contains("  = ")).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_becomes_of_a_version() {
    let of = |version: &str, installed: &str, offered: &[&str]| {
        let state = &mut offering(Some(installed), offered.first().copied(), offered);
        first(&format!("package: {{ name: app, version: \"{version}\" }}"), state).split(';').next().unwrap().to_owned()
    };
    assert_eq!(of("1.10", "1.9", &[]), "upgrade");
    assert_eq!(of("1.10", "1.10~rc1", &[]), "upgrade");
    assert_eq!(of("1.9", "1.10", &[]), "downgrade");
    assert_eq!(of("2.0", "1:1.0", &["2.0"]), "downgrade");
    assert_eq!(of("1.0-0", "1.0", &[]), "reinstall");
    assert_eq!(of("1.*", "2.0", &[]), "downgrade");
    assert_eq!(of("2.5*", "2.45", &["2.50", "2.5"]), "upgrade");
    assert_eq!(of("2.5*", "2.45", &["2.5"]), "downgrade");
    // the newest on offer may be an older one, where the host prefers that
    let state = &mut offering(Some("2"), Some("1"), &["2", "1"]);
    assert_eq!(first("package: { name: app, state: latest }", state), "downgrade;   app: 2 -> 1");
    // of several packages, the one that changes most says it
    let mut state = with(Some("2"), None);
    state.packages.installed.insert("other".into(), "1".into());
    let planned = first("package: { names: [new, app, other], version: \"1.5\" }", &mut state);
    assert_eq!(planned, "downgrade;   new: - -> 1.5;   app: 2 -> 1.5;   other: 1 -> 1.5");
}

#[test]
fn what_package_lists_leave_in_doubt() {
    let any = "package: { name: app }";
    let one = "package: { name: app, version: \"1.1\" }";
    let like = "package: { name: app, version: \"1.*\" }";
    let mut unknown = with(None, None);
    unknown.packages.apt.unlisted.insert("app".into());
    for text in [any, one, like, "package: { name: app, state: latest }"] {
        assert!(
            first(text, &mut unknown.clone())
                .ends_with(";   the host's package lists have no app; they are read anew first")
        );
    }
    assert_snapshot!(first(any, &mut offering(None, Some("2"), &["2"])), @"install;   app: - -> known after apply");
    assert_snapshot!(first(any, &mut offering(None, None, &[])), @"install;   app: - -> known after apply;   the host's package lists have no package app; if it is a name for several, one of those must be declared");
    assert_snapshot!(first(any, &mut offering(None, None, &["2", "1"])), @"install;   app: - -> known after apply;   apt's preferences on the host rule out every version of app: 2, 1");
    assert_snapshot!(first(one, &mut offering(None, None, &["2", "1.1"])), @"install;   app: - -> 1.1");
    assert_snapshot!(first(one, &mut offering(Some("1.0"), Some("2"), &["2", "1.0"])), @"upgrade;   app: 1.0 -> 1.1;   the host's package lists have no 1.1 of app, but 2, 1.0; they are read anew first");
    assert_snapshot!(first(one, &mut offering(None, None, &[])), @"install;   app: - -> 1.1;   the host's package lists have no version of app; they are read anew first");
    assert_snapshot!(first(like, &mut offering(None, Some("2"), &["2", "1.4"])), @"install;   app: - -> 1.*");
    assert_snapshot!(first(like, &mut offering(None, Some("2"), &["2", "0.9"])), @"install;   app: - -> 1.*;   the host's package lists have no 1.* of app, but 2, 0.9; they are read anew first");
    // a name with the host's own architecture is what apt calls by the name alone
    let mut native = offering(None, Some("2"), &["2", "0.9"]);
    native.packages.apt.native = Some("amd64".into());
    assert_snapshot!(first("package: { name: 'app:amd64', state: latest }", &mut native), @"install;   app:amd64: - -> 2");
    // a new source may have what the lists lack
    let mut state = host([]);
    state.packages.apt.unlisted.insert("app".into());
    assert!(!plan(REPOSITORY, &mut state).contains("package lists"));
}

#[test]
fn what_is_held_stays() {
    let mut state = offering(Some("1.0"), Some("1.1"), &["1.1", "1.0"]);
    state.packages.apt.held.insert("app".into());
    assert_snapshot!(first("package: { name: app, version: \"1.1\" }", &mut state.clone()), @"impossible: app is held at 1.0 on the host, so apt would not change it; `apt-mark unhold app` there lets it");
    assert_snapshot!(first("package: { name: app, state: latest }", &mut state.clone()), @"impossible: app is held at 1.0 on the host, so apt would not change it; `apt-mark unhold app` there lets it");
    assert_snapshot!(first("package: { name: app, version: \"1.0\" }", &mut state.clone()), @"nothing");
    state.packages.installed.clear();
    assert_snapshot!(first("package: { name: app }", &mut state), @"impossible: app is held on the host, so apt would not change it; `apt-mark unhold app` there lets it");
}

#[test]
fn what_is_there_by_half_is_installed_again() {
    let mut state = with(None, None);
    state.packages.apt.unfinished.insert("app".into(), "1.0, half configured".into());
    state.packages.apt.busy = true;
    assert_snapshot!(first("package: { name: app }", &mut state.clone()), @"reinstall;   app: 1.0, half configured -> known after apply;   dpkg is at work on the host, or was cut off there: then `dpkg --configure -a` must finish that first");
    assert_snapshot!(first("package: { name: app, version: \"1.1\" }", &mut state), @"upgrade;   app: 1.0, half configured -> 1.1;   dpkg is at work on the host, or was cut off there: then `dpkg --configure -a` must finish that first");
}

#[test]
fn names_and_versions_that_mean_something_else_to_apt() {
    assert_snapshot!(errors("package: { name: app, version: \"2.*-1\" }"), @r#"
    error: `2.*-1` is no version of a package
     --> role.yml:1:32
      |
    1 | package: { name: app, version: "2.*-1" }
      |                                ^^^^^^^ letters, digits, `.`, `+`, `-`, `~` and `:`; a `*` only at its end
    "#);
    assert_snapshot!(errors("package: { name: app, version: \"\" }"), @r#"
    error: `` is no version of a package
     --> role.yml:1:32
      |
    1 | package: { name: app, version: "" }
      |                                ^^ letters, digits, `.`, `+`, `-`, `~` and `:`; a `*` only at its end
    "#);
    assert_snapshot!(errors("package: { name: app- }"), @"
    error: `app-` is no name of a package
     --> role.yml:1:18
      |
    1 | package: { name: app- }
      |                  ^^^^
    ");
    assert_snapshot!(errors("package: { name: app, version: \"1\", state: latest }"), @r#"
    error: `version` says which one; `state: latest` cannot be beside it
     --> role.yml:1:44
      |
    1 | package: { name: app, version: "1", state: latest }
      |                                            ^^^^^^
    "#);
}

#[test]
fn two_resources_install_one_package_once() {
    let mut state = with(None, None);
    assert!(plan("package: { name: app, version: \"2\" }", &mut state).starts_with("install"));
    assert_snapshot!(plan("package: { name: app }", &mut state), @"
    nothing
      = app Nothing
    ");
    assert_snapshot!(plan("package: { name: app, version: \"3\" }", &mut state), @r#"
    install
      app: - -> 3
      > Install { packages: ["app=3"], refresh: true, recommends: true }
      = app Nothing
    "#);
}

#[test]
fn without_apt() {
    let mut state = with(None, None);
    state.missing_tools.insert("apt-get".into());
    assert_snapshot!(plan("package: { name: app }", &mut state), @"impossible: the host has no apt-get; packages of other package managers cannot be installed yet");
}

pub(super) const ARMORED: &[u8] = include_bytes!("data/key.asc");

pub(super) const REPOSITORY: &str = "package:
  name: app
  repository:
    name: vendor
    uris: https://packages.example.org/deb
    suites: [stable, beta]
    components: main
    architectures: amd64
    key: { src: key.asc, fingerprint: 3b9d f885 9d37 bfcf 9e56  aad7 f7d0 b656 8c45 b8bb }
";

#[test]
fn a_new_repository_comes_before_its_package() {
    let mut state = host([]);
    assert_snapshot!(plan(REPOSITORY, &mut state).replace(std::str::from_utf8(ARMORED).unwrap().escape_debug().to_string().as_str(), "KEY"), @r#"
    install
      text of /etc/apt/keyrings/vendor.asc: None -> Some("KEY")
      text of /etc/apt/sources.list.d/vendor.sources: None -> Some("Types: deb\nURIs: https://packages.example.org/deb\nSuites: stable beta\nComponents: main\nArchitectures: amd64\nSigned-By: /etc/apt/keyrings/vendor.asc\n")
      app: - -> known after apply
      > expect /etc/apt/keyrings/vendor.asc Absent
      > expect /etc/apt/sources.list.d/vendor.sources Absent
      > write early, /etc/apt/keyrings/vendor.asc root:root 0644 404 bytes, /etc/apt/sources.list.d/vendor.sources root:root 0644 148 bytes
      > Install { packages: ["app"], refresh: true, recommends: true }
      = /etc/apt/keyrings/vendor.asc Nothing
      = /etc/apt/sources.list.d/vendor.sources Nothing
      = app Nothing
    "#);
    // a source that changes does not install again what is there
    let mut state = with(Some("1"), None);
    assert_snapshot!(plan(REPOSITORY, &mut state).lines().filter(|line| !line.contains("text of")).collect::<Vec<_>>().join("\n"), @"
    update
      > expect /etc/apt/keyrings/vendor.asc Absent
      > expect /etc/apt/sources.list.d/vendor.sources Absent
      > write early, /etc/apt/keyrings/vendor.asc root:root 0644 404 bytes, /etc/apt/sources.list.d/vendor.sources root:root 0644 148 bytes
      = /etc/apt/keyrings/vendor.asc Nothing
      = /etc/apt/sources.list.d/vendor.sources Nothing
      = app Same
    ");
    assert!(plan(REPOSITORY, &mut state).starts_with("nothing"));
}
