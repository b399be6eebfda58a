//! The roles loki and alloy end to end, with the stand-ins of `testbed/standins/`: a line of one host's journal
//! is found on the other with its labels.

use crate::poller::Poller;
use crate::support::{Host, Hosts, Output, Project, Suite, wait_until};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where Loki is `mon`, and Alloy is on both.
pub struct Stack {
    pub hosts: Hosts,
    pub project: Project,
}

impl Stack {
    pub fn new(mon: Suite, app: Suite, vars: &str) -> Self {
        let hosts = Hosts::up(&[("mon", mon), ("app", app)]);
        let project = Project::new(&hosts);
        let inventory = format!("{}  children:\n    loki: {{hosts: {{mon: }}}}\n", hosts.inventory());
        project.file("inventory.yml", &inventory);
        let packages = project.packages_from(hosts.host("mon"), "/srv/standins/apt", "alloy");
        project.file("group_vars/all.yml", &format!("{packages}{vars}"));
        let stack = Self { hosts, project };
        stack.play("loki", "alloy");
        stack
    }

    fn play(&self, loki: &str, alloy: &str) {
        self.project.file(
            "playbooks/site.yml",
            &format!("- hosts: loki\n  roles: [{loki}]\n- hosts: all\n  roles: [{alloy}]\n"),
        );
    }

    #[track_caller]
    pub fn solti(&self, command: &[&str], variables: &[&str]) -> Output {
        self.project.with(command, variables)
    }

    #[track_caller]
    pub fn apply(&self, variables: &[&str]) -> Output {
        self.solti(&["apply", "-y"], variables)
    }

    pub fn app(&self) -> &Host {
        self.hosts.host("app")
    }

    /// What Loki has for a selector.
    pub fn query(&self, selector: &str) -> String {
        self.hosts.host("mon").read(&format!(
            "curl -fsG http://127.0.0.1:3100/loki/api/v1/query_range --data-urlencode 'query={selector}'"
        ))
    }

    /// What a query counts now, by a label.
    fn count(&self, query: &str, label: &str) -> BTreeMap<String, usize> {
        let ask = "curl -fsG http://127.0.0.1:3100/loki/api/v1/query --data-urlencode query@-";
        let answer = self.hosts.host("mon").read(&format!("printf %s '{query}' | {ask}"));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let rows = answer["data"]["result"].as_array().unwrap().iter();
        let row = |row: &Value| {
            let count = row["value"][1].as_str().unwrap().parse::<f64>().unwrap();
            (row["metric"][label].as_str().unwrap_or_default().to_owned(), count as usize)
        };
        rows.map(row).collect()
    }

    /// Writes a line that nobody else has written into the journal of `app`, and waits until Loki has it.
    fn follows(&self, word: &str) -> String {
        self.app().read(&format!("logger -t tester 'marker {word}'"));
        wait_until("the line in Loki", || {
            let answer = self.query(&format!("{{hostname=\"app\"}} |= \"marker {word}\""));
            answer.contains(&format!("marker {word}")).then_some(answer)
        })
    }
}

/// Which start of a service is running.
fn start(host: &Host, unit: &str) -> String {
    host.read(&format!("systemctl show -p InvocationID --value {unit}"))
}

#[test]
fn a_line_of_the_journal_is_found_with_its_labels_on_trixie() {
    a_line_of_the_journal_is_found_with_its_labels(Suite::Trixie, Suite::Bookworm);
}

#[test]
fn a_line_of_the_journal_is_found_with_its_labels_on_bookworm() {
    a_line_of_the_journal_is_found_with_its_labels(Suite::Bookworm, Suite::Trixie);
}

