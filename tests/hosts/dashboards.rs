//! The dashboards that come with the role grafana ask for what there is: all that the real Prometheus is asked, and the
//! measurements and fields that are asked of InfluxDB, of which there is a stand-in that knows a part of Flux.

use crate::support::{Hosts, Project, Suite, wait_until};
use serde_json::Value;

/// Every query of a dashboard, with what Grafana puts in place of its variables.
fn queries(dashboard: &str, instance: &str) -> Vec<(String, String)> {
    let path = format!("{}/roles/grafana/files/{dashboard}", env!("CARGO_MANIFEST_DIR"));
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| {
        let targets = panel["targets"].as_array().into_iter().flatten();
        let text = |target: &'_ Value| target["expr"].as_str().or(target["query"].as_str()).unwrap().to_owned();
        targets.map(move |target| (panel["title"].as_str().unwrap(), text(target)))
    });
    let filled = |query: String| query.replace("$__rate_interval", "1m").replace("$instance", instance);
    targets.map(|(title, query)| (title.to_owned(), filled(query))).collect()
}

#[test]
fn what_node_exporters_measure_is_shown() {
    let hosts = Hosts::one(Suite::Trixie);
    let project = Project::new(&hosts);
    project.file("playbooks/site.yml", "- hosts: all\n  roles: [node_exporter, prometheus]\n");
    project.with(&["apply", "-y"], &["prometheus_scrape_interval=1s", "prometheus_scrape_timeout=1s"]).assert_status(0);
    let all = queries("node.json", "host");
    assert!(all.len() > 20, "{all:?}");
    for (title, query) in all {
        let ask = format!("curl -sG http://127.0.0.1:9090/api/v1/query --data-urlencode 'query={query}'");
        wait_until(&format!("{title}: {query}"), || {
            let answer: Value = serde_json::from_str(&hosts.host("host").read(&ask)).ok()?;
            assert_eq!(answer["status"], "success", "{title}: {answer}");
            answer["data"]["result"].as_array().is_some_and(|rows| !rows.is_empty()).then_some(())
        });
    }
}

/// What stands in quotes after each of these.
fn quoted<'t>(text: &'t str, before: &str) -> Vec<&'t str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn what_telegraf_measures_is_shown() {
    let hosts = Hosts::one(Suite::Trixie);
    let (project, host) = (Project::new(&hosts), hosts.host("host"));
    let packages = project.packages_from(host, "/srv/standins/apt", "telegraf");
    project.file("group_vars/all.yml", &format!("{packages}telegraf_interval: 1s\ntelegraf_flush_interval: 1s\n"));
    project.file("playbooks/site.yml", "- hosts: all\n  roles: [influxdb, telegraf]\n");
    let endpoint = "telegraf_influxdb_endpoints=http://localhost:8086";
    project.with(&["apply", "-y"], &[endpoint]).assert_status(0);
    let mut asked = 0;
    for (title, query) in queries("host.json", "host") {
        let (measurements, fields) = (quoted(&query, "_measurement == \""), quoted(&query, "_field == \""));
        assert_eq!(measurements.len(), 1, "{title}: {query}");
        assert!(!fields.is_empty(), "{title}: {query}");
        for field in fields {
            let flux = format!(
                "from(bucket: \"telegraf\") |> range(start: -5m) |> filter(fn: (r) => r._measurement == \"{}\" and r._field == \"{field}\") |> last()",
                measurements[0]
            );
            let ask = format!(
                "printf 'header = \"Authorization: Token %s\"' \"$(cat /etc/solti/secrets/influxdb_token_grafana)\" | \
                 curl -sf -K - -H 'Content-Type: application/vnd.flux' 'http://127.0.0.1:8086/api/v2/query?org=monitoring' -d '{flux}'"
            );
            wait_until(&format!("{title}: {flux}"), || host.read(&ask).contains(field).then_some(()));
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked}");
}
