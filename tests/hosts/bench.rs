//! A host with a service that was written to be restarted, broken and counted, and the role that sets it up.

use crate::support::{Background, Host, Hosts, Output, Project, Suite, eventually, wait_until};

/// Answers on its port with what it read when it started, and notes each start and reload. What it reads can make it
/// refuse, die at once or soon, or answer with another status.
const PROGRAM: &str = r#"#!/usr/bin/perl
use strict; use IO::Socket::INET;
my ($verb, $name, $port) = @ARGV;
sub conf { open my $f, '<', "/etc/$name/$name.conf" or return "nothing\n"; local $/; <$f> }
sub note { open my $log, '>>', "/var/log/$name.log"; print $log @_ }
my $conf = conf();
if ($verb eq 'check') { print "looked at $conf"; exit($conf =~ /refuse/ ? 7 : 0) }
note "start $conf";
exit 3 if $conf =~ /die at once/;
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 5, ReuseAddr => 1) or die "no port";
$SIG{HUP} = sub { $conf = conf(); note "reload $conf" };
my $parent = $$;
if ($conf =~ /die soon/ && !fork) { select undef, undef, undef, 0.5; kill 'KILL', $parent; exit }
while (1) {
  my $client = $server->accept or next;
  while (<$client>) { last if /^\r?$/ }
  my $status = $conf =~ /status (\d+)/ ? $1 : 200;
  print $client "HTTP/1.0 $status x\r\nContent-Length: " . length($conf) . "\r\n\r\n$conf";
}
"#;

/// `app` and `soft` use what they read; `app` starts anew for a change of it, `soft` reads it again. While there is
/// a file `/run/hold`, an apply that changes something stops and waits before the services are started anew. Were its
/// starts counted by systemd, `app` could not be started a second time.
const ROLE: &str = r#"summary: A service for tests
options:
  app_text: { type: string, default: one }
  app_unit: { type: string, default: one }
  app_drop_in: { type: string, default: one }
  app_exec: { type: string, default: /usr/local/bin/app run app 7001 }
  app_soft: { type: string, default: one }
  app_soft_unit: { type: string, default: one }
  app_hello: { type: string, default: "1.0" }
  app_status: { type: integer, default: 200 }
  app_that: { type: string, default: "true" }
  app_port: { type: port, default: 7001 }
  app_settle: { type: duration, default: 1s }
  app_within: { type: duration, default: 20s }
steps:
  - name: config
    resources:
      - config:
          dir: /etc/app
          files: [{ content: "{{ app_text }}\n", dest: app.conf }]
          validate: [/usr/local/bin/app, check, app]
      - config: { dir: /etc/soft, files: [{ content: "{{ app_soft }}\n", dest: soft.conf }] }
      - config: { dir: /etc/other, files: [{ content: "other\n", dest: other.conf }] }
      - package: { name: solti-hello, version: "{{ app_hello }}", when: "app_hello != 'none'" }
  - name: run
    resources:
      - unit:
          name: app.service
          content: |
            [Unit]
            Description={{ app_unit }}
            StartLimitIntervalSec=1h
            StartLimitBurst=1
            [Service]
            ExecStart={{ app_exec }}
            [Install]
            WantedBy=multi-user.target
      - unit: { name: app.service, drop_in: more, content: "[Service]\nEnvironment=NOTE={{ app_drop_in }}\n" }
      - unit:
          name: soft.service
          content: |
            [Unit]
            Description={{ app_soft_unit }}
            [Service]
            ExecStart=/usr/local/bin/app run soft 7002
            ExecReload=/bin/kill -HUP $MAINPID
      - unit: { name: other.service, content: "[Service]\nExecStart=/usr/local/bin/app run other 7003\n" }
      - command: { command: "echo >/run/held; while [ -e /run/hold ]; do sleep 0.05; done", unless: "test ! -e /run/hold" }
      - service: { name: app, enabled: true, uses: [/etc/app], packages: [solti-hello], settle: "{{ app_settle }}" }
      - service: { name: soft, uses: [/etc/soft], on_change: reload, settle: 0s }
      - service: { name: other, uses: [/etc/other], settle: 0s }
    checks:
      - http: { url: "http://127.0.0.1:7001/", status: "{{ app_status }}", that: "{{ app_that }}", within: "{{ app_within }}" }
      - port: { port: "{{ app_port }}", within: "{{ app_within }}" }
"#;

/// One host, and a project whose playbook gives it the role `app`.
pub struct Bench {
    pub hosts: Hosts,
    pub project: Project,
}

impl Bench {
    #[track_caller]
    pub fn new(suite: Suite) -> Self {
        let hosts = Hosts::one(suite);
        let project = Project::new(&hosts);
        let bench = Self { hosts, project };
        bench.host().write_file("/usr/local/bin/app", PROGRAM);
        let source =
            "Types: deb\nURIs: file:/srv/signed\nSuites: signed\nComponents: main\nSigned-By: /srv/signed/key.asc\n";
        bench.host().write_file("/etc/apt/sources.list.d/signed.sources", source);
        bench.read("chmod 755 /usr/local/bin/app && apt-get update -qq");
        bench.project.file("roles/app/role.yml", ROLE);
        bench.roles("[app]");
        bench
    }

