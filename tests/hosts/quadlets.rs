//! Podman quadlets: of the system and of a user, with podman's generator (trixie) and without (bookworm). What runs in
//! the containers are the stand-ins of `testbed/standins/`, pulled from the registry that is one too.

use std::fmt::Write as _;
use std::path::Path;

use crate::poller::Poller;
use crate::support::{Hosts, Output, Project, Suite, wait_until};

/// Loki's stand-in with a volume, a network, a mounted folder and an environment file.
const ROLE: &str = r#"summary: A container with all that can belong to one
options:
  box_user: { type: string, default: "" }
  box_port: { type: port, default: 7100 }
  box_image: { type: string, default: "docker.io/grafana/loki:3.5.0" }
  box_level: { type: string, default: info }
  box_more: { type: mapping, default: {} }
  box_word: { type: string, default: one }
  box_env: { type: string, default: one }
  box_description: { type: string, default: one }
  box_exec: { type: string, default: "-config.file=/etc/loki/config.yml" }
  box_ready: { type: integer, default: 200 }
  box_within: { type: duration, default: 60s }
  box_service: { type: mapping, default: {} }
steps:
  - name: run
    resources:
      - directory: { path: /etc/box, owner: "{{ box_user or 'root' }}" }
      - config:
          dir: /etc/box
          owner: "{{ box_user or 'root' }}"
          files:
            - dest: config.yml
              content: |
                {{ {'auth_enabled': false, 'server': {'http_listen_port': 3100, 'log_level': box_level},
                'common': {'path_prefix': '/loki', 'replication_factor': 1, 'ring': {'kvstore': {'store': 'inmemory'}},
                'storage': {'filesystem': {'chunks_directory': '/loki/chunks', 'rules_directory': '/loki/rules'}}},
                'ingester': {'lifecycler': {'min_ready_duration': '0s'}},
                'schema_config': {'configs': [{'from': '2024-04-01', 'store': 'tsdb', 'object_store': 'filesystem',
                'schema': 'v13', 'index': {'prefix': 'index_', 'period': '24h'}}]}} | combine(box_more) | to_json }}
          validate: "{{ omit if box_user else ['podman', 'run', '--rm', '--network=none', '--user', '0', '-v', '%s:/etc/loki:ro', box_image, '-verify-config', '-config.file=/etc/loki/config.yml'] }}"
      - file: { path: /etc/box.env, owner: "{{ box_user or 'root' }}", mode: "0600", content: "WORD={{ box_env }}\n" }
      - quadlet: { name: box.volume, user: "{{ box_user }}", volume: {}, purge: data }
      - quadlet: { name: box.network, user: "{{ box_user }}", network: {} }
      - quadlet:
          name: box.container
          user: "{{ box_user }}"
          unit: { Description: "{{ box_description }}" }
          container:
            Image: "{{ box_image }}"
            Exec: "{{ box_exec }}"
            User: "0"
            Volume: ["/etc/box:/etc/loki:ro", "box.volume:/loki"]
            Network: box.network
            PublishPort: "127.0.0.1:{{ box_port }}:3100"
            EnvironmentFile: /etc/box.env
            Label: { word: "{{ box_word }} word" }
            Environment: { DATA: '50% of ${HOME} in %h, $$ "q" \d' }
          service: "{{ box_service or omit }}"
          install: { WantedBy: "{{ 'default.target' if box_user else 'multi-user.target' }}" }
          validate: "{{ omit if box_user else ['podman', 'run', '--rm', '--network=none', '--user', '0', '-v', '/etc/box:/etc/loki:ro', box_image, '-verify-config', '-config.file=/etc/loki/config.yml'] }}"
      - service: { name: box, user: "{{ box_user }}", settle: 0s }
    checks:
      - http: { url: "http://127.0.0.1:{{ box_port }}/ready", status: "{{ box_ready }}", within: "{{ box_within }}" }
"#;

/// One host with the role, for the system or for a user.
struct Bench {
    hosts: Hosts,
    project: Project,
    suite: Suite,
    user: &'static str,
}

