//! The role telegraf end to end, with the stand-ins of `testbed/standins/`: what it reads on one host is found in
//! InfluxDB on the other.

use crate::poller::Poller;
use crate::support::{Host, Hosts, Output, Project, Suite, wait_until};
use serde_json::Value;

/// An InfluxDB on `mon`, with a token for each of writing and reading.
struct Stack {
    hosts: Hosts,
    project: Project,
    read_token: String,
}

impl Stack {
    fn new(hosts: &[(&str, Suite)], vars: &str) -> Self {
        let hosts = Hosts::up(hosts);
        let project = Project::new(&hosts);
        let mon = hosts.host("mon");
        mon.read(
            "podman run -d -q --network host --name influxdb -e DOCKER_INFLUXDB_INIT_MODE=setup -e DOCKER_INFLUXDB_INIT_USERNAME=admin \
             -e DOCKER_INFLUXDB_INIT_PASSWORD=correct-horse -e DOCKER_INFLUXDB_INIT_ORG=home -e DOCKER_INFLUXDB_INIT_BUCKET=metrics \
             -e DOCKER_INFLUXDB_INIT_ADMIN_TOKEN=all-powerful docker.io/influxdb:2.7.12",
        );
        let api = |path: &str, body: &str| {
            let answer = mon.exec(&format!(
                "curl -fs -H 'Authorization: Token all-powerful' http://127.0.0.1:8086/api/v2/{path} {body}"
            ));
            serde_json::from_str::<Value>(&answer.stdout).ok()
        };
        let bucket = wait_until("InfluxDB to be set up", || {
            Some(api("buckets?name=metrics", "")?["buckets"][0].clone()).filter(|bucket| bucket["id"].is_string())
        });
        let [write_token, read_token] = ["write", "read"].map(|action| {
            let resource = serde_json::json!({"type": "buckets", "id": bucket["id"], "orgID": bucket["orgID"]});
            let asked = serde_json::json!({"orgID": bucket["orgID"], "permissions": [{"action": action, "resource": resource}]});
            let made = api("authorizations", &format!("-H 'Content-Type: application/json' -d '{asked}'"));
            made.and_then(|made| made["token"].as_str().map(str::to_owned)).expect("a token")
        });
        project
            .file("inventory.yml", &format!("{}  children:\n    influxdb: {{hosts: {{mon: }}}}\n", hosts.inventory()));
        let packages = project.packages_from(mon, "/srv/standins/apt", "telegraf");
        project.file(
            "group_vars/all.yml",
            &format!(
                "{packages}influxdb_org: home\ninfluxdb_bucket: metrics\n\
                 telegraf_influxdb_token: \"{write_token}\"\ntelegraf_influxdb_read_token: \"{read_token}\"\n\
                 telegraf_interval: 1s\ntelegraf_flush_interval: 1s\n{vars}"
            ),
        );
        let stack = Self { hosts, project, read_token };
        stack.play("telegraf");
        stack
    }

    fn play(&self, role: &str) {
        self.project.file("playbooks/site.yml", &format!("- hosts: all\n  roles: [{role}]\n"));
    }

    #[track_caller]
    fn solti(&self, command: &[&str], variables: &[&str]) -> Output {
        self.project.with(command, variables)
    }

    #[track_caller]
    fn apply(&self, variables: &[&str]) -> Output {
        self.solti(&["apply", "-y"], variables)
    }

    /// What InfluxDB has of the last seconds that passes a filter in Flux, a line for each series and field.
    fn points(&self, seconds: u32, filter: &str) -> String {
        let query =
            format!("from(bucket: \"metrics\") |> range(start: -{seconds}s) |> filter(fn: (r) => {filter}) |> last()");
        self.hosts.host("mon").read(&format!(
            "curl -fs -H 'Authorization: Token {}' -H 'Content-Type: application/vnd.flux' \
             'http://127.0.0.1:8086/api/v2/query?org=home' --data-raw '{query}'",
            self.read_token
        ))
    }

    /// Waits until InfluxDB has points that pass the filter.
    #[track_caller]
    fn follow(&self, filter: &str) -> String {
        wait_until(&format!("points with {filter}"), || {
            Some(self.points(30, filter)).filter(|points| points.contains(",_result,"))
        })
    }
}

/// Which start of Telegraf is running, and how often it has read its configuration since the host is there.
fn start(host: &Host) -> (String, usize) {
    let log = host.read("journalctl --sync; journalctl -q -o cat --no-pager -u telegraf");
    (host.read("systemctl show -p InvocationID --value telegraf"), log.matches("I! Starting Telegraf").count())
}

