//! `command`: run until its result is there, with what it needs, and never twice.

use crate::both::Both;

#[test]
fn commands_run_until_they_are_done() {
    let both = Both::up();
    both.each(|host| drop(host.read("mkdir -p '/opt/some where'; chown games /opt/'some where'; echo 1 >/opt/value")));
    let resources = |value: &str| {
        format!(
            r#"
- command: {{ command: [touch, "/opt/made it"], creates: /opt/made it }}
- command: {{ command: "echo \"$WORD\" >>here; cat >>here", unless: "grep -q in here", chdir: /opt/some where, environment: {{ WORD: "it's $HOME" }}, stdin: "from standard input\n" }}
- command:
    name: the value
    command: "echo {value} >/opt/value"
    probe: [cat, /opt/value]
    value: "{value}"
- command: {{ command: "id -un >/opt/some\\ where/who", creates: /opt/some where/who, become_user: games }}
- command: {{ command: ["printf", "%s", "a  b", "'", "$x"], unless: "test -e /opt/made\\ it" }}
"#
        )
    };
    both.declare(&resources("2"));
    insta::assert_snapshot!(both.diff(), @r#"
    10 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ command touch /opt/made it: run
          touch '/opt/made it'
          because /opt/made it is not there
        ~ command echo "$WORD" >>here; cat >>here: run (sh -c 'echo "$WORD" >>here; cat >>here')
        ~ command the value: run (sh -c 'echo 2 >/opt/value')
          probe  1 -> 2
        ~ command id -un >/opt/some\ where/who: run
          sh -c 'id -un >/opt/some\ where/who'
          because /opt/some where/who is not there
        ~ command printf %s a  b ' $x: run (printf %s 'a  b' ''\''' '$x')
    "#);
    both.apply();
    let state = "cd '/opt/some where' && cat here who /opt/value; ls /opt";
    insta::assert_snapshot!(both.read(state), @r"
    it's $HOME
    from standard input
    games
    2
    made it
    some where
    value
    ");
    both.apply_changes_nothing();
    both.declare(&resources("3"));
    insta::assert_snapshot!(both.diff(), @r"
    2 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ command the value: run (sh -c 'echo 3 >/opt/value')
          probe  2 -> 3
    ");
    both.apply();
    both.repairs("echo 9 >/opt/value", &["probe  9 -> 3"]);
    both.repairs("rm '/opt/made it'", &["command touch /opt/made it: run"]);
    // Commands leave nothing to prune.
    both.declare("- file: { path: /opt/value, content: \"3\\n\" }").unchanged();
}

#[test]
fn a_command_that_fails_says_why_and_its_step_is_put_back() {
    let both = Both::up();
    both.declare(
        r#"
- file: { path: /opt/before, content: x }
- command: { command: "echo useful words; echo to stderr >&2; exit 7", creates: /opt/never }
"#,
    );
    let output = both.solti(&["apply", "-y"]).assert_status(1);
    for text in ["exit status 7", "useful words", "to stderr", "removed /opt/before"] {
        assert!(output.stdout.contains(text), "expected {text:?} in\n{output}");
    }
    assert_eq!(both.read("ls -A /opt"), "");
    // Without a sign that it is done it is an error at its line, and nobody is asked.
    both.declare("- command: { command: [touch, /opt/x] }");
    let output = both.solti(&["apply", "-y"]).assert_status(3);
    insta::assert_snapshot!(output.stderr, @r"
    error: `command` needs one of `creates`, `unless`, `probe`
     --> playbooks/site.yml:4:7
      |
    4 |     - command: { command: [touch, /opt/x] }
      |       ^^^^^^^ how would one see that it is done already?
      |
      = help: `creates` names a file, `unless` and `probe` are read-only commands
    ");
}
