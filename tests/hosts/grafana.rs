//! The role grafana end to end, with the stand-ins of `testbed/standins/`: what is in InfluxDB and Loki is asked
//! for through Grafana, and what people have made there outlives what happens to it.

use crate::poller::Poller;
use crate::support::{Host, Hosts, Output, Project, Suite, wait_until};

const TOKEN: &str = "t0ken-of-Gr4fana==";

/// Grafana and Loki are on `mon`, InfluxDB is on `app`.
struct Stack {
    hosts: Hosts,
    project: Project,
}

impl Stack {
    fn new(mon: Suite, app: Suite, vars: &str) -> Self {
        let hosts = Hosts::up(&[("mon", mon), ("app", app)]);
        hosts.host("mon").read("podman run -d -q --network host --name loki docker.io/grafana/loki:3.7.6");
        hosts.host("app").read(&format!(
            "podman run -d -q --network host --name influxdb -e DOCKER_INFLUXDB_INIT_MODE=setup \
             -e DOCKER_INFLUXDB_INIT_USERNAME=admin -e DOCKER_INFLUXDB_INIT_PASSWORD=correct-horse \
             -e DOCKER_INFLUXDB_INIT_ORG=home -e DOCKER_INFLUXDB_INIT_BUCKET=metrics \
             -e DOCKER_INFLUXDB_INIT_ADMIN_TOKEN={TOKEN} docker.io/influxdb:2.7.12"
        ));
        for (host, url) in [("mon", "3100/loki/api/v1/status/buildinfo"), ("app", "8086/health")] {
            let answers = || hosts.host(host).exec(&format!("curl -fs http://127.0.0.1:{url}")).status == 0;
            wait_until("what Grafana asks", || answers().then_some(()));
        }
        let project = Project::new(&hosts);
        let inventory = format!(
            "{}  children:\n    loki: {{hosts: {{mon: }}}}\n    influxdb: {{hosts: {{app: {{influxdb_org: home, influxdb_bucket: metrics}}}}}}\n",
            hosts.inventory()
        );
        project.file("inventory.yml", &inventory);
        let packages = project.packages_from(hosts.host("mon"), "/srv/standins/apt", "grafana");
        project.file(
            "group_vars/all.yml",
            &format!(
                "{packages}grafana_admin_password: first-pa$$w0rd\ngrafana_secret_key: 0123456789abcdef\n\
                 grafana_influxdb_token: {TOKEN}\ngrafana_dashboards: [\"{{{{ playbook_dir }}}}/own.json\"]\n\
                 grafana_datasources_within: 10s\n{vars}"
            ),
        );
        let stack = Self { hosts, project };
        stack.own_dashboard("Before");
        stack.play("grafana");
        stack
    }

    fn play(&self, role: &str) {
        self.project.file("playbooks/site.yml", &format!("- hosts: mon\n  roles: [{role}]\n"));
    }

    fn own_dashboard(&self, title: &str) {
        let dashboard =
            format!("{{\"uid\": \"own\", \"title\": \"{title}\", \"panels\": [{{\"title\": \"{{{{host}}}}\"}}]}}\n");
        self.project.file("playbooks/own.json", &dashboard);
    }

    #[track_caller]
    fn solti(&self, command: &[&str], variables: &[&str]) -> Output {
        self.project.with(command, variables)
    }

    #[track_caller]
    fn apply(&self, variables: &[&str]) -> Output {
        self.solti(&["apply", "-y"], variables)
    }

    /// Applies, and finds nothing left to do.
    #[track_caller]
    fn applies(&self, variables: &[&str]) -> Output {
        let output = self.apply(variables).assert_status(0);
        self.apply(variables).assert_status(0).assert_stdout_has("No changes");
        output
    }

    fn mon(&self) -> &Host {
        self.hosts.host("mon")
    }

    /// What Grafana answers to the admin.
    #[track_caller]
    fn ask(&self, arguments: &str) -> Output {
        self.ask_as("first-pa$$w0rd", arguments)
    }

