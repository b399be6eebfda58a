//! What becomes of a transaction that is done: a part of a numbered generation, with what it has replaced.

use super::step::{step, write};
use super::step_runs::{RECORD, opened, places, said, transaction, tree, two_steps};
use super::{MINE, file_item, host, owned, role, work};
use crate::ability::Operation;
use crate::ability::files::{Attributes, Body, FileOperation};
use crate::engine::generation::{Origin, Part};
use crate::engine::ownership::Ownership;
use crate::engine::planner::plan;
use crate::engine::step::{ROLL_BACK, commit};
use crate::host::shells_here::{SHELLS, shells};
use crate::plan::role_plan::StepPlan;
use crate::secret::Secrets;
use insta::assert_snapshot;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

/// What is told is for whoever reads it later, and knows no secrets then.
#[tokio::test]
async fn what_is_told_of_a_transaction() {
    let origin = Origin {
        run: "0123".into(),
        by: "ada@laptop".into(),
        project: "mine".into(),
        named: true,
        root: PathBuf::new(),
        commit: OnceCell::new_with(Some(Some("c0ffee".into()))),
    };
    let secrets = Secrets::new();
    secrets.add("hunter2hunter2");
    let begun = "2026-03-01T14:03:12.5Z".parse().unwrap();
    let resources =
        ["file: { path: /etc/app/hunter2hunter2, content: x }", "file: { path: /etc/app/a, content: x, mode: '0600' }"];
    let mut state = host(&[("/etc/app/a", "x")]);
    owned(&mut state, "two", "file:/etc/gone", &[file_item("/etc/gone")]);
    state.files.paths.insert("/etc/gone".into(), super::file("gone"));
    let work = work(vec![role("one", &resources)]);
    let plan = plan(&work, &mut BTreeMap::from([(None, state)]), Ownership { prune: true, ..MINE }).unwrap();
    let mut told = String::new();
    for transaction in &plan.transactions {
        let run = work.runs.iter().find(|run| run.place == transaction.role);
        let part = Part::of(transaction, run, &origin, begun, &secrets).await.unwrap();
        assert_eq!(part.run, "0123");
        told += &(part.record + "\n");
    }
    assert_snapshot!(told, @r#"
    {"format":1,"run":"0123","begun":"2026-03-01T14:03:12Z","by":"ada@laptop","project":"mine","named":true,"commit":"c0ffee","playbook":"site.yml","play":"play","role":"one","instance":"one","changes":[{"resource":"one/step/file:/etc/app/********","action":"create"},{"resource":"one/step/file:/etc/app/a","action":"update","values":[{"what":"mode","old":"0644","new":"0600"}]}]}
    {"format":1,"run":"0123","begun":"2026-03-01T14:03:12Z","by":"ada@laptop","project":"mine","named":true,"commit":"c0ffee","play":"orphaned","role":"two","instance":"two","changes":[{"resource":"two/step/file:/etc/gone","action":"remove"}]}
    "#);
    // what only the manifest is about changes nothing on the host
    let mut empty = plan.transactions.into_iter().next().unwrap();
    empty.plan.steps.iter_mut().for_each(|step| step.changes.clear());
    assert!(Part::of(&empty, None, &origin, begun, &secrets).await.is_none());
}

const DONE: &str = "{\"format\":1}";

/// What was there, by its path, as the entries of a part name it.
pub fn former(part: &Path) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_to_string(part.join("entries")).unwrap();
    let restored = entries.lines().filter_map(|line| line.strip_prefix("restore ")?.split_once(' '));
    restored
        .map(|(entry, number)| {
            let path = fs::read_to_string(part.join(format!("{entry}.path"))).unwrap();
            (path.trim_end().to_owned(), part.join(format!("{number}.former")))
        })
        .filter(|(path, _)| !path.is_empty())
        .collect()
}

/// What was in the files that were there.
pub fn was(part: &Path) -> Vec<(String, String)> {
    former(part).into_iter().map(|(path, former)| (path, fs::read_to_string(former).unwrap_or_default())).collect()
}

