//! `solti test` on hosts of its own: what is broken is caught by the step that should catch it, and nothing stays behind.

use crate::support::{Output, Project, podman, run, wait_until};
use serde_json::Value;

/// A project with roles and scenarios of one host each.
pub struct Bench {
    pub project: Project,
}

impl Bench {
    pub fn new() -> Self {
        Self { project: Project::without_hosts() }
    }

    /// A role with these steps, and a scenario of its name.
    pub fn role(&self, name: &str, steps: &str, scenario: &str) -> &Self {
        self.project.file(&format!("roles/{name}/role.yml"), &format!("summary: {name}\nsteps:\n{steps}"));
        self.scenario(name, &format!("role: {name}\nplatforms: [debian13]\n{scenario}"))
    }

    fn scenario(&self, name: &str, text: &str) -> &Self {
        self.project.file(&format!("molecule-tests/{name}/scenario.yml"), text);
        self
    }

    #[track_caller]
    fn test(&self, arguments: &[&str]) -> Output {
        self.project.solti(&[&["test"], arguments].concat())
    }
}

/// What a document says of each scenario: how it came out, where it failed, and what was said about that.
fn verdicts(output: &Output) -> Vec<(String, String, String, String)> {
    let document: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{output}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let runs = document["runs"].as_array().unwrap().iter();
    runs.map(|run| {
        let failed = text(&run["failed"]);
        let steps = run["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["step"] == run["failed"]).unwrap_or(&Value::Null);
        let details = step["failure"]["details"].as_array().cloned().unwrap_or_default();
        let said = std::iter::once(text(&step["failure"]["message"])).chain(details.iter().map(text));
        (text(&run["scenario"]), text(&run["verdict"]), failed, said.collect::<Vec<_>>().join("\n"))
    })
    .collect()
}

/// Where a document says that it stands why a scenario failed.
fn place_of(output: &Output, scenario: &str) -> String {
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let run = document["runs"].as_array().unwrap().iter().find(|run| run["scenario"] == scenario).unwrap();
    let at = run["steps"].as_array().unwrap().iter().find_map(|step| step["failure"].get("at")).unwrap();
    let line = at["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line}", at["file"].as_str().unwrap())
}

/// Containers of a run, by the process that it was.
fn hosts_of(process: u32) -> String {
    let list = podman(&["ps", "-a", "--format", "{{.Names}}", "--filter", &format!("name=^s{process}-")]);
    run(list).assert_status(0).stdout
}

pub const FILE: &str = "  - name: s\n    resources:\n    - file: { path: /etc/made, content: x }\n";
pub const CHECK: &str = "    checks:\n    - command: { command: [test, -f, /etc/made] }\n";

/// A role whose one command does what it should not.
fn doing(command: &str, done: &str) -> String {
    format!("{FILE}    - command: {{ name: does it, command: '{command}', unless: '{done}' }}\n{CHECK}")
}

#[test]
fn a_role_that_was_just_written_passes_its_scenario() {
    let bench = Bench::new();
    bench.project.solti(&["init", "role", "night-watch"]).assert_status(0);
    bench.test(&["night-watch", "--platform", "debian12"]).assert_status(0).assert_stdout_has("1 scenario run passed");
}

#[test]
fn each_way_to_break_is_caught_by_its_step() {
    let bench = Bench::new();
    let good = format!("{FILE}{CHECK}");
    let left = |command: &str, done: &str| doing(command, done);
    let cases: Vec<(&str, String, &str, &str, &str)> = vec![
        ("good", good.clone(), "", "", ""),
        (
            "unprepared",
            good.clone(),
            "prepare: [touch /etc/before, 'echo not today; exit 7']\n",
            "prepare",
            "not today",
        ),
        ("idle", "  - name: s\n    resources: []\n".to_owned() + CHECK, "", "diff", "nothing would change"),
        ("failing", doing("echo no room; exit 3", "false"), "", "apply", "no room"),
        ("refused", FILE.replace("content: x", "content: x, validate: \"false\""), "", "apply", "refused"),
        ("unanswered", good.replace("/etc/made]", "/etc/other], within: 1s"), "", "apply", "/etc/other"),
        (
            "mortal",
            format!(
                "{FILE}    - unit: {{ name: mortal, content: \"[Service]\\nExecStart=/bin/false\\n\" }}\n    - service: {{ name: mortal }}\n"
            ),
            "",
            "apply",
            "mortal",
        ),
        ("restless", left("touch /etc/made", "false"), "", "converged", "a second run would make 1 change"),
        ("unasked", FILE.to_owned(), "", "verify", "nothing was asked"),
        (
            "mistaken",
            good.clone(),
            "checks: [{ command: { command: [test, -f, /etc/other], within: 1s } }]\n",
            "verify",
            "/etc/other",
        ),
        ("closed", good.clone(), "checks: [{ port: { port: 4711, within: 1s } }]\n", "verify", "port 4711 is closed"),
        ("leaving", left("touch /etc/left", "test -f /etc/left"), "", "removed", "/etc/left is still there"),
        ("hiding", left("mkdir -p /srv/a/b", "test -d /srv/a/b"), "", "removed", "/srv/a/b is still there"),
        (
            "running",
            left("systemd-run -q --unit left sleep infinity", "systemctl -q is-active left"),
            "",
            "removed",
            "left.service is active",
        ),
        (
            "disabling",
            left("systemctl -q disable ssh", "! systemctl -q is-enabled ssh"),
            "",
            "removed",
            "ssh.service: enabled -> disabled",
        ),
        ("inviting", left("useradd -r left", "id left"), "", "removed", "user left is still there"),
        (
            "closing",
            left("chmod 600 /etc/issue", "test $(stat -c %a /etc/issue) = 600"),
            "",
            "removed",
            "/etc/issue: f 644",
        ),
        (
            "rewriting",
            left("echo rewritten >/etc/issue", "grep rewritten /etc/issue"),
            "",
            "removed",
            "/etc/issue has another content",
        ),
        ("losing", left("rm /etc/issue", "! test -e /etc/issue"), "", "removed", "/etc/issue is gone"),
        (
            "watchful",
            good.replace("/etc/made]", "/etc/made], within: 1s"),
            "breaks: [{ run: rm /etc/made, heal: touch /etc/made, fails: watchful/s/command }]\n",
            "",
            "",
        ),
        (
            "blind",
            good.clone(),
            "breaks: [{ name: nothing to see, run: touch /etc/other, heal: rm /etc/other, fails: watchful, within: 2s }]\n",
            "verify",
            "broken: nothing to see; but nothing failed that is called \"watchful\"",
        ),
        (
            "unmended",
            good.replace("/etc/made]", "/etc/made], within: 1s"),
            "breaks: [{ run: rm /etc/made, fails: unmended/s/command, within: 2s }]\n",
            "verify",
            "mended: rm /etc/made; but host: unmended/s/command",
        ),
        ("excused", left("touch /etc/left", "test -f /etc/left"), "removed: { except: [/etc/left] }\n", "", ""),
        ("meant", doing("echo no room; exit 3", "false"), "expect: { fails: no room }\n", "", ""),
        (
            "otherwise",
            doing("echo no room; exit 3", "false"),
            "expect: { fails: no time }\n",
            "apply",
            "expected was: \"no time\"",
        ),
        ("fortunate", good, "expect: { fails: no room }\n", "apply", "it did not fail"),
    ];
    for (name, steps, scenario, _, _) in &cases {
        bench.role(name, steps, scenario);
    }
    let output = bench.test(&["-o", "json", "--jobs", "4"]).assert_status(1);
    let found = verdicts(&output);
    assert_eq!(found.len(), cases.len());
    let mut wrong = Vec::new();
    for (scenario, verdict, failed, said) in &found {
        let (_, _, _, step, text) = cases.iter().find(|(name, ..)| name == scenario).unwrap();
        let expected = if step.is_empty() { "passed" } else { "failed" };
        if verdict != expected || failed != step || !said.contains(text) {
            wrong.push(format!("{scenario}: expected {expected} {step} {text:?}, found {verdict} {failed}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // where it stands: the resource, the check, or else the scenario
    let places = [("failing", "roles/failing/role.yml:6"), ("unanswered", "roles/unanswered/role.yml:7")];
    for (scenario, place) in places.into_iter().chain([("idle", "molecule-tests/idle/scenario.yml")]) {
        assert_eq!(place_of(&output, scenario), place, "{scenario}");
    }
}

#[test]
fn a_host_with_a_platform_of_its_own_is_prepared_by_that() {
    let bench = Bench::new();
    let prepares = |path: &str| format!("- hosts: all\n  resources:\n    - file: {{ path: {path}, content: x }}\n");
    bench.project.file("molecule-tests/usual.yml", &prepares("/etc/usual"));
    bench.project.file("molecule-tests/own.yml", &prepares("/etc/own"));
    let platforms = "debian13: { image: debian13, prepare: { playbook: usual.yml } }\n\
                     own: { image: debian12, prepare: [{ playbook: own.yml }, test -e /etc/own] }\n";
    bench.project.file("molecule-tests/platforms.yml", platforms);
    let is_there = |there: &str, not: &str| format!("[sh, -c, 'test -e {there} -a ! -e {not}']");
    let scenario = format!(
        "hosts: {{ mon: , old: {{ platform: own }} }}\nchecks:\n  mon:\n    - command: {{ command: {} }}\n  old:\n    - command: {{ command: {} }}\n",
        is_there("/etc/usual", "/etc/own"),
        is_there("/etc/own", "/etc/usual")
    );
    bench.role("good", &format!("{FILE}{CHECK}"), &scenario);
    bench.test(&[]).assert_status(0);
}

#[test]
fn each_combination_of_a_matrix_is_tried() {
    let bench = Bench::new();
    let role = format!("summary: x\noptions:\n  word: {{ type: string, default: x }}\nsteps:\n{FILE}");
    bench.project.file("roles/worded/role.yml", &role.replace("content: x", "content: \"{{ word }}\""));
    let scenario = "role: worded\nplatforms: [debian13]\nvars: { word: x }\nmatrix: { word: [x, y] }\n\
                    checks:\n  - command: { command: [grep, -q, x, /etc/made] , within: 1s }\n";
    bench.scenario("worded", scenario);
    let output = bench.test(&["-o", "json"]).assert_status(1);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let found: Vec<_> =
        document["runs"].as_array().unwrap().iter().map(|run| (&run["variant"], &run["failed"])).collect();
    assert_eq!(found, [(&Value::from("word=x"), &Value::Null), (&Value::from("word=y"), &Value::from("verify"))]);
    bench
        .test(&["--option", "word=x", "--keep"])
        .assert_status(0)
        .assert_stdout_has("worded on debian13, word=x stays");
    bench.test(&["--list"]).assert_stdout_has("word: x, y").assert_stdout_has("kept on debian13, word=x: host");
    bench.test(&["--shell", "host", "--option", "word=y"]).assert_status(3).assert_stderr_has("no hosts were kept");
    bench
        .test(&["--option", "word=z"])
        .assert_status(3)
        .assert_stderr_has("none of the scenarios is tried with word=z");
    bench.test(&["--destroy"]).assert_status(0).assert_stdout_has("1 scenario run");
}

#[test]
fn what_a_killed_run_leaves_goes_with_the_next() {
    let bench = Bench::new();
    bench.role("good", &format!("{FILE}{CHECK}"), "");
    for step in ["create", "apply", "removed"] {
        let mut killed = bench.project.solti_background(&["test", "-o", "jsonl"]);
        killed.wait_for_output(&format!("\"step\":\"{step}\""));
        let process = killed.id();
        killed.signal("KILL");
        killed.wait();
        // what boots hosts may still be at it: it notices that nobody waits
        wait_until("all hosts of the killed run to be gone", || {
            bench.test(&["--destroy"]).assert_status(0);
            hosts_of(process).is_empty().then_some(())
        });
    }
}

#[test]
fn ctrl_c_removes_the_hosts() {
    let bench = Bench::new();
    bench.role("slow", &format!("{FILE}    - command: {{ command: [sleep, \"60\"], creates: /etc/never }}\n"), "");
    let mut stopped = bench.project.solti_background(&["test", "-o", "jsonl"]);
    stopped.wait_for_output("\"step\":\"diff\"");
    let process = stopped.id();
    assert_ne!(hosts_of(process), "");
    stopped.interrupt();
    stopped.wait().assert_status(130);
    assert_eq!(hosts_of(process), "");
}

#[test]
fn kept_hosts_are_gone_on_with() {
    let bench = Bench::new();
    bench.role("good", &format!("{FILE}{CHECK}"), "");
    let first = bench.test(&["--keep"]).assert_status(0).assert_stdout_has("good on debian13 stays");
    bench.test(&["--list"]).assert_stdout_has("kept on debian13: host");
    // another project with a scenario of the same name does not touch them
    let other = Bench::new();
    other.role("good", &format!("{FILE}{CHECK}"), "");
    other.test(&["--destroy"]).assert_status(0).assert_stdout_has("No hosts were kept");
    // the same host, with what has changed since
    bench.role("good", &format!("{}{CHECK}", FILE.replace("content: x", "content: y")), "");
    let again = bench.test(&["--keep", "-v"]).assert_status(0).assert_stdout_has("1 host kept");
    assert_eq!(first.stdout.lines().last(), again.stdout.lines().last());
    let shell = run({
        let mut shell = bench.project.command(&["test", "--shell", "host"]);
        shell.stdin(input("cat /etc/made; exit\n"));
        shell
    });
    assert!(shell.stdout.ends_with('y'), "{shell}");
    bench.test(&["--shell", "hst"]).assert_status(3).assert_stderr_has("did you mean `host`?");
    bench.test(&["--destroy"]).assert_status(0).assert_stdout_has("1 scenario run");
    bench.test(&["--destroy"]).assert_status(0).assert_stdout_has("No hosts were kept");
    bench.test(&["--shell", "host"]).assert_status(3).assert_stderr_has("no hosts were kept");
}

/// A file with this text, to be read from its beginning.
pub fn input(text: &str) -> std::fs::File {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    file
}

#[test]
fn reports_have_what_failed_and_no_secrets() {
    let bench = Bench::new();
    let role = "options:\n  token: { type: secret, default: very-s3cret-token }\nsteps:\n  - name: s\n    resources:\n\
                \x20   - file: { path: /etc/made, content: \"{{ token }}\", secret: true }\n\
                \x20   - command: { command: 'cat /etc/made | logger -t app; cat /etc/made; exit 1', creates: /etc/never }\n";
    bench.project.file("roles/talkative/role.yml", &format!("summary: x\n{role}"));
    // what prepares the hosts may print a secret before any role has used it
    bench.scenario(
        "talkative",
        "role: talkative\nplatforms: [debian13]\nprepare: [{ playbook: first.yml }, 'echo saying very-s3cret-token']\n",
    );
    let play = "hosts: all\n  resources:\n  - command: { command: 'echo doing very-s3cret-token; cat /etc/hosts', creates: /etc/x }\n";
    bench.project.file("molecule-tests/talkative/first.yml", &format!("- {play}"));
    let output = bench.test(&["--junit", "junit.xml"]).assert_status(1);
    let reports: Vec<_> = std::fs::read_dir(bench.project.path("molecule-tests/output")).unwrap().flatten().collect();
    let report = reports.iter().find(|entry| entry.path().extension().is_some_and(|extension| extension == "md"));
    let report = std::fs::read_to_string(report.unwrap().path()).unwrap();
    let junit = std::fs::read_to_string(bench.project.path("junit.xml")).unwrap();
    assert!(report.contains("saying ********"), "{report}");
    assert!(report.contains("| talkative | debian13 | **failed: apply** |"), "{report}");
    let logged = |line: &str| line.contains(" host app") && line.contains("********");
    assert!(report.contains("journal of host") && report.lines().any(logged), "{report}");
    assert!(junit.contains("<testsuite name=\"talkative on debian13\"") && junit.contains("failures=\"1\""), "{junit}");
    for text in [&report, &junit, &output.stdout, &output.stderr] {
        assert!(!text.contains("very-s3cret"), "{text}");
    }
}
