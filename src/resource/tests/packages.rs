//! Packages, their repositories, and the fingerprints of keys.

use super::*;
use crate::resource::openpgp::fingerprint;
use insta::assert_snapshot;

const FINGERPRINT: &str = "3B9DF8859D37BFCF9E56AAD7F7D0B6568C45B8BB";
const ARMORED: &[u8] = include_bytes!("data/key.asc");
const BINARY: &[u8] = include_bytes!("data/key.gpg");

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

const REPOSITORY: &str = "package:
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

#[test]
fn a_key_with_another_fingerprint() {
    assert_snapshot!(errors(&REPOSITORY.replace("3b9d", "4b9d")), @"
    error: the repository's key has another fingerprint
     --> role.yml:9:39
      |
    9 |     key: { src: key.asc, fingerprint: 4b9d f885 9d37 bfcf 9e56  aad7 f7d0 b656 8c45 b8bb }
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the key has 3B9DF8859D37BFCF9E56AAD7F7D0B6568C45B8BB
      |
      = help: if the vendor has changed its key, compare the new fingerprint with the vendor's own page
    ");
    let text = REPOSITORY
        .replace("src: key.asc", "content: nonsense")
        .replace("    suites: [stable, beta]\n", "")
        .replace("name: app\n", "name: ''\n");
    assert_snapshot!(errors(&text), @"
    error: `` is no name of a package
     --> role.yml:2:9
      |
    2 |   name: ''
      |         ^^

    error: repository needs `suites`
     --> role.yml:4:5
      |
    4 |     name: vendor
      |     ^^^^^^^^^^^^

    error: the repository's key cannot be read: this is no OpenPGP public key
     --> role.yml:8:44
      |
    8 |     key: { content: nonsense, fingerprint: 3b9d f885 9d37 bfcf 9e56  aad7 f7d0 b656 8c45 b8bb }
      |                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn fingerprints() {
    assert_eq!(fingerprint(ARMORED).unwrap(), FINGERPRINT);
    assert_eq!(fingerprint(BINARY).unwrap(), FINGERPRINT);
    let with_header = String::from_utf8(ARMORED.to_vec())
        .unwrap()
        .replace("BLOCK-----\n\n", "BLOCK-----\nVersion: 1\nComment: x\n\n");
    assert_eq!(fingerprint(with_header.as_bytes()).unwrap(), FINGERPRINT);
    let with_prose = format!("A key:\r\n{}", String::from_utf8_lossy(ARMORED).replace('\n', "\r\n"));
    assert_eq!(fingerprint(with_prose.as_bytes()).unwrap(), FINGERPRINT);
}

#[test]
fn what_is_no_key() {
    assert_snapshot!(fingerprint(b"").unwrap_err(), @"this is no OpenPGP public key");
    assert_snapshot!(fingerprint(b"-----BEGIN PGP SIGNATURE-----\n").unwrap_err(), @"this is no armored OpenPGP public key");
    let damaged = String::from_utf8_lossy(ARMORED).replace("mDMEa", "m*MEa");
    assert_snapshot!(fingerprint(damaged.as_bytes()).unwrap_err(), @"the armored key is damaged");
    let mut older = BINARY.to_vec();
    older[2] = 3;
    assert_snapshot!(fingerprint(&older).unwrap_err(), @"this key is neither of version 4 nor of version 6");
}

proptest::proptest! {
    #[test]
    fn garbage_is_refused_or_read_but_never_trips(mut bytes in proptest::collection::vec(0_u8.., 0..80), at in 0_usize..239) {
        let _ = fingerprint(&bytes);
        let _ = fingerprint(&BINARY[..at]);
        bytes.insert(0, 0x98);
        let _ = fingerprint(&bytes);
    }
}
