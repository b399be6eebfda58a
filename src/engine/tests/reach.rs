//! How hosts are reached and users become: what inventories, plays and the command line say of it.

use crate::engine::Project;
use crate::engine::load;
use crate::engine::request::Selection;
use crate::engine::resolve::resolve;
use crate::engine::work::HostWork;
use crate::host::Password;
use crate::source::Diagnostics;
use insta::assert_snapshot;

const ROLE: &str = "hosts: all, resources: [directory: { path: /srv/app }]";

/// The project of an inventory's variables for the host `one`, and of plays.
pub(super) fn project(variables: &str, plays: &[&str]) -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("playbooks")).unwrap();
    std::fs::write(path("inventory.yml"), format!("all: {{ hosts: {{ one: {{ {variables} }} }} }}\n")).unwrap();
    let plays: String = plays.iter().map(|play| format!("- {{ {ROLE}, {play} }}\n")).collect();
    std::fs::write(path("playbooks/site.yml"), plays).unwrap();
    let inventories = vec![path("inventory.yml").display().to_string()];
    let project = load(&Selection { inventories, forks: 1, ..Selection::default() }).unwrap();
    (folder, project)
}

fn resolved(variables: &str, plays: &[&str]) -> Result<HostWork, Diagnostics> {
    resolve(&project(variables, plays).1, "one")
}

/// The errors, without the folder that they are about.
fn errors(variables: &str, plays: &[&str]) -> String {
    let (folder, project) = project(variables, plays);
    let text = match resolve(&project, "one") {
        Ok(_) => "no error".to_owned(),
        Err(errors) => {
            errors.without(&|text| project.secrets.redact_own(text), &|text| project.secrets.redact(text)).to_string()
        }
    };
    text.replace(&folder.path().display().to_string(), "ROOT")
}

#[test]
fn passwords_come_from_variables_and_are_hidden() {
    let password = |text: &str| Some(Password::new(text));
    for (variables, play, expected) in [
        ("ansible_become_password: hunter2222", "", "hunter2222"),
        ("ansible_become_pass: \"{{ 'hunter' ~ '2222' }}\"", "", "hunter2222"),
        ("ansible_become_password: other, ansible_sudo_pass: hunter2222", "", "hunter2222"),
        ("ansible_become_password: other", "vars: { ansible_become_password: hunter2222 }", "hunter2222"),
        ("x: 1", "vars: { ansible_become_password: hunter2222 }", "hunter2222"),
    ] {
        let (_folder, project) = project(variables, &[play]);
        let work = resolve(&project, "one").unwrap();
        assert_eq!(work.target.escalation.password, password(expected), "{variables} {play}");
        assert!(project.secrets.contains("said hunter2222."), "{variables} {play}");
    }
}

