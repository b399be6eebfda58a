//! The five services on two hosts from the playbook and the example inventory that come with solti, with stand-ins.

use crate::leaks::{self, Watch};
use crate::support::{Host, Hosts, Output, Project, Suite, wait_until};
use std::fs;

/// What comes with solti.
fn shipped(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub struct Stack {
    pub hosts: Hosts,
    pub project: Project,
}

impl Stack {
    /// `mon` and `app`, in the groups of the example inventory and with its variables.
    fn new(mon: Suite, app: Suite, vars: &str) -> Self {
        let stack = Self::bare(&[("mon", mon), ("app", app)], vars);
        let example = shipped("inventories/example/inventory.yml");
        let groups = example.find("  children:").unwrap();
        stack.project.file("inventory.yml", &format!("{}{}", stack.hosts.inventory(), &example[groups..]));
        for name in ["all", "clients"] {
            let path = format!("group_vars/{name}.yml");
            stack.project.file(&path, &shipped(&format!("inventories/example/{path}")));
        }
        stack.project.file("playbooks/site.yml", &shipped("playbooks/site.yml"));
        stack
    }

    /// Hosts whose packages come from the stand-ins' repository.
    pub fn bare(names: &[(&str, Suite)], vars: &str) -> Self {
        let hosts = Hosts::up(names);
        let project = Project::new(&hosts);
        let first = hosts.host(names[0].0);
        // two vendors, each with a repository and a key of its own
        hosts.iter().for_each(|host| drop(host.read("ln -s /srv/standins/apt /opt/influxdata")));
        let grafana = ["loki", "alloy", "grafana"].map(|role| (role, "/srv/standins/apt"));
        let influxdata = ["influxdb", "telegraf"].map(|role| (role, "/opt/influxdata"));
        let repositories = grafana.into_iter().chain(influxdata);
        let repositories: String =
            repositories.map(|(role, folder)| project.packages_from(first, folder, role)).collect();
        let names: String = names.iter().map(|(name, _)| format!("    {name}:\n")).collect();
        project.file("more/inventory.yml", &format!("all:\n  hosts:\n{names}"));
        project.file("more/group_vars/all.yml", &format!("{repositories}{vars}"));
        Self { hosts, project }
    }

    pub fn solti(&self, command: &[&str], variables: &[&str]) -> Output {
        let command = [&[command[0], "-i", "more/inventory.yml"], &command[1..]].concat();
        self.project.with(&command, variables)
    }

    pub fn apply(&self, variables: &[&str]) -> Output {
        self.solti(&["apply", "-y"], variables)
    }

    pub fn mon(&self) -> &Host {
        self.hosts.host("mon")
    }

    fn app(&self) -> &Host {
        self.hosts.host("app")
    }

    /// Which start of each service of the stack is running, by host and unit.
    fn starts(&self) -> Vec<(String, String)> {
        let starts = self.hosts.iter().flat_map(|host| {
            let all = host.read(
                "for unit in influxdb loki telegraf alloy grafana grafana-server; do \
                 echo \"$unit $(systemctl show -p InvocationID --value $unit)\"; done",
            );
            let rows: Vec<(String, String)> = all
                .lines()
                .filter_map(|line| line.split_once(' '))
                .filter(|(_, start)| !start.is_empty())
                .map(|(unit, start)| (format!("{} {unit}", host.name()), start.to_owned()))
                .collect();
            rows
        });
        starts.collect()
    }

    /// Applies one changed variable: one change of a service on each of these, and no other starts anew.
    #[track_caller]
    fn changes(&self, variables: &[&str], restarted: &[&str], reloaded: &[&str]) {
        let before = self.starts();
        let run = self.apply(variables).assert_status(0);
        let changed: Vec<String> = self
            .starts()
            .into_iter()
            .zip(&before)
            .filter(|((unit, now), (other, then))| unit == other && now != then)
            .map(|((unit, _), _)| unit)
            .collect();
        assert_eq!(changed, restarted, "{run}");
        assert_eq!(run.stdout.matches(": restart").count(), restarted.len(), "{run}");
        assert_eq!(run.stdout.matches(": reload").count(), reloaded.len(), "{run}");
        for unit in restarted.iter().chain(reloaded) {
            let name = unit.split(' ').nth(1).unwrap();
            assert!(run.stdout.contains(&format!("service {name}")), "{unit}: {run}");
        }
        self.apply(variables).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");
    }

    /// What Grafana on `mon` gets from one of its data sources.
    fn through_grafana(&self, source: &str, query: &str) -> String {
        self.mon().read(&format!(
            "printf 'user = \"admin:%s\"' \"$(cat /etc/solti/secrets/grafana_admin_password)\" | \
             curl -fsS -K - -H 'Content-Type: application/json' http://127.0.0.1:3000/api/ds/query -d '{{\"from\": \"now-1h\", \"to\": \"now\", \"queries\": [{{\"refId\": \"A\", \
             \"intervalMs\": 60000, \"maxDataPoints\": 100, \"datasource\": {{\"uid\": \"{source}\"}}, {query}}}]}}'"
        ))
    }

    /// Host, signal and verdict of the table of `verify`.
    fn verdicts(&self, variables: &[&str]) -> String {
        let output = self.solti(&["verify"], variables);
        let rows = output.stdout.lines().skip_while(|line| !line.starts_with("host ")).skip(1);
        let rows: Vec<String> = rows
            .take_while(|line| !line.is_empty())
            .map(|line| {
                let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
                format!("{} {} {}", cells[0], cells[1], if cells[3] == "ok" { "ok" } else { "failed" })
            })
            .collect();
        format!("{}, exit {}", rows.join(", "), output.status)
    }

    /// Waits until `verify` says this, with limits so short that what has stopped is soon too old.
    #[track_caller]
    fn comes_to(&self, options: &[&str], verdicts: &str) {
        const SOON: [&str; 9] = [
            "telegraf_ready_within=2s",
            "telegraf_newest_point=5s",
            "telegraf_newest_point_within=4s",
            "alloy_ready_within=2s",
            "alloy_newest_line=5s",
            "alloy_newest_line_within=4s",
            "grafana_datasources_within=2s",
            "influxdb_ready_within=2s",
            "loki_ready_within=2s",
        ];
        let variables = [options, &SOON].concat();
        wait_until(verdicts, || (self.verdicts(&variables) == verdicts).then_some(()));
    }
}

#[test]
fn five_services_from_one_apply_on_trixie() {
    five_services_from_one_apply(Stack::new(Suite::Trixie, Suite::Bookworm, "telegraf_flush_interval: 1s\n"));
}

/// The agents as packages, and all on hosts that have quadlets or have none.
#[test]
fn five_services_from_one_apply_on_bookworm() {
    let packages = "telegraf_backend: package\nalloy_backend: package\ntelegraf_flush_interval: 1s\n";
    five_services_from_one_apply(Stack::new(Suite::Bookworm, Suite::Trixie, packages));
}

fn five_services_from_one_apply(stack: Stack) {
    const WELL: &str = "mon logs ok, mon metrics ok, app logs ok, app metrics ok, exit 0";
    let watch = Watch::start();
    let mut said = Vec::new();
    said.push(stack.solti(&["apply", "-y", "-v"], &[]).assert_status(0));
    said.push(stack.apply(&[]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared"));
    assert_eq!(stack.verdicts(&[]), WELL);

    // A metric and a line of one host, through the Grafana of the other.
    stack.app().read("logger -t tester 'found on mon'");
    let flux = r#""query": "from(bucket: \"telegraf\") |> range(start: -5m) |> filter(fn: (r) => r.host == \"app\" and r._measurement == \"mem\" and r._field == \"used_percent\") |> last()""#;
    wait_until("a metric of app", || {
        stack.through_grafana("influxdb-mon", flux).contains("used_percent").then_some(())
    });
    let logql = r#""expr": "{hostname=\"app\", site=\"home\"} |= \"found on mon\"", "queryType": "range""#;
    wait_until("a line of app", || stack.through_grafana("loki-mon", logql).contains("found on mon").then_some(()));

    // One option of each: what uses it starts anew or reads anew, once, and nothing else does.
    let mut options: Vec<&str> = Vec::new();
    let all: [(&str, &[&str], &[&str]); 6] = [
        ("influxdb_log_level=warn", &["mon influxdb"], &[]),
        ("loki_retention=60d", &["mon loki"], &[]),
        ("telegraf_interval=1s", &[], &["mon telegraf", "app telegraf"]),
        ("{\"alloy_labels\": {\"site\": \"there\"}}", &[], &["mon alloy", "app alloy"]),
        ("grafana_log_level=warn", &["mon grafana"], &[]),
        // no service at all
        ("influxdb_retention=60d", &[], &[]),
    ];
    for (option, restarted, reloaded) in all {
        options.push(option);
        stack.changes(&options, restarted, reloaded);
    }

    // A token that InfluxDB does not take: what was there stays, and goes on.
    let wrong = [&options[..], &["telegraf_influxdb_token=planted-wrong-token", "telegraf_ready_within=3s"]].concat();
    said.push(stack.apply(&wrong).assert_status(1).assert_stdout_has("lets this host write"));
    said.push(stack.apply(&options).assert_status(0).assert_stdout_has("No changes"));

    // Each signal can fail: without the agent, without the store, with a wrong token.
    stack.app().read("systemctl stop telegraf");
    stack.comes_to(&options, "mon logs ok, mon metrics ok, app logs ok, app metrics failed, exit 1");
    stack.app().read("systemctl start telegraf; systemctl stop alloy");
    stack.comes_to(&options, "mon logs ok, mon metrics ok, app logs failed, app metrics ok, exit 1");
    stack.app().read("systemctl start alloy");
    stack.mon().read("systemctl stop influxdb");
    stack.comes_to(&options, "mon logs ok, mon metrics failed, app logs ok, app metrics failed, exit 1");
    stack.mon().read("systemctl start influxdb; systemctl stop loki");
    stack.comes_to(&options, "mon logs failed, mon metrics ok, app logs failed, app metrics ok, exit 1");
    stack.mon().read("systemctl start loki");
    stack.comes_to(&options, WELL);
    let wrong = [&options[..], &["telegraf_influxdb_read_token=planted-wrong-token"]].concat();
    stack.comes_to(&wrong, "mon logs ok, mon metrics failed, app logs ok, app metrics failed, exit 1");

    // Nobody but root has seen a secret: and what looks for them finds what is planted.
    let mut secrets = leaks::kept(stack.mon());
    assert_eq!(secrets.len(), 6, "admin's and tokens of InfluxDB, and what Grafana has");
    secrets.push("planted-wrong-token".to_owned());
    assert_eq!(leaks::readable(&stack.hosts, &secrets), "");
    let token = secrets[3].clone();
    for run in &said {
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!(!secrets.iter().any(|secret| text.contains(secret)), "{run}");
    }
    stack.app().write_file("/opt/planted", &token);
    stack.mon().read(&format!("logger 'planted {token}'"));
    let planted = leaks::readable(&stack.hosts, &secrets);
    assert!(planted.contains("file: /opt/planted") && planted.contains("journal: "), "{planted}");
    stack.app().read(&format!("exec sh -c 'sleep 1; : {token}'"));
    let arguments: Vec<String> =
        watch.stop().arguments(&secrets).into_iter().filter(|found| !found.contains("planted-wrong-token")).collect();
    assert!(arguments.iter().any(|found| found.contains("sleep 1;")), "what was planted was not found");
    let others: Vec<&String> =
        arguments.iter().filter(|found| !found.contains("sleep 1;") && !found.contains("logger")).collect();
    assert!(others.is_empty(), "{others:?}");
    let project = stack.project.root().display().to_string();
    for secret in &secrets[..6] {
        let found = crate::support::run(grep(secret, &project)).stdout;
        assert_eq!(found, "", "in the project");
    }

    // All of it goes, and what is left is said.
    let gone = shipped("playbooks/site.yml")
        .replace("[influxdb]", "[{ role: influxdb, state: absent, purge: [data] }]")
        .replace("[loki]", "[{ role: loki, state: absent, purge: [data] }]")
        .replace("[grafana]", "[{ role: grafana, state: absent, purge: [data] }]")
        .replace(
            "[telegraf, alloy]",
            "[{ role: telegraf, state: absent, purge: [data] }, { role: alloy, state: absent, purge: [data] }]",
        );
    stack.project.file("playbooks/site.yml", &gone);
    stack.apply(&[]).assert_status(0);
    for host in stack.hosts.iter() {
        let left = host.read(
            "ls -d /etc/influxdb /etc/loki /etc/telegraf/solti.env /etc/alloy/config.alloy /etc/grafana /etc/grafana-dashboards /etc/solti \
             /etc/containers/systemd/*.container /etc/containers/systemd/*.volume 2>/dev/null
             podman ps -aq; podman volume ls -q
             systemctl list-units --all --plain --no-legend 'influxdb*' 'loki*' 'telegraf*' 'alloy*' 'grafana*'; true",
        );
        assert_eq!(left, "", "on {}", host.name());
    }
    stack.apply(&[]).assert_status(0).assert_stdout_has("No changes");
}

fn grep(secret: &str, folder: &str) -> std::process::Command {
    let mut grep = std::process::Command::new("grep");
    grep.args(["-rlaF", "-e", secret, folder]);
    grep
}

/// The play of a monitoring server that monitors itself, as users of the collection have written it.
#[test]
fn a_monitoring_server_monitors_itself() {
    let name = "monitor11.example.com";
    let containers = "telegraf_backend: container\nalloy_backend: container\n";
    let stack = Stack::bare(&[("monitor11", Suite::Trixie)], containers);
    for path in ["inventory.yml", "more/inventory.yml"] {
        let text = fs::read_to_string(stack.project.path(path)).unwrap();
        stack.project.file(path, &text.replace("    monitor11:", &format!("    {name}:")));
    }
    stack.project.file(
        "playbooks/site.yml",
        "- hosts: monitor11.example.com
  roles:
    - jackaltx.solti_monitoring.influxdb
    - jackaltx.solti_monitoring.loki
    - jackaltx.solti_monitoring.telegraf  # Monitors the server itself
    - jackaltx.solti_monitoring.alloy     # Collects server logs
  vars:
    telegraf_outputs_influxdb_endpoint: http://localhost:8086
    alloy_loki_endpoints:
      - endpoint: http://localhost:3100
",
    );
    stack.apply(&[]).assert_status(0);
    stack.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    assert_eq!(stack.verdicts(&[]), format!("{name} logs ok, {name} metrics ok, exit 0"));

    // The queries that their documents show, against what came of it.
    let host = stack.hosts.host("monitor11");
    host.read("logger -t fail2ban 'Ban 192.0.2.9'");
    let logs = "curl -s -G http://localhost:3100/loki/api/v1/query_range --data-urlencode 'query={hostname=\"monitor11.example.com\"} |= \"Ban\"'";
    wait_until("the line", || host.read(logs).contains("192.0.2.9").then_some(()));
    host.read("curl -fs http://localhost:8086/health; curl -fs http://localhost:3100/ready");
    let token = "$(cat /etc/solti/secrets/influxdb_token_telegraf)";
    host.read(&format!(
        "curl -fsS 'http://localhost:8086/api/v2/write?org=monitoring&bucket=telegraf' -H \"Authorization: Token {token}\" -d 'custom_metric,host=app1 value=42'"
    ));
    let token = "$(cat /etc/solti/secrets/influxdb_token_grafana)";
    let metric = host.read(&format!(
        "curl -fsS 'http://localhost:8086/api/v2/query?org=monitoring' -H \"Authorization: Token {token}\" -H 'Content-Type: application/vnd.flux' \
         -d 'from(bucket: \"telegraf\") |> range(start: -1h) |> filter(fn: (r) => r[\"host\"] == \"app1\")'"
    ));
    assert!(metric.contains(",42,"), "{metric}");
}
