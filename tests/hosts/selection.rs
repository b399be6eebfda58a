//! Which hosts and what a run is about, and what it says to programs.

use serde_json::Value;

use crate::both::Both;
use crate::support::Output;

const PLAYBOOK: &str = r#"
- name: one
  hosts: all
  tags: [first]
  resources:
    - file: { path: /opt/one, content: "{{ word | default('none') }}\n", tags: [a] }
    - file: { path: /opt/two, content: "two\n", tags: [b] }
- name: two
  hosts: old
  resources:
    - file: { path: "/opt/{{ list | default(['three']) | first }}", content: x }
"#;

#[test]
fn hosts_tags_and_variables_are_chosen_on_the_command_line() {
    let both = Both::up();
    both.playbook(PLAYBOOK);
    let ls = |name: &str| both.hosts.host(name).read("ls /opt");
    both.solti(&["diff", "-l", "nobody"]).assert_status(3);
    both.solti(&["diff", "-l", "old"]).assert_status(2).assert_stdout_has("3 changes on old").assert_lacks("new, ");
    both.solti(&["apply", "-y", "-l", "all:!old", "-t", "a"])
        .assert_status(0)
        .assert_stdout_has("1 change made on new");
    assert_eq!((ls("new").as_str(), ls("old").as_str()), ("one", ""));
    both.solti(&["apply", "-y", "-l", "new", "--skip-tags", "first"]).assert_status(0);
    assert_eq!(ls("new"), "one");
    both.project.file("vars.yml", "word: from a file\nlist: [four]\n");
    both.solti(&["apply", "-y", "-e", "@vars.yml", "-e", "word=later"]).assert_status(0);
    assert_eq!((ls("new").as_str(), ls("old").as_str()), ("one\ntwo", "four\none\ntwo"));
    assert_eq!(both.read("cat /opt/one"), "later");
    both.solti(&["apply", "-y", "-e", "{\"word\": \"as JSON\"}"]).assert_status(0);
    // What is declared under another path now: the old one goes.
    assert_eq!((both.read("cat /opt/one").as_str(), ls("old").as_str()), ("as JSON", "one\nthree\ntwo"));
    // Nobody can be asked here, which matters where something would change.
    let output = both.solti(&["apply"]).assert_status(3).assert_stdout_has("2 changes on 2 hosts");
    assert!(output.stderr.contains("there is no terminal to ask on"), "{output}");
    assert_eq!(both.read("cat /opt/one"), "as JSON");
    both.solti(&["apply", "-o", "json"]).assert_status(3);
    assert_eq!(both.read("cat /opt/one"), "as JSON");
    both.solti(&["apply", "-e", "{\"word\": \"as JSON\"}"]).assert_status(0).assert_stdout_has("No changes");
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{output}"))
}