impl Bench {
    fn new(suite: Suite, user: &'static str) -> Self {
        let hosts = Hosts::one(suite);
        let project = Project::new(&hosts);
        project.file("roles/box/role.yml", ROLE);
        let bench = Self { hosts, project, suite, user };
        // A system account, without a home or ranges of subordinate ids.
        if !user.is_empty() {
            bench.read(&format!("useradd -r -M {user}"));
        }
        bench.role("box");
        bench
    }

    /// The playbook's use of the role.
    fn role(&self, role: &str) {
        // Where cgroup v1 is mounted anywhere, podman 4.3 takes a user's services for being in nobody's cgroup and moves
        // them to a scope, by the bus; systemd then loses sight of the container. Later ones know better.
        let service = if Path::new("/sys/fs/cgroup/cgroup.procs").exists() || self.suite != Suite::Bookworm {
            "{}"
        } else {
            "{ Environment: { DBUS_SESSION_BUS_ADDRESS: \"disabled:\" } }"
        };
        let vars = if self.user.is_empty() {
            String::new()
        } else {
            format!("  vars: {{ box_user: {}, box_service: {service} }}\n", self.user)
        };
        self.project.file("playbooks/site.yml", &format!("- name: Box\n  hosts: all\n{vars}  roles: [{role}]\n"));
    }

    #[track_caller]
    fn solti(&self, command: &[&str], variables: &[&str]) -> Output {
        self.project.with(command, variables)
    }

    #[track_caller]
    fn apply(&self, variables: &[&str]) -> Output {
        self.solti(&["apply", "-y"], variables)
    }

    #[track_caller]
    fn read(&self, script: &str) -> String {
        self.hosts.host("host").read(script)
    }

    /// Runs shell text in the scope of the user, or of the system.
    #[track_caller]
    fn scoped(&self, script: &str) -> String {
        if self.user.is_empty() {
            return self.read(script);
        }
        let script = script.replace("systemctl ", "systemctl --user ").replace('\'', "'\\''");
        self.read(&format!(
            "id -u {0} >/dev/null 2>&1 && cd / && runuser -u {0} -- env HOME=/home/{0} XDG_RUNTIME_DIR=/run/user/$(id -u {0}) \
             DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$(id -u {0})/bus sh -c '{script}'",
            self.user
        ))
    }

    /// Which start of the service is running.
    #[track_caller]
    fn start(&self) -> String {
        self.scoped("systemctl show -p InvocationID --value box")
    }

    fn answers(&self) -> bool {
        self.hosts.host("host").exec("curl -fs http://127.0.0.1:7100/ready").status == 0
    }
}

#[test]
fn a_container_of_the_system_lives_and_goes_on_trixie() {
    a_container_lives_and_goes(Suite::Trixie, "");
}

#[test]
fn a_container_of_the_system_lives_and_goes_on_bookworm() {
    a_container_lives_and_goes(Suite::Bookworm, "");
}

#[test]
fn a_container_of_a_user_lives_and_goes_on_trixie() {
    a_container_lives_and_goes(Suite::Trixie, "boxer");
}

#[test]
fn a_container_of_a_user_lives_and_goes_on_bookworm() {
    a_container_lives_and_goes(Suite::Bookworm, "boxer");
}

