//! Roles that are to be gone need none of the values that only their content needs.

use crate::engine::load;
use crate::engine::request::Selection;
use crate::engine::resolve::resolve;
use crate::role::RoleLibrary;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;

#[test]
fn every_role_goes_without_any_option() {
    let library = RoleLibrary::new(None);
    let mut taken = Vec::new();
    for name in library.names() {
        let role = library.find(&name, None).unwrap();
        let backend = format!("{name}_backend");
        let choices = role.option(&backend).map(|option| option.choices.as_slice()).unwrap_or_default();
        let choices: Vec<String> = choices.iter().map(|choice| choice.string().unwrap()).collect();
        for chosen in if choices.is_empty() { vec!["package".to_owned()] } else { choices } {
            let folder = tempfile::tempdir().unwrap();
            let inventory = folder.path().join("inventory.yml");
            fs::write(&inventory, format!("all: {{ hosts: {{ one: {{ {backend}: {chosen} }} }} }}\n")).unwrap();
            let playbook = folder.path().join("site.yml");
            fs::write(&playbook, format!("- hosts: all\n  roles: [{{ role: {name}, state: absent }}]\n")).unwrap();
            let inventories = vec![inventory.display().to_string()];
            let project =
                load(&Selection { inventories, playbooks: vec![playbook], forks: 1, ..Selection::default() }).unwrap();
            let facts = json!({ "hostname": "one", "solti_homes": {}, "distribution_major_version": "13" });
            project.hosts.set_facts("one", facts.as_object().unwrap());
            project.hosts.secrets().learn("one", "/etc/solti/secrets", Some(BTreeMap::new()));
            let work = resolve(&project, "one").unwrap_or_else(|errors| panic!("{name} as {chosen}: {errors}"));
            assert!(!work.needs_facts, "{name} as {chosen}");
            let claims = work.runs.iter().flat_map(|run| run.resources()).flat_map(|resolved| &resolved.claims);
            let claims: Vec<_> = claims.map(|item| item.key().1).collect();
            assert!(claims.len() > 3, "{name} as {chosen}");
            if name == "influxdb" {
                // also where the host has forgotten what solti put there
                for token in ["telegraf", "grafana"] {
                    let path = format!("/etc/solti/secrets/influxdb_token_{token}");
                    assert!(claims.contains(&path.as_str()), "{chosen}: {claims:?}");
                }
            }
            taken.push(format!("{name} {chosen}"));
        }
    }
    assert!(taken.len() >= 12, "{taken:?}");
}
