#![allow(clippy::unwrap_used, clippy::expect_used)]

mod patterns;

use super::range::expand;
use super::*;
use crate::source::SourceFile;
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::fs;
use tempfile::TempDir;

/// Writes files into a folder of their own and loads `inventory.yml` among them.
fn project(files: &[(&str, &str)]) -> (TempDir, Result<Inventory, crate::source::Diagnostics>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let source = folder.path().join("inventory.yml").display().to_string();
    let inventory = load(&[source], Some(&folder.path().join("playbooks")));
    (folder, inventory)
}

fn inventory(text: &str) -> Inventory {
    project(&[("inventory.yml", text)]).1.unwrap()
}

fn errors(files: &[(&str, &str)]) -> String {
    let (folder, result) = project(files);
    result.expect_err("errors").to_string().replace(&format!("{}/", folder.path().display()), "")
}

fn names(inventory: &Inventory) -> Vec<&str> {
    inventory.hosts().map(|host| host.name.as_str()).collect()
}

fn values(inventory: &Inventory, host: &str) -> Json {
    inventory.variables(host).into_iter().map(|(name, variable)| (name, variable.value.to_json())).collect()
}

const WEB: &str = "
all:
  hosts: {solo: }
  children:
    web: {hosts: {'web[1:4]': }}
    db: {hosts: {db1: , web4: }}
    empty:
    retired: {hosts: {web2: }}
";

