//! What all roles render, on whichever backend.

use crate::solti_in;
use std::io;

const INVENTORY: &str = "all:
  hosts: { one: { ansible_host: 192.0.2.1 } }
  vars:
    alloy_repository_uris: ''
    grafana_repository_uris: ''
    influxdb_repository_uris: ''
    loki_repository_uris: ''
    telegraf_repository_uris: ''
    alloy_loki_endpoints: [http://192.0.2.1:3100]
    telegraf_influxdb_endpoints: [{ url: http://192.0.2.1, token: write, read_token: read }]
";
const ROLES: [&str; 7] = ["alloy", "grafana", "influxdb", "loki", "node_exporter", "prometheus", "telegraf"];

/// What a role renders with some variables.
fn rendered(role: &str, variables: &[&str]) -> io::Result<String> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("playbooks"))?;
    std::fs::write(folder.path().join("inventory.yml"), INVENTORY)?;
    std::fs::write(
        folder.path().join("playbooks/site.yml"),
        format!("- hosts: all\n  roles: [{}]\n", ROLES.join(", ")),
    )?;
    let mut arguments = vec!["render", "inventory.yml", "one", role];
    variables.iter().for_each(|variable| arguments.extend(["-e", variable]));
    let shown = solti_in(folder.path(), &arguments)?;
    assert!(shown.starts_with("exit 0\n"), "{role}: {shown}");
    Ok(shown)
}

/// systemd starts a service five times within ten seconds, and then no more.
#[test]
fn no_service_is_given_up_for_failing_often() -> io::Result<()> {
    let mut services = 0;
    for role in ROLES {
        for backend in ["package", "container"] {
            let shown = rendered(role, &[&format!("{role}_backend={backend}")])?;
            for unit in shown.split("==> ").filter(|file| file.contains("\n[Service]\n")) {
                services += 1;
                assert!(unit.contains("\nRestartSec=3s\n"), "{role} as {backend}: {unit}");
            }
        }
    }
    assert!(services >= 10, "{services}");
    Ok(())
}

#[test]
fn loki_is_ready_when_it_is_and_leaves_room_in_its_memory() -> io::Result<()> {
    let shown = rendered("loki", &["loki_memory=1GiB"])?;
    let ingester = "ingester:\n  lifecycler:\n    min_ready_duration: 0s\n  wal:\n    replay_memory_ceiling: 768MB\n";
    assert!(shown.contains(ingester), "{shown}");
    assert!(!rendered("loki", &[])?.contains("replay_memory_ceiling"));
    Ok(())
}

#[test]
fn telegraf_leaves_out_interfaces_of_containers_where_none_is_named() -> io::Result<()> {
    let shown = rendered("telegraf", &[])?;
    for interface in ["lo", "veth*", "podman*", "docker*", "cni*"] {
        assert!(shown.contains(&format!("    \"{interface}\",\n")), "{shown}");
    }
    assert!(!rendered("telegraf", &["{\"telegraf_net_interfaces\": [\"eth0\"]}"])?.contains("veth"));
    Ok(())
}
