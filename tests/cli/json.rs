//! Programs that read results: whatever ends a command, there is one valid document, or a last line.

use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// What comes to standard output, as JSON, and the exit code.
fn read(folder: &Path, arguments: &[&str]) -> io::Result<(Value, Option<i32>)> {
    let output = Command::new(env!("CARGO_BIN_EXE_solti"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let mut value: Value = serde_json::from_slice(&output.stdout)?;
    if let Some(Value::Object(time)) = value.get_mut("time") {
        assert!(time.contains_key("millis"), "{time:?}");
        time.retain(|key, _| key != "millis" && key != "at");
    }
    Ok((value, output.status.code()))
}

fn project(play: &str) -> io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("playbooks"))?;
    std::fs::write(folder.path().join("inventory.yml"), "all: { hosts: { web: { password: hunter2hunter2 } } }\n")?;
    std::fs::write(folder.path().join("playbooks/site.yml"), play)?;
    Ok(folder)
}

const WRONG: &str = "- hosts: all\n  resources:\n    - fil: { path: /etc/x, content: a }\n";

#[test]
fn wrong_input_is_a_document_too() -> io::Result<()> {
    let folder = project(WRONG)?;
    let (shown, exit) = read(folder.path(), &["diff", "inventory.yml", "-o", "json"])?;
    assert_eq!(exit, Some(3));
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown)?, @r#"
    {
      "format": 1,
      "command": "diff",
      "hosts": {},
      "notes": [],
      "summary": {
        "hosts": 0,
        "hosts_with_changes": 0,
        "planned": 0,
        "hosts_changed": 0,
        "made": 0,
        "checks_passed": 0,
        "checks_failed": 0,
        "failed": 0,
        "unreachable": 0,
        "skipped": 0
      },
      "errors": [
        {
          "message": "unknown kind of resource `fil`",
          "file": "playbooks/site.yml",
          "line": 3,
          "column": 7,
          "label": null,
          "also": [],
          "hints": [
            "did you mean `file`?"
          ]
        }
      ],
      "exit": 3,
      "time": {}
    }
    "#);
    let (line, exit) = read(folder.path(), &["apply", "-y", "inventory.yml", "-o", "jsonl"])?;
    assert_eq!((exit, &line["errors"]), (Some(3), &shown["errors"]));
    assert_eq!((&line["event"], &line["exit"]), (&json!("finished"), &json!(3)));
    Ok(())
}

#[test]
fn a_wrong_command_line_is_a_document_too() -> io::Result<()> {
    let here = Path::new(".");
    for arguments in [["diff", "-o", "json", "--nonsense"], ["verify", "-o", "json", ""], ["diff", "x", "-C", "-ojson"]]
    {
        let (shown, exit) = read(here, &arguments)?;
        assert_eq!((exit, &shown["command"], &shown["exit"]), (Some(3), &json!(arguments[0]), &json!(3)));
        assert_eq!(shown["hosts"], json!({}), "{arguments:?}");
        assert!(shown["errors"][0]["message"].is_string() && shown["errors"][0]["file"].is_null(), "{shown}");
    }
    let (shown, _) = read(here, &["diff", "-o", "json", "x", "--forks", "0"])?;
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown["errors"])?, @r#"
    [
      {
        "message": "invalid value '0' for '--forks <N>': at least one host must be worked on",
        "file": null,
        "line": null,
        "column": null,
        "label": null,
        "also": [],
        "hints": [
          "For more information, try '--help'."
        ]
      }
    ]
    "#);
    Ok(())
}

#[test]
fn scenarios_have_the_same() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let (shown, exit) = read(folder.path(), &["test", "nowhere", "-o", "json"])?;
    assert_eq!(
        (exit, &shown["command"], &shown["runs"], &shown["exit"]),
        (Some(3), &json!("test"), &json!([]), &json!(3))
    );
    assert!(shown["errors"][0]["message"].is_string(), "{shown}");
    let (line, _) = read(folder.path(), &["test", "nowhere", "-o", "jsonl"])?;
    assert_eq!((&line["event"], &line["errors"]), (&json!("finished"), &shown["errors"]));
    Ok(())
}

#[test]
fn so_is_what_a_run_came_to() -> io::Result<()> {
    let folder = project("- hosts: all\n  resources: []\n")?;
    std::fs::write(
        folder.path().join("inventory.yml"),
        "all: { hosts: { web: { ansible_host: 127.0.0.1, ansible_port: 1 } } }\n",
    )?;
    let (shown, exit) = read(folder.path(), &["diff", "inventory.yml", "-o", "json"])?;
    assert_eq!((exit, &shown["exit"], &shown["errors"]), (Some(4), &json!(4), &json!([])), "{shown}");
    Ok(())
}

#[test]
fn secrets_are_hidden_there_too() -> io::Result<()> {
    let play = "- hosts: all\n  vars: { db_password: hunter2hunter2 }\n  resources:\n    - file: { path: /etc/x, mode: \"{{ db_password }}\", content: a }\n";
    let folder = project(play)?;
    let (shown, exit) = read(folder.path(), &["diff", "inventory.yml", "-o", "json"])?;
    assert_eq!(exit, Some(3));
    assert!(shown["errors"][0]["line"].is_number() && !shown.to_string().contains("hunter2"), "{shown}");
    Ok(())
}
