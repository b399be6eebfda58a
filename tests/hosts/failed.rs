//! Services that fail: what is left of them, what is remembered of the run that failed, and what is said of it.

use crate::both::Both;

/// Units of which each fails in its way: by itself, through another one that it needs, and later, in a user's scope too.
fn units(user: &str) -> String {
    let unit = |name: &str, lines: &str| {
        format!("- unit: {{ name: {name}, user: \"{user}\", content: \"{}\" }}\n", lines.replace('\n', "\\n"))
    };
    unit("need.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n")
        + &unit(
            "needs.service",
            "[Unit]\nRequires=need.service\nAfter=need.service\n[Service]\nExecStart=/bin/sleep 9999\n",
        )
        + &unit("dies.service", "[Service]\nExecStart=/bin/sh -c 'test -e /run/stay || exit 3; exec sleep 9999'\n")
}

/// What has failed in the system and for the user.
const FAILED: &str = "for scope in --system '--user -M ops@'; do
    systemctl $scope is-system-running; systemctl $scope list-units --all --failed --plain --no-legend | cut -d ' ' -f 1; done; true";

#[test]
fn nothing_that_is_gone_has_failed() {
    let both = Both::up();
    both.each(|host| {
        let lingers = "loginctl enable-linger ops; until [ -S /run/user/$(id -u ops)/bus ]; do sleep 0.1; done";
        drop(host.read(&format!("install -d -o ops /home/ops/.config; {lingers}; systemctl reset-failed")));
    });
    let before = both.read(FAILED);
    // what others have left is theirs
    let ghost = "printf '[Service]\\nExecStart=/bin/false\\n' >/etc/systemd/system/ghost.service; systemctl daemon-reload; systemctl start ghost;
        until systemctl is-failed -q ghost; do :; done; rm /etc/systemd/system/ghost.service; systemctl daemon-reload";
    for user in ["", "ops"] {
        // a first start that fails, by what it needs or by itself
        for service in ["needs", "dies"] {
            both.each(|host| drop(host.read(ghost)));
            both.declare(&format!("{}- service: {{ name: {service}, user: \"{user}\" }}\n", units(user)));
            both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has("put back");
            both.each(|host| drop(host.read("systemctl reset-failed ghost")));
            assert_eq!(both.read(FAILED), before, "{service} {user:?}");
        }
        // one that was removed after it had failed, and one that it has started
        both.each(|host| drop(host.read("touch /run/stay")));
        both.declare(&format!("{}- service: {{ name: dies, user: \"{user}\" }}\n", units(user))).apply();
        let scope = if user.is_empty() { "" } else { "--user -M ops@" };
        let fail = format!(
            "rm /run/stay; systemctl {scope} kill -s KILL dies; systemctl {scope} start needs; until systemctl {scope} is-failed -q dies; do :; done"
        );
        both.each(|host| drop(host.exec(&fail)));
        both.each(|host| drop(host.read(ghost)));
        both.declare("- directory: { path: /opt/other }\n").apply();
        both.each(|host| drop(host.read("systemctl is-failed ghost && systemctl reset-failed ghost")));
        assert_eq!(both.read(FAILED), before, "{user:?}");
    }
}

/// Something of each kind that stays when a role is put back; `PASS` is what its check wants.
const STAYS: &str = r#"summary: Another
steps:
  - name: make
    resources:
      - group: { name: stays }
      - user: { name: stayer, system: true }
      - package: { name: solti-hello }
      - directory: { path: /srv/stays, purge: data }
      - file: { path: /etc/stays, content: x }
      - command: { command: touch /srv/stays/data, creates: /srv/stays/data }
    checks:
      - command: { command: [test, -e, /run/pass], within: 1s }
"#;

