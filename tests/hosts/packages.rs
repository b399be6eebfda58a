//! Packages: from the distribution, and from a repository whose key is known by its fingerprint.

use crate::both::Both;
use crate::support::{Hosts, Project, Suite};

#[test]
fn a_package_is_installed_and_stays() {
    let both = Both::up();
    both.declare("- package: { name: tree }\n- package: { names: [hello, curl], recommends: false }");
    insta::assert_snapshot!(both.diff(), @r"
    4 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        + package tree: install
          tree  known after apply
        + package hello curl: install
          hello  known after apply
    ");
    assert_eq!(both.read("command -v tree hello; true"), "");
    both.apply();
    both.read("tree --version >/dev/null && hello");
    both.apply_changes_nothing();
    both.repairs("dpkg --remove tree", &["+ package tree: install"]);
    both.read("command -v tree");
    // What is not declared any more stays: others may have come to need it.
    both.declare("- package: { name: hello }");
    both.unchanged();
    both.read("command -v tree");
    both.declare("- package: { name: no-such-package }");
    let output = both.solti(&["apply", "-y"]).assert_status(1);
    assert!(output.stdout.contains("Unable to locate package no-such-package"), "{output}");
    assert!(!both.hosts.host("new").has("/usr/sbin/policy-rc.d"));
}

#[test]
fn a_service_of_a_package_does_not_start_before_its_configuration() {
    let hosts = Hosts::one(Suite::Trixie);
    let project = Project::new(&hosts);
    let host = hosts.host("host");
    project.file(
        "playbooks/site.yml",
        r#"
- hosts: all
  resources:
    - package: { name: prometheus-node-exporter, recommends: false }
    - file: { path: /etc/default/prometheus-node-exporter, content: "ARGS=\"--web.listen-address=127.0.0.1:9111\"\n" }
    - service: { name: prometheus-node-exporter, enabled: true, uses: [/etc/default/prometheus-node-exporter], packages: [prometheus-node-exporter] }
"#,
    );
    insta::assert_snapshot!(project.solti(&["diff", "inventory.yml"]).assert_status(2).stdout, @r#"
    3 changes on host

    host
      resources/play
        + package prometheus-node-exporter: install
          prometheus-node-exporter  known after apply
        + file /etc/default/prometheus-node-exporter
          +ARGS="--web.listen-address=127.0.0.1:9111"
        + service prometheus-node-exporter: start
          at boot  disabled -> enabled
          state    inactive -> active
    "#);
    project.solti(&["apply", "-y", "inventory.yml"]).assert_status(0);
    project.solti(&["diff", "inventory.yml"]).assert_status(0);
    assert_eq!(host.read("journalctl --sync; journalctl -q -o cat -u prometheus-node-exporter | grep -c Started; curl -sf 127.0.0.1:9111 >/dev/null && echo answers; systemctl is-enabled prometheus-node-exporter"), "1\nanswers\nenabled");
    // The package's own file of that name was new to it: it is not asked for, and a second start is not needed.
    assert_eq!(host.read("ls /etc/default/prometheus-node-exporter*"), "/etc/default/prometheus-node-exporter");
}

#[test]
fn a_repository_is_trusted_by_its_fingerprint() {
    let both = Both::up();
    // Each suite's image has a key of its own, so each host has variables of its own.
    for host in both.hosts.iter() {
        let key = host.read_file("/srv/signed/key.asc");
        let indented: String = key.lines().map(|line| format!("  {line}\n")).collect();
        let fingerprint = fingerprint(&key);
        both.project.file(
            &format!("host_vars/{}.yml", host.name()),
            &format!("key: |\n{indented}fingerprint: {fingerprint}\n"),
        );
    }
    let playbook = |fingerprint: &str, more: &str| {
        format!(
            r#"- name: test
  hosts: all
  resources:
    - package:
        name: solti-hello
        repository:
          name: signed
          uris: "file:/srv/signed"
          suites: signed
          components: main
          key:
            content: "{{{{ key }}}}"
            fingerprint: {fingerprint}
{more}"#
        )
    };
    // Another key than the one that is trusted: said at its line, and no host is asked anything.
    both.playbook(&playbook("0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567", ""));
    both.each(|host| drop(host.read("systemctl stop ssh.socket ssh.service 2>/dev/null; true")));
    let output = both.solti(&["apply", "-y"]).assert_status(3);
    let problem = format!("{}{}", output.stdout, output.stderr);
    assert!(problem.contains("playbooks/site.yml:13:"), "{output}");
    assert!(problem.contains("the repository's key has another fingerprint"), "{output}");
    both.each(|host| drop(host.read("systemctl start ssh.service")));

    both.playbook(&playbook("\"{{ fingerprint }}\"", "        version: \"1.0\"\n"));
    let diff = both.solti(&["diff"]).assert_status(2).stdout;
    for text in [
        "+ package solti-hello: install",
        "solti-hello  1.0",
        "Signed-By: /etc/apt/keyrings/signed.asc",
        "BEGIN PGP PUBLIC KEY",
    ] {
        assert!(diff.contains(text), "expected {text:?} in\n{diff}");
    }
    both.apply();
    assert_eq!(
        both.read("solti-hello; cat /etc/apt/sources.list.d/signed.sources; stat -c %a /etc/apt/keyrings/signed.asc"),
        "solti-hello 1.0\nTypes: deb\nURIs: file:/srv/signed\nSuites: signed\nComponents: main\nSigned-By: /etc/apt/keyrings/signed.asc\n644"
    );
    both.apply_changes_nothing();

    // A newer version, with what was changed in its configuration by hand kept; and back again.
    both.each(|host| drop(host.read("echo by hand >>/etc/solti-hello.conf")));
    both.playbook(&playbook("\"{{ fingerprint }}\"", "        version: \"1.1\"\n"));
    insta::assert_snapshot!(both.diff(), @r"
    2 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ package solti-hello: upgrade
          solti-hello  1.0 -> 1.1
    ");
    both.apply();
    assert_eq!(both.read("solti-hello; tail -n 1 /etc/solti-hello.conf"), "solti-hello 1.1\nby hand");
    both.playbook(&playbook("\"{{ fingerprint }}\"", "        version: \"1.0\"\n"));
    insta::assert_snapshot!(both.diff(), @r"
    2 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ package solti-hello: downgrade
          solti-hello  1.1 -> 1.0
    ");
    both.apply();
    assert_eq!(both.read("solti-hello"), "solti-hello 1.0");
    // Any version of a series, any version at all, and the newest.
    both.playbook(&playbook("\"{{ fingerprint }}\"", "        version: \"1.*\"\n")).unchanged();
    both.playbook(&playbook("\"{{ fingerprint }}\"", "")).unchanged();
    both.playbook(&playbook("\"{{ fingerprint }}\"", "        state: latest\n"));
    insta::assert_snapshot!(both.diff(), @r"
    2 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ package solti-hello: upgrade
          solti-hello  1.0 -> 1.1
    ");
    both.apply();
    assert_eq!(both.read("solti-hello"), "solti-hello 1.1");
    both.repairs(
        "echo 'Enabled: no' >>/etc/apt/sources.list.d/signed.sources",
        &["~ package solti-hello", "-Enabled: no"],
    );

    // The repository is no longer declared: apt forgets it, what it installed stays.
    both.declare("- package: { name: solti-hello }").apply();
    assert_eq!(
        both.read("solti-hello; ls /etc/apt/sources.list.d /etc/apt/keyrings"),
        "solti-hello 1.1\n/etc/apt/keyrings:\n\n/etc/apt/sources.list.d:\nsolti-test.sources"
    );
}

/// What gpg says of a key.
fn fingerprint(key: &str) -> String {
    let folder = tempfile::Builder::new().prefix("solti-gpg-").tempdir_in("/tmp").unwrap();
    std::fs::write(folder.path().join("key"), key).unwrap();
    let output = std::process::Command::new("gpg")
        .args(["--homedir", folder.path().to_str().unwrap(), "--batch", "--with-colons", "--show-keys"])
        .arg(folder.path().join("key"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("fpr:")).unwrap();
    line.split(':').nth(9).unwrap().to_owned()
}
