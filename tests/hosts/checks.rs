//! Checks of files, units and markers: that they pass where all is well, and fail for the right reason where it is not.

use crate::leaks::Watch;
use crate::logs::Stack;
use crate::support::{Hosts, Output, Project, Suite, wait_until};

/// A role of checks alone.
fn role(checks: &str) -> String {
    let checks: String = checks.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "summary: checks\noptions:\n  own_password: {{ type: secret, default: unknown-to-all }}\nsteps:\n  - name: s\n    checks:\n{checks}"
    )
}

/// What was seen by the check of this name.
#[track_caller]
fn seen(output: &Output, name: &str) -> String {
    let line =
        output.stdout.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name} in {output}"));
    let (verdict, rest) = line.trim().split_once("  ").unwrap();
    let seen = rest.split_once(name).unwrap().1;
    format!("{verdict}: {}", seen.trim())
}

#[test]
fn files_and_units_on_trixie() {
    files_and_units(Suite::Trixie);
}

#[test]
fn files_and_units_on_bookworm() {
    files_and_units(Suite::Bookworm);
}

fn files_and_units(suite: Suite) {
    let hosts = Hosts::one(suite);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    project.file("playbooks/site.yml", "- hosts: all\n  roles: [own]\n");
    host.read(
        "mkdir /opt/app && echo 'listen = 80' >/opt/app/conf && chmod 600 /opt/app/conf && chown games:games /opt/app/conf
         ln -s app/conf /opt/link
         printf '[Service]\\nExecStart=sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/own.service
         systemctl daemon-reload && systemctl -q enable --now own
         useradd -m app && loginctl enable-linger app
         install -d -o app -g app /home/app/.config /home/app/.config/systemd /home/app/.config/systemd/user
         printf '[Service]\\nExecStart=sleep infinity\\n' >/home/app/.config/systemd/user/his.service",
    );
    wait_until("the systemd of app", || {
        host.read("ls /run/user/$(id -u app)/bus 2>&1; true").ends_with("bus").then_some(())
    });
    let user = "runuser -u app -- env XDG_RUNTIME_DIR=/run/user/$(id -u app) systemctl --user";
    host.read(&format!("{user} daemon-reload && {user} start his"));
    let checks = "\
- file: { name: conf, path: /opt/app/conf, mode: \"0600\", owner: games, group: \"60\", contains: \"listen = 80\", within: 1s }
- file: { name: folder, path: /opt/app, state: directory, within: 1s }
- file: { name: link, path: /opt/link, target: app/conf, within: 1s }
- file: { name: old, path: /opt/old, state: absent, within: 1s }
- unit: { name: own, enabled: true, within: 1s }
- unit: { name: his, user: app, within: 1s }
- unit: { name: failing, state: failed, within: 1s }
";
    project.file("roles/own/role.yml", &role(checks));
    host.read("systemd-run -q --unit failing --property RemainAfterExit=yes false");
    let output = project.with(&["verify", "-v"], &[]).assert_status(0);
    assert_eq!(seen(&output, "file:conf"), "ok: a file, mode 0600, games:games");
    assert_eq!(seen(&output, "file:link"), "ok: a link, leads to app/conf, root:root");
    assert_eq!(seen(&output, "unit:own"), "ok: active (running), enabled");
    assert_eq!(seen(&output, "unit:his"), "ok: active (running)");
    assert_eq!(seen(&output, "unit:failing"), "ok: failed (failed)");

    host.read(&format!(
        "echo 'listen = 81' >/opt/app/conf && chmod 644 /opt/app/conf && chown root /opt/app/conf
         ln -sfn app /opt/link && touch /opt/old && mv /opt/app /opt/elsewhere && touch /opt/app
         systemctl -q disable --now own; {user} stop his; systemctl stop failing; systemctl reset-failed failing 2>/dev/null; true"
    ));
    let output = project.with(&["verify"], &[]).assert_status(1);
    assert_eq!(seen(&output, "file:conf"), "failed: there is no /opt/app/conf");
    assert_eq!(seen(&output, "file:folder"), "failed: a file, no directory");
    assert_eq!(seen(&output, "file:link"), "failed: leads to app instead of app/conf");
    assert_eq!(seen(&output, "file:old"), "failed: a file is there");
    assert_eq!(seen(&output, "unit:own"), "failed: inactive (dead), disabled");
    assert_eq!(seen(&output, "unit:his"), "failed: inactive (dead)");
    assert_eq!(seen(&output, "unit:failing"), "failed: there is no unit failing.service");
    host.read("rm /opt/app && mv /opt/elsewhere /opt/app");
    let output = project.with(&["verify"], &[]).assert_status(1);
    assert_eq!(
        seen(&output, "file:conf"),
        "failed: mode 0644 instead of 0600, owner root instead of games, `listen = 80` is not in it"
    );
    whoever_is_refused_asks_once(&hosts, &project);
}

