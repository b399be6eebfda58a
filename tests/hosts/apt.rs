//! What apt does and does not do by itself: lists that are too old, locks, holds, what would have to go, and the services that
//! packages start.

use crate::both::Both;
use crate::support::{Host, Hosts, Project, Suite, wait_until};

/// Makes packages for the host's own repository in /srv/own: `publish NAME VERSION [FIELDS [POSTINST]]`. What is published
/// is known once the lists are read.
const PUBLISH: &str = r#"#!/bin/sh
cd /srv/own && rm -f "$1"_*.deb || exit
tree=$(mktemp -d) && mkdir "$tree/DEBIAN"
printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: x <x@localhost>\nDescription: x\n' "$1" "$2" >"$tree/DEBIAN/control"
[ -z "$3" ] || printf '%s\n' "$3" >>"$tree/DEBIAN/control"
[ -z "$4" ] || { printf '#!/bin/sh\n%s\n' "$4" >"$tree/DEBIAN/postinst"; chmod 755 "$tree/DEBIAN/postinst"; }
chmod 755 "$tree" && dpkg-deb --root-owner-group -b "$tree" "$1_$2.deb" >/dev/null && rm -r "$tree"
for deb in *.deb; do
  dpkg-deb -f "$deb"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum <"$deb" | cut -d' ' -f1)"
done >Packages
"#;

/// Holds one of apt's locks as apt does: `hold-lock FILE SECONDS`.
const HOLD_LOCK: &str = r#"#!/usr/bin/perl
use Fcntl;
sysopen(my $file, $ARGV[0], O_RDWR | O_CREAT, 0640) or die;
my $lock = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0);
fcntl($file, F_SETLK, $lock) or die;
open my $held, '>', '/run/held'; close $held;
sleep $ARGV[1];
"#;

fn prepare(host: &Host) {
    host.write_file("/usr/local/bin/publish", PUBLISH);
    host.write_file("/usr/local/bin/hold-lock", HOLD_LOCK);
    host.write_file("/etc/apt/sources.list.d/own.list", "deb [trusted=yes] copy:/srv/own ./\n");
    host.read("chmod 755 /usr/local/bin/*; mkdir /srv/own");
}

