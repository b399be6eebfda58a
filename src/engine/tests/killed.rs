//! A run that is killed before each single program that it starts: the next one leaves what was, or what was to be, and what
//! is said of it is what happened.

use super::generations::{folders_that_go, parts, was};
use super::step_runs::{at_home, conversation, opened, places, said, transaction, tree, two_steps};
use crate::engine::step::{ROLL_BACK, became, commit};
use crate::host::shells_here::{SHELLS, command};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

/// What changes anything, what counts that, and what says that it is on the disk.
const PROGRAMS: [&str; 10] = ["chmod", "chown", "cp", "du", "ln", "mkdir", "mv", "rm", "rmdir", "sync"];

/// A folder of programs that count themselves, and kill the whole run before the one whose number is `$DOOM`.
fn doomed(folder: &Path) {
    for name in PROGRAMS {
        // nothing here survives a power cut
        let real = if name == "sync" { "true".to_owned() } else { format!("/usr/bin/{name}") };
        let text = format!(
            "#!/bin/sh\nread -r count <{0}/count\ncount=$((count + 1))\necho $count >{0}/count\n\
             [ $count -ne \"$DOOM\" ] || kill -KILL 0\nexec {real} \"$@\"\n",
            folder.display()
        );
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Runs it until so many programs have been started; says whether it came to its end.
fn run_until(program: &str, folder: &Path, doom: usize) -> bool {
    fs::write(folder.join("count"), "0\n").unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut shell = command(SHELLS[0], program);
    // what kills it kills all that it has started
    let output = shell.process_group(0).env("PATH", path).env("DOOM", doom.to_string()).output().unwrap();
    output.status.success()
}

/// `make test-faults` tries them all.
fn stride() -> usize {
    if std::env::var_os("SOLTI_FAULTS").is_some() { 1 } else { 4 }
}

#[test]
fn whatever_kills_a_run_the_next_one_finds_all_or_nothing() {
    for end in [commit("{\"format\":1}"), ROLL_BACK.to_owned()] {
        let programs = tempfile::tempdir().unwrap();
        doomed(programs.path());
        let (mut before_it, mut after_it) = (0, 0);
        for doom in (1..).step_by(stride()) {
            let (place, home) = places();
            let at = |name: &str, text: &str| (place.path().join(name).display().to_string(), text.to_owned());
            let before = tree(place.path());
            let program = conversation(home.path(), &two_steps(place.path()), &end);
            let finished = run_until(&program, programs.path(), doom);
            let became = said(SHELLS[0], &at_home(home.path(), &became("t"), "became"));
            // the run that comes next may be killed as well
            if doom % 3 == 1 {
                run_until(&opened(home.path()), programs.path(), doom % 8 + 1);
            }
            let said = said(SHELLS[0], &opened(home.path()));
            assert!(!said.contains("refused"), "killed before program {doom}: {said}");
            let after = tree(place.path());
            let journals = fs::read_dir(home.path().join("state/journal")).map_or(0, Iterator::count);
            assert_eq!(journals, 0, "killed before program {doom}: {said}");
            let manifest = fs::read_to_string(home.path().join("state/manifest.json")).ok();
            if after == before {
                before_it += 1;
                let told = matches!(became.as_str(), "became open" | "became undone" | "became nothing");
                assert!(told && !said.contains("finished"), "killed before program {doom}: {became}, {said}");
                assert_eq!(manifest, None, "killed before program {doom}: {said}");
                assert!(!home.path().join("state/original/0123").exists(), "killed before program {doom}");
                assert!(parts(home.path()).is_empty(), "killed before program {doom}: {said}");
            } else {
                after_it += 1;
                let told = matches!(became.as_str(), "became unfinished" | "became done");
                assert!(told && !said.contains("recovered"), "killed before program {doom}: {became}, {said}");
                let content = |name: &str| fs::read_to_string(place.path().join(name)).unwrap_or_default();
                assert_eq!(
                    (content("set/a"), content("set/b"), content("set/old"), place.path().join("gone").exists()),
                    ("a".into(), "b".into(), "new".into(), false),
                    "killed before program {doom}: {said}"
                );
                let left: Vec<_> = after.iter().filter(|(name, _)| name.contains(".solti")).collect();
                assert!(left.is_empty(), "killed before program {doom}: {left:?}");
                assert_eq!(manifest.as_deref(), Some("{\"format\":1}\n"), "killed before program {doom}");
                assert_eq!(parts(home.path()), ["1/1"], "killed before program {doom}: {said}");
                let was = was(&home.path().join("state/generations/1/1"));
                assert_eq!(was, [at("gone", "gone"), at("set/old", "old")], "killed before program {doom}: {said}");
            }
            if finished {
                break;
            }
        }
        assert!(before_it > 10 && (after_it > 1) == end.contains("commit"), "{before_it} and {after_it} of {end}");
    }
}

#[test]
fn what_was_in_a_folder_that_went_is_kept_whatever_kills_the_run() {
    let programs = tempfile::tempdir().unwrap();
    doomed(programs.path());
    let mut kept = 0;
    for doom in (1..).step_by(stride()) {
        let (place, home) = places();
        let (steps, expected) = folders_that_go(place.path());
        let program = opened(home.path()) + &transaction("t", "run", &[steps], &commit("{\"format\":1}"));
        let finished = run_until(&program, programs.path(), doom);
        if doom % 3 == 1 {
            run_until(&opened(home.path()), programs.path(), doom % 8 + 1);
        }
        let said = said(SHELLS[0], &opened(home.path()));
        if place.path().join("up").exists() {
            assert!(parts(home.path()).is_empty(), "killed before program {doom}: {said}");
        } else {
            kept += 1;
            let was = was(&home.path().join("state/generations/1/1"));
            let files: Vec<_> = was.into_iter().filter(|(_, text)| !text.is_empty()).collect();
            assert_eq!(files, expected, "killed before program {doom}: {said}");
        }
        if finished {
            break;
        }
    }
    assert!(kept > 3, "{kept}");
}

/// What a commit costs is counted in programs, each of which takes a host a millisecond or two.
#[test]
fn what_is_kept_costs_a_few_programs() {
    let programs = tempfile::tempdir().unwrap();
    doomed(programs.path());
    let count = |kept: bool| {
        let (place, home) = places();
        let mut program = conversation(home.path(), &two_steps(place.path()), &commit("{\"format\":1}"));
        if !kept {
            program = program.lines().filter(|line| !line.starts_with("records run ")).collect::<Vec<_>>().join("\n");
        }
        assert!(run_until(&program, programs.path(), 0));
        assert_eq!(parts(home.path()).is_empty(), !kept);
        fs::read_to_string(programs.path().join("count")).unwrap().trim().parse::<i32>().unwrap()
    };
    let more = count(true) - count(false);
    assert!(more <= 4, "{more} more than without");
}