/// The parts that there are, as `N/K`, in their order.
pub fn parts(home: &Path) -> Vec<String> {
    let folder = home.join("state/generations");
    let mut found = Vec::new();
    for generation in fs::read_dir(&folder).into_iter().flatten().flatten() {
        for part in fs::read_dir(generation.path()).unwrap().flatten() {
            let number = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().parse::<u32>().unwrap();
            found.push((number(&generation), number(&part)));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(generation, part)| format!("{generation}/{part}")).collect()
}

fn file(path: String, content: &str) -> StepPlan {
    let body = Body { path, content: content.as_bytes().to_vec(), attributes: Attributes::default() };
    step(vec![vec![write(None, vec![body], None)]], false)
}

#[test]
fn what_was_replaced_is_kept_with_what_is_told() {
    for shell in shells() {
        let (place, home) = places();
        let program = opened(home.path()) + &transaction("t", "run", &two_steps(place.path()), &commit(DONE));
        let told = said(shell, &program);
        assert!(told.ends_with("step committed"), "{shell:?}: {told}");
        assert_eq!(parts(home.path()), ["1/1"], "{shell:?}");
        let part = home.path().join("state/generations/1/1");
        let at = |name: &str, text: &str| (place.path().join(name).display().to_string(), text.to_owned());
        assert_eq!(was(&part), [at("gone", "gone"), at("set/old", "old")], "{shell:?}");
        assert_eq!(fs::read_to_string(part.join("record.json")).unwrap(), format!("{RECORD}\n"));
        assert_eq!(fs::read_to_string(part.join("manifest")).unwrap(), format!("{DONE}\n"));
        for folder in [part.as_path(), part.parent().unwrap(), &home.path().join("state/generations")] {
            assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700, "{folder:?}");
        }
        // what nobody needs any more is gone
        let names: Vec<String> = fs::read_dir(&part)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| !name.contains(|c: char| c.is_ascii_digit()))
            .collect();
        let known = ["claim", "entries", "manifest", "record.json", "services"];
        assert!(names.len() == known.len() && names.iter().all(|name| known.contains(&name.as_str())), "{names:?}");
    }
}

#[test]
fn the_transactions_of_a_run_are_one_generation() {
    for shell in shells() {
        let (place, home) = places();
        let path = |name: &str| format!("{}/{name}", place.path().display());
        let run = |run: &str, texts: &[(&str, &str)]| {
            let mut program = opened(home.path());
            for (number, (text, end)) in texts.iter().enumerate() {
                let name = format!("{run}{number}");
                program += &transaction(&name, run, &[file(path("gone"), text)], end);
            }
            said(shell, &program)
        };
        let done = commit(DONE);
        run("a", &[("1", &done), ("2", &done)]);
        // what is put back has no number, even if that is because it cannot be committed
        run("b", &[("3", ROLL_BACK)]);
        let fails = "mv() { case $* in */manifest) return 1 ;; esac; command mv \"$@\"; }\n".to_owned();
        assert!(run("b", &[("3", &(fails + &done))]).ends_with("back ends"), "{shell:?}");
        run("c", &[("4", &done)]);
        // a run whose connection was lost goes on where it was
        run("c", &[("5", &done)]);
        assert_eq!(parts(home.path()), ["1/1", "1/2", "2/1", "2/2"], "{shell:?}");
        let was = |part: &str| {
            let former = former(&home.path().join("state/generations").join(part));
            fs::read_to_string(&former[&path("gone")]).unwrap()
        };
        assert_eq!(["1/1", "1/2", "2/1", "2/2"].map(was), ["gone", "1", "2", "4"], "{shell:?}");
        // what is not told of is not kept
        let program = opened(home.path()) + &crate::engine::step::begin("d", None, &[], &[]) + &done;
        assert!(said(shell, &program).ends_with("step committed"), "{shell:?}");
        assert_eq!(parts(home.path()).len(), 4, "{shell:?}");
    }
}

#[test]
fn the_newest_ten_are_kept() {
    for shell in shells() {
        let (place, home) = places();
        let path = format!("{}/gone", place.path().display());
        for number in 1..=13 {
            let name = number.to_string();
            let steps = [file(path.clone(), &name)];
            let told = said(shell, &(opened(home.path()) + &transaction(&name, &name, &steps, &commit(DONE))));
            assert!(told.ends_with("step committed"), "{shell:?}: {told}");
        }
        let expected: Vec<String> = (4..=13).map(|number| format!("{number}/1")).collect();
        assert_eq!(parts(home.path()), expected, "{shell:?}");
        assert!(fs::read_dir(home.path().join("state/journal")).unwrap().next().is_none());
    }
}

