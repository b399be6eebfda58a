//! The stand-ins as hosts get them: as images and as packages, started by podman and by systemd.

use crate::support::{Hosts, Suite, wait_until};

#[test]
fn images_and_packages_run_on_trixie() {
    images_and_packages_run(Suite::Trixie);
}

#[test]
fn images_and_packages_run_on_bookworm() {
    images_and_packages_run(Suite::Bookworm);
}

fn images_and_packages_run(suite: Suite) {
    let hosts = Hosts::one(suite);
    let host = hosts.host("host");
    let setup = "-e DOCKER_INFLUXDB_INIT_MODE=setup -e DOCKER_INFLUXDB_INIT_USERNAME=admin -e DOCKER_INFLUXDB_INIT_PASSWORD=correct-horse \
        -e DOCKER_INFLUXDB_INIT_ORG=home -e DOCKER_INFLUXDB_INIT_BUCKET=metrics";
    for (name, options, image, url) in [
        ("influxdb", setup, "influxdb:2.7.12", "8086/health"),
        ("grafana", "", "grafana/grafana:12.4.10", "3000/api/health"),
        ("loki", "", "grafana/loki:3.7.6", "3100/loki/api/v1/status/buildinfo"),
    ] {
        host.read(&format!("podman run -d -q --network host --name {name} {options} docker.io/{image}"));
        let answers = || host.exec(&format!("curl -fs http://127.0.0.1:{url}")).status == 0;
        wait_until(&format!("{name} to answer"), || answers().then_some(()));
        host.read(&format!("podman rm -f -t 5 {name}"));
    }
    assert!(host.read("podman run --rm --user 1 docker.io/telegraf:1.39.3 telegraf --version").contains("1.39.3"));

    let source = "deb [signed-by=/srv/standins/apt/key.asc] file:/srv/standins/apt stable main\n";
    host.write_file("/etc/apt/sources.list.d/standins.list", source);
    host.read("apt-get update -qq && apt-get install -y -qq influxdb2 grafana telegraf >/dev/null 2>&1 && systemctl daemon-reload");
    host.write_file(
        "/etc/telegraf/telegraf.conf",
        "[agent]\n  interval = \"1s\"\n[[inputs.mem]]\n[[inputs.systemd_units]]\n[[outputs.prometheus_client]]\n  listen = \"127.0.0.1:9273\"\n",
    );
    host.read("telegraf --test --config /etc/telegraf/telegraf.conf | grep -q '^> mem,'");
    host.read("systemctl restart influxdb grafana-server telegraf");
    for (name, url, text) in [
        ("influxdb", "8086/health", "pass"),
        ("grafana", "3000/api/health", "\"database\""),
        ("telegraf", "9273/metrics", "mem_total"),
    ] {
        let answers = || host.exec(&format!("curl -fs http://127.0.0.1:{url}")).stdout.contains(text);
        wait_until(&format!("{name} to answer"), || answers().then_some(()));
    }
    assert_eq!(host.read("systemctl is-active influxdb grafana-server telegraf"), "active\nactive\nactive");
}