fn select(pattern: &str) -> String {
    match inventory(WEB).select(pattern, None) {
        Ok(hosts) => hosts.join(" "),
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn list_and_graph_are_what_ansible_inventory_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/inventory/testdata");
    let source = |name: &str| folder.join(name).display().to_string();
    let sources = [source("first"), source("second/hosts.yml")];
    let inventory = load(&sources, Some(&folder.join("playbook"))).unwrap();
    let expected: Json = serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    assert_eq!(inventory.list_json(), expected);
    for (host, variables) in expected["_meta"]["hostvars"].as_object().unwrap() {
        assert_eq!(&inventory.host_json(host), variables);
    }
    assert_eq!(inventory.graph() + "\n", fs::read_to_string(folder.join("expected.txt")).unwrap());
}

#[test]
fn groups_may_be_given_in_parts_and_nested() {
    let inventory = inventory(
        "all: {hosts: {a: }, children: {web: {hosts: {b: }}}}\nweb: {hosts: {c: }, children: {deep: }}\n\
         deep: {hosts: d}\nother: {hosts: {a: }}\n",
    );
    assert_eq!(names(&inventory), ["a", "b", "c", "d"]);
    assert_eq!(inventory.groups_of("d"), ["deep", "web"]);
    assert_eq!(inventory.groups_of("a"), ["other"]);
    assert_eq!(inventory.hosts_of("web"), ["b", "c", "d"]);
}

#[test]
fn a_host_without_a_group_is_ungrouped() {
    let inventory = inventory(WEB);
    assert_eq!(inventory.groups_of("solo"), ["ungrouped"]);
    assert_eq!(inventory.groups_of("web4"), ["db", "web"]);
    assert!(inventory.groups_of("localhost").is_empty());
}

#[test]
fn of_groups_the_deeper_then_the_higher_priority_then_the_later_name_wins() {
    let inventory = inventory(
        "a: {hosts: {h: }, vars: {x: a, y: a, z: a, ansible_group_priority: 2}}\nb: {hosts: {h: }, vars: {x: b, z: b}}\n\
         c: {hosts: {h: }, vars: {y: c}}\nup: {children: {b: }, vars: {z: up}}\nall: {vars: {x: all, w: all}}\n",
    );
    assert_eq!(values(&inventory, "h"), json!({"x": "b", "w": "all", "z": "b", "y": "a"}));
}

#[test]
fn every_layer_overrides_those_before_it() {
    let (folder, inventory) = project(&[
        ("inventory.yml", "all: {vars: {x: 1}}\nweb: {vars: {x: 2}, hosts: {h: {x: 7}}}\n"),
        ("group_vars/all.yml", "x: 3\n"),
        ("playbooks/group_vars/all/main.yml", "x: 4\n"),
        ("group_vars/web", "x: 5\n"),
        ("playbooks/group_vars/web.json", "{\n\t\"x\": 6\n}\n"),
        ("host_vars/h.yaml", "x: 8\n"),
        ("playbooks/host_vars/h.yml", "x: 9\n"),
    ]);
    let inventory = inventory.unwrap();
    let layers = inventory.layers("h", "x");
    let found: Vec<i64> = layers.iter().map(|layer| layer.value.integer().unwrap()).collect();
    assert_eq!(found, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(inventory.variables("h")["x"].value.integer().unwrap(), 9);
    let origins: Vec<String> = layers.iter().map(|layer| layer.origin.to_string()).collect();
    let origins = origins.join("\n").replace(&format!("{}/", folder.path().display()), "");
    assert_snapshot!(origins, @"
    group `all` in the inventory
    group `web` in the inventory
    group_vars/all.yml
    playbooks/group_vars/all/main.yml
    group_vars/web
    playbooks/group_vars/web.json
    the host in the inventory
    host_vars/h.yaml
    playbooks/host_vars/h.yml
    ");
    assert_eq!(layers[4].key_span.position(), (1, 1));
}

#[test]
fn variables_beside_both_inventory_and_playbook_are_read_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("group_vars")).unwrap();
    fs::write(folder.path().join("inventory.yml"), "all: {hosts: {h: }}\n").unwrap();
    fs::write(folder.path().join("group_vars/all.yml"), "x: 1\n").unwrap();
    let source = folder.path().join("inventory.yml").display().to_string();
    let layers = |sources: &[String]| load(sources, Some(&folder.path().join("."))).unwrap().layers("h", "x").len();
    assert_eq!(layers(std::slice::from_ref(&source)), 1);
    assert_eq!(layers(&[source, "other,".to_owned()]), 1);
}

#[test]
fn localhost_is_there_without_being_listed() {
    let (_folder, inventory) =
        project(&[("inventory.yml", "all: {vars: {a: 1}, hosts: {h: }}\n"), ("host_vars/localhost.yml", "b: 2\n")]);
    let inventory = inventory.unwrap();
    assert_eq!(inventory.select("localhost", None).unwrap(), ["localhost"]);
    assert!(inventory.is_implicit("localhost") && inventory.host("localhost").is_none());
    assert_eq!(values(&inventory, "localhost"), json!({"a": 1, "b": 2, "ansible_connection": "local"}));
    assert!(!names(&inventory).contains(&"localhost"));
    let listed = super::load(&["localhost,".to_owned()], None).unwrap();
    assert!(!listed.is_implicit("localhost"));
    assert_eq!(values(&listed, "localhost"), json!({}));
}

#[test]
fn hosts_can_be_named_on_the_command_line() {
    let inventory = load(&["a, web[1:2],b:2222,::1,".to_owned()], None).unwrap();
    assert_eq!(names(&inventory), ["a", "web1", "web2", "b", "::1"]);
    assert_eq!(values(&inventory, "b"), json!({"ansible_port": 2222}));
}

#[test]
fn ranges_are_spelled_out() {
    let names = |key: &str| expand(key).unwrap().0.join(" ");
    assert_eq!(names("web[08:11]"), "web08 web09 web10 web11");
    assert_eq!(names("web[1:10:4]x"), "web1x web5x web9x");
    assert_eq!(names("db-[a:c].ex"), "db-a.ex db-b.ex db-c.ex");
    assert_eq!(names("[1:2][a:b]"), "1a 1b 2a 2b");
    assert_eq!(names("w[:2]"), "w0 w1 w2");
    assert_eq!(names("fd00::[1:2]"), "fd00::1 fd00::2");
    assert_eq!(expand("web[1:2]:2222").unwrap(), (vec!["web1".into(), "web2".into()], Some(2222)));
    assert_eq!(expand("[fd00::1]:22").unwrap(), (vec!["fd00::1".into()], Some(22)));
    assert_eq!(expand("fd00::1").unwrap(), (vec!["fd00::1".into()], None));
}

#[test]
fn ranges_that_are_none_are_errors() {
    let error = |key: &str| expand(key).unwrap_err();
    assert_eq!(error("w[1:"), "`w[1:`: a `[` without its `]`");
    assert_eq!(error("w[1]"), "`[1]`: a range is begin:end or begin:end:step");
    assert_eq!(error("w[5:1]"), "`[5:1]`: the range ends before it begins");
    assert_eq!(error("w[01:100]"), "`[01:100]`: begin and end must have the same number of digits");
    assert_eq!(error("w[a:5]"), "`[a:5]`: a range is of numbers or of single letters");
    assert_eq!(error("w[1:5:0]"), "`[1:5:0]`: the step must be a number from 1 on");
    assert_eq!(error("w[1:99999999]"), "`[1:99999999]`: too many hosts");
    assert_eq!(error("[1:999][1:999]"), "`[1:999][1:999]` stands for more than 65536 hosts");
}

#[test]
fn what_is_wrong_with_an_inventory_is_said_all_at_once() {
    assert_snapshot!(errors(&[(
        "inventory.yml",
        "all:\n  host:\n    a:\n  hosts:\n    - web1\n    - web2\n  vars: [x]\n  children:\n    web: [y]\n    db:\n      hosts: {c: 5, 'w[1]': }\n",
    )]), @"
    error: unknown key `host` in group `all`
     --> inventory.yml:2:3
      |
    2 |   host:
      |   ^^^^
      |
      = help: did you mean `hosts`?

    error: `hosts` of group `all` must be a mapping, not a list
     --> inventory.yml:5:5
      |
    5 |     - web1
      |     ^^^^^^
      |
      = help: write `web1:` with a colon, in place of `- web1`

    error: `vars` of group `all` must be a mapping, not a list
     --> inventory.yml:7:9
      |
    7 |   vars: [x]
      |         ^^^
      |
      = help: write `x:` with a colon, in place of `- x`

    error: group `web` must be a mapping, not a list
     --> inventory.yml:9:10
      |
    9 |     web: [y]
      |          ^^^
      |
      = help: a group has `hosts`, `vars` and `children`

    error: the variables of host `c` must be a mapping, not a whole number
      --> inventory.yml:11:18
       |
    11 |       hosts: {c: 5, 'w[1]': }
       |                  ^

    error: `[1]`: a range is begin:end or begin:end:step
      --> inventory.yml:11:21
       |
    11 |       hosts: {c: 5, 'w[1]': }
       |                     ^^^^^^
    ");
    assert_snapshot!(errors(&[("inventory.yml", "a: {children: {b: }}\nb: {children: {c: {children: {a: }}}}\nd: {children: {d: , all: }}\n")]), @"
    error: groups are inside of each other
     --> inventory.yml:2:16
      |
    2 | b: {children: {c: {children: {a: }}}}
      |                ^ c > a > b > c

    error: group `d` is inside of itself
     --> inventory.yml:3:16
      |
    3 | d: {children: {d: , all: }}
      |                ^ d > d

    error: `all` cannot be inside of another group
     --> inventory.yml:3:21
      |
    3 | d: {children: {d: , all: }}
      |                     ^^^
    ");
    assert_snapshot!(errors(&[("inventory.yml", "# hosts\n[web]\nweb1 ansible_host=10.0.0.1\n")]), @"
    error: this is an INI inventory; solti reads the YAML format
     --> inventory.yml:2:1
      |
    2 | [web]
      | ^^^^^
      |
      = help: `ansible-inventory -i FILE --list --yaml` converts it
    ");
    assert_snapshot!(errors(&[("inventory.yml", "\n")]), @"
    error: the inventory is empty
     --> inventory.yml:1:1
      |
    1 |
      | ^
      |
      = help: begin with `all:` and `hosts:`
    ");
    assert_snapshot!(errors(&[("inventory.yml", "- web1\n")]), @"
    error: an inventory is a mapping of groups, this is a list
     --> inventory.yml:1:1
      |
    1 | - web1
      | ^^^^^^
      |
      = help: begin with `all:` and `hosts:`
    ");
    assert_snapshot!(errors(&[("inventory.yml", "plugin: aws_ec2\n")]), @"
    error: inventory plugins are not supported
     --> inventory.yml:1:1
      |
    1 | plugin: aws_ec2
      | ^^^^^^
      |
      = help: `ansible-inventory -i FILE --list --yaml` writes what the plugin finds as an inventory
    ");
    assert_snapshot!(errors(&[
        ("inventory.yml", "all: {hosts: {h: }}\n"),
        ("group_vars/all.yml", "- a\n"),
        ("host_vars/h/one.yml", "x: {{ y }}\n"),
        ("host_vars/h/two.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"),
        ("host_vars/other.yml", "x: {{ not read }}\n"),
    ]), @r#"
    error: variables must be a mapping, not a list
     --> group_vars/all.yml:1:1
      |
    1 | - a
      | ^^^
      |
      = help: write `name: value`

    error: a value that begins with `{{` must be in quotes
     --> host_vars/h/one.yml:1:4
      |
    1 | x: {{ y }}
      |    ^^^^^^^ YAML reads this as a mapping
      |
      = help: put quotes around it: `x: "{{ y }}"`

    error: a file that is encrypted as a whole cannot be read
     --> host_vars/h/two.yml:1:1
      |
    1 | $ANSIBLE_VAULT;1.1;AES256
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: encrypt single values with `!vault` instead
    "#);
    assert_snapshot!(load(&["/nowhere/inventory.yml".to_owned()], None).unwrap_err(), @"error: /nowhere/inventory.yml: no such file");
    let folder = tempfile::tempdir().unwrap();
    let error = load(&[folder.path().display().to_string()], None).unwrap_err().to_string();
    assert_snapshot!(error.replace(&*folder.path().display().to_string(), "FOLDER"), @"
    error: FOLDER: no inventory in this folder
    help: it is looked for as inventory.yml, inventory.yaml, hosts.yml, hosts.yaml
    ");
}

proptest! {
    #[test]
    fn ranges_have_the_members_that_they_say(begin in 0..200_u64, count in 0..50_u64, step in 1..9_u64) {
        let end = begin + count;
        let names = expand(&format!("n[{begin}:{end}:{step}]")).unwrap().0;
        let expected: Vec<String> = (begin..=end).filter(|number| (number - begin) % step == 0).map(|number| format!("n{number}")).collect();
        prop_assert_eq!(names, expected);
        let padded = expand(&format!("n[{begin:05}:{end:05}]")).unwrap().0;
        prop_assert_eq!(padded.len() as u64, count + 1);
        prop_assert!(padded.iter().all(|name| name.len() == 6));
    }

    #[test]
    fn no_key_and_no_pattern_makes_it_fail(text in ".{0,20}|[a-c0-3:\\[\\]!&~*?,.@-]{0,20}") {
        let _ = expand(&text);
        let _ = load(&["a[1:3],b,c:1,".to_owned()], None).unwrap().select(&text, None);
    }
}
