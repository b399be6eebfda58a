//! The program run for real, in the shells that hosts have.

use crate::ability::commands::{Question, listing_key};
use crate::ability::files::PathState;
use crate::ability::{PLACE, Probe, Reader, State};
use crate::host::shells_here::{SAY, command, shells};
use proptest::prelude::*;
use sha2::Digest as _;
use sha2::Sha256;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Runs a program here as a host would, and reads what it says.
fn run(shell: &[&str], probe: &Probe, home: &Path) -> State {
    run_after(shell, "", probe, home)
}

/// The same, with these lines before it.
fn run_after(shell: &[&str], before: &str, probe: &Probe, home: &Path) -> State {
    let program = format!("{SAY}{before}\n{}", probe.program());
    let output = command(shell, &program).env("HOME", home).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut reader = Reader::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let record = line.strip_prefix("mark ").unwrap_or_else(|| panic!("{shell:?} said {line:?}"));
        let (tag, rest) = record.split_once(' ').unwrap_or((record, ""));
        reader.record(tag, rest);
    }
    reader.finish().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn files_with_any_name_and_content(files in proptest::collection::btree_map(
        "[^/\\x00-\\x1f\\x7f-\\x9f]{1,20}", proptest::collection::vec(any::<u8>(), 0..40), 1..6)) {
        let home = tempfile::tempdir()?;
        let at = |name: &str| format!("{}/{name}", home.path().display());
        let mut probe = Probe::default();
        let files: Vec<_> = files.into_iter().filter(|(name, _)| name != "." && name != "..").collect();
        for (number, (name, content)) in files.iter().enumerate() {
            std::fs::write(at(name), content)?;
            match number % 3 {
                0 => probe.files.digest(&at(name)),
                1 => probe.files.content_unless(&at(name), &hex(content)),
                _ => probe.files.content_unless(&at(name), "other"),
            }
            probe.files.path(&at(&format!("{name}.absent")));
        }
        for shell in shells() {
            let state = run(shell, &probe, home.path());
            prop_assert_eq!(state.files.paths.len(), files.len(), "{:?}", shell);
            for (number, (name, wanted)) in files.iter().enumerate() {
                let PathState::File { sha256, content, size, .. } = state.files.at(&at(name)) else {
                    return Err(TestCaseError::fail(format!("{shell:?}: {name:?} is no file")));
                };
                prop_assert_eq!(*size, wanted.len() as u64);
                prop_assert_eq!(sha256, &Some(hex(wanted)), "{:?} {:?}", shell, name);
                let sent = (number % 3 == 2).then_some(wanted);
                prop_assert_eq!(content.as_ref(), sent, "{:?} {:?}", shell, name);
            }
        }
    }
}

#[test]
fn links_folders_and_pipes() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| format!("{}/{name}", home.path().display());
    std::os::unix::fs::symlink("some where", at("link")).unwrap();
    std::os::unix::fs::symlink("ends in a blank ", at("blank")).unwrap();
    std::fs::write(at("big"), vec![b'x'; 300 * 1024]).unwrap();
    std::os::unix::fs::symlink("big", at("to-file")).unwrap();
    std::os::unix::fs::symlink("loop", at("loop")).unwrap();
    std::fs::create_dir(at("folder")).unwrap();
    std::fs::write(at("folder/.hidden"), "x").unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let mut probe = Probe::default();
    for name in ["link", "blank", "to-file", "loop"] {
        probe.files.link(&at(name));
        probe.files.digest(&at(name));
    }
    for name in ["pipe", "folder", "big/inside", "loop/inside"] {
        probe.files.digest(&at(name));
    }
    probe.files.content_unless(&at("big"), "other");
    probe.commands.listing(&at("folder"));
    probe.commands.listing(&at("absent"));
    for shell in shells() {
        let state = run(shell, &probe, home.path());
        assert_eq!(state.files.at(&at("link")), &PathState::Link { target: Some("some where".into()) }, "{shell:?}");
        let blank = PathState::Link { target: Some("ends in a blank ".into()) };
        assert_eq!(state.files.at(&at("blank")), &blank, "{shell:?}");
        assert_eq!(state.files.at(&at("to-file")), &PathState::Link { target: Some("big".into()) }, "{shell:?}");
        assert_eq!(state.files.at(&at("pipe")), &PathState::Other, "{shell:?}");
        assert_eq!(state.files.at(&at("loop")), &PathState::Link { target: Some("loop".into()) }, "{shell:?}");
        assert_eq!(state.files.at(&at("big/inside")), &PathState::Absent, "{shell:?}");
        assert_eq!(state.files.at(&at("loop/inside")), &PathState::Absent, "{shell:?}");
        assert!(matches!(state.files.at(&at("folder")), PathState::Directory { .. }), "{shell:?}");
        let big = state.files.at(&at("big"));
        assert!(matches!(big, PathState::File { content: None, size: 307_200, sha256: Some(_), .. }), "{shell:?}");
        assert_eq!(state.commands[&listing_key(&at("folder"))].output, ".hidden", "{shell:?}");
        assert!(!state.is_emptied(&at("folder")) && !state.is_emptied(&at("absent")), "{shell:?}");
        assert!(state.files.unreadable.is_empty(), "{shell:?}");
    }
}