/// Notes who asks, and lets in whoever knows the word that it is given.
const DOOR: &str = r#"use strict; use IO::Socket::INET; $| = 1;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 7100, Listen => 20, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  my $who = 'nobody';
  while (<$client>) { $who = $1 if /^authorization: Basic (\S+)/i; last if /^\r?$/ }
  print "$who\n";
  my $status = $who eq $ARGV[0] ? 200 : 401;
  print $client "HTTP/1.1 $status x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
}
"#;

fn whoever_is_refused_asks_once(hosts: &Hosts, project: &Project) {
    let host = hosts.host("host");
    host.write_file("/root/door.pl", DOOR);
    host.read("systemd-run -q --unit door sh -c 'exec perl /root/door.pl right >/run/asked'");
    wait_until("the door", || (host.exec("curl -s http://127.0.0.1:7100/").status == 0).then_some(()));
    let checks = "\
- http: { name: first, url: \"http://127.0.0.1:7100/a\", headers: &who { Authorization: \"Basic {{ own_word }}\" }, within: 20s }
- http: { name: second, url: \"http://127.0.0.1:7100/b\", headers: *who, within: 20s }
- http: { name: third, url: \"http://127.0.0.1:7100/c\", method: POST, body: x, headers: *who, within: 20s }
- http: { name: closed, url: \"http://127.0.0.1:7100/d\", status: 401, within: 20s }
- http: { name: nobody, url: \"http://127.0.0.1:7100/e\", within: 1500ms }
- http: { name: patient, url: \"http://127.0.0.1:7100/f\", headers: { Authorization: Basic patient }, on_refused: retry, within: 1500ms }
";
    let role = role(checks).replace("steps:", "  own_word: { type: string, default: wrong }\nsteps:");
    project.file("roles/own/role.yml", &role);
    let count = |who: &str| host.read(&format!("grep -cx {who} /run/asked; true")).parse::<u32>().unwrap();
    let curl = host.read("command -v curl");
    for (command, asked) in [("true", 1), (&*format!("mv {curl} {curl}.away"), 2)] {
        host.read(command);
        let output = project.with(&["verify", "-v"], &[]).assert_status(1);
        let refused = "status 401 instead of 200: no (refused, and not asked again)";
        assert_eq!(seen(&output, "http:first"), format!("failed: {refused}"));
        assert_eq!(seen(&output, "http:second"), format!("failed: not asked: {refused}"));
        assert_eq!(seen(&output, "http:third"), format!("failed: not asked: {refused}"));
        assert_eq!(seen(&output, "http:closed"), "ok: status 401");
        assert_eq!(count("wrong"), asked, "{output}");
        for (name, who) in [("nobody", "nobody"), ("patient", "patient")] {
            assert_eq!(seen(&output, &format!("http:{name}")), "failed: status 401 instead of 200: no");
            assert!(count(who) > asked, "{output}");
        }
    }
    let output = project.with(&["verify", "-v"], &["own_word=right"]).assert_status(1);
    for name in ["first", "second", "third"] {
        assert_eq!(seen(&output, &format!("http:{name}")), "ok: status 200");
    }
}

#[test]
fn a_step_whose_marker_is_not_found_is_put_back() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    project.file("playbooks/site.yml", "- hosts: all\n  roles: [own]\n");
    let with = |content: &str, find: &str| {
        let checks = format!(
            "- file: {{ path: /opt/own, contains: {content} }}
- marker: {{ name: metric, write: {{ metric: /opt/own.prom }}, find: {{ command: {find} }}, within: 2s }}
"
        );
        let resources = format!("    resources: [{{ file: {{ path: /opt/own, content: {content} }} }}]\n    checks:\n");
        project.file("roles/own/role.yml", &role(&checks).replace("    checks:\n", &resources));
        project.with(&["apply", "-y"], &[])
    };
    with("first", "cat /opt/own.prom").assert_status(0);
    assert_eq!(host.read("ls /opt; cat /opt/own"), "own\nfirst");
    let output = with("second", "cat /opt/own").assert_status(1);
    assert!(output.stdout.contains("written, but not found: `solti-"), "{output}");
    assert_eq!(host.read("ls /opt; cat /opt/own"), "own\nfirst");
}

const MARKERS: &str = "\
- marker:
    name: journal
    write: { journal: own }
    find:
      loki: \"http://{{ host_address('mon') }}:3100\"
      labels: { hostname: app, job: systemd-journal }
      headers: { X-Scope-OrgID: \"{{ own_password }}\" }
    within: &within \"{{ marker_within | default('60s') }}\"
- marker:
    name: file
    write: { file: /var/log/app/a.log }
    find: { loki: \"http://{{ host_address('mon') }}:3100\", labels: { job: app }, user: me, password: \"{{ own_password }}\" }
    within: *within
- marker:
    name: point
    write: { influx: \"http://127.0.0.1:8186\", tags: { site: here }, user: me, password: \"{{ own_password }}\" }
    find: { command: [cat, /opt/points] }
    within: *within
- marker:
    name: metric
    write: { metric: /opt/own.prom }
    find: { command: [cat, /opt/own.prom] }
    within: *within
- marker:
    name: command
    write: { command: \"id -un >/opt/who; echo {{ marker }} >>/opt/own\" }
    find: { command: [cat, /opt/own] }
    within: *within
    become_user: games
";

/// A Telegraf that takes points from those who know the password.
const TELEGRAF: &str = "\
[agent]
  flush_interval = \"1s\"
[[inputs.http_listener_v2]]
  service_address = \"127.0.0.1:8186\"
  basic_username = \"me\"
  basic_password = \"a-password-of-tests\"
[[outputs.file]]
  files = [\"/opt/points\"]
";

#[test]
fn markers_are_written_once_and_found() {
    let files = "alloy_files: [{ paths: [/var/log/app/*.log], job: app }]\nown_password: a-password-of-tests\n";
    let stack = Stack::new(Suite::Trixie, Suite::Bookworm, files);
    let app = stack.app();
    app.read("mkdir /var/log/app && chown games /opt");
    stack.apply(&[]).assert_status(0);
    app.write_file("/root/telegraf.conf", TELEGRAF);
    app.read(
        "ln -s /srv/standins/solti-standins /usr/local/bin/telegraf
         systemd-run -q --unit points telegraf --config /root/telegraf.conf",
    );
    stack.project.file("playbooks/site.yml", "- hosts: app\n  roles: [own]\n");
    stack.project.file("roles/own/role.yml", &role(MARKERS));
    let soon = ["marker_within=3s"];
    let (names, counts) = (
        ["journal", "file", "point", "metric", "command"],
        "journalctl --sync; wc -l </var/log/app/a.log; journalctl -q -o cat -t own | wc -l; wc -l </opt/own; grep -c solti_marker /opt/points",
    );

    // Each value is written once, however often it is looked for, and no password is an argument.
    let watch = Watch::start();
    let output = stack.solti(&["verify", "-v"], &[]).assert_status(0);
    let watched = watch.stop();
    assert!(watched.has("loki/api") || watched.has("curl"), "nothing was watched");
    let password = "a-password-of-tests".to_owned();
    let encoded = app.read("printf me:a-password-of-tests | base64");
    assert_eq!(watched.arguments(&[password, encoded]), [""; 0]);
    for name in names {
        assert!(seen(&output, &format!("marker:{name}")).starts_with("ok: found after "), "{output}");
    }
    assert_eq!(app.read(counts), "1\n1\n1\n1");
    assert_eq!(app.read("ls /opt; cat /opt/who; head -c 6 /opt/own"), "own\npoints\nwho\ngames\nsolti-");

    // Without curl, requests come from here through the connection.
    let curl = app.read("command -v curl");
    app.read(&format!("mv {curl} {curl}.away"));
    stack.solti(&["verify"], &[]).assert_status(0);
    app.read(&format!("mv {curl}.away {curl}"));
    assert_eq!(app.read(counts), "2\n2\n2\n2");

    // What arrived before is not what is looked for.
    app.read("systemctl stop alloy");
    let output = stack.solti(&["verify", "-v"], &soon).assert_status(1);
    for name in ["journal", "file"] {
        let seen = seen(&output, &format!("marker:{name}"));
        assert!(seen.starts_with("failed: written, but not found: `solti-"), "{output}");
    }
    assert!(seen(&output, "marker:point").starts_with("ok: "), "{output}");
    assert_eq!(app.read(counts), "3\n3\n3\n3");
    app.read("systemctl start alloy");

    // Each end has its own reason to fail, and what somebody else has written stays.
    stack.hosts.host("mon").read("systemctl stop loki");
    app.read("echo 'node_own 1' >/opt/own.prom; chown root /opt/own; chmod 644 /opt/own");
    let output = stack.solti(&["verify", "-v"], &["marker_within=2s", "own_password=another"]).assert_status(1);
    assert!(seen(&output, "marker:journal").starts_with("failed: written, but not found: curl: (7)"), "{output}");
    let refused = "failed: the marker could not be written: ";
    assert_eq!(
        seen(&output, "marker:point"),
        format!("{refused}status 401: Unauthorized. (refused, and not asked again)")
    );
    assert_eq!(
        seen(&output, "marker:metric"),
        format!("{refused}exit status 1: /opt/own.prom is there already, and not from a marker")
    );
    assert!(seen(&output, "marker:command").starts_with(&format!("{refused}exit status ")), "{output}");
    app.read("systemctl stop points");
    let output = stack.solti(&["verify"], &["marker_within=2s"]).assert_status(1);
    assert!(seen(&output, "marker:point").starts_with(&format!("{refused}curl: (7)")), "{output}");
    assert_eq!(app.read("cat /opt/own.prom"), "node_own 1");

    // A secret where everybody could see it is refused before anybody is asked.
    let tagged = MARKERS.replace("journal: own", "journal: \"{{ own_password }}\"");
    stack.project.file("roles/own/role.yml", &role(&tagged));
    let output = stack.solti(&["verify"], &[]).assert_status(3);
    assert!(output.stderr.contains("own/s/marker:journal has a secret in its arguments"), "{output}");
}
