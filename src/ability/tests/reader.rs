//! What a host has said, read.

use crate::ability::files::{Meta, PathState};
use crate::ability::{Reader, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn read(records: &str) -> State {
    try_read(records).unwrap()
}

fn try_read(records: &str) -> Result<State, String> {
    let mut reader = Reader::default();
    for line in records.lines().chain(["probed"]) {
        let (tag, rest) = line.split_once(' ').unwrap_or((line, ""));
        reader.record(tag, rest);
    }
    reader.record("probed", "");
    reader.finish().map_err(|error| error.to_string())
}

#[test]
fn paths() {
    let state = read(concat!(
        "path 81a4/root/domain users/0/1000/3/1700000000/etc/a b/it's\n",
        "path 41ed/UNKNOWN/UNKNOWN/998/997/4096/1700000000/srv\n",
        "path a1ff/root/root/0/0/3/1700000000/etc/link\n",
        "path c1b6/root/root/0/0/0/1700000000/dev/log\n",
        "path 41ed/root/root/0/0/4096/1700000000/\n",
        "link /etc/link\ntarget some where\n",
        "sum abc /etc/a b/it's\nsum abc /srv\nsum abc /never\n",
        "content =YWJj /etc/a b/it's\n",
        "path broken\n",
    ));
    let meta = Meta { owner: "root".into(), group: "domain users".into(), uid: Some(0), gid: Some(1000), mode: 0o644 };
    let (sha256, content) = (Some("abc".to_owned()), Some(b"abc".to_vec()));
    let file = PathState::File { meta, sha256, content, size: 3, modified: Some(1_700_000_000) };
    assert_eq!(state.files.at("/etc/a b/it's"), &file);
    let meta = Meta { owner: "998".into(), group: "997".into(), uid: Some(998), gid: Some(997), mode: 0o755 };
    assert_eq!(state.files.at("/srv"), &PathState::Directory { meta });
    assert_eq!(state.files.at("/etc/link"), &PathState::Link { target: Some("some where".into()) });
    assert_eq!(state.files.at("/dev/log"), &PathState::Other);
    assert!(matches!(state.files.at("/"), PathState::Directory { .. }));
    assert_eq!(state.files.at("/never"), &PathState::Absent);
    assert_eq!(state.files.paths.len(), 5);
}

#[test]
fn content_that_is_cut_off_is_left_out() {
    let state = read("path 81a4/root/root/0/0/4/1/etc/a\ncontent =YWJj /etc/a\n");
    assert!(matches!(state.files.at("/etc/a"), PathState::File { content: None, size: 4, .. }));
    let state = read("path 81a4/root/root/0/0/3/1/etc/a\ncontent =*** /etc/a\n");
    assert!(matches!(state.files.at("/etc/a"), PathState::File { content: None, .. }));
}

#[test]
fn refused_looks() {
    let state = read(
        "unseen stat: cannot statx '/root/a b': Permission denied\nunseen stat: can't stat '/x': Input/output error\n",
    );
    assert_eq!(state.files.unreadable["/root/a b"], "Permission denied");
    let state = read("unseen stat: cannot statx \"/root/it's\": Permission denied\n");
    assert_eq!(state.files.unreadable["/root/it's"], "Permission denied");
}

#[test]
fn refused_looks_of_busybox() {
    let state = read("unseen stat: can't stat '/x': Input/output error\n");
    // busybox has an apostrophe in its own words
    assert_eq!(state.files.unreadable["/x"], "Input/output error");
}

#[test]
fn accounts() {
    let state =
        read("user app:x:998:997:The App:/var/lib/app:/bin/sh\nuser odd\ngroup adm:x:4:syslog,app\ngroup app:x:997:\n");
    let user = &state.accounts.users["app"];
    assert_eq!(
        (user.uid, user.gid, user.comment.as_str(), user.home.as_str()),
        (Some(998), Some(997), "The App", "/var/lib/app")
    );
    assert_eq!(state.accounts.users.len(), 1);
    assert_eq!(state.accounts.groups["adm"].members, ["syslog", "app"]);
    assert!(state.accounts.groups["app"].members.is_empty());
}

#[test]
fn packages() {
    let state = read(concat!(
        "package ii  1.2-3 app amd64\n",
        "package hi  2 held all\n",
        "package rc  1 removed amd64\n",
        "package un   never amd64\n",
        "package iU  1 unpacked amd64\n",
        "package iiR 3 broken amd64\n",
        "candidate app 1.3\ncandidate gone (none)\n",
    ));
    let mut names: Vec<&str> = state.packages.installed.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["app", "app:amd64", "broken", "broken:amd64", "held", "held:all"]);
    assert_eq!(state.packages.installed["app"], "1.2-3");
    assert_eq!(state.packages.candidates.len(), 1);
}

