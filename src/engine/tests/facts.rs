//! What needs facts of other hosts waits for them, and is resolved once more.

use crate::engine::load;
use crate::engine::request::Selection;
use crate::engine::resolve::resolve;
use serde_json::json;
use std::fs;

/// The texts of all files that a host would get, or nothing if something waits for facts.
fn texts(play: &str, with_facts: bool) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("inventory.yml");
    fs::write(&inventory, "all: { hosts: { one: , two: { port: 1 } } }\n").unwrap();
    let playbook = folder.path().join("site.yml");
    fs::write(&playbook, play).unwrap();
    let inventories = vec![inventory.display().to_string()];
    let project =
        load(&Selection { inventories, playbooks: vec![playbook], forks: 1, ..Selection::default() }).unwrap();
    if with_facts {
        for name in ["one", "two"] {
            project.hosts.set_facts(name, json!({ "hostname": format!("{name}-host") }).as_object().unwrap());
        }
    }
    let work = resolve(&project, "one").unwrap();
    let resources = work.runs.iter().flat_map(|run| run.resources()).filter_map(|resolved| resolved.resource.as_ref());
    let texts = resources.flat_map(|resource| resource.texts()).map(|(_, text)| String::from_utf8(text).unwrap());
    let texts = texts.collect();
    (!work.needs_facts).then_some(texts)
}

#[test]
fn nothing_is_made_of_facts_that_are_not_known_yet() {
    for (key, value) in [
        ("content", "{{ ['two'] | map('extract', hostvars, 'ansible_hostname') | join }}"),
        ("content", "{{ hostvars['two'].get('ansible_hostname') }}"),
        ("content", "{{ (hostvars.two | dict2items | selectattr('key', 'eq', 'ansible_hostname') | first).value }}"),
        ("content: two-host, when", "hostvars['two'].get('ansible_hostname') == 'two-host'"),
        (
            "content: '{{ item }}', loop",
            "{{ hostvars.two | dict2items | map(attribute='value') | select('eq', 'two-host') }}",
        ),
    ] {
        let play = format!("- hosts: all\n  resources:\n  - file: {{ path: /x, {key}: \"{value}\" }}\n");
        assert_eq!(texts(&play, false), None, "{value}");
        assert_eq!(texts(&play, true).unwrap(), ["two-host"], "{value}");
    }
    let known = "- hosts: all\n  resources:\n  - file: { path: /x, content: \"{{ hostvars.two.get('port') }}\" }\n";
    assert_eq!(texts(known, false).unwrap(), ["1"]);
}
