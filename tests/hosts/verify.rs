//! `solti verify` with a whole stack: whose signals arrive, how new they are, and that each check can fail.

use crate::logs::Stack;
use crate::support::{Background, Output, Suite, wait_until};
use serde_json::Value;

const PLAYS: &str = "
- hosts: all
  roles: [{ role: node_exporter, tags: [exporter] }]
- hosts: loki
  roles: [loki, prometheus]
- hosts: all
  roles: [alloy]
";

/// Short deadlines, so that what is missing is said soon.
const SOON: [&str; 7] = [
    "alloy_ready_within=2s",
    "loki_ready_within=2s",
    "alloy_newest_line=3s",
    "alloy_newest_line_within=6s",
    "prometheus_ready_within=5s",
    "prometheus_newest_sample=3s",
    "prometheus_targets_within=5s",
];

/// The table: host, signal, age in seconds, verdict.
#[track_caller]
fn table(output: &Output) -> Vec<(String, String, Option<u64>, String)> {
    let lines = output.stdout.lines().skip_while(|line| !line.starts_with("host "));
    let rows = lines.skip(1).take_while(|line| !line.is_empty());
    let row = |line: &str| {
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let age = cells[2].strip_suffix(" s ago").map(|age| age.parse().unwrap());
        assert!(age.is_some() || cells[2] == "none" || cells[2].contains(" min "), "{line}");
        (cells[0].to_owned(), cells[1].to_owned(), age, cells[3].to_owned())
    };
    rows.map(row).collect()
}

/// Host, signal and verdict of the rows alone.
fn verdicts(output: &Output) -> String {
    table(output).iter().map(|(host, signal, _, verdict)| format!("{host} {signal} {verdict}\n")).collect()
}

const WELL: &str = "mon logs ok\nmon metrics ok\napp logs ok\napp metrics ok\n";

fn verify(stack: &Stack, variables: &[&str]) -> Output {
    stack.solti(&["verify"], variables)
}

fn stack(mon: Suite, app: Suite, vars: &str) -> Stack {
    let stack = Stack::new(mon, app, vars);
    stack.project.file("playbooks/site.yml", PLAYS);
    let applied = stack.apply(&[]).assert_status(0);
    assert!(!applied.stdout.contains("signal"), "{applied}");
    stack
}

#[test]
fn the_newest_samples_of_a_stack_are_shown() {
    let stack = stack(Suite::Trixie, Suite::Bookworm, "");
    let mon = stack.hosts.host("mon");

    // Nothing is changed, and nobody is waited for who changes something.
    let held = Background::spawn(mon.command(&[
        "flock",
        "/run/solti/lock",
        "sh",
        "-c",
        "touch /run/held; while [ -e /run/held ]; do sleep 0.1; done",
    ]));
    wait_until("the lock to be held", || mon.has("/run/held").then_some(()));
    let output = verify(&stack, &[]).assert_status(0);
    assert_eq!(mon.read("find /var/lib/solti /etc -newer /run/held"), "");
    mon.read("rm /run/held");
    held.wait();
    assert_eq!(verdicts(&output), WELL, "{output}");
    assert!(table(&output).iter().all(|(_, _, age, _)| age.is_some_and(|age| age < 30)), "{output}");

    // All checks of a host are one exchange after that for facts, but for markers, which are looked for when they are written.
    let output = stack.solti(&["verify", "-v"], &["loki_verify_write=false", "alloy_newest_line=0"]).assert_status(0);
    assert!(output.stdout.contains("\nmon  2 exchanges"), "{output}");

    // An age is that of the sample, not of the question.
    wait_until("a sample to be some seconds old", || {
        let output = verify(&stack, &["prometheus_newest_sample=2s", "prometheus_targets_within=1s"]);
        output.stdout.contains("the newest sample is older than 2s (").then_some(())
    });

    // For programs.
    let output = stack.solti(&["verify", "-o", "json"], &[]).assert_status(0);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let checks = document["hosts"]["mon"]["checks"].as_array().unwrap();
    let of_app: Vec<_> = checks.iter().filter(|check| check["of"] == "app").collect();
    assert_eq!(of_app.len(), 1, "{output}");
    assert_eq!((&of_app[0]["signal"], &of_app[0]["passed"]), (&"metrics".into(), &true.into()));
    assert!(of_app[0]["time"]["age_seconds"].as_i64().is_some_and(|age| age < 30), "{output}");

    // Who is not in the limit is neither asked nor asked for.
    let output = stack.solti(&["verify", "-l", "mon"], &[]).assert_status(0);
    assert_eq!(verdicts(&output), "mon logs ok\nmon metrics ok\n");
    let output = stack.solti(&["verify", "-l", "app"], &[]).assert_status(0);
    assert_eq!(verdicts(&output), "app logs ok\n");

    // Without curl it is asked through the connection, and the time is the host's all the same.
    let curl = stack.app().read("command -v curl");
    stack.app().read(&format!("mv {curl} {curl}.away"));
    let output = stack.solti(&["verify", "-l", "app"], &[]).assert_status(0);
    assert_eq!(verdicts(&output), "app logs ok\n");
    assert!(table(&output)[0].2.is_some_and(|age| age < 30), "{output}");
}

