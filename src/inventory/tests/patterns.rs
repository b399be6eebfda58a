//! Which hosts a pattern selects.

use super::*;

#[test]
fn patterns_select_hosts() {
    assert_eq!(select("all"), "solo web1 web2 web3 web4 db1");
    assert_eq!(select("*"), select("all"));
    assert_eq!(select("web:!retired"), "web1 web3 web4");
    assert_eq!(select("!retired,web"), "web1 web3 web4");
    assert_eq!(select("web:&db"), "web4");
    assert_eq!(select("db,solo"), "db1 web4 solo");
    assert_eq!(select("!web"), "solo db1");
    assert_eq!(select("web[0]"), "web1");
    assert_eq!(select("web[-1]"), "web4");
    assert_eq!(select("web[1:2]"), "web2 web3");
    assert_eq!(select("web[2:]"), "web3 web4");
    assert_eq!(select("web?"), "web1 web2 web3 web4");
    assert_eq!(select("web[13]"), "error: `web[13]` is beyond the 4 hosts of `web`");
    assert_eq!(select("*[13]"), "error: `*[13]` is beyond the 6 hosts of `*`");
    assert_eq!(select("~(db|web)\\d"), "web1 web2 web3 web4 db1");
    assert_eq!(select("empty"), "");
    assert_eq!(select("empty:solo"), "solo");
    assert_eq!(select("empty:!solo"), "", "nobody is in there yet");
    assert_eq!(select("web:&empty"), "");
    assert_eq!(select("web,"), select("web"));
    assert_eq!(select("127.0.0.1"), "127.0.0.1");
    assert_eq!(select("::1"), "::1");
    assert_eq!(inventory("all: {hosts: {'fd00::1': , 'fd00::2': }}").select("fd00::1,fd00::2", None).unwrap().len(), 2);
}

#[test]
fn patterns_that_mean_nothing_are_errors() {
    assert_snapshot!(select("wbe:nothing*:!retierd:~("), @"
    error: no host and no group is called `wbe`
    help: did you mean `web`?

    error: no host and no group matches `nothing*`

    error: `~(` is no host pattern: unclosed group

    error: no host and no group is called `retierd`
    help: did you mean `retired`?
    ");
    let file = SourceFile::named("site.yml", "- hosts: \"web:wbe\"\n");
    let error = inventory(WEB).select("web:wbe", Some(&Span::new(&file, 9, 18))).unwrap_err();
    assert_snapshot!(error, @r#"
    error: no host and no group is called `wbe`
     --> site.yml:1:15
      |
    1 | - hosts: "web:wbe"
      |               ^^^
      |
      = help: did you mean `web`?
    "#);
}

/// What names nobody is never everybody.
#[test]
fn patterns_that_name_nobody_are_errors() {
    for pattern in [",", ":", ":!retired", "!retired,", "&web:", ", ,!web"] {
        let expected = format!("error: the host pattern `{pattern}` names no host\nhelp: `all` is every host");
        assert_eq!(select(pattern), expected);
    }
    assert_eq!(select(" "), "error: the host pattern is empty\nhelp: `all` is every host");
    assert_eq!(select(""), select(" "));
    assert!(select("!").contains("no host and no group is called ``"), "{}", select("!"));
    for pattern in ["web:!web", "solo:&db", "all:!*", "!all", "web1:!web:&db"] {
        let expected = format!("error: the host pattern `{pattern}` leaves no host: it takes away all that it names");
        assert_eq!(select(pattern), expected);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failed");
    fs::write(&path, "\n \n").unwrap();
    assert!(select(&format!("@{}", path.display())).contains("names no host"));
    assert!(select(&format!("@{}:!web1", path.display())).contains("names no host"));
    assert_eq!(select("@"), "error: no file is named: its name is empty");
    let file = SourceFile::named("site.yml", "- hosts: \"web:!web\"\n");
    let error = inventory(WEB).select("web:!web", Some(&Span::new(&file, 9, 19))).unwrap_err();
    assert_snapshot!(error, @r#"
    error: the host pattern `web:!web` leaves no host: it takes away all that it names
     --> site.yml:1:10
      |
    1 | - hosts: "web:!web"
      |          ^^^^^^^^^^
    "#);
}

#[test]
fn a_limit_can_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts.retry");
    fs::write(&path, "web1\n\nweb3:solo\n").unwrap();
    assert_eq!(select(&format!("@{}", path.display())), "web1 web3 solo");
    fs::write(&path, "web1\n  web11\n").unwrap();
    assert_snapshot!(select(&format!("@{}", path.display())).replace(&*folder.path().display().to_string(), ""), @"
    error: no host and no group is called `web11`
     --> /hosts.retry:2:3
      |
    2 |   web11
      |   ^^^^^
      |
      = help: did you mean `web1`?
    ");
    assert!(select("@/nowhere").ends_with("/nowhere: no such file"));
}
