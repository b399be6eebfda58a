//! Lengths of time, amounts of bytes and days: what an option's type takes, all that a role makes of it takes too.

use crate::engine::load;
use crate::engine::request::Selection;
use crate::engine::resolve::resolve;
use crate::role::{OptionType, RoleLibrary};
use crate::template::milliseconds;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;

const LENGTHS: &[&str] =
    &["0", "'0'", "0d", "1ms", "1.5s", "0.5m", "90m", "3600000ms", "1h30m", "30m1h", "1.5d", "1w2d", "1y", "292y"];
const NO_LENGTHS: &[&str] = &[
    "''",
    "soon",
    "5",
    "'5'",
    "1.5",
    "-1h",
    "1 h",
    "1us",
    "0.0001s",
    "1mo",
    "293y",
    "99999999999999999999999y",
    "yes",
];
const AMOUNTS: &[&str] = &["0", "'0'", "1", "0.5K", "1.5MB", "1.5 GiB", "512k", "4TB", "8191P", "9223372036854775807"];
const NO_AMOUNTS: &[&str] = &["''", "much", "-1", "1XB", "1.5.1M", "8192P", "99999999999999999999999P", "yes"];

const DAYS: &[&str] = &["2024-04-01", "'2024-04-01'"];
const NO_DAYS: &[&str] = &["''", "yesterday", "2024-4-1", "2024-02-30", "2024-04-01T00:00", "20240401"];

/// What roles cannot do without, and is not what this is about.
const GIVEN: &str = "  vars:
    alloy_repository_uris: ''
    grafana_repository_uris: ''
    influxdb_repository_uris: ''
    loki_repository_uris: ''
    telegraf_repository_uris: ''
    alloy_loki_endpoints: [http://192.0.2.1:3100]
    telegraf_influxdb_endpoints: [{ url: http://192.0.2.1, token: write, read_token: read }]
";

/// What comes of a role on a host, of whose variables each option stands on a line of its own.
fn resolved(role: &str, options: &[(&str, &str)]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let inventory = folder.path().join("inventory.yml");
    let own: String = options.iter().map(|(name, value)| format!("      {name}: {value}\n")).collect();
    fs::write(&inventory, format!("all:\n  hosts:\n    one:\n{own}{GIVEN}")).unwrap();
    let playbook = folder.path().join("site.yml");
    fs::write(&playbook, format!("- hosts: all\n  roles: [{role}]\n")).unwrap();
    let inventories = vec![inventory.display().to_string()];
    let project = load(&Selection { inventories, playbooks: vec![playbook], forks: 1, ..Selection::default() })
        .map_err(|errors| errors.to_string())?;
    let facts = json!({ "hostname": "one", "solti_homes": {}, "distribution_major_version": "13" });
    project.hosts.set_facts("one", facts.as_object().unwrap());
    project.hosts.secrets().learn("one", "/etc/solti/secrets", Some(BTreeMap::new()));
    let work = resolve(&project, "one").map_err(|errors| errors.to_string())?;
    assert!(!work.needs_facts, "{role}");
    Ok(())
}

#[test]
fn what_a_type_takes_all_of_a_role_takes() {
    let library = RoleLibrary::new(None);
    let mut tried = 0;
    for name in library.names() {
        let role = library.find(&name, None).unwrap();
        for (kind, right, wrong) in [
            (OptionType::Duration, LENGTHS, NO_LENGTHS),
            (OptionType::Size, AMOUNTS, NO_AMOUNTS),
            (OptionType::Date, DAYS, NO_DAYS),
        ] {
            let options: Vec<_> = role.options.values().filter(|option| option.kind == kind).collect();
            for value in right {
                let short =
                    |least: &str| milliseconds(value).is_some_and(|it| it > 0 && Some(it) < milliseconds(least));
                let of_all: Vec<(&str, &str)> = options
                    .iter()
                    .filter(|option| !option.shortest.as_deref().is_some_and(short))
                    .map(|option| (option.name.as_str(), *value))
                    .collect();
                resolved(&name, &of_all).unwrap_or_else(|errors| panic!("{name} with {of_all:?}: {errors}"));
                tried += of_all.len();
            }
            for value in wrong {
                for option in &options {
                    let Err(errors) = resolved(&name, &[(&option.name, value)]) else {
                        panic!("{} takes {value}", option.name);
                    };
                    let place = format!("inventory.yml:4:{}\n", "      : ".len() + option.name.len() + 1);
                    assert!(errors.contains(&place), "{} with {value}: {errors}", option.name);
                    assert_eq!(errors.matches("error: ").count(), 1, "{} with {value}: {errors}", option.name);
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}