fn a_line_of_the_journal_is_found_with_its_labels(mon: Suite, app: Suite) {
    let stack = Stack::new(
        mon,
        app,
        "alloy_labels: { site: here }\nalloy_files: [{ paths: [/var/log/app/*.log], job: app }]\n",
    );
    stack.app().read("mkdir -p /var/log/app && echo 'from a file' >/var/log/app/a.log");
    stack.apply(&[]).assert_status(0);
    stack.apply(&[]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");
    let answer = stack.follows("one");
    assert!(answer.contains("\"site\":\"here\"") && answer.contains("\"hostname\":\"app\""), "{answer}");
    wait_until("the file's line", || stack.query("{job=\"app\"}").contains("from a file").then_some(()));
    stack.solti(&["verify"], &[]).assert_status(0);

    // A changed configuration is a reload of Alloy, a restart of Loki, and nothing else.
    let (loki, alloy) = (start(stack.hosts.host("mon"), "loki"), start(stack.app(), "alloy"));
    // A further source before it does not make the file new to Alloy.
    let site = "{\"alloy_labels\": {\"site\": \"there\"}, \"alloy_files\": [{\"paths\": \"/srv/*.log\", \"from_end\": true}, \
                {\"paths\": \"/var/log/app/*.log\", \"job\": \"app\"}]}";
    stack.apply(&[site]).assert_status(0).assert_stdout_has("service alloy: reload");
    assert_eq!((start(stack.hosts.host("mon"), "loki"), start(stack.app(), "alloy")), (loki.clone(), alloy.clone()));
    stack.app().read("echo 'from a file, later' >>/var/log/app/a.log");
    wait_until("the file's next line", || stack.query("{job=\"app\"}").contains(", later").then_some(()));
    assert_eq!(stack.query("{job=\"app\"}").matches("from a file").count(), 2);
    let answer = stack.follows("two");
    assert!(answer.contains("\"site\":\"there\""), "{answer}");
    stack.apply(&[site, "loki_retention=60d"]).assert_status(0).assert_stdout_has("service loki: restart");
    assert_ne!(start(stack.hosts.host("mon"), "loki"), loki);
    assert_eq!(start(stack.app(), "alloy"), alloy);
    // Lines written before are there after it.
    wait_until("Loki to have its lines again", || {
        stack.query("{hostname=\"app\"} |= \"marker one\"").contains("marker one").then_some(())
    });

    // What Alloy or Loki would not take does not reach them: they answer throughout.
    let pollers = [
        Poller::start(stack.app(), "http://127.0.0.1:12345/-/ready"),
        Poller::start(stack.hosts.host("mon"), "http://127.0.0.1:3100/ready"),
    ];
    let broken = stack.apply(&[site, "loki_retention=60d", "alloy_config_extra='loki.write \"x\" {'"]);
    broken.assert_status(1).assert_stdout_has("the new configuration was refused").assert_stdout_has("no changes made");
    let broken =
        stack.apply(&[site, "loki_retention=60d", "{\"loki_config_extra\": {\"server\": {\"no_such_key\": 1}}}"]);
    broken.assert_status(1).assert_stdout_has("no_such_key");
    assert_eq!(start(stack.app(), "alloy"), alloy);
    assert_eq!(pollers.map(Poller::stop), ["", ""]);
    stack.follows("three");

    // Checks that mean it: without the agent, there are no new lines.
    stack.app().read("systemctl stop alloy");
    let verify = stack
        .solti(&["verify"], &["alloy_ready_within=2s", "alloy_newest_line=2s", "alloy_newest_line_within=4s", site]);
    verify.assert_status(1);
    stack.apply(&[site, "loki_retention=60d"]).assert_status(0);

    stack.play("{ role: loki, state: absent, purge: [data] }", "{ role: alloy, state: absent, purge: [data] }");
    stack.apply(&[]).assert_status(0);
    for host in stack.hosts.iter() {
        let left = host.read(
            "ls -d /etc/loki /etc/alloy /var/lib/alloy /etc/containers/systemd/*loki* /etc/systemd/system/*loki* /etc/systemd/system/alloy* 2>/dev/null
             podman ps -aq; podman volume ls -q; dpkg-query -W -f '${Status} ${Package}\\n' alloy 2>/dev/null | grep '^install ok installed'; true",
        );
        assert_eq!(left, "", "on {}", host.name());
    }
    stack.apply(&[]).assert_status(0).assert_stdout_has("No changes");
}

#[test]
fn alloy_in_a_container_sends_the_hosts_journal_to_a_users_loki() {
    let stack = Stack::new(Suite::Trixie, Suite::Trixie, "alloy_backend: container\nloki_user: keeper\n");
    stack.hosts.host("mon").read("useradd -r -m keeper");
    stack.apply(&[]).assert_status(0);
    stack.apply(&[]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");
    stack.follows("one");
    let alloy = start(stack.app(), "alloy");
    stack
        .apply(&["{\"alloy_labels\": {\"site\": \"there\"}}"])
        .assert_status(0)
        .assert_stdout_has("service alloy: reload");
    assert_eq!(start(stack.app(), "alloy"), alloy);
    assert!(stack.follows("two").contains("\"site\":\"there\""));
}

/// Each login is a unit of its own, and so is what is started for a moment; to Loki they are not.
#[test]
fn logins_do_not_make_streams() {
    let stack = Stack::new(Suite::Trixie, Suite::Bookworm, "");
    stack.apply(&[]).assert_status(0);
    let streams = || {
        let series = "curl -fsG http://127.0.0.1:3100/loki/api/v1/series --data-urlencode 'match[]={hostname=\"app\"}'";
        stack.hosts.host("mon").read(series).matches("\"unit\":").count()
    };
    let units = "journalctl --sync; journalctl -q -o json --output-fields _SYSTEMD_UNIT | grep -o '_SYSTEMD_UNIT\":\"[^\"]*' | sort -u | wc -l";
    let units = || stack.app().read(units).parse::<usize>().unwrap();
    let before = units();
    let id = "0123456789abcdef".repeat(4);
    // journald looks up whose line it is, for which the process must be there still
    let once = "sh -c '{ echo once; journalctl --sync; } | logger'";
    stack.app().read(&format!(
        "for unit in libpod-conmon-{id} libpod-{id} run-r{id}; do systemd-run -q --scope --unit $unit.scope {once}; done
         for unit in sshd@7-10.0.0.1:22-10.0.0.2:39000 run-u70000 {id}-12ab; do systemd-run -q --wait --unit $unit.service {once} || exit 1; done"
    ));
    for number in 0..50 {
        stack.app().ssh("plain", &format!("{{ echo login {number}; sleep 0.1; }} | logger")).assert_status(0);
    }
    stack.follows("last");
    // of a busy machine's journal some are without
    assert!(units() >= before + 30, "{} units, {before} before", units());
    for unit in [
        "session.scope",
        "libpod-conmon.scope",
        "libpod.scope",
        "run.scope",
        "user@.service",
        "sshd@.service",
        "run.service",
        "container.service",
    ] {
        let found = stack.query(&format!("{{hostname=\"app\", unit=\"{unit}\"}}"));
        assert!(found.contains("\"values\""), "{unit}: {found}");
    }
    assert!(streams() < 60, "{} streams", streams());
}

/// Podman calls all an error that comes by stderr, and systemd calls all information that a service writes.
#[test]
fn the_level_of_a_line_is_not_how_a_container_writes_it() {
    const SAID: [(&str, &str); 9] = [
        ("info", r#"level=info ts=2026-11-30T10:00:00Z caller=of.go:1 msg="of Loki level=error""#),
        ("error", r#"ts=2026-11-30T10:00:00Z level=error msg="of Alloy" level=info"#),
        ("info", r#"time=2026-11-30T10:00:00Z level=INFO source=of.go:1 msg="of Prometheus""#),
        ("crit", r#"logger=of t=2026-11-30T10:00:00Z level=fatal msg="of Grafana""#),
        ("warning", r#"ts=2026-11-30T10:00:00Z lvl=warn msg="of InfluxDB""#),
        ("error", "2026-11-30T10:00:00Z E! of Telegraf"),
        ("debug", "2026-11-30T10:00:00Z D! of Telegraf"),
        ("error", r#"{"msg": "of many, \"level\": \"info\"", "level": "error"}"#),
        ("", "error: a line of words, of which level=error are some"),
    ];
    let stack = Stack::new(Suite::Trixie, Suite::Bookworm, "");
    stack.apply(&[]).assert_status(0);
    let mon = stack.hosts.host("mon");
    mon.read("logger -p user.err -t tester 'an error of a program'");
    mon.exec("podman run --rm --log-driver=journald --network=none docker.io/grafana/loki:3.5.7 -no-such-flag");
    let said = mon.read("journalctl --sync; journalctl -q -p err -o cat | grep -m1 no-such-flag");
    let level = |text: &str| {
        let found = wait_until("the line in Loki", || {
            let answer = stack.query(&format!("{{hostname=\"mon\"}} |= \"{text}\""));
            answer.contains(text).then_some(answer)
        });
        found.contains("\"level\":\"error\"")
    };
    assert!(level("an error of a program"));
    assert!(!level("no-such-flag"), "{said}");

    // What a line says is its level, whoever writes it. What says nothing is information of a service, and unknown of a container.
    let lines: String = SAID.iter().map(|(_, line)| format!("{line}\n")).collect();
    mon.write_file("/srv/lines", lines);
    let write = "/usr/bin/dash -c '/usr/bin/cat /srv/lines >&2; /usr/bin/sleep 1'";
    let contained = "-p StandardOutput=null -p StandardError=null podman run --rm --cgroups=split --log-driver=journald --network=none \
         -v /usr:/usr:ro -v /usr/lib:/lib:ro -v /usr/lib64:/lib64:ro -v /srv:/srv:ro --entrypoint /usr/bin/env docker.io/grafana/loki:3.5.7";
    mon.read(&format!("systemd-run -q --wait --unit contained {contained} {write}"));
    mon.read(&format!("systemd-run -q --wait --unit plain {write}"));
    for (unit, unsaid) in [("contained", ""), ("plain", "info")] {
        let mut wanted = BTreeMap::new();
        for (level, _) in SAID {
            *wanted.entry(if level.is_empty() { unsaid } else { level }.to_owned()).or_default() += 1;
        }
        let counted = wait_until("all lines in Loki", || {
            let lines = format!("{{unit=\"{unit}.service\"}} |= \"of \" [1h]");
            let counted = stack.count(&format!("sum by (level) (count_over_time({lines}))"), "level");
            (counted.values().sum::<usize>() >= SAID.len()).then_some(counted)
        });
        assert_eq!(counted, wanted, "{unit}");
    }

    // The query that the documentation has for an alert finds these, and nothing of Loki, which writes all to stderr.
    let page = std::fs::read_to_string(format!("{}/docs/stack.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let query = page.split("```logql\n").nth(1).unwrap().split("\n```").next().unwrap();
    let alerts = stack.count(query, "unit");
    let errors = SAID.iter().filter(|(level, _)| ["error", "crit"].contains(level)).count();
    assert_eq!(["contained", "plain"].map(|unit| alerts[&format!("{unit}.service")]), [errors; 2], "{alerts:?}");
    assert!(!alerts.contains_key("loki.service"), "{alerts:?}");
    assert!(stack.query("{unit=\"loki.service\"}").contains("\"values\""));
}

/// Away for longer than a limit of retries would wait.
#[test]
fn no_line_is_lost_while_loki_is_away() {
    let stack = Stack::new(Suite::Trixie, Suite::Trixie, "");
    stack.apply(&[]).assert_status(0);
    let config = stack.app().read_file("/etc/alloy/config.alloy");
    assert!(
        config.contains("max_backoff_retries = 0\n") && config.contains("max_backoff_period  = \"30s\""),
        "{config}"
    );
    // the same with less patience, so that three retries are over soon, as ten are after minutes
    let hurried = |retries: u8| {
        let text = config.replace("\"30s\"", "\"200ms\"").replace("retries = 0", &format!("retries = {retries}"));
        stack.app().write_file("/etc/alloy/config.alloy", text);
        stack.app().read("systemctl restart alloy");
        wait_until("Alloy", || (stack.app().exec("curl -fs http://127.0.0.1:12345/-/ready").status == 0).then_some(()));
    };
    let while_away = |word: &str| {
        stack.hosts.host("mon").read("systemctl stop loki");
        for number in 0..5 {
            stack.app().read(&format!("logger -t tester '{word} {number}.'; sleep 1"));
        }
        stack.app().read("sleep 3");
        stack.hosts.host("mon").read("systemctl start loki");
        // It is ready as soon as it answers, without the 15 seconds that it counts from the first question on.
        let first = "until code=$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:3100/ready); do sleep 0.1; done; echo $code";
        assert_eq!(
            stack.hosts.host("mon").read(&format!("timeout 60 sh -c '{}'", first.replace('\'', "'\\''"))),
            "200"
        );
        stack.follows(&format!("after {word}"));
        let found = stack.query(&format!("{{hostname=\"app\"}} |= \"{word} \""));
        (0..5).filter(|number| found.contains(&format!("{word} {number}."))).count()
    };
    hurried(3);
    assert!(while_away("limited") < 5, "the limit is one");
    hurried(0);
    assert_eq!(while_away("endless"), 5);

    // nor when Alloy reads another configuration meanwhile, if it sends as before
    let labels = "{\"alloy_journal_static_labels\": {\"site\": \"there\"}}";
    let reload = ["alloy_newest_line=0", labels];
    stack.solti(&["apply", "-y", "-l", "app"], &reload[..1]).assert_status(0);
    stack.hosts.host("mon").read("systemctl stop loki");
    stack.app().read("for number in 0 1 2 3 4; do logger -t tester \"reloaded $number.\"; done; sleep 2");
    let said = stack.solti(&["apply", "-y", "-l", "app"], &reload);
    said.assert_status(0).assert_stdout_has("service alloy: reload");
    stack.hosts.host("mon").read("systemctl start loki");
    stack.follows("after it");
    let found = stack.query("{hostname=\"app\"} |= \"reloaded \"");
    assert_eq!((0..5).filter(|number| found.contains(&format!("reloaded {number}."))).count(), 5, "{found}");
}

/// Both from packages of one repository, on one host: each role declares it, and either can go without the other's.
#[test]
fn loki_and_alloy_come_from_one_repository() {
    let stack = Stack::new(
        Suite::Trixie,
        Suite::Trixie,
        "loki_backend: package\nloki_repository_uris: file:/srv/standins/apt\nloki_repository_key: \"{{ alloy_repository_key }}\"\n\
         loki_repository_fingerprint: \"{{ alloy_repository_fingerprint }}\"\n",
    );
    let mon = stack.hosts.host("mon");
    stack.apply(&[]).assert_status(0);
    stack.apply(&[]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");
    stack.follows("one");
    let loki = start(mon, "loki");
    // in units that neither systemd nor Loki nor Alloy has
    let odd = ["loki_retention=60.5d", "loki_memory=1.5GB", "alloy_journal_max_age=1.5d"];
    stack.apply(&odd).assert_status(0).assert_stdout_has("service loki: restart");
    assert_ne!(start(mon, "loki"), loki);
    assert_eq!(mon.read("systemctl show -p MemoryMax --value loki"), (3_u64 << 29).to_string());
    let config = mon.read_file("/etc/loki/config.yml");
    assert!(config.contains("retention_period: 1452h") && config.contains("replay_memory_ceiling: 1152MB"), "{config}");
    assert!(mon.read_file("/etc/alloy/config.alloy").contains("= \"36h\""));
    let wrong = stack.apply(&["{\"alloy_labels\": {\"a-b\": \"x\"}}"]);
    wrong.assert_status(3).assert_stderr_has("`alloy_labels` has a label called `a-b`");

    stack.play("{ role: loki, state: absent, purge: [data] }", "alloy");
    stack.apply(&["alloy_newest_line=0", "alloy_require_healthy=false"]).assert_status(0);
    let left = "dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' loki alloy | sed -n 's/^ii *//p'; ls /etc/apt/sources.list.d/grafana.sources";
    assert_eq!(mon.read(left), "alloy\n/etc/apt/sources.list.d/grafana.sources");
    stack
        .apply(&["alloy_newest_line=0", "alloy_require_healthy=false"])
        .assert_status(0)
        .assert_stdout_has("No changes");
}
