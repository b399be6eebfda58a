//! `solti test` on hosts that are there already.

use crate::support::{Hosts, Project, Suite};
use serde_json::Value;

const ROLE: &str = "summary: x\nsteps:\n  - name: s\n    resources:\n    - file: { path: /etc/made, content: x }\n\
                    \x20   checks:\n    - command: { command: [grep, -q, x, /etc/made] }\n";

/// Logs in as a user who becomes root, as one does on hosts that stay.
const SCENARIO: &str = "role: small\nplatforms: [lab]\nhosts: { mon: { groups: [lab] } }\n\
                        vars: { ansible_user: ops, ansible_become: true }\nprepare: id -u >/etc/prepared\n\
                        checks:\n  lab:\n    - command: { command: [grep, -qx, '0', /etc/prepared] }\n";

fn platforms(disposable: bool) -> String {
    format!("lab: {{ inventory: ../inventory.yml, disposable: {disposable} }}\n")
}

fn project(hosts: &Hosts) -> Project {
    let project = Project::new(hosts);
    project.file("roles/small/role.yml", ROLE);
    project.file("molecule-tests/small/scenario.yml", SCENARIO);
    project.file("molecule-tests/platforms.yml", &platforms(false));
    project
}

/// The steps of the one run, and how it came out.
fn steps(document: &str) -> (String, String) {
    let document: Value = serde_json::from_str(document).unwrap();
    let run = &document["runs"][0];
    let steps = run["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str());
    (steps.collect::<Vec<_>>().join(" "), run["verdict"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn hosts_of_an_inventory_are_used_and_stay() {
    let hosts = Hosts::up(&[("mon", Suite::Trixie), ("app", Suite::Bookworm)]);
    let project = project(&hosts);
    let output = project.solti(&["test", "-o", "json"]).assert_status(0);
    let passed = |steps: &str| (steps.to_owned(), "passed".to_owned());
    assert_eq!(steps(&output.stdout), passed("create prepare diff apply converged verify destroy"));
    assert!(hosts.host("mon").has("/etc/made") && !hosts.host("app").has("/etc/made"));
    // again, on what is there now; the second of two waits for the first
    let (mut first, second) =
        (project.solti_background(&["test", "-o", "jsonl"]), project.solti_background(&["test", "-o", "jsonl"]));
    first.wait_for_output("\"step\":\"verify\"");
    first.wait().assert_status(0);
    second.wait().assert_status(0);
    // what may be removed again is removed, and nothing else
    project.file("molecule-tests/platforms.yml", &platforms(true));
    hosts.host("mon").exec("rm -f /etc/made /etc/prepared").assert_status(0);
    let output = project.solti(&["test", "-o", "json"]).assert_status(0);
    assert_eq!(steps(&output.stdout), passed("create prepare diff apply converged verify removed destroy"));
    assert!(!hosts.host("mon").has("/etc/made") && hosts.host("mon").has("/etc/prepared"));
}

#[test]
fn a_host_that_cannot_be_reached_fails_at_create() {
    let hosts = Hosts::one(Suite::Trixie);
    let project = project(&hosts);
    let scenario = SCENARIO.replace("mon", "host").replace("ansible_user: ops", "ansible_user: nobody-at-all");
    project.file("molecule-tests/small/scenario.yml", &scenario);
    project
        .solti(&["test"])
        .assert_status(1)
        .assert_stdout_has("failed create")
        .assert_stdout_has("the login was refused");
}