/// Nothing but a reload since.
#[track_caller]
fn assert_reloaded(host: &Host, before: &(String, usize)) -> (String, usize) {
    let now = wait_until("Telegraf to read its configuration", || Some(start(host)).filter(|now| now.1 > before.1));
    assert_eq!(now, (before.0.clone(), before.1 + 1));
    now
}

/// Nothing but a restart since.
#[track_caller]
fn assert_restarted(host: &Host, before: &(String, usize)) -> (String, usize) {
    let now = wait_until("Telegraf to start", || Some(start(host)).filter(|now| now.1 > before.1));
    assert_eq!((now.0 != before.0, now.1), (true, before.1 + 1), "{now:?}, before {before:?}");
    now
}

#[test]
fn metrics_are_found_with_their_tags_on_trixie() {
    metrics_are_found_with_their_tags(Suite::Trixie, Suite::Bookworm, "package");
}

#[test]
fn a_container_reads_the_host_on_bookworm() {
    metrics_are_found_with_their_tags(Suite::Trixie, Suite::Bookworm, "container");
}

fn metrics_are_found_with_their_tags(mon: Suite, app: Suite, backend: &str) {
    let stack = Stack::new(
        &[("mon", mon), ("app", app)],
        &format!("telegraf_backend: {backend}\ntelegraf_version: 1.38.4\ntelegraf_prometheus: true\n"),
    );
    let app = stack.hosts.host("app");
    stack.apply(&[]).assert_status(0);
    stack.apply(&[]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");
    for (measurement, filter) in [
        ("cpu", "r.cpu == \"cpu-total\""),
        ("mem", "r._field == \"used_percent\""),
        ("net", "r.interface == \"eth0\""),
        ("systemd_units", "r.name == \"ssh.service\" and r.active == \"active\""),
    ] {
        stack.follow(&format!("r.host == \"app\" and r._measurement == \"{measurement}\" and {filter}"));
    }
    assert_eq!(stack.points(300, "r._measurement == \"net\" and r.interface =~ /^(lo|podman|veth)/").trim(), "");
    // The host's processes, not the container's own one alone.
    let total = stack.follow("r.host == \"app\" and r._measurement == \"processes\" and r._field == \"total\"");
    assert!(!total.contains(",1,total,"), "{total}");

    // Tokens are where root alone can read them.
    assert_eq!(app.read("stat -c '%a %U' /etc/telegraf/solti.env"), "600 root");
    let told = app.read(
        "token=$(sed -n 's/^INFLUXDB_TOKEN_0=//p' /etc/telegraf/solti.env | tr -d '\"'); [ ${#token} -gt 20 ] &&
         grep -rlF -- \"$token\" /etc /run/systemd /proc/[0-9]*/cmdline 2>/dev/null; systemctl cat telegraf | grep -F -- \"$token\"; true",
    );
    assert_eq!(told, "/etc/telegraf/solti.env");

    // What changes the configuration is one reload, and what changes the environment one restart.
    let mut now = start(app);
    let mut variables = vec!["{\"telegraf_global_tags\": {\"site\": \"there\"}}"];
    for (variable, filter) in [
        ("telegraf_systemd_units_pattern=ssh*", "r.site == \"there\""),
        (
            "{\"telegraf_inputs\": {\"cpu\": {\"percpu\": false}, \"internal\": {}}}",
            "r._measurement == \"internal_agent\"",
        ),
        ("telegraf_config_extra='[[inputs.mem]]\nname_override = \"${NAME:-extra}\"'", "r._measurement == \"extra\""),
        ("{\"telegraf_config_files\": [\"{{ playbook_dir }}/own.toml\"]}", "r._measurement == \"own\""),
    ] {
        stack.project.file("playbooks/own.toml", "[[inputs.mem]]\nname_override = \"own\"\n");
        variables.push(variable);
        stack.apply(&variables).assert_status(0).assert_stdout_has("service telegraf: reload");
        now = assert_reloaded(app, &now);
        stack.follow(&format!("r.host == \"app\" and {filter}"));
    }
    variables.push("{\"telegraf_environment\": {\"NAME\": \"named $ \\\" by\"}}");
    stack.apply(&variables).assert_status(0).assert_stdout_has("service telegraf: restart");
    now = assert_restarted(app, &now);
    stack.follow("r.host == \"app\" and r._measurement == \"named $ \\\" by\"");
    stack.apply(&variables).assert_status(0).assert_stdout_has("No changes");

    // What Telegraf would not take does not reach it, and what InfluxDB does not take does not stay.
    let poller = Poller::start(app, "http://127.0.0.1:9273/metrics");
    let broken = [&variables[..], &["telegraf_config_extra='[[inputs.mem]]\nno_such_key = 1'"]].concat();
    stack
        .apply(&broken)
        .assert_status(1)
        .assert_stdout_has("the new configuration was refused")
        .assert_stdout_has("no_such_key")
        .assert_stdout_has("no changes made");
    // It runs with variables in texts alone, so they are tried there alone.
    let switch = [
        "{\"telegraf_environment\": {\"SWITCH\": \"true\"}}",
        "telegraf_config_extra='[[inputs.mem]]\ncollect_extended = ${SWITCH}'",
    ];
    stack
        .apply(&[&variables[..], &switch].concat())
        .assert_status(1)
        .assert_stdout_has("the new configuration was refused")
        .assert_stdout_has("invalid TOML syntax");
    assert_eq!(poller.stop(), "");
    assert_eq!(start(app), now);
    let environment = app.read_file("/etc/telegraf/solti.env");
    let wrong = [&variables[..], &["telegraf_influxdb_token=of-nobody", "telegraf_ready_within=3s"]].concat();
    stack
        .apply(&wrong)
        .assert_status(1)
        .assert_stdout_has("lets this host write")
        .assert_stdout_has("401")
        .assert_lacks("of-nobody");
    assert_eq!(app.read_file("/etc/telegraf/solti.env"), environment);
    now = start(app);
    wait_until("points after that", || stack.points(2, "r.host == \"app\"").contains(",_result,").then_some(()));

    // A fragment that is no longer declared goes, and so does what it read.
    let fewer = variables.iter().copied().filter(|variable| !variable.contains("own.toml")).collect::<Vec<_>>();
    stack.apply(&fewer).assert_status(0).assert_stdout_has("service telegraf: reload");
    now = assert_reloaded(app, &now);
    wait_until("the fragment's points to end", || {
        let own = stack.points(2, "r.host == \"app\" and r._measurement == \"own\"");
        (!own.contains(",_result,")).then_some(())
    });

    // Another version, upwards and downwards.
    for version in ["1.39.3", "1.38.4"] {
        let told = format!("telegraf_version={version}");
        let newer = [&fewer[..], &[&told]].concat();
        stack.apply(&newer).assert_status(0).assert_stdout_has("service telegraf: restart");
        now = assert_restarted(app, &now);
        let log = app.read(
            "journalctl --sync; journalctl -q -o cat --no-pager -u telegraf | grep 'I! Starting Telegraf' | tail -n 1",
        );
        assert!(log.contains(version), "{log}");
    }
    stack.solti(&["verify"], &fewer).assert_status(0);

    stack.play("{ role: telegraf, state: absent, purge: [data] }");
    stack.apply(&[]).assert_status(0);
    for host in stack.hosts.iter() {
        let left = host.read(
            "find /etc/telegraf -type f ! -name telegraf.conf.sample 2>/dev/null; ls -d /etc/containers/systemd/*telegraf* /etc/systemd/system/*telegraf* /etc/apt/sources.list.d/influxdata* 2>/dev/null
             podman ps -a --format '{{.Names}}' | grep -v influxdb; dpkg-query -W -f '${Status} ${Package}\\n' telegraf 2>/dev/null | grep '^install ok installed'; true",
        );
        assert_eq!(left, "", "on {}", host.name());
    }
    stack.apply(&[]).assert_status(0).assert_stdout_has("No changes");
}

/// The words of an older inventory, several endpoints, and filters.
#[test]
fn endpoints_are_named_in_many_ways() {
    let stack = Stack::new(&[("mon", Suite::Trixie)], "telegraf_outputs_influxdb_endpoint: http://localhost:8086\n");
    let mon = stack.hosts.host("mon");
    stack.apply(&[]).assert_status(0);
    stack.follow("r.host == \"mon\" and r._measurement == \"cpu\"");

    let few = "{\"telegraf_outputs_influxdb_endpoint\": [{\"url\": \"mon\", \"namepass\": [\"mem\"]}, {\"url\": \"127.0.0.1\", \"tagpass\": {\"cpu\": [\"cpu-total\"]}}]}";
    let now = start(mon);
    stack.apply(&[few]).assert_status(0).assert_stdout_has("service telegraf: restart");
    assert_restarted(mon, &now);
    wait_until("only what the filters let through", || {
        let other = "r._measurement != \"mem\" and r.cpu != \"cpu-total\"";
        (!stack.points(2, other).contains(",_result,")).then_some(())
    });
    stack.follow("r._measurement == \"mem\"");

    // What looks like a variable of the environment is the text that it is.
    let named = "{\"telegraf_hostname\": \"mon$NAME\", \"telegraf_environment\": {\"NAME\": \"x\"}}";
    stack.apply(&[few, named]).assert_status(0);
    stack.follow("r._measurement == \"mem\" and r.host == \"mon$NAME\"");
}
