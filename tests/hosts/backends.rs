//! Roles that run from a package or as a container: from one to the other and back on a host, and away from it.

use crate::stack::Stack;
use crate::support::Suite;

/// Each role, and its unit as a package and as a container.
const ROLES: [(&str, &str, &str); 5] = [
    ("influxdb", "influxdb", "influxdb"),
    ("loki", "loki", "loki"),
    ("telegraf", "telegraf", "telegraf"),
    ("alloy", "alloy", "alloy"),
    ("grafana", "grafana-server", "grafana"),
];

/// All on one host, whose data is in folders.
struct Monitor(Stack);

impl Monitor {
    fn new(suite: Suite) -> Self {
        Self(Stack::bare(&[("mon", suite)], ""))
    }

    fn play(&self) {
        let roles: Vec<&str> = ROLES.iter().map(|(role, ..)| *role).collect();
        let folders: String =
            ["influxdb", "loki", "grafana"].map(|role| format!("    {role}_data_path: /srv/{role}\n")).concat();
        self.0.project.file(
            "playbooks/site.yml",
            &format!(
                "- hosts: mon\n  roles: [{}]\n  vars:\n    telegraf_outputs_influxdb_endpoint: http://localhost:8086\n    \
                 alloy_loki_endpoints: [{{ endpoint: http://localhost:3100 }}]\n{folders}",
                roles.join(", ")
            ),
        );
    }

    /// With each role's backend, there is nothing left to do after it is there.
    #[track_caller]
    fn applies(&self, backend: &str) {
        self.play();
        let chosen = ROLES.map(|(role, ..)| format!("{role}_backend={backend}"));
        let chosen = chosen.each_ref().map(String::as_str);
        self.0.apply(&chosen).assert_status(0);
        self.0.apply(&chosen).assert_status(0).assert_stdout_has("No changes");
        self.0.solti(&["verify"], &chosen).assert_status(0);
        for (role, package, container) in ROLES {
            let (unit, other) = if backend == "package" { (package, container) } else { (container, package) };
            let program = self.read(&format!("cat /proc/$(systemctl show -p MainPID --value {unit})/comm"));
            assert_eq!(program == "conmon", backend == "container", "{role} as {backend}: {program}");
            if other != unit {
                assert_eq!(self.read(&format!("systemctl is-active {other}; true")), "inactive");
            }
        }
    }

    /// No option is given, not even those without a default.
    #[track_caller]
    fn goes(&self) {
        let options = std::fs::read_to_string(self.0.project.path("more/group_vars/all.yml")).unwrap();
        let roles = ROLES.map(|(role, ..)| format!("{{ role: {role}, state: absent }}"));
        self.0.project.file("playbooks/site.yml", &format!("- hosts: mon\n  roles: [{}]\n", roles.join(", ")));
        self.0.project.file("more/group_vars/all.yml", "{}\n");
        self.0.apply(&[]).assert_status(0);
        self.0.apply(&[]).assert_status(0).assert_stdout_has("No changes");
        self.0.project.file("more/group_vars/all.yml", &options);
        let names = ROLES.map(|(role, ..)| role).join("|");
        let left = self.read(&format!(
            "systemctl list-units --all --plain --no-legend | grep -E '{names}'
             systemctl list-unit-files --no-legend --state=enabled,generated | grep -E '{names}'
             find /etc/systemd /run/systemd/generator* /etc/containers/systemd | grep -E '{names}'
             podman ps -aq; dpkg-query -W -f '${{db:Status-Abbrev}} ${{Package}}\\n' | grep -E '^i.*({names})'; true"
        ));
        assert_eq!((left.as_str(), self.failed().as_str()), ("", ""));
    }

    fn read(&self, script: &str) -> String {
        self.0.mon().read(script)
    }

    /// What has failed on the host, for which systemd would call it degraded. On a machine that is busy with other hosts there are
    /// too few watches for passwords that somebody may ask for.
    fn failed(&self) -> String {
        self.read("systemctl list-units --failed --plain --no-legend | grep -v '^systemd-ask-password-'; true")
    }

    /// What the services have of this.
    #[track_caller]
    fn keep(&self, word: &str) {
        let line = format!(
            "{{\"streams\": [{{\"stream\": {{\"job\": \"kept\"}}, \"values\": [[\"'$(date +%s%N)'\", \"{word}\"]]}}]}}"
        );
        self.read(&format!(
            "token=$(cat /etc/solti/secrets/influxdb_token_telegraf) && \
             curl -fsS 'http://localhost:8086/api/v2/write?org=monitoring&bucket=telegraf' -H \"Authorization: Token $token\" -d 'kept,word={word} value=1' && \
             curl -fsS -H 'Content-Type: application/json' -d '{line}' http://localhost:3100/loki/api/v1/push && \
             {GRAFANA} -H 'Content-Type: application/json' -d '{{\"dashboard\": {{\"uid\": \"{word}\", \"title\": \"{word}\"}}}}' http://localhost:3000/api/dashboards/db"
        ));
    }

    #[track_caller]
    fn has(&self, words: &[&str]) {
        let points = self.read(
            "token=$(cat /etc/solti/secrets/influxdb_token_grafana) && \
             curl -fsS 'http://localhost:8086/api/v2/query?org=monitoring' -H \"Authorization: Token $token\" -H 'Content-Type: application/vnd.flux' \
             -d 'from(bucket: \"telegraf\") |> range(start: -1h) |> filter(fn: (r) => r._measurement == \"kept\")'",
        );
        let lines = self
            .read("curl -fsS -G http://localhost:3100/loki/api/v1/query_range --data-urlencode 'query={job=\"kept\"}'");
        for word in words {
            assert!(points.contains(word), "{word}: {points}");
            assert!(lines.contains(word), "{word}: {lines}");
            self.read(&format!("{GRAFANA} http://localhost:3000/api/dashboards/uid/{word}"));
        }
    }
}

const GRAFANA: &str =
    "printf 'user = \"admin:%s\"' \"$(cat /etc/solti/secrets/grafana_admin_password)\" | curl -fsS -K -";

#[test]
fn every_role_changes_its_backend_and_goes_on_trixie() {
    let monitor = Monitor::new(Suite::Trixie);
    // where none of it has ever been
    monitor.goes();
    there_and_back(&monitor);
    monitor.applies("container");
    monitor.has(&["first", "second"]);
    monitor.goes();
}

/// Where podman has no quadlets, solti's unit has the path of the package's.
#[test]
fn every_role_changes_its_backend_and_goes_on_bookworm() {
    let monitor = Monitor::new(Suite::Bookworm);
    there_and_back(&monitor);
}

fn there_and_back(monitor: &Monitor) {
    monitor.applies("package");
    monitor.keep("first");
    // what does not answer leaves the package's as it was
    let broken = ["loki_backend=container", "loki_local_url=http://127.0.0.1:1", "loki_ready_within=3s"];
    let broken = [&["influxdb_backend=package"], &broken[..]].concat();
    monitor.0.apply(&broken).assert_status(1).assert_stdout_has("loki.service is running as before");
    let unit = monitor.read("systemctl is-enabled loki && systemctl show -p FragmentPath --value loki");
    assert_eq!(unit, "enabled\n/etc/systemd/system/loki.service");
    monitor.applies("container");
    monitor.has(&["first"]);
    monitor.keep("second");
    monitor.applies("package");
    monitor.has(&["first", "second"]);
    monitor.goes();
}
