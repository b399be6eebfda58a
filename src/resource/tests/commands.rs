//! Commands, and how one sees that they are done.

use super::*;
use crate::ability::{Probe, Reader};
use insta::assert_snapshot;

/// Answers the questions of a resource.
fn answered(text: &str, status: i32, output: &str) -> State {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let mut probe = Probe::default();
    resource(text).ask(&mut probe);
    let program = probe.program();
    let key = program.split("; answer ").nth(1).unwrap().split(' ').next().unwrap().trim_matches('\'');
    let mut reader = Reader::default();
    reader.record("answer", &format!("{key} {status} ={}", STANDARD.encode(output)));
    reader.record("probed", "");
    reader.finish().unwrap()
}

#[test]
fn until_a_path_is_there() {
    let text = "command: { command: [make, it], creates: /srv/it, chdir: /srv, environment: { A: b c } }";
    let mut state = host([]);
    assert_snapshot!(plan(text, &mut state), @r#"
    run
      make it
      because /srv/it is not there
      > Run { command: ["make", "it"], chdir: Some("/srv"), environment: [("A", "b c")], stdin: None, user: None, unless: Some(["test", "-e", "/srv/it"]) }
    "#);
    assert_snapshot!(plan(text, &mut state), @"nothing");
    assert_snapshot!(plan(text, &mut host([("/srv/it", PathState::Other)])), @"nothing");
}

#[test]
fn unless_another_command_succeeds() {
    let text = "command: { command: \"echo a >b\", unless: [test, -e, b], stdin: hunter2 }";
    assert_snapshot!(plan(text, &mut answered(text, 1, "")), @r#"
    run
      sh -c 'echo a >b'
      > Run { command: ["sh", "-c", "echo a >b"], chdir: None, environment: [], stdin: Some("hunter2"), user: None, unless: Some(["test", "-e", "b"]) }
    "#);
    assert_snapshot!(plan(text, &mut answered(text, 0, "")), @"nothing");
}

#[test]
fn until_a_probe_prints_the_value() {
    let text = "command: { command: [set, it], probe: [get, it], value: \"5\" }";
    assert_snapshot!(plan(text, &mut answered(text, 0, "4\n")), @r#"
    run
      set it
      probe: 4 -> 5
      > Run { command: ["set", "it"], chdir: None, environment: [], stdin: None, user: None, unless: None }
    "#);
    assert_snapshot!(plan(text, &mut answered(text, 0, "5\n")), @"nothing");
}

#[test]
fn scripts_that_begin_alike_are_not_the_same() {
    let one = "command: { command: \"set -e\\none\", unless: [test, -e, one] }";
    let other = "command: { command: \"set -e\\nother\", unless: [test, -e, other] }";
    let mut state = answered(one, 0, "");
    assert!(plan(one, &mut state).starts_with("nothing"));
    assert!(plan(other, &mut state).starts_with("run"));
}
