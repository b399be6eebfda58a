//! What comes to the disk before what: after a power cut, a host has what was flushed, and of the rest anything or nothing.

use super::step_runs::{conversation, places, two_steps};
use crate::engine::step::{ROLL_BACK, commit};
use crate::host::shells_here::{SHELLS, command};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

const CALLS: &str = "openat,write,copy_file_range,sendfile,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,\
     unlinkat,rmdir,mkdir,mkdirat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,fsync,fdatasync,sync,syncfs";

/// One system call: its name, and the files that its arguments name.
type Call = (String, Vec<PathBuf>, String);

/// The calls that a program makes, in order.
fn calls(program: &str, folder: &Path) -> Vec<Call> {
    let trace = folder.join("trace");
    let shell = command(SHELLS[0], program);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-qq", "-s", "4096", "-o"]).arg(&trace).args(["-e", &format!("trace={CALLS}")]);
    let status = strace.arg(shell.get_program()).args(shell.get_args()).env("LC_ALL", "C").output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    let mut begun = BTreeMap::new();
    let mut calls = Vec::new();
    for line in std::fs::read_to_string(trace).unwrap().lines() {
        let Some((pid, line)) = line.split_once(' ') else { continue };
        let line = line.trim_start();
        let whole = if let Some(start) = line.strip_suffix("<unfinished ...>") {
            begun.insert(pid.to_owned(), start.to_owned());
            continue;
        } else if line.starts_with("<... ") {
            begun.remove(pid).unwrap_or_default() + line.split_once("resumed>").map_or("", |(_, rest)| rest)
        } else {
            line.to_owned()
        };
        let Some((name, rest)) = whole.split_once('(') else { continue };
        let Some((arguments, result)) = rest.rsplit_once(" = ") else { continue };
        if !result.starts_with('-') {
            // what is written is no name
            let named =
                if name == "write" { arguments.split_once('"').map_or("", |(file, _)| file) } else { arguments };
            calls.push((name.to_owned(), paths(named), arguments.to_owned()));
        }
    }
    calls
}

/// The files that arguments name: `3</a/b>`, or `AT_FDCWD</a>, "b"`.
fn paths(arguments: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut base: Option<PathBuf> = None;
    let mut rest = arguments;
    while let Some(at) = rest.find(['<', '"']) {
        let end = if rest[at..].starts_with('<') { '>' } else { '"' };
        let inner = &rest[at + 1..];
        let Some(length) = inner.find(end) else { break };
        let text = &inner[..length];
        if end == '>' {
            found.extend(base.replace(PathBuf::from(text)));
        } else {
            found.push(plain(&base.take().unwrap_or_default().join(text)));
        }
        rest = &inner[length + 1..];
    }
    found.extend(base);
    found
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// What is not on the disk yet.
#[derive(Default)]
struct Unflushed {
    /// Files whose content is not.
    content: BTreeSet<PathBuf>,
    /// Files whose names are not.
    names: BTreeSet<PathBuf>,
}

impl Unflushed {
    fn take(&mut self, call: &Call) {
        let (name, paths, arguments) = call;
        match (name.as_str(), paths.as_slice()) {
            ("openat", [path, ..]) if arguments.contains("O_CREAT") || arguments.contains("O_TRUNC") => {
                self.content.insert(path.clone());
                self.names.insert(path.clone());
            }
            ("write" | "sendfile", [path, ..]) | ("copy_file_range", [_, path, ..]) => {
                self.content.insert(path.clone());
            }
            ("rename" | "renameat" | "renameat2", [from, to]) => {
                if self.content.remove(from) {
                    self.content.insert(to.clone());
                }
                self.names.extend([from.clone(), to.clone()]);
            }
            ("link" | "linkat" | "symlink" | "symlinkat", [.., path])
            | ("unlink" | "unlinkat" | "rmdir" | "mkdir" | "mkdirat", [path]) => {
                self.names.insert(path.clone());
            }
            ("fsync" | "fdatasync", [path]) => {
                self.content.remove(path);
                self.names.retain(|name| name.parent() != Some(path));
            }
            ("sync" | "syncfs", _) => {
                self.content.clear();
                self.names.clear();
            }
            _ => {}
        }
    }

    fn of(&self, wanted: impl Fn(&Path) -> bool) -> Vec<&PathBuf> {
        self.content.iter().chain(&self.names).filter(|path| wanted(path)).collect()
    }
}

fn is_ours(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_string_lossy().starts_with(".solti-"))
}

