//! Files, links, folders, and paths where nothing is to be.

use super::*;
use crate::secret::{Secrets, Taint};
use insta::assert_snapshot;

const FILE: &str = "file: { path: /etc/app/a.conf, content: \"new\\n\" }";

#[test]
fn a_file_that_is_not_there() {
    let mut state = host([]);
    assert_snapshot!(plan(FILE, &mut state), @r#"
    create
      text of /etc/app/a.conf: None -> Some("new\n")
      > expect /etc/app/a.conf Absent
      > write, /etc/app/a.conf -:- 0644 4 bytes
      = /etc/app/a.conf Nothing
    "#);
    owned(&mut state, owned_file("/etc/app/a.conf", Before::Nothing));
    assert_snapshot!(plan(FILE, &mut state), @"
    nothing
      = /etc/app/a.conf Nothing
    ");
}

#[test]
fn a_file_as_declared() {
    assert_snapshot!(plan(FILE, &mut host([("/etc/app/a.conf", file("new\n", 0o600))])), @"
    nothing
      = /etc/app/a.conf Same
    ");
}

#[test]
fn a_file_with_other_content_keeps_what_is_not_declared() {
    let mut state = host([("/etc/app/a.conf", file("old\n", 0o600))]);
    assert_snapshot!(plan(FILE, &mut state), @r#"
    update
      text of /etc/app/a.conf: Some("old\n") -> Some("new\n")
      > expect /etc/app/a.conf File("01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee")
      > keep the original of /etc/app/a.conf
      > write, /etc/app/a.conf root:root 0600 4 bytes
      = /etc/app/a.conf Original("932d370d8aef1f94f04322fa")
    "#);
}

#[test]
fn only_attributes_differ() {
    let text = "file: { path: /etc/app/a.conf, content: \"new\\n\", mode: \"0640\", owner: app, group: 0 }";
    let mut state = host([("/etc/app/a.conf", file("new\n", 0o600))]);
    assert_snapshot!(plan(text, &mut state), @r#"
    update
      owner: root -> app
      mode: 0600 -> 0640
      > expect /etc/app/a.conf File("7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c")
      > keep the original of /etc/app/a.conf
      > write, /etc/app/a.conf app:0 0640 4 bytes
      = /etc/app/a.conf Original("932d370d8aef1f94f04322fa")
    "#);
}

/// Whoever has it open could go on writing to the same file, and whoever has its folder could put another of root's in its place
/// before that is given away.
#[test]
fn what_others_could_write_to_is_written_anew() {
    let of_app = |mode: u32| match file("new\n", mode) {
        PathState::File { sha256, content, size, modified, .. } => {
            PathState::File { meta: meta("app", 998, mode), sha256, content, size, modified }
        }
        other => other,
    };
    let is_written = |declared: &str, now: PathState| {
        let text = format!("file: {{ path: /a, content: \"new\\n\", {declared} }}");
        let planned = plan(&text, &mut host([("/a", now)]));
        assert!(planned.starts_with("update"), "{declared}: {planned}");
        planned.contains("> write, /a")
    };
    for (declared, now) in [
        ("owner: root", of_app(0o644)),
        ("owner: other", of_app(0o600)),
        ("mode: \"0644\"", file("new\n", 0o664)),
        ("mode: \"0640\"", file("new\n", 0o646)),
        ("group: app", file("new\n", 0o664)),
        ("owner: app", file("new\n", 0o644)),
        ("group: app", file("new\n", 0o640)),
        ("mode: \"0644\"", file("new\n", 0o640)),
    ] {
        assert!(is_written(declared, now), "{declared}");
    }
    for (declared, now) in [("mode: \"0600\"", of_app(0o644)), ("mode: \"0640\"", file("new\n", 0o644))] {
        assert!(!is_written(declared, now), "{declared}");
    }
}

#[test]
fn a_number_means_the_same_as_a_name() {
    let text = "directory: { path: /srv, owner: 998, group: app }";
    let mut state = host([("/srv", PathState::Directory { meta: meta("app", 998, 0o755) })]);
    assert_snapshot!(plan(text, &mut state), @"
    nothing
      = /srv Same
    ");
    assert_snapshot!(plan("directory: { path: /srv, owner: 999 }", &mut state), @"
    update
      owner: app -> 999
      > expect /srv Directory
      > set /srv 999:- -
      = /srv Same
    ");
    // a file of a user that is gone is called by its number
    let mut state = host([("/srv", PathState::Directory { meta: meta("999", 999, 0o755) })]);
    assert_snapshot!(plan("directory: { path: /srv, owner: 999 }", &mut state), @"
    nothing
      = /srv Same
    ");
}

#[test]
fn what_was_there_before_is_remembered() {
    let with = |before: Before, content: &str| {
        let mut state = host([("/etc/app/a.conf", file(content, 0o644))]);
        owned(&mut state, owned_file("/etc/app/a.conf", before));
        plan(FILE, &mut state)
    };
    assert_snapshot!(with(Before::Nothing, "old\n"), @r#"
    update
      text of /etc/app/a.conf: Some("old\n") -> Some("new\n")
      > expect /etc/app/a.conf File("01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee")
      > write, /etc/app/a.conf root:root 0644 4 bytes
      = /etc/app/a.conf Nothing
    "#);
    assert_snapshot!(with(Before::Original("abc".into()), "old\n"), @r#"
    update
      text of /etc/app/a.conf: Some("old\n") -> Some("new\n")
      > expect /etc/app/a.conf File("01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee")
      > write, /etc/app/a.conf root:root 0644 4 bytes
      = /etc/app/a.conf Original("abc")
    "#);
    // what was as declared is changed for the first time
    assert_snapshot!(with(Before::Same, "old\n"), @r#"
    update
      text of /etc/app/a.conf: Some("old\n") -> Some("new\n")
      > expect /etc/app/a.conf File("01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee")
      > keep the original of /etc/app/a.conf
      > write, /etc/app/a.conf root:root 0644 4 bytes
      = /etc/app/a.conf Original("932d370d8aef1f94f04322fa")
    "#);
    assert_snapshot!(with(Before::Same, "new\n"), @"
    nothing
      = /etc/app/a.conf Same
    ");
}

#[test]
fn what_somebody_has_removed_is_made_anew() {
    let mut state = host([]);
    owned(&mut state, owned_file("/etc/app/a.conf", Before::Same));
    let text = plan(FILE, &mut state);
    assert!(text.ends_with("= /etc/app/a.conf Nothing") && !text.contains("keep the original"), "{text}");
}

#[test]
fn something_else_is_in_the_way() {
    let at = |there: PathState| plan(FILE, &mut host([("/etc/app/a.conf", there)]));
    assert_snapshot!(at(link("b.conf")), @r#"
    update
      kind: link to b.conf -> file
      text of /etc/app/a.conf: None -> Some("new\n")
      > expect /etc/app/a.conf Link("b.conf")
      > keep the original of /etc/app/a.conf
      > write, /etc/app/a.conf -:- 0644 4 bytes
      = /etc/app/a.conf Original("932d370d8aef1f94f04322fa")
    "#);
    assert_snapshot!(at(folder(0o755)), @"impossible: /etc/app/a.conf is a directory on the host, not a file");
    assert_snapshot!(at(PathState::Other), @"impossible: /etc/app/a.conf is a device, socket or pipe on the host, not a file");
    let mut state = host([]);
    state.files.unreadable.insert("/etc/app/a.conf".into(), "Permission denied".into());
    assert_snapshot!(plan(FILE, &mut state), @"impossible: /etc/app/a.conf cannot be looked at: Permission denied");
    assert_snapshot!(plan("symlink: { path: /etc/app/a.conf, src: b }", &mut state), @"impossible: /etc/app/a.conf cannot be looked at: Permission denied");
    assert_snapshot!(plan("directory: { path: /etc/app/a.conf }", &mut state), @"impossible: /etc/app/a.conf cannot be looked at: Permission denied");
    assert_snapshot!(plan("absent: { path: /etc/app/a.conf }", &mut state), @"impossible: /etc/app/a.conf cannot be looked at: Permission denied");
}

#[test]
fn the_folder_must_be_there_or_be_made() {
    let text = "file: { path: /opt/app/a.conf, content: x }";
    assert_snapshot!(plan(text, &mut host([])), @"impossible: the directory /opt/app does not exist; declare it first: `directory: { path: /opt/app }`");
    assert_snapshot!(plan("symlink: { path: /opt/app/a.conf, src: b }", &mut host([])), @"impossible: the directory /opt/app does not exist; declare it first: `directory: { path: /opt/app }`");
    let mut state = host([]);
    plan("directory: { path: /opt/app }", &mut state);
    assert!(plan(text, &mut state).starts_with("create"));
    let mut state = host([]);
    state.predicted.packages.insert("app".into(), "1".into());
    assert_snapshot!(plan(text, &mut state), @r#"
    create
      text of /opt/app/a.conf: None -> Some("x")
      > expect /opt/app/a.conf Any
      > write, /opt/app/a.conf -:- 0644 1 bytes
      = /opt/app/a.conf Nothing
    "#);
}

#[test]
fn secrets_and_bytes_are_not_shown() {
    let secret = "file: { path: /etc/app/key, content: hunter2, secret: true }";
    assert_snapshot!(plan(secret, &mut host([])), @"
    create
      hidden text of /etc/app/key, new
      root:root 0600
      > expect /etc/app/key Absent
      > write, /etc/app/key -:- 0600 7 bytes
      = /etc/app/key Nothing
    ");
    let bytes = "file: { path: /etc/app/blob, src: binary, validate: [check, \"%s\"] }";
    assert_snapshot!(plan(bytes, &mut host([("/etc/app/blob", file("old\n", 0o644))])), @r#"
    update
      content: 4 bytes -> 4 bytes (b02a59113121)
      > expect /etc/app/blob File("01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee")
      > keep the original of /etc/app/blob
      > write, /etc/app/blob root:root 0644 4 bytes, tried by ["check", "%s"]
      = /etc/app/blob Original("3ac7032f62b15878962b281b")
    "#);
}

#[test]
fn a_secret_is_its_owners_alone() {
    let secret = "file: { path: /etc/app/key, content: hunter2, secret: true }";
    assert_snapshot!(plan(secret, &mut host([("/etc/app/key", file("hunter2", 0o644))])), @r#"
    update
      mode: 0644 -> 0600
      > expect /etc/app/key File("f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7")
      > keep the original of /etc/app/key
      > set /etc/app/key -:- 0600
      = /etc/app/key Original("d120707fdce3165d08ee75c7")
    "#);
    assert_snapshot!(plan(secret, &mut host([("/etc/app/key", file("old", 0o644))])), @r#"
    update
      hidden text of /etc/app/key, changed
      mode: 0644 -> 0600
      > expect /etc/app/key File("cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4")
      > keep the original of /etc/app/key
      > write, /etc/app/key root:root 0600 7 bytes
      = /etc/app/key Original("d120707fdce3165d08ee75c7")
    "#);
    let declared = "file: { path: /etc/app/key, content: hunter2, secret: true, mode: \"0640\" }";
    assert_snapshot!(plan(declared, &mut host([("/etc/app/key", file("hunter2", 0o640))])), @"
    nothing
      = /etc/app/key Same
    ");
}

/// A file of which a part was made of a secret.
fn tainted(text: &str, state: &mut State) -> String {
    let mut resource = resource(text);
    for content in resource.contents_mut() {
        let bytes = String::from_utf8_lossy(&content.bytes).into_owned();
        content.taint = Taint::of(&bytes, Some("key=another"), &Secrets::new());
    }
    match resource.plan(state) {
        Ok(planned) => shown(&planned),
        Err(reason) => format!("impossible: {reason}"),
    }
}

#[test]
fn what_has_a_secret_in_it_is_its_owners_alone() {
    let text = "file: { path: /etc/app/conf, content: key=hunter2 }";
    assert_snapshot!(tainted(text, &mut host([])), @r#"
    create
      text of /etc/app/conf: None -> Some("key=hunter2")
      root:root 0600
      > expect /etc/app/conf Absent
      > write, /etc/app/conf -:- 0600 11 bytes
      = /etc/app/conf Nothing
    "#);
    assert_snapshot!(tainted(text, &mut host([("/etc/app/conf", file("key=hunter2", 0o644))])), @r#"
    update
      mode: 0644 -> 0600
      > expect /etc/app/conf File("8525ed03801c4c2931bf57f91152d52b5d2942313dab71bc07a101e6e44be46d")
      > keep the original of /etc/app/conf
      > set /etc/app/conf -:- 0600
      = /etc/app/conf Original("2fb28734b178aa39683fd40d")
    "#);
    let open = "file: { path: /etc/app/conf, content: key=hunter2, mode: \"0640\" }";
    let users = Meta { group: "users".to_owned(), ..meta("root", 0, 0o640) };
    let there = PathState::File { meta: users, sha256: None, content: None, size: 3, modified: Some(1) };
    assert_snapshot!(tainted(open, &mut host([("/etc/app/conf", there)])), @"
    impossible: /etc/app/conf has a secret in it, and its group users, which is everybody's, could read it; declare another `group`
    ");
}

#[test]
fn links() {
    let text = "symlink: { path: /etc/app/a, src: b }";
    assert_snapshot!(plan(text, &mut host([])), @"
    create
      target: - -> b
      > expect /etc/app/a Absent
      > link /etc/app/a -> b
      = /etc/app/a Nothing
    ");
    assert_snapshot!(plan(text, &mut host([("/etc/app/a", link("b"))])), @"
    nothing
      = /etc/app/a Same
    ");
    assert_snapshot!(plan(text, &mut host([("/etc/app/a", link("c"))])), @r#"
    update
      target: c -> b
      > expect /etc/app/a Link("c")
      > keep the original of /etc/app/a
      > link /etc/app/a -> b
      = /etc/app/a Original("fba6705818563bce91471286")
    "#);
    assert_snapshot!(plan(text, &mut host([("/etc/app/a", file("x", 0o644))])), @r#"
    update
      target: (a file) -> b
      > expect /etc/app/a File("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
      > keep the original of /etc/app/a
      > link /etc/app/a -> b
      = /etc/app/a Original("fba6705818563bce91471286")
    "#);
    assert_snapshot!(plan(text, &mut host([("/etc/app/a", folder(0o755))])), @"impossible: /etc/app/a is there on the host, but is no symbolic link");
}

#[test]
fn folders() {
    assert_snapshot!(plan("directory: { path: /srv/a }", &mut host([])), @"
    create
      root:root 0755
      > expect /srv/a Absent
      > make /srv/a -:- 0755
      = /srv/a Nothing
    ");
    let text = "directory: { path: /srv/a, owner: app, mode: \"0700\" }";
    assert_snapshot!(plan(text, &mut host([("/srv/a", folder(0o755))])), @"
    update
      owner: root -> app
      mode: 0755 -> 0700
      > expect /srv/a Directory
      > set /srv/a app:- 0700
      = /srv/a Same
    ");
    assert_snapshot!(plan(text, &mut host([("/srv/a", file("x", 0o644))])), @"impossible: /srv/a is there on the host, but is no directory");
    // data that an administrator has moved to another disk
    let moved = [("/srv/a", link("/data/a")), ("/srv/a/.", folder(0o755))];
    assert_snapshot!(plan(text, &mut host(moved)), @"
    update
      owner: root -> app
      mode: 0755 -> 0700
      > expect /srv/a/. Directory
      > set /srv/a/. app:- 0700
      = /srv/a Same
    ");
    let dangling = [("/srv/a", link("/data/a"))];
    assert_snapshot!(plan(text, &mut host(dangling)), @"impossible: /srv/a is there on the host, but is no directory");
    // a folder that this run makes is not there yet when its step begins
    let mut state = host([]);
    plan("directory: { path: /srv/a }", &mut state);
    assert_snapshot!(plan(text, &mut state), @"
    update
      owner: root -> app
      mode: 0755 -> 0700
      > expect /srv/a Any
      > set /srv/a app:- 0700
      = /srv/a Same
    ");
}

#[test]
fn nothing_is_to_be_there() {
    let text = "absent: { path: /etc/app/a }";
    assert_snapshot!(plan(text, &mut host([])), @"nothing");
    assert_snapshot!(plan(text, &mut host([("/etc/app/a", file("x", 0o644))])), @r#"
    remove
      a file of 1 bytes
      > expect /etc/app/a File("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
      > Remove { path: "/etc/app/a" }
    "#);
    assert_snapshot!(plan(text, &mut host([("/etc/app/a", link("b"))])), @r#"
    remove
      a symbolic link
      > expect /etc/app/a Link("b")
      > Remove { path: "/etc/app/a" }
    "#);
    let mut state = host([("/etc/app/a", folder(0o755))]);
    assert_snapshot!(plan(text, &mut state), @"impossible: /etc/app/a is a directory that is not empty; with `recursive: true` it goes with all in it");
    let listing = |status: i32, output: &str| crate::ability::commands::Answer { status, output: output.into() };
    let key = crate::ability::commands::listing_key("/etc/app/a");
    state.commands.insert(key.clone(), listing(2, ""));
    assert!(plan(text, &mut state).starts_with("impossible"), "a folder that cannot be listed is not empty");
    state.commands.insert(key.clone(), listing(0, "b\n"));
    assert!(plan(text, &mut state).starts_with("impossible"));
    assert_snapshot!(plan("absent: { path: /etc/app/a, recursive: true }", &mut state.clone()), @r#"
    remove
      a directory with all in it
      > expect /etc/app/a Directory
      > Remove { path: "/etc/app/a" }
    "#);
    state.files.paths.insert("/etc/app/a/b".into(), PathState::Absent);
    assert_snapshot!(plan(text, &mut state), @r#"
    remove
      an empty directory
      > expect /etc/app/a Directory
      > RemoveEmptyDirectory { path: "/etc/app/a" }
    "#);
}

#[test]
fn a_folder_that_is_none() {
    let file_in = |place: &str| format!("file: {{ path: {place}/a, content: x }}");
    let mut state = host([
        ("/opt/file", file("x", 0o644)),
        ("/opt/loop", PathState::Link { target: None }),
        ("/opt/link", PathState::Link { target: None }),
        ("/opt/link/.", folder(0o755)),
    ]);
    assert_snapshot!(plan(&file_in("/opt/file"), &mut state), @"impossible: /opt/file is there on the host, but is no directory");
    assert_snapshot!(plan(&file_in("/opt/loop"), &mut state), @"impossible: /opt/loop is a link on the host that leads to no directory");
    assert!(plan(&file_in("/opt/link"), &mut state).starts_with("create"));
    // where one leads that this run makes is not known yet
    plan("symlink: { path: /etc/app/link, src: /opt }", &mut state);
    assert!(plan(&file_in("/etc/app/link"), &mut state).starts_with("create"));
    assert_snapshot!(errors("symlink: { path: /opt/loop, src: loop }"), @"
    error: a link that leads to itself leads nowhere
     --> role.yml:1:34
      |
    1 | symlink: { path: /opt/loop, src: loop }
      |                                  ^^^^
    ");
    assert!(errors("symlink: { path: /opt/loop, src: /opt//loop }").contains("leads to itself"));
}