#[test]
fn what_dpkg_and_apt_say_of_packages() {
    let state = read(concat!(
        "package ii  1.22 dpkg amd64\n",
        "package ii  1 app i386\n",
        "package ii  2 both amd64\npackage ii  3 both i386\n",
        "package hi  1 held amd64\n",
        "package hn   never all\n",
        "package iU  1 unpacked amd64\n",
        "package iF  2 half all\n",
        "package iHR 3 broken amd64\n",
        "package it  1 triggered amd64\n",
        "candidate app 1.3\noffer app 1.3\noffer app 1.2\n",
        "candidate name (none)\n",
        "unlisted other\n",
        "dpkg\n",
    ));
    // a name alone is the package of the host's own architecture
    assert_eq!(state.packages.installed.get("app"), None);
    assert_eq!(
        [
            &state.packages.installed["app:i386"],
            &state.packages.installed["both"],
            &state.packages.installed["both:i386"]
        ],
        ["1", "2", "3"]
    );
    assert_eq!(state.packages.installed["triggered"], "1");
    let apt = &state.packages.apt;
    let mut held: Vec<_> = apt.held.iter().map(String::as_str).collect();
    held.sort_unstable();
    assert_eq!(held, ["held", "held:amd64", "never", "never:all"]);
    let half = [&apt.unfinished["unpacked"], &apt.unfinished["half:all"], &apt.unfinished["broken"]];
    assert_eq!(half, ["1, unpacked", "2, half configured", "3, half installed"]);
    assert_eq!(apt.offered["app"], ["1.3", "1.2"]);
    assert!(apt.offered["name"].is_empty() && apt.unlisted.contains("other") && apt.busy);
    assert_eq!(
        [apt.plain("a:amd64"), apt.plain("a:all"), apt.plain("a:i386"), apt.plain("a")],
        ["a", "a", "a:i386", "a"]
    );
}

#[test]
fn units() {
    let state = read(concat!(
        "unit Id=ssh.service\nunit Names=ssh.service sshd.service\nunit LoadState=loaded\nunit ActiveState=active\n",
        "unit UnitFileState=enabled\nunit NeedDaemonReload=yes\nunit CanReload=yes\n",
        "unit ActiveEnterTimestamp=Sat 2026-11-21 11:06:00 UTC\nunit FragmentPath=/lib/a=b\nunit\n",
        "unit Id=app.service\nunit Names=app.service\nunit LoadState=not-found\nunit ActiveState=inactive\n",
        "unit ActiveEnterTimestamp=\nunit\nunit\n",
    ));
    let unit = state.unit("sshd.service");
    assert_eq!(unit, state.unit("ssh.service"));
    assert!(unit.is_active() && unit.is_enabled() && unit.stale && unit.can_reload);
    assert_eq!((unit.since, unit.fragment.as_str()), (1_795_259_160, "/lib/a=b"));
    assert_eq!((state.unit("app.service").load.as_str(), state.unit("app.service").since), ("not-found", 0));
    assert_eq!(state.unit("never.service").load, "not-found");
    assert_eq!(state.units.len(), 3);
}

#[test]
fn answers_of_any_bytes() {
    let key = STANDARD.encode("a key\n");
    let state = read(&format!("answer {key} 3 ={}\nanswer {key}\n", STANDARD.encode(b"a\xffb\n")));
    let answer = &state.commands["a key\n"];
    assert_eq!((answer.status, answer.output.as_str()), (3, "a\u{fffd}b\n"));
    let plain = read(&format!("answer {key} 0 +a plain one\nanswer b25l 1 =\nanswer dHdv 0 ?\n"));
    assert_eq!(plain.commands["a key\n"].output, "a plain one");
    assert_eq!((plain.commands["one"].status, plain.commands["one"].output.as_str()), (1, ""));
    assert_eq!((state.commands.len(), plain.commands.len()), (1, 2));
}

#[test]
fn what_makes_a_host_useless() {
    assert_eq!(try_read("locked solti apply of me").unwrap_err(), "locked by another run: solti apply of me");
    assert_eq!(try_read("refused flock is missing").unwrap_err(), "flock is missing");
    assert!(try_read("manifest {").unwrap_err().starts_with("the manifest on the host is damaged"));
    assert!(try_read("manifest {\"format\":9}").unwrap_err().contains("format 9"));
}

#[test]
fn a_probe_that_was_cut_short() {
    let mut reader = Reader::default();
    reader.record("lacks", "apt-get");
    assert!(reader.finish().is_err());
}

#[test]
fn other_words() {
    let state = read("interrupted /var/lib/solti/journal/1/undo\nlacks apt-get\nsomething new\n");
    assert!(state.memory.interrupted && !state.memory.unfinished && state.memory.leftovers.is_empty());
    assert!(state.missing_tools.contains("apt-get"));
    let state = read("unfinished /var/lib/solti/journal/1/\nleftover /var/lib/solti/stuck-1 a\n");
    assert!(!state.memory.interrupted && state.memory.unfinished);
    assert_eq!(state.memory.leftovers, ["/var/lib/solti/stuck-1 a"]);
}
