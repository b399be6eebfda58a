//! The role influxdb, with the stand-in of `testbed/standins/`: what points it keeps, whatever changes around
//! them.

use crate::poller::Poller;
use crate::support::{Host, Hosts, Output, Project, Suite, wait_until};

/// Both are for this test alone.
const PASSWORD: &str = "correct-horse";
const TOKEN: &str = "token-of-the-first-user";

/// One host with the role.
struct Store {
    hosts: Hosts,
    project: Project,
}

impl Store {
    fn new(suite: Suite, vars: &str) -> Self {
        let hosts = Hosts::one(suite);
        let project = Project::new(&hosts);
        let host = hosts.host("host");
        let packages = project.packages_from(host, "/srv/standins/apt", "influxdb");
        let admin = format!("influxdb_admin_password: {PASSWORD}\ninfluxdb_admin_token: {TOKEN}\n");
        project.file("group_vars/all.yml", &format!("{packages}{admin}{vars}"));
        let store = Self { hosts, project };
        store.play("influxdb");
        store
    }

    fn play(&self, role: &str) {
        self.project.file("playbooks/site.yml", &format!("- hosts: all\n  roles: [{role}]\n"));
    }

    fn host(&self) -> &Host {
        self.hosts.host("host")
    }

    #[track_caller]
    fn apply(&self, variables: &[&str]) -> Output {
        self.project.with(&["apply", "-y"], variables)
    }

    /// Applies what differs; afterwards nothing does.
    #[track_caller]
    fn applies(&self, variables: &[&str]) -> Output {
        let output = self.apply(variables).assert_status(0);
        self.apply(variables).assert_status(0).assert_stdout_has("No changes");
        output
    }

    #[track_caller]
    fn write(&self, word: &str) {
        self.host().read(&format!(
            "curl -fsS -H 'Authorization: Token {TOKEN}' 'http://127.0.0.1:8086/api/v2/write?org=monitoring&bucket=telegraf' \
             -d 'notes text=\"{word}\"'"
        ));
    }

    /// Each of these words has been written, and is there.
    #[track_caller]
    fn assert_points(&self, words: &[&str]) {
        let points = self.host().read(&format!(
            "curl -fsS -H 'Authorization: Token {TOKEN}' -H 'Content-Type: application/vnd.flux' \
             'http://127.0.0.1:8086/api/v2/query?org=monitoring' -d 'from(bucket: \"telegraf\") |> range(start: -1h)'"
        ));
        for word in words {
            assert!(points.contains(word), "{word} is lost: {points}");
        }
    }

    fn version(&self) -> String {
        let health = self.host().read("curl -fsS http://127.0.0.1:8086/health");
        let version = health.split("\"version\":\"").nth(1).and_then(|rest| rest.split('"').next());
        version.unwrap_or_default().to_owned()
    }

    /// Which start of the service is running, and how many there have been.
    fn start(&self) -> (String, usize) {
        let starts = "journalctl --sync; journalctl -q -o cat -u influxdb _PID=1 | grep -c '^Started'; true";
        let invocation = self.host().read("systemctl show -p InvocationID --value influxdb");
        (invocation, self.host().read(starts).parse().unwrap())
    }

    /// How often influxd has ended in order, which it says.
    fn ends(&self) -> usize {
        let ends = "journalctl --sync; journalctl -q -o cat -u influxdb | grep -cE 'msg=.?Stopping'; true";
        self.host().read(ends).parse().unwrap()
    }

    /// Applies something that needs one restart, and nothing more than that.
    #[track_caller]
    fn restarts_once(&self, variables: &[&str]) -> Output {
        let (before, ends) = (self.start(), self.ends());
        let output = self.applies(variables).assert_stdout_has("service influxdb: restart");
        let after = self.start();
        assert_ne!(after.0, before.0, "{output}");
        assert_eq!(after.1, before.1 + 1, "{output}");
        assert_eq!(self.ends(), ends + 1, "{output}");
        output
    }
}

#[test]
fn points_outlive_changes_of_a_container_on_bookworm() {
    points_outlive_changes(Suite::Bookworm, "container");
}

#[test]
fn points_outlive_changes_of_a_package_on_trixie() {
    points_outlive_changes(Suite::Trixie, "package");
}

