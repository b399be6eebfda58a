//! The throwaway hosts are what the other tests take them for.

use std::fs;
use std::process::Command;

use crate::support::{Hosts, Suite, Terminal, as_root, collect_garbage, eventually, podman, run};

#[test]
fn a_host_of_each_suite_behaves_like_a_real_one() {
    let hosts = Hosts::up(&[("new", Suite::Trixie), ("old", Suite::Bookworm)]);
    for host in hosts.iter() {
        assert_eq!(host.ssh("root", "hostname; id -u").assert_status(0).stdout, format!("{}\n0\n", host.name()));
        assert_eq!(host.read("systemctl is-system-running --wait"), "running");
        host.exec("command -v python3").assert_status(127);

        // Each user has the rights that its name says.
        host.ssh("ops", "sudo -n true").assert_status(0);
        host.ssh("opspw", "sudo -n true").assert_status(1);
        let asked = host.ssh("opspw", "echo 'correct horse' | sudo -S -p '' id -u");
        assert_eq!(asked.assert_status(0).stdout, "0\n");
        host.ssh("plain", "sudo -n true").assert_status(1);

        // Packages install without a network.
        host.exec("apt-get install -y -qq tree && tree --version").assert_status(0).assert_stdout_has("tree v");
        host.exec("apt-get update -qq").assert_status(0);
        host.exec("apt-get install -y -qq --dry-run prometheus prometheus-node-exporter hello").assert_status(0);

        host.write_file("/etc/new folder/it's", "first\n");
        assert_eq!(host.read_file("/etc/new folder/it's"), "first\n");
        assert!(host.has("/etc/new folder") && !host.has("/etc/other"));
    }
}

#[test]
fn the_signed_repository_is_trusted_by_its_key_alone() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let source = "Types: deb\nURIs: file:/srv/signed\nSuites: signed\nComponents: main\n";
    host.write_file("/etc/apt/sources.list.d/signed.sources", source);
    host.exec("apt-get update -qq").assert_status(100);
    host.write_file("/etc/apt/sources.list.d/signed.sources", format!("{source}Signed-By: /srv/signed/key.asc\n"));
    host.exec("apt-get update -qq").assert_status(0);
    host.exec("apt-get install -y -qq solti-hello=1.0 && solti-hello").assert_stdout_has("solti-hello 1.0");
    host.exec("apt-get install -y -qq solti-hello && solti-hello").assert_stdout_has("solti-hello 1.1");
}

#[test]
fn a_host_that_lost_its_power_comes_back_with_its_key() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    host.write_file("/etc/kept", "kept\n");
    host.kill();
    host.start();
    assert_eq!(host.ssh("root", "cat /etc/kept").assert_status(0).stdout, "kept\n");
}

/// Podman that is killed at the wrong moment leaves them.
#[test]
fn networks_of_hosts_that_are_gone_are_removed_and_no_others() {
    const NETWORK: &str = r#"ip netns add "$1" && ip -n "$1" link add eth0 address "$2" type veth peer name eth1"#;
    const CHECK: &str = "ip netns list | cut -d ' ' -f 1";
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let address = host.read("cat /sys/class/net/eth0/address");
    let names = ["gone", "other"].map(|name| format!("netns-{name}-{}", std::process::id()));
    // one more host's of these, and somebody else's
    let addresses = [format!("{}:00:00:01", &address[..8]), "02:00:00:00:00:01".to_owned()];
    for (name, address) in names.iter().zip(&addresses) {
        run(as_root("sh", &["-ec", NETWORK, "sh", name, address])).assert_status(0);
    }
    collect_garbage();
    eventually(&[false, true], || {
        let there = run(as_root("sh", &["-c", CHECK])).assert_status(0).stdout;
        names.each_ref().map(|name| there.lines().any(|line| line == name))
    });
    run(as_root("ip", &["netns", "delete", &names[1]])).assert_status(0);
    host.ssh("root", "true").assert_status(0);
}

/// Podman that is killed while it makes a host knows nothing of it but the name, in its storage.
#[test]
fn a_host_that_is_half_made_is_removed() {
    const HALF: &str = r#"store=$(podman info --format '{{.Store.GraphRoot}}')
        for try in $(seq 100); do
            podman create --name "$1" "$2" true >/dev/null 2>&1 & made=$!
            until grep -qs "\"$1\"" "$store"/*-containers/containers.json; do kill -0 $made 2>/dev/null || break; done
            kill -9 $made 2>/dev/null || :
            wait $made 2>/dev/null || :
            [ "$(podman ps -a --external --filter "name=^$1$" --format '{{.Status}}')" != Storage ] || exit 0
            podman rm -f "$1" >/dev/null 2>&1 || :
        done; exit 1"#;
    let hosts = Hosts::one(Suite::Trixie);
    let image = run(podman(&["inspect", "--format", "{{.Image}}", &hosts.host("host").container()])).assert_status(0);
    let prefix = format!("t{}-half", std::process::id());
    let folder = hosts.key().ancestors().nth(2).unwrap().join(&prefix);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("names"), "host\n").unwrap();
    let name = format!("{prefix}-host");
    run(as_root("sh", &["-ec", HALF, "sh", &name, image.stdout.trim()])).assert_status(0);
    // no process is older than the machine
    fs::write(folder.join("owner"), "1 -1\n").unwrap();
    collect_garbage();
    let filter = format!("name=^{name}$");
    // another test's collection may have come first, and be at it still
    eventually(&(String::new(), false), || {
        let left = run(podman(&["ps", "-aq", "--external", "--filter", &filter])).assert_status(0).stdout;
        (left, folder.exists())
    });
}

#[test]
fn a_terminal_is_read_and_typed_at() {
    let mut ask = Command::new("sh");
    ask.args(["-c", "test -t 0 && test -t 1 && printf 'sure? ' && read answer && echo \"said $answer\"; exit 3"]);
    let terminal = Terminal::start(&ask);
    terminal.wait_for("sure?");
    terminal.press(&["y", "Enter"]);
    terminal.wait_for("said y");
    assert_eq!(terminal.wait(), 3);
}