fn a_container_lives_and_goes(suite: Suite, user: &'static str) {
    let bench = Bench::new(suite, user);
    let left = "find /etc/containers/systemd /etc/systemd /home/*/.config -name '*box*' 2>/dev/null; ls -d /etc/box /etc/box.env 2>/dev/null; true";
    let before = bench.read(left);

    let output = bench.apply(&[]).assert_status(0);
    output.assert_stdout_has("pulls docker.io/grafana/loki:3.5.0").assert_stderr_has("pulled");
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    assert!(bench.answers());
    // what a mapping says is no specifier and no variable
    let environment = bench.scoped("podman inspect -f {{.Config.Env}} systemd-box");
    assert!(environment.contains(r#"DATA=50% of ${HOME} in %h, $$ "q" \d"#), "{environment}");
    assert_eq!(
        bench.read("stat -c '%U %a' /etc/box.env"),
        format!("{} 600", if user.is_empty() { "root" } else { user })
    );

    // Each of its inputs starts it anew, once, and nothing else does.
    let mut variables: Vec<&str> = Vec::new();
    for (variable, because) in [
        ("box_level=debug", "because of /etc/box/config.yml"),
        ("box_env=two", "because of /etc/box.env"),
        ("box_description=two", "box.container"),
        ("box_word=two", "box.container"),
        ("box_image=docker.io/grafana/loki:3.5.7", "box.container"),
    ] {
        variables.push(variable);
        let old = bench.start();
        let output = bench.apply(&variables).assert_status(0);
        let systemd =
            if suite == Suite::Bookworm { because.replace("box.container", "box.service") } else { because.into() };
        assert!(output.stdout.contains("service box"), "{variable}: {output}");
        assert!(output.stdout.contains(&systemd), "{variable}: {output}");
        let new = bench.start();
        assert_ne!(old, new, "{variable}: {output}");
        bench.apply(&variables).assert_status(0).assert_stdout_has("No changes");
        assert_eq!(bench.start(), new, "{variable}");
        assert!(bench.answers(), "{variable}");
    }
    // Another image under the name that is declared.
    let old = bench.start();
    bench.scoped("podman tag docker.io/grafana/loki:3.5.0 docker.io/grafana/loki:3.5.7");
    bench.apply(&variables).assert_status(0).assert_stdout_has("because of image docker.io/grafana/loki:3.5.7");
    assert_ne!(bench.start(), old);
    bench.apply(&variables).assert_status(0).assert_stdout_has("No changes");

    // What was there before a reboot is there after it, with its data.
    bench.scoped("podman volume inspect systemd-box >/dev/null && sync");
    let host = bench.hosts.host("host");
    host.kill();
    host.start();
    bench.project.refresh(&bench.hosts);
    wait_until("the container to be back", || bench.answers().then_some(()));
    bench.apply(&variables).assert_status(0).assert_stdout_has("No changes");

    // Removal: the volume is data, and goes when it is named.
    let containers = "podman ps -aq; podman volume ls -q; podman network ls --format '{{.Name}}' | grep -v '^podman$'; \
        systemctl list-units --all --plain --no-legend 'box*' | cut -d ' ' -f 1; true";
    bench.role("{ role: box, state: absent }");
    bench.apply(&[]).assert_status(0);
    assert_eq!(bench.scoped(containers), "systemd-box");
    assert_eq!(bench.read(left), before);
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    bench.role("{ role: box, state: absent, purge: [data] }");
    bench.apply(&[]).assert_status(0).assert_stdout_has("volume systemd-box");
    assert_eq!(bench.scoped(containers), "");
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
}

#[test]
fn what_cannot_run_leaves_the_old_container_answering_on_trixie() {
    what_cannot_run_leaves_the_old_container_answering(Suite::Trixie);
}

#[test]
fn what_cannot_run_leaves_the_old_container_answering_on_bookworm() {
    what_cannot_run_leaves_the_old_container_answering(Suite::Bookworm);
}

fn what_cannot_run_leaves_the_old_container_answering(suite: Suite) {
    let bench = Bench::new(suite, "");
    bench.apply(&[]).assert_status(0);
    let start = bench.start();
    let poller = Poller::start(bench.hosts.host("host"), "http://127.0.0.1:7100/ready");
    let generator = if suite == Suite::Trixie { "" } else { " " };
    let cases: &[(&[&str], &str)] = &[
        // a configuration that Loki itself does not take
        (&["{\"box_more\": {\"server\": {\"http_listen_prt\": 1}}}"], "field http_listen_prt not found"),
        // an image that is not there, and a registry that is not
        (&["box_image=docker.io/grafana/loki:0.0.1"], "the image could not be pulled"),
        (&["box_image=127.0.0.1:1/grafana/loki:3.5.0"], "the image could not be pulled"),
        // one that ends at once
        (&["box_image=docker.io/grafana/loki:crash"], "refused"),
    ];
    for (variables, said) in cases {
        let output = bench.apply(variables).assert_status(1).assert_stdout_has("no changes made");
        assert!(output.stdout.contains(said), "expected {said:?}{generator}\n{output}");
        assert_eq!(bench.start(), start, "{output}");
    }
    assert_eq!(poller.stop(), "");
    // One that starts and does not answer as it should is put back.
    bench.apply(&["box_word=two", "box_ready=204", "box_within=20s"]).assert_status(1).assert_stdout_has("put back");
    wait_until("the old container to answer", || bench.answers().then_some(()));
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
}

#[test]
fn a_volume_of_a_first_start_that_failed_goes_with_its_role_on_trixie() {
    a_volume_of_a_first_start_that_failed_goes_with_its_role(Suite::Trixie, "");
}

#[test]
fn a_volume_of_a_first_start_that_failed_goes_with_its_role_on_bookworm() {
    a_volume_of_a_first_start_that_failed_goes_with_its_role(Suite::Bookworm, "boxer");
}

fn a_volume_of_a_first_start_that_failed_goes_with_its_role(suite: Suite, user: &'static str) {
    let bench = Bench::new(suite, user);
    let left = "podman volume ls -q; podman network ls --format '{{.Name}}' | grep -v '^podman$'; true";
    let unit = || {
        bench.read("systemctl show -p UnitFileState,ActiveState,FragmentPath box; systemctl show -p ExecStart box | grep -o 'path=[^ ]*'; true")
    };
    if user.is_empty() {
        somebody_has_its_name(&bench);
    }
    let before = unit();
    bench.apply(&["box_ready=500", "box_within=1s"]).assert_status(1).assert_stdout_has("put back");
    assert_eq!((bench.scoped(left).as_str(), unit()), ("systemd-box\nsystemd-box", before.clone()));
    bench.apply(&[]).assert_status(0);
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    bench.role("{ role: box, state: absent }");
    bench.apply(&[]).assert_status(0);
    assert_eq!((bench.scoped(left).as_str(), unit()), ("systemd-box", before));
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    bench.role("{ role: box, state: absent, purge: [data] }");
    bench.apply(&[]).assert_status(0).assert_stdout_has("volume systemd-box");
    assert_eq!(bench.scoped(left), "");
}

/// One unit of that name that would stay in the way, and then one that gives way.
fn somebody_has_its_name(bench: &Bench) {
    bench.read("systemd-run -q --unit box sleep infinity");
    let refused = bench.solti(&["diff"], &[]).assert_status(1);
    refused.assert_stdout_has("is another unit on the host, /run/systemd/transient/box.service, which systemd prefers");
    bench.read("systemctl stop box.service");
    let own = "[Service]\nExecStart=/usr/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n";
    bench.hosts.host("host").write_file("/etc/systemd/system/box.service", own);
    bench.read("systemctl daemon-reload && systemctl -q enable --now box");
    let shown = bench.solti(&["diff"], &[]).assert_status(2);
    shown.assert_stdout_has("replaces /etc/systemd/system/box.service, which comes back when the quadlet goes");
}

/// Podman 4 that is ended while it starts a container leaves its network behind, with rules that lead to nowhere.
#[test]
fn a_start_that_is_put_back_leaves_no_network() {
    const SLOW: &str =
        "#!/bin/sh\n/usr/lib/podman/netavark.real \"$@\" || exit\ncase \" $* \" in *' setup '*) sleep 2 ;; esac\n";
    let bench = Bench::new(Suite::Bookworm, "");
    let always = "{\"box_service\": {\"Restart\": \"always\"}}";
    bench.apply(&[always]).assert_status(0);
    let networks = || bench.read("ls /run/netns | wc -l");
    assert_eq!(networks(), "1");
    // so that nearly any moment is one at which it is being started
    bench.read("mv /usr/lib/podman/netavark /usr/lib/podman/netavark.real");
    bench.hosts.host("host").write_file("/usr/lib/podman/netavark", SLOW);
    bench.read("chmod 755 /usr/lib/podman/netavark");
    for within in ["box_within=2s", "box_within=3s"] {
        let broken = [always, "box_exec=-config.file=/nowhere", within];
        bench.apply(&broken).assert_status(1).assert_stdout_has("put back  /etc/systemd/system/box.service");
        wait_until("the old container to answer", || bench.answers().then_some(()));
        assert_eq!(networks(), "1");
    }
    bench.apply(&[always]).assert_status(0).assert_stdout_has("No changes");
}

/// A host that is upgraded gets the quadlet in place of the unit: one container before, one after, and none beside it.
#[test]
fn an_upgraded_podman_takes_over() {
    let bench = Bench::new(Suite::Trixie, "");
    bench.hosts.host("host").write_file(
        "/usr/local/bin/podman",
        "#!/bin/sh\n[ \"$1\" != --version ] || { echo podman version 4.3.1; exit; }\nexec /usr/bin/podman \"$@\"\n",
    );
    bench.read("chmod 755 /usr/local/bin/podman");
    bench.apply(&[]).assert_status(0).assert_stdout_has("podman 4.3 on the host has no quadlets");
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    let units = "ls /etc/systemd/system/box* /etc/systemd/system/multi-user.target.wants/box* /etc/containers/systemd/box* 2>/dev/null; true";
    assert_eq!(
        bench.read(units),
        "/etc/systemd/system/box-network.service\n/etc/systemd/system/box-volume.service\n/etc/systemd/system/box.service\n\
         /etc/systemd/system/multi-user.target.wants/box.service"
    );
    let volume = bench.read("podman volume inspect -f '{{.CreatedAt}}' systemd-box");

    bench.read("rm /usr/local/bin/podman");
    let output = bench.apply(&[]).assert_status(0);
    output.assert_stdout_has("replaces /etc/systemd/system/box.service").assert_stdout_has("service box: restart");
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    assert_eq!(
        bench.read(units),
        "/etc/containers/systemd/box.container\n/etc/containers/systemd/box.network\n/etc/containers/systemd/box.volume"
    );
    assert_eq!(bench.read("podman ps --format '{{.Names}}'"), "systemd-box");
    assert_eq!(bench.read("podman volume inspect -f '{{.CreatedAt}}' systemd-box"), volume);
    assert!(bench.answers());
}

/// podman is asked once, however many quadlets there are, and a run without changes is two exchanges.
#[test]
fn a_run_without_changes_asks_podman_once() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    host.exec(
        "mv /usr/bin/podman /usr/bin/podman.real && printf '#!/bin/sh\\necho \"$*\" >>/run/podman-calls\\nexec /usr/bin/podman.real \"$@\"\\n' >/usr/bin/podman && chmod 755 /usr/bin/podman",
    )
    .assert_status(0);
    let diff = |status| {
        host.read(": >/run/podman-calls");
        let output = project.solti(&["diff", "inventory.yml", "-o", "jsonl"]).assert_status(status);
        assert!(output.stdout.contains("\"exchanges\":2"), "{output}");
        host.read("cut -d ' ' -f 1-2 /run/podman-calls")
    };
    for count in [1, 4] {
        let mut text = String::from("- hosts: all\n  resources:\n");
        for number in 0..count {
            let _ = write!(
                text,
                "    - quadlet: {{ name: n{number}.network, network: {{}} }}\n    - quadlet: {{ name: v{number}.volume, volume: {{}} }}\n    \
                 - quadlet: {{ name: i{number}.image, image: {{ Image: \"docker.io/grafana/loki:3.5.0\" }} }}\n"
            );
        }
        project.file("playbooks/site.yml", &text);
        // of what solti does not know to be its own it asks whether it is there already
        assert_eq!(diff(2), "image ls\nvolume ls\nnetwork ls");
        project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
        assert_eq!(diff(0), "image ls");
    }
}