#[test]
fn so_are_no_more_than_there_is_room_for() {
    for shell in shells() {
        let (place, home) = places();
        let path = format!("{}/gone", place.path().display());
        // what is kept is what was there before
        let run = |number: u32, bytes: usize| {
            fs::write(&path, vec![b'x'; bytes]).unwrap();
            let name = number.to_string();
            let steps = [file(path.clone(), "new")];
            let program = opened(home.path()) + &transaction(&name, &name, &steps, &commit(DONE));
            assert!(program.contains("204800"));
            said(shell, &program.replace("204800", "600"))
        };
        for number in 1..=4 {
            run(number, 200_000);
        }
        assert_eq!(parts(home.path()), ["3/1", "4/1"], "{shell:?}");
        // too large alone: what is told of it stays, and so does its number
        let told = run(5, 900_000);
        assert!(told.contains("\nunkept it takes ") && told.contains("step committed"), "{shell:?}: {told}");
        assert_eq!(parts(home.path()), ["3/1", "4/1", "5/1"], "{shell:?}");
        let newest = home.path().join("state/generations/5/1");
        assert!(newest.join("record.json").exists(), "{shell:?}");
        assert!(former(&newest).values().all(|former| !former.exists()), "{shell:?}");
        run(6, 1);
        assert_eq!(parts(home.path()).last().unwrap(), "6/1", "{shell:?}");
    }
}

/// Folders that are emptied and go, and what was in the files in them.
pub fn folders_that_go(place: &Path) -> (StepPlan, [(String, String); 2]) {
    let at = |name: &str| format!("{}/{name}", place.display());
    fs::create_dir_all(at("up/in")).unwrap();
    fs::write(at("up/in/file"), "one").unwrap();
    fs::write(at("up/other"), "two").unwrap();
    std::os::unix::fs::symlink("nowhere", at("up/link")).unwrap();
    let remove = |name: &str| vec![Operation::Files(FileOperation::Remove { path: at(name) })];
    let empty = |name: &str| vec![Operation::Files(FileOperation::RemoveEmptyDirectory { path: at(name) })];
    let removals = vec![remove("up/in/file"), empty("up/in"), remove("up/other"), remove("up/link"), empty("up")];
    (step(removals, true), [(at("up/in/file"), "one".into()), (at("up/other"), "two".into())])
}

/// Whatever a role takes away, folder by folder, each thing is found under its own number.
#[test]
fn what_was_in_a_folder_that_went_is_kept_by_its_own_name() {
    for shell in shells() {
        let (place, home) = places();
        let at = |name: &str| format!("{}/{name}", place.path().display());
        let (steps, expected) = folders_that_go(place.path());
        let program = opened(home.path()) + &transaction("t", "run", &[steps], &commit(DONE));
        let told = said(shell, &program);
        assert!(told.ends_with("step committed") && !Path::new(&at("up")).exists(), "{shell:?}: {told}");
        let part = home.path().join("state/generations/1/1");
        let files: Vec<_> = was(&part).into_iter().filter(|(_, text)| !text.is_empty()).collect();
        assert_eq!(files, expected, "{shell:?}");
        let former = former(&part);
        assert_eq!(fs::read_link(&former[&at("up/link")]).unwrap(), Path::new("nowhere"), "{shell:?}");
        for folder in ["up", "up/in"] {
            let noted = fs::read_to_string(former[&at(folder)].with_extension("folder")).unwrap();
            assert!(noted.starts_with("755 ") && noted.ends_with(" empty\n"), "{shell:?}: {noted}");
        }
    }
}

/// Who has a folder can put into it what looks like ours, and what is put back some day would be his.
#[test]
fn what_is_kept_is_what_was_there() {
    for shell in shells() {
        let (place, home) = places();
        let at = |name: &str| format!("{}/{name}", place.path().display());
        let remove = |name: &str| vec![Operation::Files(FileOperation::Remove { path: at(name) })];
        let steps = [step(vec![remove("gone"), remove("hers")], true)];
        let program = opened(home.path()) + &transaction("t", "run", &steps, &commit(DONE));
        let line = program.lines().find(|line| line.contains("discard ") && line.contains(&at("gone"))).unwrap();
        let number = line.split(' ').nth(2).unwrap();
        let planted = at(&format!("hers/.solti-{number}"));
        fs::create_dir_all(&planted).unwrap();
        fs::write(format!("{planted}/was"), "hers").unwrap();
        let told = said(shell, &program);
        assert!(told.ends_with("step committed"), "{shell:?}: {told}");
        let former = former(&home.path().join("state/generations/1/1"));
        assert_eq!(fs::read_to_string(&former[&at("gone")]).unwrap(), "gone", "{shell:?}: {line}");
    }
}