/// A folder in which everybody may change what is there, with a file in it, and a file that nobody else may read.
fn somebodys_folder(home: &Path) -> (String, String) {
    let (folder, secret) = (home.join("open"), home.join("secret"));
    for folder in [&folder, &secret] {
        std::fs::create_dir(folder).unwrap();
    }
    std::fs::write(secret.join("file"), "secret").unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    (folder.display().to_string(), secret.display().to_string())
}

#[test]
fn somebodys_link_shows_nothing() {
    for shell in shells() {
        let home = tempfile::tempdir().unwrap();
        let (folder, secret) = somebodys_folder(home.path());
        std::os::unix::fs::symlink(&secret, format!("{folder}/way")).unwrap();
        let path = format!("{folder}/way/file");
        let mut probe = Probe::default();
        probe.files.content_unless(&path, "other");
        let state = run(shell, &probe, home.path());
        let why = format!("{folder}/way is a link that others than root can change");
        assert_eq!(state.files.astray.iter().collect::<Vec<_>>(), [(&format!("{folder}/way"), &why)], "{shell:?}");
        assert!(matches!(state.files.at(&path), PathState::File { content: None, .. }), "{shell:?}");
    }
}

#[test]
fn what_takes_a_files_place_while_it_is_read_shows_nothing_and_keeps_nobody() {
    for shell in shells() {
        for (swap, left) in [("ln -s ../secret/file", None), ("mkfifo", Some("no file any more"))] {
            let home = tempfile::tempdir().unwrap();
            let (folder, _) = somebodys_folder(home.path());
            let path = format!("{folder}/file");
            std::fs::write(&path, "public").unwrap();
            let mut probe = Probe::default();
            probe.files.content_unless(&path, "other");
            // after the look at what kind it is
            let before = format!("timeout() {{ shift; rm '{path}'; {swap} '{path}'; command timeout 0.2 \"$@\"; }}");
            let state = run_after(shell, &before, &probe, home.path());
            assert!(matches!(state.files.at(&path), PathState::File { content: None, .. }), "{shell:?} {swap}");
            assert_eq!(state.files.unreadable.get(&path).map(String::as_str), left, "{shell:?} {swap}");
        }
    }
}

#[test]
fn commands_are_never_functions_of_the_shell() {
    let home = tempfile::tempdir().unwrap();
    let ask = |command: &[&str]| Question {
        command: command.iter().map(|&word| word.to_owned()).collect(),
        chdir: Some(home.path().display().to_string()),
        environment: vec![("GREETING".into(), "it's me".into())],
        stdin: None,
        user: None,
    };
    let mut probe = Probe::default();
    probe.commands.ask("function", ask(&["say", "x"]));
    probe.commands.ask("environment", ask(&["sh", "-c", "echo \"$GREETING\"; pwd; exit 7"]));
    probe.commands.ask("bytes", ask(&["printf", "a\\377\\n\\n"]));
    let reads = Question { stdin: Some("it's\n\\n %s".into()), ..ask(&["sh", "-c", "cat; exit 7"]) };
    probe.commands.ask("input", reads);
    probe.tool("surely-not-there");
    probe.tool("sh");
    for shell in shells() {
        let state = run(shell, &probe, home.path());
        assert_ne!(state.commands["function"].status, 0, "{shell:?}");
        let answer = &state.commands["input"];
        assert_eq!((answer.status, answer.output.as_str()), (7, "it's\n\\n %s"), "{shell:?}");
        let answer = &state.commands["environment"];
        let here = home.path().canonicalize().unwrap();
        assert_eq!(
            (answer.status, answer.output.as_str()),
            (7, format!("it's me\n{}", here.display()).as_str()),
            "{shell:?}"
        );
        assert_eq!(state.commands["bytes"].output, "a\u{fffd}", "{shell:?}");
        assert_eq!(state.missing_tools.iter().collect::<Vec<_>>(), ["surely-not-there"], "{shell:?}");
    }
}

