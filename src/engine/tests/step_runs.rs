//! Steps run for real against a temporary folder, in the shells that hosts have. What needs systemd, apt or root is
//! tested on throwaway hosts.

use super::step::{step, write};
use crate::ability::Operation;
use crate::ability::commands::CommandOperation;
use crate::ability::files::{Attributes, Body, Expectation, FileOperation};
use crate::ability::memory::manifest::{Before, Item, ItemKind, Owned};
use crate::engine::generation::Part;
use crate::engine::step::{ROLL_BACK, begin, commit, opening, program};
use crate::engine::undo::Undo;
use crate::host::quote;
use crate::host::shells_here::{SAY, command, shells};
use crate::plan::role_plan::StepPlan;
use proptest::prelude::*;
use std::path::Path;

/// A program with solti's own files in `home`: the only thing that differs from a real one. It ends with a call of this.
pub fn at_home(home: &Path, program: &str, call: &str) -> String {
    let place = format!("V={0}/state L={0}/lock", quote(&home.display().to_string()));
    SAY.to_owned() + &program.replace(&format!("\n{call} "), &format!("\n{place}\n{call} "))
}

/// The start of a run.
pub fn opened(home: &Path) -> String {
    at_home(home, &opening("a test", "together"), "lock")
}

/// The steps of one transaction, up to its end.
pub fn conversation(home: &Path, steps: &[StepPlan], end: &str) -> String {
    opened(home) + &transaction("t", "run", steps, end)
}

/// The steps of a run's transaction of this name.
pub fn transaction(name: &str, run: &str, steps: &[StepPlan], end: &str) -> String {
    let mut text = begin(name, Some(&part(run)), steps, &[]);
    for (number, step) in steps.iter().enumerate() {
        text.push_str(&program(step, &format!("{name}-{number}"), &[]));
    }
    text.push_str(end);
    text.push('\n');
    text
}

/// A transaction's part of the generation of a run.
pub fn part(run: &str) -> Part {
    Part { run: run.into(), record: RECORD.into() }
}

/// What is told of each.
pub const RECORD: &str = "{\"format\":1,\"role\":\"it's\"}";

/// Runs the steps of one transaction; gives what they said.
fn run(shell: &[&str], home: &Path, steps: &[StepPlan], end: &str) -> String {
    said(shell, &conversation(home, steps, end))
}