/// What the way back needs: the list, what it is about, and what was there.
fn is_way_back(path: &Path, journal: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let entry = name == "undo" || name.ends_with(".path") || name.ends_with(".was");
    (path.starts_with(journal) && entry) || (is_ours(path) && (name == "was" || name.starts_with(".solti-back-")))
}

/// Whether the journal is over with it: what is to be undone is gone, or called otherwise.
fn ends((name, paths, _): &Call, journal: &Path) -> bool {
    let undo = journal.join("undo");
    name.starts_with("unlink") && paths.last() == Some(&undo) || name.starts_with("rename") && paths[0] == undo
}

#[test]
fn the_way_back_is_on_the_disk_before_anything_is_replaced() {
    let (place, home) = places();
    let (place, journal) = (place.path(), home.path().join("state/journal/t"));
    let original = home.path().join("state/original");
    let program = conversation(home.path(), &two_steps(place), &commit("{\"format\":1}"));
    let generations = home.path().join("state/generations");
    let (mut unflushed, mut changes, mut done, mut kept) = (Unflushed::default(), 0, false, false);
    for call in calls(&program, home.path()) {
        let (name, paths, _) = &call;
        let last = paths.last().cloned().unwrap_or_default();
        let live = |path: &Path| path.starts_with(place) && path != place && !is_ours(path);
        let alters = !matches!(name.as_str(), "openat" | "write" | "fsync" | "fdatasync" | "sync" | "syncfs");
        // a second name for what is live changes nothing about it
        let touched = if matches!(name.as_str(), "link" | "linkat") { vec![&last] } else { paths.iter().collect() };
        if alters && touched.iter().any(|path| live(path)) {
            changes += 1;
            let late = unflushed.of(|path| is_way_back(path, &journal));
            assert!(late.is_empty(), "not on the disk before {call:?}: {late:?}");
            if name.starts_with("rename") && live(&last) {
                assert!(!unflushed.content.contains(&paths[0]), "half of it may take its place: {call:?}");
            }
        }
        if name.starts_with("rename") && last == journal.join("manifest") {
            done = true;
            assert!(!unflushed.content.contains(&paths[0]), "{call:?}");
            let late = unflushed.of(|path| live(path) || path.starts_with(&original));
            assert!(late.is_empty(), "not on the disk before the role counts: {late:?}");
        }
        if ends(&call, &journal) {
            assert!(done);
            let late = unflushed.of(|path| path.starts_with(home.path().join("state/manifest.json")));
            assert!(late.is_empty(), "not on the disk before the journal ends: {late:?}");
        }
        let gone = last.starts_with(&journal) && last != journal.join("undo") && name.starts_with("unlink");
        let shelved = name.starts_with("rename") && paths[0] == journal;
        if (gone || shelved) && done {
            let late = unflushed.of(|path| *path == journal.join("undo"));
            assert!(last.ends_with("room") || late.is_empty(), "{call:?} comes before {late:?}");
        }
        if shelved {
            kept = true;
            assert_eq!(last, generations.join("1/1"));
            let is_kept = |path: &Path| path.starts_with(&journal) && path.extension().is_some_and(|it| it == "former");
            let late = unflushed.of(|path| is_kept(path) || path.starts_with(&generations));
            assert!(late.is_empty(), "not on the disk before it is kept: {late:?}");
        }
        unflushed.take(&call);
    }
    assert!(done && kept && changes > 7, "{changes} changes were seen");
}

#[test]
fn what_was_put_back_is_on_the_disk_before_the_journal_ends() {
    let (place, home) = places();
    let journal = home.path().join("state/journal/t");
    let program = conversation(home.path(), &two_steps(place.path()), ROLL_BACK);
    let (mut unflushed, mut ended) = (Unflushed::default(), false);
    for call in calls(&program, home.path()) {
        if ends(&call, &journal) {
            ended = true;
            let late = unflushed.of(|path| path.starts_with(place.path()) && !is_ours(path) && path.exists());
            assert!(late.is_empty(), "not on the disk before the journal ends: {late:?}");
        }
        unflushed.take(&call);
    }
    assert!(ended);
}
