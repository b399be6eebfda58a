//! Packages and their repositories.

use super::keys::ARMORED;
use super::*;
use insta::assert_snapshot;

fn with(installed: Option<&str>, candidate: Option<&str>) -> State {
    let mut state = host([]);
    state.packages.extend(installed.map(|version| ("app".to_owned(), version.to_owned())));
    state.candidates.extend(candidate.map(|version| ("app".to_owned(), version.to_owned())));
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
    assert!(plan("package: { name: app, version: \"2.53\" }", &mut with(Some("2.53.1"), None)).starts_with("upgrade"));
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