    #[track_caller]
    fn ask_as(&self, password: &str, arguments: &str) -> Output {
        let (path, rest) = arguments.split_once(' ').unwrap_or((arguments, ""));
        self.mon().exec(&format!("curl -sS --fail-with-body -u 'admin:{password}' http://127.0.0.1:3000{path} {rest}"))
    }

    /// The uids and URLs of its data sources.
    #[track_caller]
    fn sources(&self) -> Vec<String> {
        let all = self.ask("/api/datasources").assert_status(0).stdout;
        let all: serde_json::Value = serde_json::from_str(&all).unwrap();
        let mut all: Vec<_> =
            all.as_array().unwrap().iter().map(|one| format!("{} {}", one["uid"], one["url"])).collect();
        all.sort();
        all
    }

    /// What a query through Grafana comes to.
    #[track_caller]
    fn query(&self, uid: &str, key: &str, query: &str) -> String {
        let body = serde_json::json!({"from": "now-5m", "to": "now",
            "queries": [{"refId": "A", "datasource": {"uid": uid}, key: query}]});
        self.ask(&format!("/api/ds/query -H 'Content-Type: application/json' -d '{body}'")).assert_status(0).stdout
    }

    /// Which start of Grafana is running.
    fn start(&self) -> String {
        self.mon().read("systemctl show -p InvocationID --value grafana grafana-server | grep .")
    }
}

/// Lines of the summary of changes.
fn changes(output: &Output) -> Vec<&str> {
    output
        .stdout
        .lines()
        .map(str::trim)
        .filter(|line| ["+ ", "- ", "~ "].iter().any(|mark| line.starts_with(mark)))
        .collect()
}

#[test]
fn a_container_asks_what_the_inventory_has_on_bookworm() {
    it_asks_what_the_inventory_has(Suite::Bookworm, Suite::Trixie, "grafana_backend: container\n");
}

#[test]
fn a_package_asks_what_the_inventory_has_on_trixie() {
    it_asks_what_the_inventory_has(Suite::Trixie, Suite::Trixie, "grafana_backend: package\n");
}

