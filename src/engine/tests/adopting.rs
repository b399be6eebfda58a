//! What hosts remember under other names, and what is another team's.

use super::*;
use insta::assert_snapshot;

const A: &str = "file: { path: /etc/app/a, content: new }";

/// This project without a name, in a folder `ansible`.
const HERE: Ownership<'static> = Ownership { project: "ansible@0000aaaa", folder: Some("ansible"), ..MINE };

/// The same, with a name.
fn lab(former: &[String]) -> Ownership<'_> {
    Ownership { project: "lab", named: true, former, folder: Some("ansible"), ..MINE }
}

/// A host on which a project has two files of a role `one`, and one of a role `left`.
fn of(project: &str, named: bool) -> State {
    let mut state = host(&[("/etc/app/a", "new"), ("/etc/app/b", "x"), ("/etc/app/c", "x")]);
    owned(&mut state, "one", "file:/etc/app/a", &[file_item("/etc/app/a")]);
    owned(&mut state, "one", "file:/etc/app/b", &[file_item("/etc/app/b")]);
    owned(&mut state, "left", "file:/etc/app/c", &[file_item("/etc/app/c")]);
    for owned in &mut state.memory.manifest.resources {
        (owned.project, owned.named) = (project.to_owned(), named);
    }
    state
}

/// What is planned for a role `one` that declares one of the files still.
fn plan(mut state: State, ownership: Ownership<'_>) -> String {
    let work = work(vec![role("one", &[A])]);
    ownership.adopt(&work, &None, &mut state.memory.manifest);
    planned(&work, &mut state, ownership)
}

#[test]
fn what_was_owned_by_the_folders_name_is_taken_over_where_the_same_is_declared() {
    let taken = plan(of("ansible", false), HERE);
    assert_snapshot!(taken, @r#"
    one
      no longer declared, in order
        remove one/step/file:/etc/app/b, /etc/app/b
      = one/step/file:/etc/app/a /etc/app/a Nothing
      = left/step/file:/etc/app/c /etc/app/c Nothing
    note: role left, which the project ansible put here, is in no play of this one; if that is this project, `formerly = ["ansible"]` beside its name in solti.toml says so
    "#);
    // so it is with what a checkout in another place has put there, and once the project has got a name
    let elsewhere = plan(of("ansible@11112222", false), HERE);
    assert_eq!(elsewhere, taken.lines().take_while(|line| !line.starts_with("note")).collect::<Vec<_>>().join("\n"));
    assert!(plan(of("ansible@11112222", false), Ownership { prune: true, ..HERE }).contains("note: role left, which"));
    assert!(plan(of("ansible", false), lab(&[])).contains("remove one/step/file:/etc/app/b"));
    assert!(!plan(of("ansible", false), lab(&[])).contains("note"), "who has a name is told apart");
}

#[test]
fn what_the_project_had_under_names_of_its_own_is_all_its() {
    let former = ["ansible@0000aaaa".to_owned(), "old".to_owned()];
    for name in ["lab", "old", "ansible@0000aaaa"] {
        let plan = plan(of(name, name == "old"), Ownership { prune: true, ..lab(&former) });
        assert!(
            plan.contains("remove one/step/file:/etc/app/b") && plan.contains("remove left/step/file"),
            "{name} {plan}"
        );
    }
}

/// Two teams, each with its `ansible/` on its machine, have different roles on one host.
#[test]
fn what_another_team_has_stays() {
    for theirs in ["ansible", "ansible@11112222"] {
        let mut state = of(theirs, false);
        let work = work(vec![role("two", &["file: { path: /etc/app/d, content: x }"])]);
        for ownership in [HERE, lab(&[])] {
            let ownership = Ownership { prune: true, ..ownership };
            let before = state.memory.manifest.clone();
            ownership.adopt(&work, &None, &mut state.memory.manifest);
            assert_eq!(state.memory.manifest, before);
            assert!(!planned(&work, &mut state.clone(), ownership).contains("remove"));
        }
    }
    let expected = "/etc/app/a belongs to the project";
    for (project, named) in [("ansible", true), ("theirs", false), ("theirs@11112222", false), ("not-ansible", false)] {
        assert!(plan(of(project, named), HERE).contains(expected), "{project}");
        assert!(plan(of(project, named), lab(&[])).contains(expected), "{project}");
    }
    assert_snapshot!(plan(of("theirs@11112222", false), HERE), @r#"
    impossible:
    one/step/file:/etc/app/a: /etc/app/a belongs to the project theirs@11112222 (role one), which put it on this host; if that is this project, `formerly = ["theirs@11112222"]` beside its name in solti.toml says so
    "#);
}

/// Many declare the same folder or package; a file tells more.
#[test]
fn what_many_declare_tells_nothing() {
    let folder = "directory: { path: /etc/app }";
    let adopted = |items: &[(&str, Item)], resource: &str| {
        let mut state = host(&[]);
        for (resource, item) in items {
            owned(&mut state, "one", resource, std::slice::from_ref(item));
        }
        state.memory.manifest.resources.iter_mut().for_each(|owned| owned.project = "ansible".into());
        HERE.adopt(&work(vec![role("one", &[resource])]), &None, &mut state.memory.manifest);
        state.memory.manifest.resources.iter().all(|owned| owned.project == HERE.project)
    };
    let app = ("directory:/etc/app", folder_item("/etc/app"));
    let file = ("file:/etc/app/a", file_item("/etc/app/a"));
    assert!(!adopted(&[app.clone(), file.clone()], folder));
    assert!(adopted(std::slice::from_ref(&app), folder), "there is nothing else to tell it by");
    assert!(adopted(&[app, file], A));
}

/// A play without a name had its place for one.
#[test]
fn plays_without_a_name_are_found_under_their_places() {
    let mut run = role("resources", &[]);
    run.steps[0].resources = vec![resolved("resources", A)];
    run.instance = "resources of the play for all in playbooks/site.yml".into();
    run.play_name = "playbooks/site.yml:1:3".into();
    let work = work(vec![run]);
    let mut state = of("mine", false);
    for owned in &mut state.memory.manifest.resources {
        owned.resource = owned.resource.replace("one/", "resources/");
        owned.role = format!("resources of playbooks/site.yml:{}", if owned.role == "one" { "1:3" } else { "9:3" });
    }
    MINE.adopt(&work, &None, &mut state.memory.manifest);
    assert_snapshot!(planned(&work, &mut state, MINE), @"
    resources
      no longer declared, in order
        remove resources/step/file:/etc/app/b, /etc/app/b
      = resources/step/file:/etc/app/a /etc/app/a Nothing
      = left/step/file:/etc/app/c /etc/app/c Nothing
    note: what the play playbooks/site.yml:9:3 declared itself is in no play any more, but 1 resource of it is still here; apply --prune removes them, and diff --prune shows that
    ");
}
