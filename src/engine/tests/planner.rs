//! What is planned for a host, role by role.

use super::*;
use crate::engine::planner::{further_questions, questions};
use crate::engine::work::ResolvedCheck;
use crate::resource::check::Check;
use crate::resource::check::CheckKind;
use insta::assert_snapshot;

const A: &str = "file: { path: /etc/app/a, content: new }";
const B: &str = "file: { path: /etc/app/b, content: new }";
const APP: &str = "service: { name: app, uses: /etc/app }";

#[test]
fn a_role_is_a_transaction_with_its_manifest() {
    let work = work(vec![role("one", &[A]), role("two", &[B, APP])]);
    let mut state = host(&[]);
    assert_snapshot!(planned(&work, &mut state, MINE), @"
    one
      step
        create one/step/file:/etc/app/a
      = one/step/file:/etc/app/a /etc/app/a Nothing
    two
      step
        create two/step/file:/etc/app/b
        restart two/step/service:app, because of /etc/app/a, /etc/app/b
      = one/step/file:/etc/app/a /etc/app/a Nothing
      = two/step/file:/etc/app/b /etc/app/b Nothing
      = two/step/service:app app.service Same
    ");
    assert_eq!(planned(&work, &mut state, MINE), "nothing");
}

#[test]
fn a_role_whose_last_run_failed_is_asked_again() {
    let node = yaml::parse(&SourceFile::named("role.yml", "{ command: [true] }")).unwrap();
    let check = Check::parse(CheckKind::Command, &node, None).unwrap();
    let mut one = role("one", &[A]);
    one.steps[0].checks.push(ResolvedCheck { id: "one/step/command:true".into(), check, unknown: None });
    let work = work(vec![one, role("two", &[B])]);
    let mut state = host(&[("/etc/app/a", "new"), ("/etc/app/b", "new")]);
    owned(&mut state, "one", "file:/etc/app/a", &[file_item("/etc/app/a")]);
    owned(&mut state, "two", "file:/etc/app/b", &[file_item("/etc/app/b")]);
    state.memory.manifest.resources.iter_mut().for_each(|owned| owned.failed = true);
    assert_snapshot!(planned(&work, &mut state, MINE), @"
    one
      checks, in order
      = one/step/file:/etc/app/a /etc/app/a Nothing
      = two/step/file:/etc/app/b /etc/app/b Nothing
    note: one: the last run of it failed, so apply asks its checks again
    ");
    assert_eq!(planned(&work, &mut state, MINE), "nothing");
}

#[test]
fn what_is_declared_no_longer_goes_before_the_service_starts_anew() {
    let mut state = host(&[("/etc/app/a", "new"), ("/etc/app/b", "new")]);
    owned(&mut state, "one", "file:/etc/app/a", &[file_item("/etc/app/a")]);
    owned(&mut state, "one", "file:/etc/app/b", &[file_item("/etc/app/b")]);
    let inputs = ["/etc/app/a", "/etc/app/b"].map(|path| (path.to_owned(), text_digest("new")));
    state.memory.manifest.services.insert("app.service".into(), inputs.into());
    let work = work(vec![role("one", &[A, APP])]);
    assert_snapshot!(planned(&work, &mut state, MINE), @"
    one
      no longer declared, in order
        remove one/step/file:/etc/app/b, /etc/app/b
      step
        restart one/step/service:app, because of /etc/app/b
      = one/step/file:/etc/app/a /etc/app/a Nothing
      = one/step/service:app app.service Same
    ");
    assert_eq!(planned(&work, &mut state, MINE), "nothing");
}

#[test]
fn nothing_is_pruned_with_tags() {
    let mut state = host(&[("/etc/app/a", "new"), ("/etc/app/b", "new")]);
    owned(&mut state, "one", "file:/etc/app/b", &[file_item("/etc/app/b")]);
    let mut run = role("one", &[A, B]);
    run.steps[0].resources.remove(1);
    run.complete = false;
    assert_eq!(planned(&work(vec![run]), &mut state, MINE), "nothing");
}

#[test]
fn tags_leave_resources_out() {
    let mut run = role("one", &[A, B]);
    run.steps[0].resources[0].selected = false;
    run.complete = false;
    assert_snapshot!(planned(&work(vec![run]), &mut host(&[]), MINE), @"
    one
      step
        create one/step/file:/etc/app/b
      = one/step/file:/etc/app/b /etc/app/b Nothing
    ");
}

#[test]
fn a_resource_under_another_name_keeps_its_file() {
    let mut state = host(&[("/etc/app/a", "old")]);
    let before = Before::Original("kept".into());
    owned(&mut state, "one", "template:old name", &[Item { kind: ItemKind::File, name: "/etc/app/a".into(), before }]);
    assert_snapshot!(planned(&work(vec![role("one", &[A])]), &mut state, MINE), @r#"
    one
      step
        update one/step/file:/etc/app/a
      = one/step/file:/etc/app/a /etc/app/a Original("kept")
    "#);
}

#[test]
fn a_file_that_another_role_takes_over_stays() {
    let mut state = host(&[("/etc/app/a", "old")]);
    owned(&mut state, "one", "file:/etc/app/a", &[file_item("/etc/app/a")]);
    let work = work(vec![role("one", &[B]), role("two", &[A])]);
    assert_snapshot!(planned(&work, &mut state, MINE), @"
    one
      step
        create one/step/file:/etc/app/b
      = one/step/file:/etc/app/a /etc/app/a Nothing
      = one/step/file:/etc/app/b /etc/app/b Nothing
    two
      step
        update two/step/file:/etc/app/a
      = one/step/file:/etc/app/b /etc/app/b Nothing
      = two/step/file:/etc/app/a /etc/app/a Nothing
    ");
}

#[test]
fn what_moves_between_roles_keeps_its_past() {
    let folder = "directory: { path: /etc/app/d }";
    for (first, second) in [(vec![B], vec![A, folder]), (vec![A, folder], vec![B])] {
        let mut state = host(&[("/etc/app/a", "old"), ("/etc/app/b", "new")]);
        state.files.paths.insert("/etc/app/d".into(), PathState::Directory { meta: meta() });
        owned(&mut state, "gone", "config:x", &[file_item("/etc/app/a"), folder_item("/etc/app/d")]);
        owned(
            &mut state,
            "one",
            "file:x",
            &[Item { kind: ItemKind::File, name: "/etc/app/b".into(), before: Before::Same }],
        );
        let work = work(vec![absent(role("gone", &[])), role("one", &first), role("two", &second)]);
        planned(&work, &mut state, MINE);
        let mut items: Vec<&Item> = state.memory.manifest.resources.iter().flat_map(|owned| &owned.items).collect();
        items.sort_unstable();
        let (b, a) =
            (Item { kind: ItemKind::File, name: "/etc/app/b".into(), before: Before::Same }, file_item("/etc/app/a"));
        assert_eq!(items, [&a, &b, &folder_item("/etc/app/d")], "{first:?}");
    }
}

#[test]
fn what_another_project_has_is_not_taken_over() {
    let mut state = host(&[("/etc/app/a", "old")]);
    owned(&mut state, "one", "file:/etc/app/a", &[file_item("/etc/app/a")]);
    state.memory.manifest.resources[0].project = "theirs".into();
    assert_snapshot!(planned(&work(vec![role("one", &[A])]), &mut state, MINE), @"
    impossible:
    one/step/file:/etc/app/a: /etc/app/a belongs to the project theirs (role one), which put it on this host
    ");
}

#[test]
fn a_service_of_an_earlier_role_starts_anew_for_a_later_roles_file() {
    let mut state = host(&[("/etc/app/a", "new"), ("/etc/app/b", "old")]);
    let inputs = [("/etc/app/a".to_owned(), text_digest("new")), ("/etc/app/b".to_owned(), text_digest("old"))];
    state.memory.manifest.services.insert("app.service".into(), inputs.into());
    let work = work(vec![role("one", &[A, APP]), role("two", &[B])]);
    assert_snapshot!(planned(&work, &mut state, MINE), @r#"
    two
      step
        update two/step/file:/etc/app/b
      services that use it
        restart one/step/service:app, because of /etc/app/b
      = one/step/file:/etc/app/a /etc/app/a Same
      = one/step/service:app app.service Same
      = two/step/file:/etc/app/b /etc/app/b Original("53122b061aedc6f50645a854")
    "#);
    assert_eq!(planned(&work, &mut state, MINE), "nothing");
}

#[test]
fn all_that_is_impossible_is_said_at_once() {
    let work = work(vec![
        role("one", &["file: { path: /srv/x/a, content: x }", A]),
        role("two", &["service: { name: nowhere }"]),
    ]);
    assert_snapshot!(planned(&work, &mut host(&[]), MINE), @"
    impossible:
    one/step/file:/srv/x/a: the directory /srv/x does not exist; declare it first: `directory: { path: /srv/x }`
    two/step/service:nowhere: there is no unit nowhere.service on the host, and nothing declared before makes it
    ");
}

#[test]
fn an_interrupted_run_is_said() {
    let mut state = host(&[("/etc/app/a", "new")]);
    state.memory.interrupted = true;
    assert_snapshot!(planned(&work(vec![role("one", &[A])]), &mut state, MINE), @"note: an earlier run was cut off in a step; apply puts that back first, then plans anew");
}

#[test]
fn what_an_earlier_run_has_left_is_said() {
    let mut state = host(&[("/etc/app/a", "new")]);
    state.memory.unfinished = true;
    state.memory.leftovers = vec!["/var/lib/solti/journal/1-0".into(), "/var/lib/solti/stuck-2-0".into()];
    assert_snapshot!(planned(&work(vec![role("one", &[A])]), &mut state, MINE), @"
    note: an earlier run was cut off when a role was done; apply finishes that first
    note: files of an earlier run could not be removed; /var/lib/solti/journal/1-0 lists them, and apply tries again
    note: an earlier run could not put back all that it had changed; what was there is in /var/lib/solti/stuck-2-0: compare, and remove that folder
    ");
}

#[test]
fn each_identity_has_its_own_state() {
    let mut run = role("two", &[B]);
    run.become_user = Some("app".into());
    let work = work(vec![role("one", &[A]), run]);
    assert_eq!(questions(&work).into_keys().collect::<Vec<_>>(), [None, Some("app".to_owned())]);
    let mut states = BTreeMap::from([(None, host(&[])), (Some("app".to_owned()), host(&[]))]);
    let plan = plan(&work, &mut states, MINE).unwrap();
    let identities: Vec<_> = plan.transactions.iter().map(|transaction| transaction.identity.as_deref()).collect();
    assert_eq!(identities, [None, Some("app")]);
    assert_eq!(states[&None].memory.manifest.resources.len(), 1);
}

#[test]
fn only_what_is_to_go_is_asked_for_once_more() {
    let mut state = host(&[]);
    let work = work(vec![role("one", &[A])]);
    assert!(further_questions(&work, &state, &None, &MINE).is_none());
    owned(&mut state, "one", "file:/etc/app/b", &[file_item("/etc/app/b")]);
    owned(&mut state, "gone", "directory:/srv/gone", &[folder_item("/srv/gone")]);
    let program = further_questions(&work, &state, &None, &MINE).unwrap().program();
    assert!(program.contains("/etc/app/b") && program.contains("/srv/gone"), "{program}");
}

#[test]
fn what_a_step_makes_first_is_there_for_the_rest_of_it() {
    let resources = [
        "file: { path: /srv/app/a, content: x }",
        "directory: { path: /srv/app/inner }",
        "file: { path: /etc/set/more, content: x }",
        "config: { dir: /etc/set, files: [{ content: x, dest: one }] }",
        "file: { path: /home/app/a, content: x }",
        "user: { name: app }",
        "group: { name: app }",
    ];
    assert_snapshot!(planned(&work(vec![role("one", &resources)]), &mut host(&[]), MINE), @"
    one
      step
        create one/step/file:/srv/app/a
        create one/step/directory:/srv/app/inner, root:root 0755
        create one/step/file:/etc/set/more
        create one/step/config:/etc/set, /etc/set root:root 0755
        create one/step/file:/home/app/a
        create one/step/user:app
        create one/step/group:app
      = one/step/group:app app Nothing
      = one/step/user:app app Nothing
      = one/step/file:/srv/app/a /srv/app/a Nothing
      = one/step/directory:/srv/app/inner /srv/app/inner Nothing
      = one/step/file:/etc/set/more /etc/set/more Nothing
      = one/step/config:/etc/set /etc/set Nothing, /etc/set/one Nothing
      = one/step/file:/home/app/a /home/app/a Nothing
    ");
    // another step's are not
    let mut run = role("one", &resources[..2]);
    let second = role("one", &["directory: { path: /srv/app }"]).steps.remove(0);
    run.steps[0].resources.remove(1);
    run.steps.push(second);
    assert_snapshot!(planned(&work(vec![run]), &mut host(&[]), MINE), @"
    impossible:
    one/step/file:/srv/app/a: the directory /srv/app does not exist; declare it first: `directory: { path: /srv/app }`
    ");
    // nor one that is not selected
    let mut run = role("one", &resources[..2]);
    run.steps[0].resources[1].selected = false;
    assert!(planned(&work(vec![run]), &mut host(&[]), MINE).contains("does not exist"));
}
