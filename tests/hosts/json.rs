//! What programs read: documents of real runs have the keys of those that `tests/docs/` has recorded.
//!
//! `SOLTI_UPDATE_DOCS=1 cargo test --test hosts json` records them anew.

use crate::support::{Hosts, Project, Suite};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const APP: &str = "\
summary: is well
steps:
  - name: config
    resources:
      - file: { path: /etc/app.conf, content: \"port = 80\\n\" }
    checks:
      - command: { name: has its port, command: grep -q 80 /etc/app.conf }
      - command: { name: is new, command: date +%s, signal: logs, newest: body | int, max_age: 60s }
";

const SLOW: &str = "\
summary: is not
steps:
  - name: config
    resources:
      - file: { path: /etc/slow.conf, content: \"port = 81\\n\" }
    checks:
      - command: { name: is up, command: \"echo not yet; false\", within: 1s }
";

/// The ways to all values in a document.
fn keys(value: &Value, way: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| keys(value, &format!("{way}.{key}"), found)),
        Value::Array(list) => list.iter().for_each(|value| keys(value, &format!("{way}[]"), found)),
        _ => {
            found.insert(way.to_owned());
        }
    }
}

/// Those in the output of a run; in lines, of each event by itself.
fn all_keys(text: &str, lines: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let documents: Vec<&str> = if lines { text.lines().collect() } else { vec![text] };
    for document in documents {
        let value: Value = serde_json::from_str(document).unwrap();
        let event = value.get("event").and_then(Value::as_str).unwrap_or_default().to_owned();
        keys(&value, &event, &mut found);
    }
    found
}

#[test]
fn documents_of_real_runs_have_the_keys_of_those_recorded() {
    let hosts = Hosts::up(&[("mon", Suite::Trixie)]);
    let project = Project::new(&hosts);
    hosts.host("mon").write_file("/etc/app.conf", "port = 8080\n");
    let down = "all: { hosts: { down: { ansible_host: 127.0.0.1, ansible_port: 1 } } }\n";
    project.file("more.yml", down).file("roles/app/role.yml", APP).file("roles/slow/role.yml", SLOW);
    project.file("playbooks/site.yml", "- { name: Monitoring, hosts: all, roles: [app, slow] }\n");
    project.file("wrong.yml", "- hosts: all\n  resources:\n    - fil: { path: /etc/x, content: a }\n");
    let runs: [(&str, &[&str], i32); 7] = [
        ("wrong.json", &["diff", "-p", "wrong.yml"], 3),
        ("wrong.jsonl", &["diff", "-p", "wrong.yml"], 3),
        ("diff.json", &["diff"], 4),
        ("apply.json", &["apply", "-y"], 1),
        ("apply.jsonl", &["apply", "-y"], 1),
        ("verify.json", &["verify"], 1),
        ("verify.jsonl", &["verify"], 1),
    ];
    for (name, command, status) in runs {
        let format = name.rsplit('.').next().unwrap();
        let command = [command, &["-i", "more.yml", "-o", format]].concat();
        let output = project.with(&command, &[]).assert_status(status);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/docs/recorded").join(name);
        if std::env::var_os("SOLTI_UPDATE_DOCS").is_some() {
            std::fs::write(&path, &output.stdout).unwrap();
        }
        let recorded = std::fs::read_to_string(&path).unwrap();
        let lines = format == "jsonl";
        assert_eq!(all_keys(&output.stdout, lines), all_keys(&recorded, lines), "{name}: {output}");
        if name == "verify.json" {
            own_times(&output.stdout);
        }
    }
}

/// One check is waited for, which is no time of the others.
fn own_times(document: &str) {
    let document: Value = serde_json::from_str(document).unwrap();
    for check in document["hosts"]["mon"]["checks"].as_array().unwrap() {
        let (millis, passed) = (check["time"]["millis"].as_u64().unwrap(), check["passed"].as_bool().unwrap());
        assert_eq!(millis < 900, passed, "{check}");
    }
}
