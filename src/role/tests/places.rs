//! Where roles and their files are looked for.

use super::*;

#[test]
fn where_roles_and_files_are() {
    let folder = project(&[
        ("roles/loki/role.yml", LOKI),
        ("roles/loki/templates/config.yml.j2", "own {{ loki_http_port }}"),
        ("roles/loki/templates/sub/part.j2", "part"),
        ("roles/loki/files/key.bin", "\u{1}"),
        ("roles/old/tasks/main.yml", "[]"),
        ("roles/broken/role.yml", "summary: x\n"),
        ("templates/loki/config.yml.j2", "project"),
        ("templates/loki/one/config.yml.j2", "one"),
    ]);
    let library = RoleLibrary::new(Some(folder.path().to_owned()));
    assert!(library.names().contains(&"loki".to_owned()));
    let play = SourceFile::named("site.yml", "roles: [lokki]\n");
    let span = Span::new(&play, 8, 13);
    let lokki = library.find("lokki", Some(&span)).map(|_| ()).unwrap_err().to_string();
    assert!(lokki.contains("unknown role `lokki`") && lokki.contains("did you mean `loki`?"), "{lokki}");
    assert_snapshot!(text(&library.find("old", Some(&span)).unwrap_err(), folder.path()), @"
    error: PROJECT/roles/old is a role of Ansible: it has tasks, and no role.yml
     --> site.yml:1:9
      |
    1 | roles: [lokki]
      |         ^^^^^
      |
      = help: write a role.yml that says what should be there, as docs/roles.md has it
    ");
    assert_snapshot!(text(&library.find("broken", Some(&span)).unwrap_err(), folder.path()), @"
    error: a role needs `steps`
     --> PROJECT/roles/broken/role.yml:1:1
      |
    1 | summary: x
      | ^^^^^^^^^^
    ");
    let role = library.find("ns.coll.loki", None).unwrap();
    let name = |text: &str| yaml::parse(&SourceFile::named("role.yml", text)).unwrap();
    let template = |host: &str| library.files(&role, host).template(&name("config.yml.j2")).unwrap();
    assert_eq!(template("one").text(), "one");
    assert_eq!(template("two").text(), "project");
    let files = library.files(&role, "two");
    assert_eq!(files.file(&name("key.bin")).unwrap(), [1]);
    assert_snapshot!(text(&files.template(&name("sub/prt.j2")).unwrap_err(), folder.path()), @"
    error: no template `sub/prt.j2` in role `loki`
     --> role.yml:1:1
      |
    1 | sub/prt.j2
      | ^^^^^^^^^^
      |
      = help: did you mean `sub/part.j2`?
      = help: looked for PROJECT/templates/loki/sub/prt.j2, PROJECT/roles/loki/templates/sub/prt.j2
    ");
    let scope = Scope::new(vec![]).with_loader(files).with_magic("loki_http_port", Value::from(1));
    let including = SourceFile::named("t", "{% include 'sub/part.j2' %}!");
    assert_eq!(scope.render_template(&including).unwrap(), "part!");
}

#[test]
fn the_built_in_roles_are_right() {
    let library = RoleLibrary::new(None);
    if let Err(errors) = library.list() {
        panic!("{errors}");
    }
}