    pub fn host(&self) -> &Host {
        self.hosts.host("host")
    }

    /// The playbook's roles.
    pub fn roles(&self, roles: &str) {
        self.project.file("playbooks/site.yml", &format!("- name: Apps\n  hosts: all\n  roles: {roles}\n"));
    }

    /// Another role, with these steps.
    pub fn role(&self, name: &str, steps: &str) {
        self.project.file(&format!("roles/{name}/role.yml"), &format!("summary: Another\n{steps}"));
    }

    pub fn arguments<'a>(command: &'a str, variables: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec![command, "inventory.yml"];
        if command == "apply" {
            arguments.push("-y");
        }
        arguments.extend(variables.iter().flat_map(|variable| ["-e", variable]));
        arguments
    }

    #[track_caller]
    pub fn apply(&self, variables: &[&str]) -> Output {
        self.project.solti(&Self::arguments("apply", variables))
    }

    #[track_caller]
    pub fn diff(&self, variables: &[&str]) -> Output {
        self.project.solti(&Self::arguments("diff", variables))
    }

    /// Applies, up to where the new files are in place and the services have not been started anew.
    #[track_caller]
    pub fn apply_held(&self, variables: &[&str]) -> Background {
        self.read("rm -f /run/held; touch /run/hold");
        let mut apply = self.project.solti_background(&Self::arguments("apply", variables));
        wait_until("the step to be held", || {
            assert!(apply.is_running(), "{}{}", apply.stdout(), apply.stderr());
            self.host().has("/run/held").then_some(())
        });
        apply
    }

    /// Ends what [`Self::apply_held`] waits for.
    #[track_caller]
    pub fn let_go(&self) {
        self.read("rm -f /run/hold /run/held");
    }

    #[track_caller]
    pub fn read(&self, script: &str) -> String {
        self.host().read(script)
    }

    /// The starts and reloads of a service since this was last asked.
    #[track_caller]
    pub fn notes(&self, service: &str) -> Vec<String> {
        let log = format!("/var/log/{service}.log");
        self.read(&format!("touch {log}; cat {log}; : >{log}")).lines().map(str::to_owned).collect()
    }

    /// Fails unless the services were started and reloaded like this since last asked.
    #[track_caller]
    pub fn assert_notes(&self, app: &[&str], soft: &[&str], other: &[&str]) {
        let script = "cd /var/log; touch app.log soft.log other.log; sed 's/^/app /' app.log; sed 's/^/soft /' soft.log
            sed 's/^/other /' other.log";
        let expected = [("app", app), ("soft", soft), ("other", other)];
        let expected = expected.iter().flat_map(|(name, notes)| notes.iter().map(move |note| format!("{name} {note}")));
        // Whose start nobody waits for notes it a moment later.
        eventually(&expected.collect(), || self.read(script).lines().map(str::to_owned).collect::<Vec<_>>());
        self.read("cd /var/log; : >app.log; : >soft.log; : >other.log");
    }

    /// What `app` answers, once it listens.
    #[track_caller]
    pub fn answer(&self) -> String {
        wait_until("app to answer", || {
            let output = self.host().exec("curl -s -m 5 http://127.0.0.1:7001/");
            (output.status == 0).then(|| output.stdout.trim_end().to_owned())
        })
    }

    /// Waits until nothing of a run is left on the host but its memory.
    #[track_caller]
    pub fn assert_clean(&self) {
        let left = "find / -xdev -name '.solti*' ! -path '/proc/*'
            ls -d /var/lib/solti/journal/* /var/lib/solti/stuck* /usr/sbin/policy-rc.d 2>/dev/null
            flock -n /run/solti/lock true || echo locked
            pgrep -ax 'sh|dash|bash|sleep|ssh' | grep -v ' -c ' ; true";
        eventually(&String::new(), || self.read(left));
    }

    /// All that a run could have changed, as text.
    #[track_caller]
    pub fn snapshot(&self) -> String {
        self.read(
            "cd /; for place in etc/app etc/soft etc/systemd/system srv/fresh srv/link opt usr/sbin/policy-rc.d; do
               find $place -type d -printf '%p %m %u %g\n' -o -type l -printf '%p -> %l\n' -o -printf '%p %y %m %u %g %T@\n'
               find $place -type f -exec sha256sum {} +
             done 2>/dev/null | sort
             systemctl show -p Id -p ActiveState -p UnitFileState -p NeedDaemonReload -p Description -p LoadState app soft other fresh
             cat /var/lib/solti/manifest.json; ls /var/lib/solti/original 2>/dev/null; true",
        )
    }

    /// Fails, saying which lines differ, unless everything is as it was at a [`Self::snapshot`].
    #[track_caller]
    pub fn assert_unchanged(&self, since: &str, output: &Output) {
        let now = self.snapshot();
        let lacks = |text: &str, line: &str| !text.lines().any(|other| other == line);
        let gone = since.lines().filter(|line| lacks(&now, line)).map(|line| format!("-{line}\n"));
        let new = now.lines().filter(|line| lacks(since, line)).map(|line| format!("+{line}\n"));
        let differences: String = gone.chain(new).collect();
        assert!(differences.is_empty(), "{differences}{output}");
    }
}