fn points_outlive_changes(suite: Suite, backend: &str) {
    let container = backend == "container";
    let (old, new) = if container { ("2.7.11", "2.7.12") } else { ("2.7.11-1", "2.7.12-1") };
    let (old, new) = (format!("influxdb_version={old}"), format!("influxdb_version={new}"));
    let store = Store::new(suite, &format!("influxdb_backend: {backend}\n"));
    let left = "find /etc /usr/lib/systemd /var/lib/influxdb /var/log/influxdb 2>/dev/null | grep -i influx | sort
        podman ps -aq; podman volume ls -q; dpkg-query -W -f '${Status} ${Package}\\n' influxdb2 2>/dev/null | grep '^install ok'; true";
    let before = store.host().read(left);
    store.applies(&[]);
    assert_eq!(store.version(), "v2.7.12");
    store.write("first");
    store.assert_points(&["first"]);

    // One option is one restart, and no other change than the file's.
    let output = store.restarts_once(&["influxdb_log_level=debug"]);
    output.assert_stdout_has("/etc/influxdb/config.yml").assert_stdout_has("2 changes made");
    store.restarts_once(&["influxdb_log_level=debug", "influxdb_memory=1GiB"]).assert_stdout_has("2 changes made");
    store.assert_points(&["first"]);

    store.restarts_once(&[&old]);
    assert_eq!(store.version(), "v2.7.11");
    store.write("second");
    store.assert_points(&["first", "second"]);
    store.restarts_once(&[&new]);
    assert_eq!(store.version(), "v2.7.12");
    store.assert_points(&["first", "second"]);

    // Another address and port; Podman's own network has no IPv6.
    let (address, host) = if container { ("127.0.0.1", "127.0.0.1") } else { ("::1", "[::1]") };
    store.restarts_once(&[&format!("influxdb_http_addr={address}"), "influxdb_http_port=9086"]);
    store.host().read(&format!("curl -fsSg 'http://{host}:9086/health'"));
    store.restarts_once(&[]);

    // What influxd has no flag for, or not with this value, does not reach it.
    let start = store.start();
    for (extra, said) in [
        ("{\"storage-wal-fsync-dely\": \"10ms\"}", "unknown flag: --storage-wal-fsync-dely"),
        ("{\"storage-wal-fsync-delay\": \"soon\"}", "invalid argument \"soon\""),
    ] {
        let output = store.apply(&[&format!("{{\"influxdb_config_extra\": {extra}}}")]).assert_status(1);
        output
            .assert_stdout_has("the new configuration was refused")
            .assert_stdout_has("no changes made")
            .assert_stdout_has(said);
    }
    assert_eq!(store.start(), start);
    // What only shows when it runs is put back, and the old one started again.
    let broken = "{\"influxdb_config_extra\": {\"engine-path\": \"/proc/engine\"}}";
    store.apply(&[broken, "influxdb_ready_within=3s"]).assert_status(1).assert_stdout_has("put back");
    store.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    store.assert_points(&["first", "second"]);
    let extra = "{\"influxdb_config_extra\": {\"storage-wal-fsync-delay\": \"10ms\", \"ui-disabled\": true}}";
    store.restarts_once(&[extra]);
    store.assert_points(&["first", "second"]);

    // Removal leaves the data, of which the role takes care again, or which goes when it is named.
    store.play("{ role: influxdb, state: absent }");
    store.applies(&[]);
    let data = if container { "podman volume inspect influxdb-data" } else { "ls /var/lib/influxdb/influxd.bolt" };
    store.host().read(data);
    store.play("influxdb");
    store.applies(&[]);
    store.assert_points(&["first", "second"]);
    store.play("{ role: influxdb, state: absent, purge: [data] }");
    store.applies(&[]);
    // What the package's own installation has written is the package's, and so is what it leaves.
    let packages = "/etc/default/influxdb2\n/etc/influxdb\n/etc/influxdb/config.toml\n/etc/logrotate.d/influxdb\n\
        /usr/lib/systemd/system/influxdb.service\n/var/log/influxdb";
    assert_eq!(before, "");
    assert_eq!(store.host().read(left), if container { "" } else { packages });
}

#[test]
fn container_and_package_share_a_folder_on_trixie() {
    container_and_package_share_a_folder(Suite::Trixie);
}

#[test]
fn container_and_package_share_a_folder_on_bookworm() {
    container_and_package_share_a_folder(Suite::Bookworm);
}

fn container_and_package_share_a_folder(suite: Suite) {
    let store = Store::new(suite, "influxdb_data_path: /srv/metrics/influxdb\n");
    let owners = || store.host().read("find /srv/metrics/influxdb -printf '%U\\n' | sort -u");
    let container = &["influxdb_backend=container"];
    let package = &["influxdb_backend=package"];
    store.applies(container);
    store.write("first");
    store.assert_points(&["first"]);
    assert_eq!(owners(), "1000");

    store.applies(package);
    store.assert_points(&["first"]);
    store.write("second");
    assert_eq!(owners(), store.host().read("id -u influxdb"));
    assert_eq!(store.host().read("podman ps -aq; find /etc/containers/systemd -type f 2>/dev/null; true"), "");

    store.applies(container);
    store.assert_points(&["first", "second"]);
    store.write("third");
    assert_eq!(owners(), "1000");
    assert!(!store.host().has("/etc/systemd/system/influxdb.service.d"));

    // What was there before a reboot is there after it.
    store.host().read("sync");
    store.host().kill();
    store.host().start();
    store.project.refresh(&store.hosts);
    let answers = || store.host().exec("curl -fs -m 5 http://127.0.0.1:8086/health").status == 0;
    wait_until("InfluxDB to be back", || answers().then_some(()));
    store.apply(container).assert_status(0).assert_stdout_has("No changes");
    store.assert_points(&["first", "second", "third"]);
}

#[test]
fn what_cannot_run_leaves_the_old_one_answering_on_trixie() {
    what_cannot_run_leaves_the_old_one_answering(Suite::Trixie);
}

#[test]
fn what_cannot_run_leaves_the_old_one_answering_on_bookworm() {
    what_cannot_run_leaves_the_old_one_answering(Suite::Bookworm);
}

fn what_cannot_run_leaves_the_old_one_answering(suite: Suite) {
    let store = Store::new(suite, "");
    store.applies(&[]);
    store.write("first");
    store.assert_points(&["first"]);
    let start = store.start();
    let poller = Poller::start(store.host(), "http://127.0.0.1:8086/health");
    for variable in
        ["influxdb_version=crash", "influxdb_version=0.0.1", "{\"influxdb_config_extra\": {\"no-such\": 1}}"]
    {
        store.apply(&[variable]).assert_status(1).assert_stdout_has("no changes made");
        assert_eq!(store.start(), start, "{variable}");
    }
    assert_eq!(poller.stop(), "");
}