/// What takes long is not done: a large file is not copied, and what went with all in it is gone.
#[test]
fn from_another_filesystem_only_small_files_are_copied() {
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    for shell in shells() {
        let (_, home) = places();
        let at = |name: &str| format!("{}/{name}", other.path().display());
        fs::create_dir_all(at("folder")).unwrap();
        fs::write(at("folder/file"), "x").unwrap();
        fs::write(at("small"), "small").unwrap();
        fs::write(at("large"), vec![b'x'; 21 << 20]).unwrap();
        fs::set_permissions(at("small"), fs::Permissions::from_mode(0o640)).unwrap();
        let removals =
            ["folder", "small", "large"].map(|name| vec![Operation::Files(FileOperation::Remove { path: at(name) })]);
        let program = opened(home.path()) + &transaction("t", "run", &[step(removals.into(), true)], &commit(DONE));
        let told = said(shell, &program);
        assert!(told.ends_with("step committed"), "{shell:?}: {told}");
        assert_eq!(tree(other.path()), [], "{shell:?}");
        let former = former(&home.path().join("state/generations/1/1"));
        let small = &former[&at("small")];
        assert_eq!(fs::read_to_string(small).unwrap(), "small", "{shell:?}");
        assert_eq!(fs::metadata(small).unwrap().permissions().mode() & 0o777, 0o640, "{shell:?}");
        assert!(!former[&at("large")].exists(), "{shell:?}");
        let noted = fs::read_to_string(former[&at("folder")].with_extension("folder")).unwrap();
        assert!(!former[&at("folder")].exists() && noted.ends_with(" full\n"), "{shell:?}: {noted}");
    }
}

/// What an earlier run could not clear away is kept later on, under the number that it has had from the beginning.
#[test]
fn numbers_are_in_the_order_of_commits() {
    for shell in shells() {
        let (place, home) = places();
        let earlier = home.path().join("state/journal/earlier");
        fs::create_dir_all(&earlier).unwrap();
        let files = [("claim", "7 1 other\n"), ("manifest", DONE), ("entries", ""), ("staged", "")];
        // nobody can remove that
        for (name, text) in files.into_iter().chain([("trash", "/proc/version\n")]) {
            fs::write(earlier.join(name), text).unwrap();
        }
        let program = opened(home.path()) + &transaction("t", "run", &two_steps(place.path()), &commit(DONE));
        said(shell, &program);
        assert_eq!(parts(home.path()), ["8/1"], "{shell:?}");
        fs::write(earlier.join("trash"), "").unwrap();
        said(shell, &opened(home.path()));
        assert_eq!(parts(home.path()), ["7/1", "8/1"], "{shell:?}");
    }
}

#[test]
fn what_cannot_be_removed_is_said() {
    for shell in shells() {
        let (place, home) = places();
        let folder = home.path().join("state/generations");
        for number in 1..=10 {
            let part = folder.join(format!("{number}/1"));
            fs::create_dir_all(&part).unwrap();
            fs::write(part.join("claim"), format!("{number} 1 {number}\n")).unwrap();
            fs::write(part.join("manifest"), DONE).unwrap();
        }
        let fails = "rm() { case $* in */generations/*) return 1 ;; esac; command rm \"$@\"; }\n";
        let program = opened(home.path()) + fails + &transaction("t", "run", &two_steps(place.path()), &commit(DONE));
        let told = said(shell, &program);
        let oldest = folder.join("1");
        assert!(told.ends_with(&format!("\nremains {}", oldest.display())), "{shell:?}: {told}");
        assert!(told.contains("step committed") && !told.contains("failed"), "{shell:?}: {told}");
    }
}

/// What cannot be kept fails nothing.
#[test]
fn a_host_that_cannot_keep_it_is_done_all_the_same() {
    let (place, home) = places();
    fs::create_dir_all(home.path().join("state")).unwrap();
    fs::write(home.path().join("state/generations"), "in the way").unwrap();
    let program = opened(home.path()) + &transaction("t", "run", &two_steps(place.path()), &commit(DONE));
    let told = said(SHELLS[0], &program);
    assert!(told.contains("step committed\nunkept cannot write to ") && !told.contains("failed"), "{told}");
    assert!(fs::read_dir(home.path().join("state/journal")).unwrap().next().is_none());
    assert!(tree(place.path()).iter().all(|(name, _)| !name.contains(".solti")));
}
