//! Who is kept out by a run, and for how long: other runs, until it ends, and nobody else.

use crate::support::{Hosts, Project, Suite, wait_until};

/// Takes its time, until there is a file.
const SLOW: &str = "- hosts: all\n  resources:\n    - command: { command: [timeout, '20', sh, -c, 'touch ~/at-work; until [ -e /tmp/enough ]; do sleep 0.1; done'], unless: [test, -e, /tmp/enough] }\n";

/// Commands, and questions, that leave a program running.
const LEAVES: &str = r#"- hosts: all
  vars: { leave: [perl, /usr/local/share/leave.pl], ask: [perl, /usr/local/share/leave.pl, "1"] }
  resources:
    - command: { command: "{{ leave }}", unless: "{{ ask }}", become_user: mallory }
    - command: { command: "{{ leave }}", unless: "{{ ask }}" }
"#;

/// Ends with its argument, and lives on.
const LEAVE: &str = "use POSIX; exit($ARGV[0] // 0) if fork; setsid; open STDOUT, '>', '/dev/null'; open STDERR, '>', '/dev/null'; sleep 600;\n";

#[test]
fn a_run_keeps_out_other_runs_and_no_longer_than_it_lasts() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    host.read("useradd -m mallory");

    // what is left running by whoever it is run as has no part in the lock
    host.write_file("/usr/local/share/leave.pl", LEAVE);
    project.file("playbooks/site.yml", LEAVES);
    project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
    for user in ["root", "mallory"] {
        assert_ne!(host.read(&format!("pgrep -u {user} -fc '^perl /usr/local/share/leave.pl' || :")), "0", "{user}");
    }
    let holders = "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c solti/lock || :";
    wait_until("nobody to have the lock open", || (host.read(holders) == "0").then_some(()));

    // one run that comes as root and becomes root is one run
    let plays = "- hosts: all\n  become: true\n  resources: [directory: { path: /opt/one }]\n\
                 - hosts: all\n  become: false\n  resources: [directory: { path: /opt/two }]\n";
    project.file("playbooks/site.yml", plays);
    project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
    assert!(host.has("/opt/one") && host.has("/opt/two"));

    // two runs of somebody who is not root, of which only one has a login of its own
    project.file("playbooks/site.yml", SLOW);
    for (first, second) in [
        ("ops, ansible_become: yes, ansible_become_user: plain", "plain"),
        ("plain", "ops, ansible_become: yes, ansible_become_user: plain"),
    ] {
        let inventory = |user: &str| {
            let text = hosts.inventory().replace("ansible_user: root", "x: y");
            text.replace("{ansible_host:", &format!("{{ansible_user: {user}, ansible_host:"))
        };
        project.file("first.yml", &inventory(first)).file("second.yml", &inventory(second));
        let slow = project.solti_background(&["apply", "first.yml", "-y"]);
        wait_until("the first to be at work", || host.has("/home/plain/at-work").then_some(()));
        project.solti(&["apply", "second.yml", "-y"]).assert_status(5).assert_stdout_has("locked");
        host.read("touch /tmp/enough");
        slow.wait().assert_status(0);
        project.solti(&["apply", "second.yml", "-y"]).assert_status(0);
        host.read("rm /tmp/enough /home/plain/at-work");
    }
}