pub fn said(shell: &[&str], text: &str) -> String {
    let output = command(shell, text).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    said.lines().map(|line| line.strip_prefix("mark ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

fn body(path: String, content: &[u8]) -> Body {
    Body { path, content: content.to_vec(), attributes: Attributes { mode: Some(0o600), ..Attributes::default() } }
}

/// All that is below a folder: names, and what is in the files.
pub fn tree(folder: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            found.push((name, None));
            found.extend(tree(&path));
        } else {
            found.push((name, std::fs::read(&path).ok()));
        }
    }
    found.sort();
    found
}

/// A folder with some files, and a folder beside it for solti's own.
pub fn places() -> (tempfile::TempDir, tempfile::TempDir) {
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::create_dir(place.path().join("set")).unwrap();
    std::fs::write(place.path().join("set/old"), "old").unwrap();
    std::fs::write(place.path().join("gone"), "gone").unwrap();
    (place, home)
}

/// Two steps that write, link, keep and remove below `place`.
pub fn two_steps(place: &Path) -> [StepPlan; 2] {
    let at = |name: &str| format!("{}/{name}", place.display());
    let first = vec![
        vec![write(
            Some(&at("set")),
            vec![body(at("set/a"), b"a"), body(at("set/old"), b"new")],
            Some(&["test", "-s", "%s/a"]),
        )],
        vec![Operation::Files(FileOperation::MakeDirectory {
            path: at("new folder/inner"),
            attributes: Attributes::default(),
        })],
    ];
    let second = vec![
        vec![write(Some(&at("set")), vec![body(at("set/b"), b"b")], None)],
        vec![Operation::Files(FileOperation::KeepOriginal { path: at("gone"), original: "0123".into() })],
        vec![Operation::Files(FileOperation::Remove { path: at("gone") })],
        vec![Operation::Files(FileOperation::Link { path: at("link"), target: "some where".into() })],
    ];
    [step(first, false), step(second, false)]
}

#[test]
fn two_steps_of_one_transaction() {
    for shell in shells() {
        let (place, home) = places();
        let said = run(shell, home.path(), &two_steps(place.path()), &commit("{\"format\":1}"));
        assert!(said.ends_with("step done\nstep committed"), "{shell:?}: {said}");
        let read = |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap();
        assert_eq!([read("set/a"), read("set/b"), read("set/old")], ["a", "b", "new"], "{shell:?}");
        assert!(place.path().join("new folder/inner").is_dir() && !place.path().join("gone").exists(), "{shell:?}");
        assert_eq!(std::fs::read_link(place.path().join("link")).unwrap(), Path::new("some where"));
        let staged = tree(place.path()).into_iter().find(|(name, _)| name.contains(".solti"));
        assert_eq!(staged, None, "{shell:?}");
        assert_eq!(std::fs::read_to_string(home.path().join("state/manifest.json")).unwrap(), "{\"format\":1}\n");
        assert_eq!(std::fs::read_to_string(home.path().join("state/original/0123")).unwrap(), "gone");
        assert!(std::fs::read_dir(home.path().join("state/journal")).unwrap().next().is_none(), "{shell:?}");
    }
}

#[test]
fn all_of_it_is_put_back() {
    for shell in shells() {
        let (place, home) = places();
        let before = tree(place.path());
        let said = run(shell, home.path(), &two_steps(place.path()), ROLL_BACK);
        assert!(said.ends_with("back ends"), "{shell:?}: {said}");
        assert_eq!(tree(place.path()), before, "{shell:?}");
        // a step that fails does so by itself
        let at = |name: &str| format!("{}/{name}", place.path().display());
        let command = Operation::Commands(CommandOperation::Run {
            command: vec!["false".into()],
            chdir: Some(at("set")),
            environment: Vec::new(),
            stdin: None,
            user: None,
            unless: None,
        });
        let [first, second] = two_steps(place.path());
        let said = run(shell, home.path(), &[first, second, step(vec![vec![command]], false)], "");
        assert!(said.contains("failed 0 1 "), "{shell:?}: {said}");
        assert_eq!(tree(place.path()), before, "{shell:?}");
    }
}

/// Of what a role makes and leaves there when it is put back, the next plan knows whose it is; until a manifest does.
#[test]
fn what_stays_is_noted() {
    for shell in shells() {
        let (place, home) = places();
        let at = |name: &str| format!("{}/{name}", place.path().display());
        let lasting = ["full it's", "empty", "never"].map(|name| Owned {
            project: "p".into(),
            named: false,
            playbook: None,
            role: "r".into(),
            resource: name.into(),
            purge: None,
            failed: false,
            items: vec![Item { kind: ItemKind::Directory, name: at(name), before: Before::Nothing }],
        });
        let folder = |name: &str| {
            vec![Operation::Files(FileOperation::MakeDirectory { path: at(name), attributes: Attributes::default() })]
        };
        let steps = [step(vec![folder("full it's"), folder("empty")], false)];
        let fill = format!("touch {}/data\n", quote(&at("full it's")));
        let begun = |name: &str| {
            opened(home.path())
                + &begin(name, Some(&part(name)), &steps, &lasting)
                + &program(&steps[0], name, &[])
                + &fill
        };
        let said_back = said(shell, &(begun("a") + ROLL_BACK));
        assert!(said_back.ends_with("back ends"), "{shell:?}: {said_back}");
        let noted = || tree(home.path()).into_iter().filter(|(name, _)| name.contains("/made/a/")).collect::<Vec<_>>();
        let [(_, Some(note))] = &noted()[..] else { panic!("{shell:?}: {:?}", noted()) };
        let entry = String::from_utf8_lossy(note).lines().nth(2).map(str::to_owned).unwrap();
        assert_eq!(serde_json::from_str::<Owned>(&entry).unwrap(), lasting[0], "{shell:?}");
        // a shell that ends is as good as a word
        std::fs::remove_file(at("full it's") + "/data").unwrap();
        std::fs::remove_dir(at("full it's")).unwrap();
        said(shell, &begun("b"));
        assert!(home.path().join("state/made/b").exists(), "{shell:?}");
        let done = said(shell, &(begun("c") + &commit("{\"format\":1}")));
        assert!(done.ends_with("step committed"), "{shell:?}: {done}");
        assert!(!home.path().join("state/made").exists(), "{shell:?}");
    }
}

/// More than anybody reads, and more than a record may have: its end is what is told.
#[test]
fn of_a_long_output_the_end_is_sent() {
    for shell in shells() {
        let (_place, home) = places();
        let output = "head -c 60000000 /dev/zero | tr '\\0' x; echo; echo ' the real error'; exit 3";
        let command = Operation::Commands(CommandOperation::Run {
            command: ["sh", "-c", output].map(str::to_owned).to_vec(),
            chdir: None,
            environment: Vec::new(),
            stdin: None,
            user: None,
            unless: None,
        });
        let said = run(shell, home.path(), &[step(vec![vec![command]], false)], "");
        assert!(said.len() < 100_000, "{shell:?}: {}", said.len());
        let mut undo = Undo::default();
        said.lines().filter_map(|line| line.split_once(' ')).for_each(|(tag, rest)| undo.record(tag, rest));
        let failure = undo.failure("place".into());
        assert_eq!(failure.status, Some(3), "{shell:?}");
        assert_eq!(failure.output, ["[the beginning of this line is left out …]", " the real error"], "{shell:?}");
    }
}

#[test]
fn a_host_that_differs_is_refused() {
    for shell in shells() {
        let (place, home) = places();
        let before = tree(place.path());
        let path = format!("{}/gone", place.path().display());
        for expectation in [
            Expectation::Absent,
            Expectation::Directory,
            Expectation::File("0".into()),
            Expectation::Link("a b".into()),
        ] {
            let expect = Operation::Files(FileOperation::Expect { path: path.clone(), expectation });
            let changes = vec![vec![Operation::Files(FileOperation::Remove { path: path.clone() }), expect]];
            let said = run(shell, home.path(), &[step(changes, true)], "");
            assert!(said.contains("failed 0 1 "), "{shell:?}: {said}");
            assert_eq!(tree(place.path()), before, "{shell:?}");
        }
    }
}

#[test]
fn a_refused_configuration_never_goes_live() {
    for shell in shells() {
        let (place, home) = places();
        let before = tree(place.path());
        let at = |name: &str| format!("{}/{name}", place.path().display());
        let good = write(Some(&at("set")), vec![body(at("set/old"), b"good")], None);
        let refused =
            write(None, vec![body(at("gone"), b"x")], Some(&["sh", "-c", "echo line 3; cat \"$0\" >&2; exit 4", "%s"]));
        let said = run(shell, home.path(), &[step(vec![vec![good], vec![refused]], false)], "");
        assert!(said.contains("failed 1 4 "), "{shell:?}: {said}");
        assert_eq!(tree(place.path()), before, "{shell:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn files_with_any_name_and_content(files in proptest::collection::btree_map(
        "[^/\\x00-\\x1f\\x7f-\\x9f\\\\]{1,20}", proptest::collection::vec(any::<u8>(), 0..40), 1..4), text in "[^\\x00]{0,40}") {
        let files: Vec<_> = files.into_iter().filter(|(name, _)| name != "." && name != "..").collect();
        for shell in shells() {
            let (place, home) = places();
            let at = |name: &str| format!("{}/set/{name}", place.path().display());
            let mut bodies: Vec<Body> = files.iter().map(|(name, content)| body(at(name), content)).collect();
            let single = body(format!("{}/single", place.path().display()), text.as_bytes());
            bodies.retain(|body| !body.path.ends_with("/old"));
            let set = write(Some(&format!("{}/set", place.path().display())), bodies.clone(), None);
            let steps = [step(vec![vec![set], vec![write(None, vec![single], None)]], false)];
            let said = run(shell, home.path(), &steps, &commit("{}"));
            prop_assert!(said.ends_with("step committed"), "{:?}: {}", shell, said);
            for body in bodies {
                prop_assert_eq!(std::fs::read(&body.path)?, body.content, "{:?} {}", shell, body.path);
            }
            prop_assert_eq!(std::fs::read_to_string(place.path().join("single"))?, text.as_str(), "{:?}", shell);
        }
    }
}