#[test]
fn what_a_failed_run_has_made_was_not_there_before() {
    let both = Both::up();
    let source =
        "Types: deb\nURIs: file:/srv/signed\nSuites: signed\nComponents: main\nSigned-By: /srv/signed/key.asc\n";
    both.each(|host| host.write_file("/etc/apt/sources.list.d/signed.sources", source));
    both.each(|host| drop(host.read("apt-get update -qq; mkdir /srv/mine; touch /srv/mine/data")));
    let play = |role: &str| {
        both.playbook(&format!("- name: test\n  hosts: all\n  roles: [{role}]\n"));
    };
    let left = "getent passwd stayer | cut -d : -f 1;
        getent group stays | cut -d : -f 1; dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' solti-hello 2>/dev/null | sed -n 's/^ii //p'; ls -d /srv/stays /var/lib/solti/made/* 2>/dev/null; true";
    both.project.file("roles/stays/role.yml", STAYS);
    let all = "stayer\nstays\nsolti-hello\n/srv/stays";
    for succeeds in [true, false] {
        play("stays");
        both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has("8 changes not put back");
        both.each(|host| assert!(host.read(left).starts_with(&format!("{all}\n/var/lib/solti/made/"))));
        if succeeds {
            both.each(|host| drop(host.read("touch /run/pass")));
            both.apply();
            assert_eq!(both.read(left), all);
            both.each(|host| drop(host.read("rm /run/pass")));
        }
        play("{ role: stays, state: absent }");
        both.apply();
        assert_eq!(both.read(left), "/srv/stays");
        play("{ role: stays, state: absent, purge: [data] }");
        both.apply();
        assert_eq!(both.read(left), "");
    }
    // what was there is not taken for ours, nor what somebody makes after a run that has not come to it
    both.project.file("roles/stays/role.yml", &STAYS.replace("/srv/stays", "/srv/mine").replace("  - name: make\n", "  - name: first\n    resources: [{ command: { command: test -e /run/pass, unless: test -e /run/pass } }]\n  - name: make\n"));
    play("stays");
    both.solti(&["apply", "-y"]).assert_status(1);
    both.each(|host| drop(host.read("touch /run/pass; groupadd stays; ls -d /var/lib/solti/made/* && exit 1; true")));
    both.apply();
    play("{ role: stays, state: absent, purge: [data] }");
    both.apply();
    assert_eq!(both.read(&format!("{left}; ls /srv/mine")), "stays\ndata");

    // what a failed run has left may be all that is declared: then the role is not well for that
    let whole = STAYS.split("      - group").next().unwrap().to_owned()
        + "      - group: { name: whole }\n    checks: [{ command: { command: [test, -e, /run/pass], within: 1s } }]\n";
    both.project.file("roles/stays/role.yml", &whole);
    play("stays");
    both.each(|host| drop(host.read("rm /run/pass")));
    both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has("2 changes not put back");
    let note = "stays: the last run of it failed, so apply asks its checks again";
    both.solti(&["diff"]).assert_status(0).assert_stdout_has(note).assert_stdout_has("No changes");
    // nobody is asked for a yes
    let told = both.solti(&["apply"]).assert_status(1).assert_stdout_has(note).assert_stdout_has("no changes made");
    assert!(!told.stderr.contains("putting back"), "{told}");
    both.each(|host| drop(host.read("touch /run/pass")));
    both.solti(&["apply"]).assert_status(0).assert_stdout_has("No changes");
    both.each(|host| drop(host.read("rm /run/pass; ls -d /var/lib/solti/made && exit 1; true")));
    let told = both.solti(&["apply"]).assert_status(0).assert_stdout_has("No changes");
    assert!(!told.stdout.contains(note), "{told}");
}

/// A service that runs for a moment, and a check that would wait for minutes.
const DIES: &str = r#"summary: Another
options:
  dies_word: { type: string, default: "lives" }
  dies_restart: { type: string, default: "no" }
steps:
  - name: run
    resources:
      - unit:
          name: dies.service
          content: |
            [Service]
            ExecStartPre=/bin/rm -f /run/lives
            ExecStart=/bin/sh -c 'echo begins as {{ dies_word }}; [ {{ dies_word }} != dies ] || { sleep 1; echo; echo "error: no room for it"; for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do echo "  at frame $n"; done; exit 7; }; touch /run/lives; exec sleep 9999'
            Restart={{ dies_restart }}
            RestartSec=100ms
            StartLimitIntervalSec=0
      - service: { name: dies, settle: 0s }
    checks:
      - command: { command: [test, -e, /run/lives], within: 5m }
"#;

#[test]
fn a_service_that_dies_is_not_waited_for() {
    let both = Both::up();
    both.project.file("roles/dies/role.yml", DIES);
    both.playbook("- name: test\n  hosts: all\n  roles: [dies]\n");
    both.apply();
    for (restart, said) in [("no", "has failed"), ("always", "has failed")] {
        let restart = format!("dies_restart={restart}");
        let begun = std::time::Instant::now();
        let output = both.solti(&["apply", "-y", "-e", "dies_word=dies", "-e", &restart]).assert_status(1);
        assert!(begun.elapsed().as_secs() < 60, "{output}");
        let output = output.assert_stdout_has(said).assert_stdout_has("dies/run/service:dies");
        output.assert_stdout_has("| error: no room for it").assert_stdout_has("dies.service is running as before");
    }
    // what came before is not this failure's
    let output = both.solti(&["apply", "-y", "-e", "dies_word=dies"]).assert_status(1);
    assert!(!output.stdout.contains("| begins as lives") && output.stdout.contains("(exit status 7)"), "{output}");
    // nor is it waited for where nothing is changed
    both.each(|host| {
        drop(host.read("rm /run/lives; systemctl kill -s KILL dies; until systemctl is-failed -q dies; do :; done"))
    });
    let begun = std::time::Instant::now();
    let output = both.solti(&["verify"]).assert_status(1);
    assert!(begun.elapsed().as_secs() < 60 && output.stdout.contains("dies.service has failed"), "{output}");
}