#[test]
fn what_does_not_arrive_is_told_from_what_does() {
    let often = "prometheus_scrape_interval: 1s\nprometheus_scrape_timeout: 1s\n";
    let stack = stack(Suite::Bookworm, Suite::Trixie, often);
    let (mon, app) = (stack.hosts.host("mon"), stack.app());
    let well = || wait_until("all to be well", || (verdicts(&verify(&stack, &SOON)) == WELL).then_some(()));

    // The agent is stopped.
    app.read("systemctl stop alloy");
    wait_until("the last line to be old", || {
        let lines = mon.read(
            "curl -fsG http://127.0.0.1:3100/loki/api/v1/query --data-urlencode 'query=sum(count_over_time({hostname=\"app\"}[4s]))'",
        );
        lines.contains("\"result\":[]").then_some(())
    });
    let output = verify(&stack, &SOON).assert_status(1);
    assert_eq!(verdicts(&output), WELL.replace("app logs ok", "app logs failed"), "{output}");
    assert!(output.stdout.contains("the newest sample is older than 3s ("), "{output}");
    app.read("systemctl start alloy");
    well();

    // Nobody listens where lines go to.
    mon.read("systemctl stop loki");
    let output = verify(&stack, &SOON).assert_status(1);
    assert_eq!(verdicts(&output), WELL.replace("logs ok", "logs failed"), "{output}");
    mon.read("systemctl start loki");
    well();

    // The exporter of a host is stopped, which is known where its metrics are.
    app.read("systemctl stop prometheus-node-exporter");
    wait_until("Prometheus to see it", || {
        let up =
            mon.read("curl -fsG http://127.0.0.1:9090/api/v1/query --data-urlencode 'query=up{instance=\"app\"} == 0'");
        up.contains("\"app\"").then_some(())
    });
    // Its own checks, which have longer deadlines, are left out.
    let output = stack.solti(&["verify", "--skip-tags", "exporter"], &SOON).assert_status(1);
    assert_eq!(verdicts(&output), WELL.replace("app metrics ok", "app metrics failed"), "{output}");
    assert!(output.stdout.contains("has new metrics of app"), "{output}");
    app.read("systemctl start prometheus-node-exporter");
    well();

    // The store of metrics is stopped: those of all hosts are missing.
    mon.read("systemctl stop prometheus");
    let output = verify(&stack, &SOON).assert_status(1);
    assert_eq!(verdicts(&output), WELL.replace("metrics ok", "metrics failed"), "{output}");
    // The time that checks have by themselves need not be waited for; this test would not live to see its end.
    let hour = ["prometheus_ready_within=1h", "prometheus_targets_within=1h", "alloy_newest_line_within=1h"];
    let output = stack.solti(&["verify", "--within", "4s"], &hour).assert_status(1);
    assert_eq!(verdicts(&output), WELL.replace("metrics ok", "metrics failed"), "{output}");
    mon.read("systemctl start prometheus");
    well();

    // A host that cannot be reached has no answers, and says so in its rows.
    app.read("systemctl stop ssh.socket ssh.service 2>/dev/null || systemctl stop ssh");
    let output = verify(&stack, &SOON).assert_status(4);
    assert_eq!(verdicts(&output), WELL.replace("app logs ok", "app logs failed"), "{output}");
    assert!(output.stdout.contains("the host could not be reached"), "{output}");
}
