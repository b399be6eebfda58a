//! Variables of the shell are global, and the files of one program see each other's. Those that one file hands to another are
//! declared here; whoever else sets one of them would change what others read.

use crate::{Result, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What one file sets and others read: its name, who may set it, and what it is.
const SHARED: [(&str, &[&str], &str); 21] = [
    ("HOME", &["files/trying.sh", "ability/place.sh"], "the home of whoever runs the program"),
    ("J", &["step/journal.sh", "step/shell.sh"], "the last entry of the journal"),
    ("L", &["ability/place.sh"], "the lock"),
    ("N", &["files/way.sh"], "the last name of the path in hand, in the folder that has been entered"),
    ("T", &["step/journal.sh", "step/shell.sh"], "the folder of the open transaction"),
    ("V", &["ability/place.sh"], "what the host remembers"),
    ("at", &["step/shell.sh", "systemd/services.sh"], "the change in hand"),
    ("began", &["step/journal.sh", "step/shell.sh"], "when the transaction began"),
    ("held", &["files/own.sh"], "what is there, in a place where only we can exchange it"),
    ("home", &["ability/place.sh", "files/trying.sh"], "a user's home, as `home_of` has found it"),
    ("known_ours", &["files/way.sh", "files/own.sh", "files/probe.sh"], "folders known to be nobody else's"),
    ("ours", &["files/way.sh", "files/own.sh"], "whether the folder in hand is nobody else's"),
    (
        "limit",
        &["ability/place.sh", "files/trying.sh", "podman/podman.sh"],
        "what ends somebody's program that does not end, for whoever is called from the same parentheses",
    ),
    (
        "patience",
        &["files/own.sh", "files/files.sh"],
        "what ends a program that goes through what is somebody's, and has no end",
    ),
    ("stands", &["files/way.sh"], "the folder that is in hand for a while"),
    ("stands_here", &["files/way.sh"], "which that is, by its device and number"),
    ("take", &["files/way.sh"], "whether others can take away what is in the folder in hand"),
    ("uid", &["ability/place.sh"], "who we are"),
    ("way", &["files/way.sh", "files/files.sh", "files/trying.sh"], "by which folders the one in hand was come to"),
    ("whole", &["files/trying.sh", "step/journal.sh"], "the place in hand, by its whole path"),
    ("why", &["files/way.sh", "files/own.sh"], "why a folder cannot be entered"),
];

/// What the shell sets itself, and fields in formats of dpkg.
const NOT_OURS: [&str; 6] = ["PWD", "OLDPWD", "PATH", "Package", "Version", "db"];

/// What a file does with variables.
#[derive(Default)]
struct Uses {
    set: BTreeSet<String>,
    read: BTreeSet<String>,
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The name that a text begins with.
fn name(text: &str) -> Option<&str> {
    let name = &text[..text.find(|c| !is_name(c)).unwrap_or(text.len())];
    name.starts_with(|c: char| !c.is_ascii_digit()).then_some(name)
}

fn uses(text: &str) -> Uses {
    let mut uses = Uses::default();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for (at, _) in line.match_indices('$') {
            let rest = line[at + 1..].trim_start_matches(['{', '#']);
            uses.read.extend(name(rest).map(str::to_owned));
        }
        for (at, _) in line.match_indices('=') {
            let before = &line[..at];
            let start = before.rfind(|c| !is_name(c)).map_or(0, |last| last + 1);
            let is_word = start == 0 || before[..start].ends_with([' ', '\t', ';', '(', '{', '&', '|']);
            uses.set.extend(name(&before[start..]).filter(|_| is_word).map(str::to_owned));
        }
        for command in ["for ", "read ", "read -r "] {
            for (at, _) in line.match_indices(command) {
                let words = line[at + command.len()..].split(' ').map_while(|word| Some((name(word)?, word)));
                let count = if command == "for " { 1 } else { usize::MAX };
                let ends = |word: &str| word.ends_with(';');
                for (name, word) in words.take(count) {
                    uses.set.insert(name.to_owned());
                    if ends(word) {
                        break;
                    }
                }
            }
        }
    }
    uses
}

fn shells(folder: &Path, found: &mut BTreeMap<String, Uses>) -> Result {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            shells(&path, found)?;
        } else if path.extension().is_some_and(|name| name == "sh") {
            let inside = path.strip_prefix(root().join("src"))?.display().to_string();
            found.insert(inside, uses(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

#[test]
fn what_shell_files_hand_to_one_another_is_declared() -> Result {
    let mut files = BTreeMap::new();
    shells(&root().join("src"), &mut files)?;
    // it runs alone, and knows nothing of the others
    files.retain(|file, _| !file.starts_with("scenario/"));
    assert!(files.len() > 10);
    let mut wrong = String::new();
    for (file, uses) in &files {
        for name in uses.read.difference(&uses.set).filter(|name| !NOT_OURS.contains(&name.as_str())) {
            if SHARED.iter().all(|(shared, ..)| shared != name) {
                wrong += &format!("{file} reads ${name}, which it does not set, and which is not declared\n");
            }
        }
    }
    for (name, owners, what) in SHARED {
        let is_owner = |file: &str| owners.iter().any(|owner| file.ends_with(owner));
        for (file, uses) in &files {
            if uses.set.contains(name) && !is_owner(file) {
                wrong += &format!("{file} sets ${name}, which is {what} to others\n");
            }
        }
        for owner in owners {
            if !files.iter().any(|(file, uses)| file.ends_with(owner) && uses.set.contains(name)) {
                wrong += &format!("{owner} does not set ${name}\n");
            }
        }
        let others = |(file, uses): (&String, &Uses)| uses.read.contains(name) && !is_owner(file);
        if owners.len() == 1 && !files.iter().any(others) {
            wrong += &format!("nobody reads ${name} but who sets it\n");
        }
    }
    assert_eq!(wrong, "");
    Ok(())
}