#[test]
fn truth_in_every_word_of_ansible() {
    let user = |value: &str| {
        let work = resolved(&format!("ansible_become: {value}"), &[""]).unwrap();
        work.runs.first().and_then(|run| run.become_user.clone())
    };
    for yes in ["1", "'1'", "true", "'True'", "yes", "'yes'", "'on'", "Y", "t", "\"{{ 1 }}\""] {
        assert_eq!(user(yes).as_deref(), Some("root"), "{yes}");
    }
    for no in ["0", "'0'", "false", "'no'", "'OFF'", "n", "f", "\"{{ false }}\""] {
        assert_eq!(user(no), None, "{no}");
    }
    for checked in ["1", "'yes'", "true"] {
        assert_eq!(errors(&format!("ansible_host_key_checking: {checked}"), &[""]), "no error");
    }
    for unchecked in ["0", "'off'", "n"] {
        assert!(errors(&format!("ansible_host_key_checking: {unchecked}"), &[""]).contains("always checked"));
    }
    assert_snapshot!(errors("ansible_become: 2", &[""]), @"
    error: expected true or false, found a whole number
     --> ROOT/inventory.yml:1:40
      |
    1 | all: { hosts: { one: { ansible_become: 2 } } }
      |                                        ^
    ");
}

/// Each error has its place; passwords in the lines that are shown are covered.
#[test]
fn what_is_refused_is_said_with_its_place() {
    assert_snapshot!(errors("ansible_become_method: su", &[""]), @"
    error: `ansible_become_method` of host one: expected `sudo`, found `su`: nothing else is built yet
     --> ROOT/inventory.yml:1:47
      |
    1 | all: { hosts: { one: { ansible_become_method: su } } }
      |                                               ^^
    ");
    assert_snapshot!(errors("ansible_password: hunter2222", &[""]), @"
    error: `ansible_password` of host one: logging in with a stored password is not supported: use a key, or let ssh ask for it
     --> ROOT/inventory.yml:1:42
      |
    1 | all: { hosts: { one: { ansible_password: ********** } } }
      |                                          ^^^^^^^^^^
    ");
    assert_snapshot!(errors("ansible_become_pasword: hunter2222", &[""]), @"
    error: there is no variable `ansible_become_pasword`
     --> ROOT/inventory.yml:1:48
      |
    1 | all: { hosts: { one: { ansible_become_pasword: ********** } } }
      |                                                ^^^^^^^^^^
      |
      = help: did you mean `ansible_become_password`?
    ");
    assert_snapshot!(errors("ansible_become_password: [hunter2222]", &[""]), @"
    error: `ansible_become_password` of host one: expected text (in quotes, if it looks like something else), not a list
     --> ROOT/inventory.yml:1:49
      |
    1 | all: { hosts: { one: { ansible_become_password: [**********] } } }
      |                                                 ^^^^^^^^^^^^
    ");
    // the same line as another error
    assert_snapshot!(errors("ansible_port: none, ansible_become_password: hunter2222", &[""]), @"
    error: `ansible_port` of host one: expected a port from 1 to 65535, found `none`
     --> ROOT/inventory.yml:1:38
      |
    1 | all: { hosts: { one: { ansible_port: none, ansible_become_password: ********** } } }
      |                                      ^^^^
    ");
    assert_snapshot!(errors("ansible_host: \"{{ ansible_fqdn }}\"", &[""]), @r#"
    error: `ansible_host` of host one needs facts, which come only once the host is reached
     --> ROOT/inventory.yml:1:38
      |
    1 | all: { hosts: { one: { ansible_host: "{{ ansible_fqdn }}" } } }
      |                                      ^^^^^^^^^^^^^^^^^^^^
    "#);
    assert_snapshot!(errors("x: 1", &["remote_user: '{{ ansible_user_id }}'"]), @"
    error: this needs facts, which come only once the host is reached
     --> ROOT/playbooks/site.yml:1:74
      |
    1 | - { hosts: all, resources: [directory: { path: /srv/app }], remote_user: '{{ ansible_user_id }}' }
      |                                                                          ^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(errors("x: 1", &["vars: { ansible_become_flags: -E }"]), @"
    error: `ansible_become_flags` of host one: `-E` cannot be handed to sudo: set it in sudoers
     --> ROOT/playbooks/site.yml:1:91
      |
    1 | - { hosts: all, resources: [directory: { path: /srv/app }], vars: { ansible_become_flags: -E } }
      |                                                                                           ^^
    ");
}

#[test]
fn all_plays_reach_a_host_in_one_way() {
    assert!(resolved("x: 1", &["remote_user: ops", "remote_user: ops"]).is_ok());
    assert!(resolved("ansible_user: ops", &["remote_user: a", "remote_user: b"]).is_ok(), "the variable wins");
    assert_snapshot!(errors("x: 1", &["remote_user: ops", "vars: { ansible_user: admin }"]), @"
    error: this play reaches host one in another way than an earlier one
     --> ROOT/playbooks/site.yml:2:3
      |
    1 | - { hosts: all, resources: [directory: { path: /srv/app }], remote_user: ops }
      |   ---------------------------------------------------------------------------- the earlier play
    2 | - { hosts: all, resources: [directory: { path: /srv/app }], vars: { ansible_user: admin } }
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: a run has one connection to a host: say in the inventory how it is reached
    ");
}

#[test]
fn what_has_no_effect_is_noted() {
    let variables =
        "ansible_python_interpreter: /usr/bin/python3, ansible_scp_if_ssh: true, ansible_winrm_scheme: http";
    let notes: Vec<String> = resolved(variables, &[""]).unwrap().notes.into_iter().map(|note| note.message).collect();
    assert_eq!(notes, ["`ansible_python_interpreter` has no effect: nothing of Python runs on hosts"]);
}
