//! `--tags` and `--skip-tags`, as with Ansible; `--extra-vars`.

use crate::engine::extra_vars;
use crate::engine::tags::Tags;
use insta::assert_snapshot;

fn list(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

fn select(only: &str, skip: &str, tags: &str) -> bool {
    let (outer, own) = tags.split_once('|').unwrap_or(("", tags));
    Tags { only: &list(only), skip: &list(skip) }.select(&[&list(outer), &list(own)])
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
    ];
    for (only, skip, tags, wanted) in table {
        assert_eq!(select(only, skip, tags), wanted, "--tags {only:?} --skip-tags {skip:?} on {tags:?}");
    }
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