fn it_asks_what_the_inventory_has(mon: Suite, app: Suite, vars: &str) {
    let stack = Stack::new(mon, app, vars);
    let app = stack.hosts.host("app").address();
    stack.applies(&[]).assert_lacks(TOKEN);
    let of_inventory =
        [format!("\"influxdb-app\" \"http://{app}:8086\""), "\"loki-mon\" \"http://127.0.0.1:3100\"".to_owned()];
    assert_eq!(stack.sources(), of_inventory);
    let line = "{\"streams\": [{\"stream\": {\"hostname\": \"mon\"}, \"values\": [[\"'$(date +%s%N)'\", \"a line of mon\"]]}]}";
    stack.mon().read(&format!(
        "curl -fsS -H 'Content-Type: application/json' -d '{line}' http://127.0.0.1:3100/loki/api/v1/push"
    ));
    stack.hosts.host("app").read(&format!(
        "curl -fsS -H 'Authorization: Token {TOKEN}' -d 'cpu,host=app usage_idle=87.5' 'http://127.0.0.1:8086/api/v2/write?org=home&bucket=metrics'"
    ));
    assert!(stack.query("loki-mon", "expr", "{hostname=\"mon\"}").contains("a line of mon"));
    let flux = "from(bucket: \"metrics\") |> range(start: -5m) |> last()";
    assert!(stack.query("influxdb-app", "query", flux).contains("87.5"));
    for (uid, title) in [("solti-host", "\"Host\""), ("solti-logs", "\"Logs\""), ("own", "\"Before\"")] {
        stack.ask(&format!("/api/dashboards/uid/{uid}")).assert_status(0).assert_stdout_has(title);
    }
    stack.ask("/api/dashboards/uid/own").assert_stdout_has("{{host}}");

    // A changed setting is one restart; a changed dashboard is none.
    let start = stack.start();
    let output = stack.apply(&["grafana_log_level=debug"]).assert_status(0);
    assert_eq!(changes(&output).len(), 2, "{}", output.stdout);
    let restarted = stack.start();
    assert_ne!(restarted, start);
    stack.own_dashboard("After");
    let output = stack.applies(&["grafana_log_level=debug"]);
    assert_eq!(changes(&output).len(), 1, "{}", output.stdout);
    stack.ask("/api/dashboards/uid/own").assert_status(0).assert_stdout_has("\"After\"");
    assert_eq!(stack.start(), restarted);

    // Data sources come, change and go with what is declared.
    let more = |port: u16| {
        format!(
            "{{\"grafana_log_level\": \"debug\", \"grafana_datasources\": [{{\"name\": \"More\", \"type\": \"loki\", \"uid\": \"more\", \
             \"url\": \"http://localhost:{port}\", \"secureJsonData\": {{\"basicAuthPassword\": \"a$b\"}}}}]}}"
        )
    };
    stack.applies(&[&more(3100)]);
    assert_eq!(stack.sources()[2], "\"more\" \"http://localhost:3100\"");
    // one that does not answer is none
    stack.apply(&[&more(3199)]).assert_status(1).assert_stdout_has("the data source More is healthy");
    wait_until("Grafana to be as it was", || {
        let answer = stack.ask("/api/datasources/uid/more");
        answer.stdout.contains("http://localhost:3100\"").then_some(())
    });
    stack.applies(&["grafana_log_level=debug"]);
    assert_eq!(stack.sources(), of_inventory);

    // What Grafana would not take does not reach it.
    let start = stack.start();
    let poller = Poller::start(stack.mon(), "http://127.0.0.1:3000/api/health");
    for broken in [
        "{\"grafana_datasources\": [{\"name\": \"A\", \"uid\": \"a\", \"type\": \"loki\", \"url\": \"x\", \"isDefault\": \"maybe\"}]}",
        "{\"grafana_config_extra\": {\"server\": {\"root_url\": \"$__file{/nowhere}\"}}}",
    ] {
        let refused = stack.apply(&["grafana_log_level=debug", broken]).assert_status(1);
        refused.assert_stdout_has("the new configuration was refused").assert_stdout_has("no changes made");
    }
    assert_eq!(poller.stop(), "");
    assert_eq!(stack.start(), start);
    stack.project.file("playbooks/own.json", "{\"title\": ");
    stack.apply(&["grafana_log_level=debug"]).assert_status(3);
    stack.own_dashboard("After");

    // A password follows the secrets, whoever has changed it; the key that the database is encrypted with stays.
    let new = "grafana_admin_password='sec0nd: pa\"ss'";
    let output = stack.applies(&["grafana_log_level=debug", new]).assert_lacks("sec0nd");
    assert_eq!(changes(&output).iter().filter(|line| line.contains(": restart")).count(), 1, "{}", output.stdout);
    stack.ask_as("sec0nd: pa\"ss", "/api/user").assert_status(0);
    stack.ask("/api/user").assert_status(22);
    assert_eq!(stack.mon().read("cat /etc/grafana/secrets/secret_key"), "0123456789abcdef");
    let start = stack.start();
    let output = stack.applies(&["grafana_log_level=debug", new]);
    assert_eq!(changes(&output), [""; 0]);
    let reset = "admin reset-admin-password forgotten";
    stack.mon().read(&format!(
        "if systemctl -q is-active grafana; then podman exec grafana grafana cli --homepath=/usr/share/grafana --config=/etc/grafana/grafana.ini {reset}
         else runuser -u grafana -- grafana cli --homepath=/usr/share/grafana --config=/etc/grafana/grafana.ini {reset}; fi"
    ));
    let output = stack.applies(&["grafana_log_level=debug", new]);
    assert_eq!(changes(&output).len(), 1, "{}", output.stdout);
    stack.ask_as("sec0nd: pa\"ss", "/api/user").assert_status(0);
    assert_eq!(stack.start(), start);

    // Nothing but data stays, and at last not even that.
    let left = "ls -d /etc/grafana-dashboards /etc/grafana/secrets /etc/grafana/provisioning/*/solti.yaml /etc/containers/systemd/*grafana* \
        /etc/systemd/system/*grafana* /etc/apt/sources.list.d/grafana.sources 2>/dev/null
        podman ps -a --format '{{.Names}}' | grep -vx loki; podman volume ls -q; ls /var/lib/grafana/grafana.db 2>/dev/null; ls -d /tmp/tmp.* 2>/dev/null
        dpkg-query -W -f '${Status} ${Package}\\n' grafana 2>/dev/null | grep '^install ok installed'; true";
    stack.play("{ role: grafana, state: absent }");
    stack.applies(&[]);
    // the package's installation copies samples there, which nobody takes away
    assert!(!stack.mon().has("/etc/grafana/grafana.ini"));
    let data = if vars.contains("package") { "/var/lib/grafana/grafana.db" } else { "grafana-data" };
    assert_eq!(stack.mon().read(left), data);
    stack.play("{ role: grafana, state: absent, purge: [data] }");
    stack.applies(&[]);
    assert_eq!(stack.mon().read(left), "");
}

