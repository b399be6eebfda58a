//! Hosts side by side: what a failure stops, and what becomes of them where not all can be connected at once.

use crate::support::{Hosts, Project, Suite, Terminal, run};
use std::process::Command;

const NAMES: [&str; 3] = ["one", "two", "three"];

#[test]
fn many_hosts_with_few_open_files_and_a_play_that_fails_as_a_whole() {
    let hosts = Hosts::up(&NAMES.map(|name| (name, Suite::Trixie)));
    let project = Project::new(&hosts);
    // so few that two hosts can be connected at once, and no limit to be raised
    let with_few = |args: &[&str]| {
        let solti = project.command(args);
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(solti.get_program()).args(solti.get_args());
        command.current_dir(solti.get_current_dir().unwrap());
        command
    };
    let play = "- hosts: all\n  become: true\n  resources: [file: { path: /etc/made, content: \"{{ text }}\\n\" }]\n";
    project.file("playbooks/site.yml", play);
    run(with_few(&["diff", "inventory.yml", "-e", "text=one"])).assert_status(2);
    run(with_few(&["apply", "inventory.yml", "-y", "-e", "text=one"])).assert_status(0);
    for name in NAMES {
        assert_eq!(hosts.host(name).read_file("/etc/made"), "one\n", "{name}");
    }
    run(with_few(&["apply", "inventory.yml", "-y", "-e", "text=one"])).assert_status(0).assert_stdout_has("No changes");

    // Nobody holds a lock while the question is open, so what was shown is looked at once more.
    let terminal = Terminal::start(&with_few(&["apply", "inventory.yml", "-e", "text=two"]));
    terminal.wait_for("[y/N]");
    hosts.host("two").write_file("/etc/made", "by hand\n");
    terminal.press(&["y", "Enter"]);
    terminal.wait_for("it is no longer as it was when this was planned");
    assert_eq!(terminal.wait(), 5);
    assert_eq!(NAMES.map(|name| hosts.host(name).read_file("/etc/made")), ["two\n", "by hand\n", "two\n"]);

    // What fails on one host of such a play ends it for all; what had begun is finished.
    let play = "\
- hosts: all
  become: true
  any_errors_fatal: true
  resources:
    - command: { command: [\"false\"], creates: /etc/never, when: inventory_hostname == 'two' }
    - file: { path: /etc/first, content: \"\" }
- { hosts: all, become: true, resources: [file: { path: /etc/second, content: \"\" }] }
";
    project.file("playbooks/site.yml", play);
    let applied = project.solti(&["apply", "inventory.yml", "-y"]).assert_status(1);
    applied.assert_stdout_has("Failed on 1 of 3 hosts; 4 changes made on 2 hosts, 2 skipped");
    assert!(NAMES.iter().all(|name| !hosts.host(name).has("/etc/second")));
    assert!(hosts.host("one").has("/etc/first") && !hosts.host("two").has("/etc/first"));
}