/// What it starts as somebody else, or as itself, may outlive it: the lock, which is descriptor 8, is not for that.
#[test]
fn nothing_that_runs_as_a_user_has_the_lock_open() {
    let home = tempfile::tempdir().unwrap();
    let user = "runuser() { shift 3; \"$@\"; }; uid=none";
    let open = "[ ! -e /proc/self/fd/8 ] || echo open";
    for shell in shells() {
        for uid in ["", user] {
            let as_user = format!("as_user \"$(id -un)\" sh -c '{open}; echo ran'");
            let program = format!("{SAY}{PLACE}\nexec 8<>lock\n{uid}\n{as_user}\n");
            let output = command(shell, &program).current_dir(home.path()).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), "ran\n", "{shell:?}: {uid}");
        }
    }
}

#[test]
fn links_are_read_together_or_one_by_one() {
    let home = tempfile::tempdir().unwrap();
    let place = |name: &str| home.path().join(name).display().to_string();
    let mut probe = Probe::default();
    for name in ["a b", "c", "file", "gone"] {
        probe.files.link(&place(name));
    }
    std::os::unix::fs::symlink("to a -> b", place("a b")).unwrap();
    std::os::unix::fs::symlink("/to/c", place("c")).unwrap();
    std::fs::write(place("file"), "").unwrap();
    // busybox's takes one at a time
    let single = "readlink() { [ $# -le 2 ] && command readlink \"$@\"; }";
    let link = |target: &str| PathState::Link { target: Some(target.to_owned()) };
    for (shell, before) in shells().flat_map(|shell| [(shell, ""), (shell, single)]) {
        let state = run_after(shell, before, &probe, home.path());
        assert_eq!(*state.files.at(&place("a b")), link("to a -> b"), "{shell:?}");
        assert_eq!(*state.files.at(&place("c")), link("/to/c"), "{shell:?}");
        assert!(matches!(state.files.at(&place("file")), PathState::File { .. }), "{shell:?}");
        assert_eq!(*state.files.at(&place("gone")), PathState::Absent, "{shell:?}");
    }
}

#[test]
fn answers_come_as_they_are() {
    let texts = ["", "plain 1.0/2_x@y,-z:%+", "=", "+", "two\nlines", "it's $HOME \\ *", "größer", "  spaces  "];
    let mut probe = Probe::default();
    for text in texts {
        let command = ["printf", "%s", text].map(str::to_owned).to_vec();
        probe.commands.ask(text, Question { command, chdir: None, environment: Vec::new(), stdin: None, user: None });
    }
    for shell in shells() {
        let state = run(shell, &probe, Path::new("/nonexistent"));
        for text in texts {
            assert_eq!((state.commands[text].status, state.commands[text].output.as_str()), (0, text), "{shell:?}");
        }
    }
}

#[test]
fn accounts_of_this_machine() {
    let mut probe = Probe::default();
    probe.accounts.user("root");
    probe.accounts.user("surely-not-there");
    for shell in shells() {
        let state = run(shell, &probe, Path::new("/nonexistent"));
        assert_eq!(state.accounts.users["root"].uid, Some(0), "{shell:?}");
        assert_eq!(state.accounts.users.len(), 1, "{shell:?}");
        assert_eq!(state.accounts.groups["root"].gid, Some(0), "{shell:?}");
    }
}

/// Homes come from the list of users, whatever names and homes are like; nothing of them is ever run.
#[test]
fn homes_of_any_user() {
    let folder = tempfile::tempdir().unwrap();
    let run = format!("touch {}/run", folder.path().display());
    let list = format!(
        "getent() {{ case $2 in 'DOM\\user') echo 'user:*:1:1::/home/DOM/john smith:/bin/sh' ;; \
         *touch*) echo \"x:*:1:1::/home/\\$({run}):/bin/sh\" ;; *) return 2 ;; esac; }}\n"
    );
    let place = crate::ability::PLACE;
    for shell in shells() {
        for (before, user, expected) in [
            (list.as_str(), "DOM\\user", "/home/DOM/john smith".to_owned()),
            (list.as_str(), "x; $(touch run)", format!("/home/$({run})")),
            (list.as_str(), "nobody at all", "none".to_owned()),
            ("", "root", "/root".to_owned()),
            ("", &format!("x; {run}"), "none".to_owned()),
            // without getent
            ("command() { false; }\n", "root", "/root".to_owned()),
            ("command() { false; }\n", "*", "none".to_owned()),
        ] {
            let program =
                format!("{place}{before}home_of {} && say home \"$home\" || say home none", crate::host::quote(user));
            let output = command(shell, &format!("{SAY}{program}")).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(said, format!("mark home {expected}\n"), "{shell:?}: {user}");
        }
        assert!(!folder.path().join("run").exists(), "{shell:?}");
    }
}