/// The text of a document without what differs from run to run.
fn stable(mut value: Value) -> String {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(object) => {
                object.remove("time");
                object.remove("exchanges");
                object.values_mut().for_each(clean);
            }
            Value::Array(list) => list.iter_mut().for_each(clean),
            _ => {}
        }
    }
    clean(&mut value);
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn programs_read_what_a_run_does() {
    let both = Both::up();
    both.playbook("- name: one\n  hosts: new\n  resources:\n    - file: { path: /opt/x, content: \"\\u00e4\\n\", mode: '0600' }\n- hosts: old\n  resources:\n    - symlink: { path: /opt/x, src: y }\n");
    let diff = json(&both.solti(&["diff", "-o", "json"]).assert_status(2));
    insta::assert_snapshot!(stable(diff), @r#"
    {
      "format": 1,
      "command": "diff",
      "hosts": {
        "new": {
          "outcome": "differs",
          "changes": 1,
          "plan": {
            "roles": [
              {
                "role": "resources",
                "play": "one",
                "steps": [
                  {
                    "step": "play",
                    "changes": [
                      {
                        "resource": "resources/play/file:/opt/x",
                        "action": "create",
                        "details": [
                          {
                            "type": "text",
                            "path": "/opt/x",
                            "old": null,
                            "new": "ä\n",
                            "hidden": false
                          },
                          {
                            "type": "note",
                            "text": "root:root 0600"
                          }
                        ]
                      }
                    ]
                  }
                ]
              }
            ],
            "notes": []
          }
        },
        "old": {
          "outcome": "differs",
          "changes": 1,
          "plan": {
            "roles": [
              {
                "role": "resources",
                "play": "playbooks/site.yml:5:3",
                "steps": [
                  {
                    "step": "play",
                    "changes": [
                      {
                        "resource": "resources/play/symlink:/opt/x",
                        "action": "create",
                        "details": [
                          {
                            "type": "value",
                            "what": "target",
                            "old": null,
                            "new": "y"
                          }
                        ]
                      }
                    ]
                  }
                ]
              }
            ],
            "notes": []
          }
        }
      },
      "notes": [],
      "summary": {
        "hosts": 2,
        "hosts_with_changes": 2,
        "planned": 2,
        "hosts_changed": 0,
        "made": 0,
        "checks_passed": 0,
        "checks_failed": 0,
        "failed": 0,
        "unreachable": 0,
        "skipped": 0
      },
      "errors": [],
      "exit": 2
    }
    "#);
    let output = both.solti(&["apply", "-y", "-o", "jsonl"]).assert_status(0);
    assert_eq!(output.stderr, "");
    let lines: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &lines {
        assert_eq!(line["format"], 1, "{line}");
        assert!(line["time"]["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
    }
    assert_eq!((&lines[0]["event"], &lines[lines.len() - 1]["event"]), (&"started".into(), &"finished".into()));
    let of_new: Vec<String> = lines
        .iter()
        .filter(|line| line["host"] == "new" && line["event"] != "phase")
        .map(|line| stable(line.clone()).replace(['\n', ' '], ""))
        .collect();
    insta::assert_snapshot!(of_new.join("\n"), @r#"
    {"format":1,"event":"planned","host":"new","plan":{"roles":[{"role":"resources","play":"one","steps":[{"step":"play","changes":[{"resource":"resources/play/file:/opt/x","action":"create","details":[{"type":"text","path":"/opt/x","old":null,"new":"ä\n","hidden":false},{"type":"note","text":"root:root0600"}]}]}]}],"notes":[]}}
    {"format":1,"event":"step-done","host":"new","role":"resources","step":"play","changes":1,"parts":[{"what":"preparing"},{"what":"files"}]}
    {"format":1,"event":"role-done","host":"new","role":"resources","parts":[{"what":"checks"},{"what":"commit"}]}
    {"format":1,"event":"host-done","host":"new","outcome":"changed","changes":1}
    "#);
    let again = json(&both.solti(&["apply", "-y", "-o", "json"]).assert_status(0));
    assert_eq!((again["summary"]["made"].as_u64(), again["exit"].as_u64()), (Some(0), Some(0)));
    assert_eq!(again["hosts"]["new"]["outcome"], "unchanged");
    // No question is asked of a program, and what is wrong in the input is still said.
    both.solti(&["apply", "-o", "json"]).assert_status(0);
    both.declare("- file: { path: /opt/y, content: x }");
    let output = both.solti(&["apply", "-o", "json"]).assert_status(3);
    let document = json(&output);
    assert_eq!(document["exit"], 3, "{output}");
    let output = output.assert_stderr_has("with JSON output there is no question before anything is changed");
    output.assert_stderr_has("-y applies without asking; `solti diff` shows what would change");
    assert!(!both.hosts.host("new").has("/opt/y"));
    both.declare("- file: { path: /opt/missing/x, content: x }");
    let failed = json(&both.solti(&["apply", "-y", "-o", "json"]).assert_status(1));
    assert_eq!(failed["hosts"]["new"]["outcome"], "failed");
    assert!(
        failed["hosts"]["new"]["failures"][0]["message"].as_str().unwrap().contains("/opt/missing does not exist"),
        "{failed}"
    );
}
