//! What a host's shell makes of a step of which it gets only a part, under every kind of `sh` that is installed here.

use super::step_runs::part;
use crate::ability::Operation;
use crate::ability::files::{Attributes, Body, FileOperation};
use crate::engine::step::{begin, commit, functions, held, program};
use crate::host::{framed, quote};
use crate::plan::change::{Action, Change};
use crate::plan::role_plan::StepPlan;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Tested = Result<(), Box<dyn std::error::Error>>;

/// Two files in a set, one of them new, a folder, a link, a removal.
fn step(root: &str) -> StepPlan {
    let path = |name: &str| format!("{root}/{name}");
    let body = |name: &str| Body {
        path: path(name),
        content: b"new\n".to_vec(),
        attributes: Attributes { mode: Some(0o640), ..Attributes::default() },
    };
    let operations = vec![
        Operation::Files(FileOperation::MakeDirectory { path: path("made/deep"), attributes: Attributes::default() }),
        Operation::Files(FileOperation::Write {
            folder: Some(path("set")),
            bodies: vec![body("set/old"), body("set/new")],
            removed: vec![path("set/extra")],
            declared: Vec::new(),
            validation: None,
            early: false,
        }),
        Operation::Files(FileOperation::Write {
            folder: None,
            bodies: vec![body("it's one")],
            removed: Vec::new(),
            declared: Vec::new(),
            validation: None,
            early: false,
        }),
        Operation::Files(FileOperation::Link { path: path("link"), target: "set/new".to_owned() }),
        Operation::Files(FileOperation::Remove { path: path("gone") }),
    ];
    let change =
        Change { resource: "role/step/x:y".to_owned(), action: Action::Update, details: Vec::new(), operations };
    StepPlan { step: "step".to_owned(), changes: vec![change], in_order: false }
}

/// What the step finds.
fn prepare(root: &Path) -> std::io::Result<()> {
    fs::create_dir_all(root.join("set"))?;
    fs::create_dir_all(root.join("gone/inner"))?;
    for (name, text) in [("set/old", "old\n"), ("set/extra", "extra\n"), ("it's one", "old\n"), ("gone/inner/x", "x\n")]
    {
        fs::write(root.join(name), text)?;
    }
    std::os::unix::fs::symlink("set/old", root.join("link"))
}

/// Everything under a folder, as text; the state's own files are not part of it, but an open journal is.
fn snapshot(root: &Path) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            if path.is_symlink() {
                lines.push(format!("{name} -> {}", fs::read_link(&path)?.display()));
            } else if path.is_dir() {
                if name == "state/generations" {
                    continue;
                }
                if !matches!(name.as_str(), "state" | "state/journal") {
                    lines.push(format!("{name}/"));
                }
                folders.push(path);
            } else if !matches!(name.as_str(), "state/manifest.json" | "state/done" | "state/undone") {
                lines.push(format!("{name}: {}", fs::read_to_string(&path)?.trim_end()));
            }
        }
    }
    lines.sort();
    Ok(lines)
}

/// Feeds text to a shell, and waits for its end.
fn feed(shell: &[&str], text: &str) -> Tested {
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .arg("-s")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // it may end before it has read everything
    let _ = child.stdin.take().map(|mut input| input.write_all(text.as_bytes()));
    child.wait()?;
    Ok(())
}

#[test]
fn a_conversation_that_is_cut_anywhere_leaves_what_was_or_what_was_to_be() -> Tested {
    for shell in [&["dash"][..], &["bash"], &["busybox", "sh"]] {
        if Command::new(shell[0]).args(&shell[1..]).args(["-c", "true"]).output().is_err() {
            continue;
        }
        let folder = tempfile::tempdir()?;
        let root = folder.path().join("root");
        let name = root.display().to_string();
        let quoted = quote(&name);
        let steps = functions();
        let programs = [
            format!("{steps}\nsay() {{ :; }}\nuid=$(id -u) V={quoted}/state holds=yes\n"),
            held(&(begin("1", Some(&part("run")), &[], &[]) + &program(&step(&name), "1", &[]))),
            held("true"),
            held(&commit("{}")),
        ];
        let mut ends = Vec::new();
        let mut text = String::new();
        for (number, program) in programs.iter().enumerate() {
            text.push_str(&framed(program, number, shell[0] == "bash"));
            ends.push(text.len());
        }
        prepare(&root)?;
        let before = snapshot(&root)?;
        feed(shell, &text)?;
        let after = snapshot(&root)?;
        let expected =
            ["it's one: new", "link -> set/new", "made/", "made/deep/", "set/", "set/new: new", "set/old: new"];
        assert_eq!(after, expected, "{shell:?}");

        // everywhere, and at each place where something ends
        let near = ends.iter().flat_map(|end| end.saturating_sub(3)..=*end);
        let cuts: Vec<usize> = [0, 99]
            .into_iter()
            .chain((ends[0]..text.len()).step_by(499))
            .chain(near)
            .filter(|cut| text.is_char_boundary(*cut))
            .collect();
        for cut in cuts {
            fs::remove_dir_all(&root)?;
            prepare(&root)?;
            feed(shell, &text[..cut])?;
            let found = snapshot(&root)?;
            // the last newline is not needed by every shell
            let whole = cut + 1 >= text.len() && found == after;
            assert!(found == before || whole, "{shell:?} cut at {cut} of {}: {found:?}", text.len());
        }
    }
    Ok(())
}