#[test]
fn apt_is_asked_for_what_it_can_do_and_made_to_do_no_more() {
    let both = Both::up();
    both.each(prepare);
    let by_hand = |script: &str| both.each(|host| drop(host.read(script)));
    by_hand(
        "publish fresh 1; publish foe 1 'Conflicts: friend'; publish friend 1; publish ally 1; publish needs 1 'Depends: ally'
        publish virt 1 'Provides: thing'; publish broken 1 '' 'test -e /run/mended'; publish other 1; apt-get update -qq",
    );

    // What the lists say of what is not there, and what they do not know.
    by_hand(
        "apt-mark hold other >/dev/null; printf 'Package: foe\nPin: release *\nPin-Priority: -1\n' >/etc/apt/preferences.d/foe",
    );
    both.declare(
        "- package: { names: [fresh, nowhere, thing, foe] }\n- package: { name: virt, version: \"2.*\" }\n- package: { name: other }",
    );
    let output = both.solti(&["diff"]).assert_status(1);
    output.assert_stdout_has(
        "other is held on the host, so apt would not change it; `apt-mark unhold other` there lets it",
    );
    by_hand("apt-mark unhold other >/dev/null");
    insta::assert_snapshot!(both.diff(), @"
    6 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        + package fresh nowhere thing foe: install
          the host's package lists have no nowhere; they are read anew first
          the host's package lists have no package thing; if it is a name for several, one of those must be declared
          apt's preferences on the host rule out every version of foe: 1
          fresh    known after apply
          nowhere  known after apply
          thing    known after apply
          foe      known after apply
        + package virt: install (the host's package lists have no 2.* of virt, but 1; they are read anew first)
          virt  2.*
        + package other: install
          other  known after apply
    ");
    by_hand("rm /etc/apt/preferences.d/foe");

    // Lists that are too old resolve, and what they name is gone: they are read anew, once.
    by_hand("publish fresh 2");
    both.declare("- package: { name: fresh }").apply();
    assert_eq!(both.read("dpkg-query -W fresh"), "fresh\t2");
    // What is gone although they were read is said in apt's words.
    by_hand("publish gone 1; apt-get update -qq; rm /srv/own/gone_1.deb");
    both.declare("- package: { name: gone }");
    both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has("E: Failed to fetch copy:/srv/own/./gone_1.deb");
    by_hand("publish gone 1; rm /srv/own/gone_1.deb; publish fresh 2");
    // A version that was on offer and is no more.
    both.declare("- package: { name: fresh, state: latest }");
    by_hand("publish fresh 3; apt-get update -qq; publish fresh 4");
    both.solti(&["apply", "-y"])
        .assert_status(1)
        .assert_stdout_has("the package lists, now read anew, have no such version; solti diff says what they have")
        .assert_stdout_has("E: Version '3' for 'fresh' was not found");
    both.apply();
    assert_eq!(both.read("dpkg-query -W fresh"), "fresh\t4");

    // Somebody else reads the lists, or fetches packages: that is waited for, by all versions of apt.
    for (lock, resource) in [
        ("/var/lib/apt/lists/lock", "- package: { name: virt, version: \"1\" }"),
        ("/var/cache/apt/archives/lock", "- package: { name: other }"),
    ] {
        both.declare(resource);
        let held = format!(
            "rm -f /run/held; (hold-lock {lock} 3 &) >/dev/null 2>&1; until [ -e /run/held ]; do sleep 0.05; done"
        );
        by_hand(&held);
        both.apply();
    }

    // A name that stands for several packages is none; a name with a dot in it is no pattern.
    both.declare("- package: { name: thing }");
    both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has(
        "apt has installed another package for thing, which is only a name for several; declare one of those",
    );
    both.declare("- package: { name: hell. }");
    both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has("E: Unable to locate package hell.");
    assert_eq!(both.read("command -v hello; true"), "");

    // What is there goes for nothing that was not declared to go, neither to install something nor to remove something.
    both.declare("- package: { name: friend }").apply();
    both.declare("- package: { name: foe }");
    both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has(
        "apt would remove friend for that, so nothing was installed; what may go must be removed by hand first",
    );
    both.project.file(
        "roles/pair/role.yml",
        "summary: Two packages\nsteps:\n  - name: all\n    resources: [{ package: { names: [hello, ally] } }]\n",
    );
    both.playbook("- hosts: all\n  roles: [pair]\n");
    both.apply();
    by_hand("apt-get -qq -y install needs >/dev/null 2>&1");
    both.playbook("- hosts: all\n  roles: [{ role: pair, state: absent }]\n");
    both.solti(&["apply", "-y"])
        .assert_status(1)
        .assert_stdout_has("needs would go too, so nothing was removed; what is still needed must be declared");
    assert_eq!(both.read("dpkg-query -W ally needs"), "ally\t1\nneeds\t1");
    by_hand(
        "apt-get -qq -y remove needs >/dev/null 2>&1; publish hello 9 'Depends: ally'; dpkg -i /srv/own/hello_9.deb >/dev/null",
    );
    // both go, though one of them needs the other
    both.apply();
    assert_eq!(both.read("dpkg-query -W -f '${db:Status-Abbrev}' ally hello 2>/dev/null | tr -d ' '; true"), "");

    // What is there by half says so, and is finished.
    both.declare("- package: { name: broken }");
    let output = both.solti(&["apply", "-y"]).assert_status(1);
    output.assert_stdout_has("stays     package broken");
    let half = "~ package broken: reinstall\n      broken  1, half configured -> known after apply";
    assert!(both.diff().contains(half));
    by_hand("touch /run/mended; : >/var/lib/dpkg/updates/0001");
    assert!(both.diff().contains("dpkg is at work on the host, or was cut off there"));
    both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has("dpkg --configure -a");
    by_hand("rm /var/lib/dpkg/updates/0001");
    both.apply();
    assert_eq!(both.read("ls -A /usr/sbin/.solti* /usr/sbin/policy-rc.d 2>/dev/null; true"), "");
}

/// What is at the place of policy-rc.d, with all that tells it from another.
const POLICY: &str = "cd /usr/sbin; stat -c '%i %F %a %U %G %h %Y %N' policy-rc.d 2>/dev/null
    cat /root/policy 2>/dev/null; stat -c '%a %Y' /root/policy 2>/dev/null; ls -dA .solti* 2>/dev/null; true";

#[test]
fn what_says_which_services_start_comes_back_as_it_was() {
    let hosts = Hosts::one(Suite::Bookworm);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    prepare(host);
    let script = "/usr/sbin/policy-rc.d app start; echo $? >>/run/said; if [ -e /run/change ]; then . /run/change; fi
        while [ -e /run/hold ]; do touch /run/held; sleep 0.05; done";
    host.read(&format!("publish first 1 '' '{script}'; publish second 1 '' '{script}'; apt-get update -qq"));
    let declare = |resources: &str| {
        let text = format!("- hosts: all\n  resources:\n    - package: {{ names: [first, second] }}\n{resources}");
        project.file("playbooks/site.yml", &text);
    };
    let failing = "    - command: { command: [\"false\"], unless: [\"false\"] }\n";
    let apply = |resources: &str, status: i32, said: &str| {
        declare(resources);
        host.read("dpkg --purge first second >/dev/null 2>&1; rm -f /run/said");
        let output = project.solti(&["apply", "inventory.yml", "-y"]).assert_status(status);
        assert_eq!(host.read("cat /run/said"), said, "{output}");
    };
    let file =
        "printf '#!/bin/sh\\nexit 104\\n' >/root/policy; chmod 711 /root/policy; touch -d 2001-02-03 /root/policy; ";
    for there in [
        "rm -f /root/policy",
        &format!(
            "{file} cp -p /root/policy /usr/sbin/policy-rc.d; chown daemon:adm /usr/sbin/policy-rc.d; ln /usr/sbin/policy-rc.d /root/second"
        ),
        &format!("{file} ln -s /root/policy /usr/sbin/policy-rc.d; touch -h -d 2002-02-03 /usr/sbin/policy-rc.d"),
        "rm -f /root/policy; ln -s /root/policy /usr/sbin/policy-rc.d",
    ] {
        let afresh = format!("rm -f /usr/sbin/policy-rc.d /root/second; {there}");
        host.read(&afresh);
        let before = host.read(POLICY);
        // the packages stay when something fails later on, and so does what has come back already
        for (resources, status) in [("", 0), (failing, 1)] {
            apply(resources, status, "101\n101");
            assert_eq!(host.read(POLICY), before, "{there}");
        }
        // what a package has put there itself is what is there from then on
        for (resources, status) in [("", 0), (failing, 1)] {
            host.read(&format!("{afresh}; echo 'ln -sfn /bin/true /usr/sbin/policy-rc.d' >/run/change"));
            apply(resources, status, "101\n0");
            assert_eq!(
                host.read("readlink /usr/sbin/policy-rc.d; ls -dA /usr/sbin/.solti* 2>/dev/null; true"),
                "/bin/true"
            );
        }
        host.read("rm /run/change");
    }
    // The host dies while ours is there: the next run puts back what was there.
    for there in
        ["true", "echo two >/root/policy; ln -s /root/policy /usr/sbin/policy-rc.d", "echo one >/usr/sbin/policy-rc.d"]
    {
        host.read(&format!("rm -f /usr/sbin/policy-rc.d /root/policy; {there}; touch /run/hold; rm -f /run/held"));
        host.read("dpkg --purge first second >/dev/null 2>&1");
        let before = host.read(POLICY);
        declare("");
        let cut_off = project.solti_background(&["apply", "inventory.yml", "-y"]);
        wait_until("the package to be installed", || host.has("/run/held").then_some(()));
        host.kill();
        cut_off.wait();
        host.start();
        project.refresh(&hosts);
        host.read("dpkg --configure -a >/dev/null");
        project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
        assert_eq!(host.read(POLICY), before, "{there}");
    }
    // What a package runs ends with it, though nothing may start.
    project.file(
        "roles/exporter/role.yml",
        "summary: A package\nsteps:\n  - name: all\n    resources: [{ package: { name: prometheus-node-exporter, recommends: false } }]\n",
    );
    for state in ["present", "absent"] {
        let text = format!("- hosts: all\n  roles: [{{ role: exporter, state: {state} }}]\n");
        project.file("playbooks/site.yml", &text);
        assert_eq!(host.read("pgrep -c prometheus-node || true"), if state == "present" { "0" } else { "1" });
        project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
        assert_eq!(host.read("pgrep -c prometheus-node || true"), "0");
        host.read("systemctl start prometheus-node-exporter 2>/dev/null || true");
    }
}
