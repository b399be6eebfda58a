//! What a run without changes costs: one connection, two exchanges, a handful of processes however many resources there
//! are, and not one file written.

use crate::support::{Host, Hosts, Project, Suite};

/// Every program of the host notes its name before it does its work.
const NOTE_CALLS: &str = "\
printf '#!/bin/sh\\nprintf \"%%s\\\\n\" \"${0##*/}\" >>/run/calls\\n\
if [ -x \"/usr/bin/${0##*/}\" ]; then exec \"/usr/bin/${0##*/}\" \"$@\"; else exec \"/usr/sbin/${0##*/}\" \"$@\"; fi\\n' >/usr/local/lib/note
chmod 755 /usr/local/lib/note
: >/run/calls; chmod 666 /run/calls
for program in /usr/bin/* /usr/sbin/*; do
  case ${program##*/} in sh | dash | bash) ;; *) ln -sf ../lib/note \"/usr/local/bin/${program##*/}\" ;; esac
done";

/// A play with `count` of everything whose state is asked for in one go, and one of the rest.
fn play(count: usize) -> String {
    let mut text = String::from(
        "- hosts: all
  become: true
  resources:
    - config: { dir: /etc/app, files: [{ dest: app.conf, content: \"a\\n\" }, { dest: sub/more.conf, content: \"b\\n\" }] }
    - command: { command: [touch, /etc/app.done], creates: /etc/app.done }
    - command: { command: [\"false\"], unless: [\"true\"] }
    - absent: { path: /etc/app.old }
",
    );
    for number in 0..count {
        text.push_str(&format!(
            "    - group: {{ name: group{number} }}
    - user: {{ name: user{number}, group: group{number}, home: /srv/user{number} }}
    - directory: {{ path: /srv/folder{number}, mode: \"0750\" }}
    - file: {{ path: /srv/folder{number}/file, content: \"{number}\\n\" }}
    - symlink: {{ path: /srv/link{number}, src: folder{number} }}
    - unit: {{ name: unit{number}, content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\" }}
    - service: {{ name: unit{number}, settle: 0ms, uses: [/srv/folder{number}] }}
"
        ));
    }
    let packages = ["sudo", "curl", "procps", "iproute2", "podman", "nftables"];
    for package in packages.iter().take(count) {
        text.push_str(&format!("    - package: {{ name: {package} }}\n"));
    }
    text
}

/// The programs that were called on the host while `work` was done, in the order of their names, and how often.
fn calls(host: &Host, work: impl FnOnce()) -> Vec<String> {
    host.read(": >/run/calls");
    work();
    let calls = host.read("/usr/bin/sort /run/calls | /usr/bin/uniq -c");
    calls.lines().map(|line| line.trim().to_owned()).collect()
}

/// How many programs were sent to the host, as the last event about it says.
fn exchanges(output: &str) -> u64 {
    let events = output.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let done: Vec<_> = events.filter(|event| event["event"] == "host-done").collect();
    assert_eq!((done.len(), &done[0]["outcome"]), (1, &"unchanged".into()), "{output}");
    done[0]["exchanges"].as_u64().unwrap()
}

/// Files that were written since the stamp: outside of what a login itself writes.
fn written(host: &Host) -> String {
    let kept = "-path /var/log -o -path /run/log -o -path /run/systemd -o -path /run/user -o -path /run/calls";
    let new = "-newer /run/stamp -o -cnewer /run/stamp";
    let found = host.read(&format!(
        "/usr/bin/find / /run /tmp /dev/shm -xdev \\( {kept} \\) -prune -o ! -type d \\( {new} \\) -print | /usr/bin/sort"
    ));
    let login = [
        "/run/utmp",
        "/run/motd.dynamic",
        "/run/motd.dynamic.new",
        "/var/lib/wtmpdb/wtmp.db",
        "/var/lib/lastlog/lastlog2.db",
    ];
    found.lines().filter(|path| !login.contains(path)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_run_without_changes_costs_the_same_whatever_its_size() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    // Else each login might start the user's own systemd, and that many programs.
    host.exec("loginctl enable-linger root && systemctl start user@0").assert_status(0);
    host.exec(NOTE_CALLS).assert_status(0);
    let login = calls(host, || {
        host.ssh("root", ":").assert_status(0);
    });

    // facts: ip; the shell: setsid; the probe: the rest
    let of_diff = "1 dpkg-query, 2 getent, 1 ip, 1 readlink, 1 setsid, 1 sha256sum, 1 stat, 1 systemctl";
    let of_apply = "1 dpkg-query, 1 flock, 2 getent, 1 ip, 1 readlink, 1 setsid, 1 sha256sum, 1 stat, 1 systemctl";
    for count in [1, 5] {
        project.file("playbooks/site.yml", &play(count));
        project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
        host.read("rm /run/solti/lock; : >/run/stamp; until [ /run/later -nt /run/stamp ]; do : >/run/later; done");
        let before = host.logins();
        for (command, expected, leaves) in
            [(["diff", "-v"], of_diff, "/run/later"), (["apply", "-y"], of_apply, "/run/later\n/run/solti/lock")]
        {
            let called = calls(host, || {
                let output = project.solti(&[command[0], "inventory.yml", "-o", "jsonl", command[1]]).assert_status(0);
                assert_eq!(exchanges(&output.stdout), 2);
            });
            // the lock's clock may be stopped before it has begun
            let clock = (command[0] == "apply").then(|| "1 sleep".to_owned());
            let called = called.into_iter().filter(|call| !login.contains(call) && Some(call) != clock.as_ref());
            assert_eq!(called.collect::<Vec<_>>().join(", "), expected, "{command:?} of {count}");
            assert_eq!(written(host), leaves);
        }
        assert_eq!(host.logins(), before + 2);
    }
}

#[test]
fn all_that_is_behind_an_api_is_one_curl() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    project.file("playbooks/site.yml", "- hosts: all\n  roles: [influxdb]\n");
    let buckets = r#"{"influxdb_buckets": [{"name": "one"}, {"name": "two"}, {"name": "three", "retention": "7d"}],
        "influxdb_tokens": [{"name": "a", "read": ["one"]}, {"name": "b", "write": ["two", "three"]}]}"#;
    let mut all = Vec::new();
    for (at, more) in [&[][..], &["-e", buckets]].into_iter().enumerate() {
        project.solti(&[&["apply", "inventory.yml", "-y"], more].concat()).assert_status(0);
        if at == 0 {
            host.exec("loginctl enable-linger root && systemctl start user@0").assert_status(0);
            host.exec(NOTE_CALLS).assert_status(0);
        }
        let called = calls(host, || {
            let output = project.solti(&[&["diff", "inventory.yml", "-o", "jsonl"], more].concat()).assert_status(0);
            assert_eq!(exchanges(&output.stdout), 2);
        });
        assert!(called.contains(&"1 curl".to_owned()), "{called:?}");
        all.push(called);
    }
    // health checks of the container itself, and of podman, come and go
    let solti = ["base64", "curl", "getent", "head", "readlink", "sha256sum", "stat", "systemctl", "tr"];
    let of_solti = |calls: &[String]| -> Vec<String> {
        let own = calls.iter().filter(|call| call.split(' ').next_back().is_some_and(|name| solti.contains(&name)));
        own.cloned().collect()
    };
    assert_eq!(of_solti(&all[0]), of_solti(&all[1]));
}
