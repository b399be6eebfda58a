//! Sets of configuration files.

use super::*;
use insta::assert_snapshot;

const SET: &str = "config:
  dir: /etc/app
  owner: app
  mode: \"0640\"
  dir_mode: \"0750\"
  validate: [app, --check, \"%s/a.yml\"]
  files:
  - { dest: a.yml, template: a.j2 }
  - { dest: conf.d/inner/b.yml, content: b, mode: \"0600\" }
";

#[test]
fn a_new_set() {
    let mut state = host([("/etc/app", PathState::Absent)]);
    assert_snapshot!(plan(SET, &mut state), @r#"
    create
      /etc/app app:root 0750
      /etc/app/conf.d app:root 0755
      /etc/app/conf.d/inner app:root 0755
      text of /etc/app/a.yml: None -> Some("rendered a.j2\n")
      /etc/app/a.yml app:root 0640
      text of /etc/app/conf.d/inner/b.yml: None -> Some("b")
      /etc/app/conf.d/inner/b.yml app:root 0600
      > expect /etc/app Absent
      > make /etc/app app:- 0750
      > expect /etc/app/conf.d Absent
      > make /etc/app/conf.d app:- 0755
      > expect /etc/app/conf.d/inner Absent
      > make /etc/app/conf.d/inner app:- 0755
      > expect /etc/app/a.yml Absent
      > expect /etc/app/conf.d/inner/b.yml Absent
      > write in /etc/app, /etc/app/a.yml app:- 0640 14 bytes, /etc/app/conf.d/inner/b.yml app:- 0600 1 bytes, tried by ["app", "--check", "%s/a.yml"]
      = /etc/app Nothing
      = /etc/app/conf.d Nothing
      = /etc/app/conf.d/inner Nothing
      = /etc/app/a.yml Nothing
      = /etc/app/conf.d/inner/b.yml Nothing
    "#);
    assert!(plan(SET, &mut state).starts_with("nothing"));
}

/// What is in it belongs to others than the folder; what is declared otherwise is tried with it.
#[test]
fn the_folder_has_an_owner_of_its_own() {
    let mut state = host([("/etc/app", PathState::Absent)]);
    for path in ["/etc/app-2/x", "/etc/app/a.yml", "/etc/app/key", "/etc/app/z/y"] {
        state.declared.files.insert(path.into(), "sum".into());
    }
    let set = "config: { dir: /etc/app, owner: app, group: app, dir_owner: root, dir_group: staff, files: [{ dest: a.yml, content: a }] }";
    assert_snapshot!(plan(set, &mut state), @r#"
    create
      /etc/app root:staff 0755
      text of /etc/app/a.yml: None -> Some("a")
      /etc/app/a.yml app:app 0644
      > expect /etc/app Absent
      > make /etc/app root:staff 0755
      > expect /etc/app/a.yml Absent
      > write in /etc/app, /etc/app/a.yml app:app 0644 1 bytes, beside /etc/app/key, beside /etc/app/z/y
      = /etc/app Nothing
      = /etc/app/a.yml Nothing
    "#);
}

#[test]
fn one_file_of_it_differs() {
    let of_app = |content: &str, mode: u32| match file(content, mode) {
        PathState::File { sha256, content, size, modified, .. } => {
            PathState::File { meta: meta("app", 998, mode), sha256, content, size, modified }
        }
        other => other,
    };
    let of_app_folder = |mode: u32| PathState::Directory { meta: meta("app", 998, mode) };
    let mut state = host([
        ("/etc/app", of_app_folder(0o755)),
        ("/etc/app/conf.d", of_app_folder(0o755)),
        ("/etc/app/conf.d/inner", of_app_folder(0o700)),
        ("/etc/app/a.yml", of_app("rendered a.j2\n", 0o640)),
        ("/etc/app/conf.d/inner/b.yml", of_app("c", 0o600)),
    ]);
    assert_snapshot!(plan(SET, &mut state), @r#"
    update
      /etc/app mode: 0755 -> 0750
      text of /etc/app/conf.d/inner/b.yml: Some("c") -> Some("b")
      > expect /etc/app Directory
      > set /etc/app app:- 0750
      > expect /etc/app/conf.d/inner/b.yml File("2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6")
      > keep the original of /etc/app/conf.d/inner/b.yml
      > write in /etc/app, /etc/app/conf.d/inner/b.yml app:app 0600 1 bytes, tried by ["app", "--check", "%s/a.yml"]
      = /etc/app Same
      = /etc/app/conf.d Same
      = /etc/app/conf.d/inner Same
      = /etc/app/a.yml Same
      = /etc/app/conf.d/inner/b.yml Original("14725358d8a226e6319fe8d2")
    "#);
}

#[test]
fn strangers_go_where_the_set_is_exclusive() {
    let exclusive = format!("{SET}  exclusive: true\n");
    let mut state = host([]);
    plan(SET, &mut state);
    resource(SET).declare(&mut state);
    state.declared.files.insert("/etc/app/of-another-role".into(), "sum".into());
    let paths = ["a.yml", "it's mine", "of-another-role", "conf.d/inner/b.yml"];
    let paths = paths.map(|name| format!("/etc/app/{name}")).to_vec();
    state.files.below.insert("/etc/app".into(), Below::All { paths, odd: 0 });
    assert_snapshot!(plan(&exclusive, &mut state), @r#"
    update
      remove /etc/app/it's mine, which nobody declared
      > write in /etc/app, without /etc/app/it's mine, beside /etc/app/a.yml, beside /etc/app/conf.d/inner/b.yml, beside /etc/app/of-another-role, tried by ["app", "--check", "%s/a.yml"]
      = /etc/app Same
      = /etc/app/conf.d Same
      = /etc/app/conf.d/inner Same
      = /etc/app/a.yml Same
      = /etc/app/conf.d/inner/b.yml Same
    "#);
    assert!(plan(&exclusive, &mut state).starts_with("nothing"));
    assert!(plan(SET, &mut state).starts_with("nothing"));
    // nothing is removed by a part of a name, or by one that somebody else has made look like another
    state.files.below.insert("/etc/app".into(), Below::Unknown);
    assert_snapshot!(plan(&exclusive, &mut state), @"impossible: what is in /etc/app is more than can be listed, so what nobody declared there is not removed; do that by hand, or leave out `exclusive`");
    state.files.below.insert("/etc/app".into(), Below::All { paths: Vec::new(), odd: 1 });
    assert_snapshot!(plan(&exclusive, &mut state), @"impossible: what is in /etc/app has a name that is no line of text, so what nobody declared there is not removed; do that by hand, or leave out `exclusive`");
    assert!(plan(SET, &mut state).starts_with("nothing"));
}
