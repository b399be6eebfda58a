//! `--tags` and `--skip-tags`, as with Ansible; `--extra-vars`.

use crate::engine::extra_vars;
use crate::engine::tags::Tags;
use crate::engine::{load, request::Selection};
use insta::assert_snapshot;

fn list(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

fn select(only: &str, skip: &str, tags: &str) -> bool {
    let (outer, own) = tags.split_once('|').unwrap_or(("", tags));
    Tags { only: &list(only), skip: &list(skip) }.select(&["loki", "logs"], &[&list(outer), &list(own)])
}

#[test]
fn what_is_selected() {
    let table = [
        ("", "", "", true),
        ("", "", "a", true),
        ("", "", "never", false),
        ("", "", "never a", false),
        ("a", "", "never a", true),
        ("never", "", "never", true),
        ("a", "", "", false),
        ("a", "", "b", false),
        ("a", "", "a|b", true),
        ("a b", "", "b", true),
        ("a", "", "always", true),
        ("a", "always", "always", false),
        ("", "a", "a", false),
        ("", "a", "b", true),
        ("a", "b", "a b", false),
        ("all", "", "a", true),
        ("all", "", "never", false),
        ("loki", "", "", true),
        ("logs", "", "a", true),
        ("", "loki", "a", false),
        ("loki", "a", "a", false),
        ("tagged", "", "", false),
        ("tagged", "", "a", true),
        ("", "tagged", "a", false),
        ("untagged", "", "", true),
        ("untagged", "", "a", false),
    ];
    for (only, skip, tags, wanted) in table {
        assert_eq!(select(only, skip, tags), wanted, "--tags {only:?} --skip-tags {skip:?} on {tags:?}");
    }
}

#[test]
fn a_tag_that_nothing_has() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("inventory.yml");
    std::fs::write(&inventory, "all: { hosts: { one: } }\n").unwrap();
    std::fs::create_dir(folder.path().join("playbooks")).unwrap();
    let play = "- hosts: all\n  tags: \"base, more\"\n  roles: [{ role: node_exporter, name: metrics }]\n";
    std::fs::write(folder.path().join("playbooks/site.yml"), play).unwrap();
    let loaded = |only: &str, skip: &str| {
        let selection = Selection {
            inventories: vec![inventory.display().to_string()],
            tags: list(only),
            skip_tags: list(skip),
            ..Selection::default()
        };
        load(&selection).map(drop).map_err(|errors| errors.to_string())
    };
    for (only, skip) in [("base", "more"), ("node_exporter", ""), ("metrics", "always"), ("untagged all", "never")] {
        loaded(only, skip).unwrap();
    }
    assert_snapshot!(loaded("node_exportre", "x").unwrap_err(), @"
    error: `--tags node_exportre`: nothing in the plays has the tag `node_exportre`
    help: did you mean `node_exporter`?

    error: `--skip-tags x`: nothing in the plays has the tag `x`
    help: there are: base, metrics, more, node_exporter
    ");
}

fn extra(given: &[&str]) -> Result<String, String> {
    let given: Vec<String> = given.iter().map(|&text| text.to_owned()).collect();
    let entries = extra_vars::parse(&given).map_err(|errors| errors.to_string())?;
    Ok(entries.iter().map(|entry| format!("{} = {}", entry.key, entry.value.to_json())).collect::<Vec<_>>().join("\n"))
}

#[test]
fn variables_of_the_command_line() {
    assert_snapshot!(extra(&["a=1 b='x y' c=", "{d: 1, e: [yes]}", "f=a=b"]).unwrap(), @r#"
    a = "1"
    b = "x y"
    c = ""
    d = 1
    e = [true]
    f = "a=b"
    "#);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("more.yml");
    std::fs::write(&path, "g: 0644\n").unwrap();
    assert_snapshot!(extra(&[&format!("@{}", path.display())]).unwrap(), @"g = 420");
}

#[test]
fn wrong_variables_of_the_command_line() {
    assert_snapshot!(extra(&["a", "b='x", "[1]", "{a: "]).unwrap_err(), @"
    error: `a` is no variable
     --> --extra-vars:1:1
      |
    1 | a
      | ^
      |
      = help: write it as key=value, or name a file with @

    error: this `{` is never closed
     --> --extra-vars:1:1
      |
    1 | {a:
      | ^

    error: expected a mapping, found a list
     --> --extra-vars:1:1
      |
    1 | [1]
      | ^^^

    error: a quote is not closed
     --> --extra-vars:1:1
      |
    1 | b='x
      | ^^^^
    ");
    for nothing in ["", "  ", "=x"] {
        assert!(extra(&[nothing]).is_err(), "{nothing:?}");
    }
    assert!(extra(&["@"]).unwrap_err().contains("no file is named"));
    assert!(extra(&["@/nowhere.yml"]).unwrap_err().contains("/nowhere.yml"));
}