#[test]
fn what_people_made_outlives_versions_and_backends_on_trixie() {
    what_people_made_outlives_versions_and_backends(Suite::Trixie);
}

#[test]
fn what_people_made_outlives_versions_and_backends_on_bookworm() {
    what_people_made_outlives_versions_and_backends(Suite::Bookworm);
}

fn what_people_made_outlives_versions_and_backends(suite: Suite) {
    let stack = Stack::new(suite, Suite::Trixie, "grafana_data_path: /srv/grafana\n");
    let owners = || stack.mon().read("find '/srv/grafana' -printf '%U\\n' | sort -u");
    let version = || stack.ask("/api/health").assert_status(0).stdout;
    stack.applies(&["grafana_version=12.3.1"]);
    assert!(version().contains("\"12.3.1\""));
    let made = "{\"dashboard\": {\"uid\": \"made\", \"title\": \"Made by hand\"}}";
    stack.ask(&format!("/api/dashboards/db -H 'Content-Type: application/json' -d '{made}'")).assert_status(0);
    let container = ["grafana_version=12.3.1", "grafana_backend=container"];
    for (variables, expected) in [
        (["grafana_version=12.4.10", "grafana_backend=container"], "12.4.10"),
        (["grafana_version=12.3.1", "grafana_backend=package"], "12.3.1"),
        (["grafana_version=12.4.10", "grafana_backend=package"], "12.4.10"),
        (container, "12.3.1"),
    ] {
        stack.applies(&variables);
        assert!(version().contains(&format!("\"{expected}\"")), "{variables:?}");
        stack.ask("/api/dashboards/uid/made").assert_status(0).assert_stdout_has("Made by hand");
        let user = if variables[1].ends_with("package") { stack.mon().read("id -u grafana") } else { "472".to_owned() };
        assert_eq!(owners(), user, "{variables:?}");
    }
    assert_eq!(stack.mon().read("systemctl is-active grafana-server; true"), "inactive");

    // A version that cannot run is put back, and nobody notices.
    let poller = Poller::start(stack.mon(), "http://127.0.0.1:3000/api/health");
    stack.apply(&["grafana_version=crash"]).assert_status(1);
    assert_eq!(poller.stop(), "");

    // What was there before a reboot is there after it.
    stack.mon().read("sync");
    stack.mon().kill();
    stack.mon().start();
    wait_until("Grafana to be back", || {
        (stack.mon().exec("curl -fs http://127.0.0.1:3000/api/health").status == 0).then_some(())
    });
    stack.ask("/api/dashboards/uid/made").assert_status(0);
}
