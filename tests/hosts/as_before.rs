//! A service that its own configuration has hurt is as it was once that is put back, or it is said that it is not.

use crate::support::{Hosts, Project, Suite};

/// Reads its configuration when it is told to, and listens to nothing any more once it has read something bad: not to a
/// signal, and not to who asks it. Something worse keeps it from starting, too, and of something fatal it dies soon after its start.
const DEAF: &str = r#"use strict; use IO::Socket::INET;
die "worse than before\n" if -e '/etc/deaf.worse';
my ($text, $deaf) = ('', 0);
sub load { open my $file, '<', '/etc/deaf/conf' or die; local $/; $text = <$file>; }
load();
$SIG{TERM} = sub { exit 0 unless $deaf };
$SIG{HUP} = sub {
  return if $deaf;
  load();
  if ($text =~ /(worse|fatal)/) { open my $mark, '>', "/etc/deaf.$1" }
  $deaf = 1 if $text =~ /bad|worse|fatal/;
};
my $parent = $$;
if (-e '/etc/deaf.fatal' && !fork) { select undef, undef, undef, 0.7; kill 'KILL', $parent; exit }
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 7200, Listen => 20, ReuseAddr => 1) or die;
while (1) {
  if ($deaf) { sleep 1000; next }
  my $client = $server->accept or next;
  my $line = <$client>;
  print $client "HTTP/1.0 200 OK\r\n\r\n$text";
}
"#;

const ROLE: &str = "summary: Listens
options:
  deaf_text: { type: string, required: true }
steps:
  - name: run
    resources:
      - directory: { path: /etc/deaf }
      - file: { path: /etc/deaf/conf, content: \"{{ deaf_text }}\" }
      - unit:
          name: deaf
          content: |
            [Service]
            ExecStart=/usr/bin/perl /usr/local/share/deaf.pl
            ExecReload=/bin/kill -HUP $MAINPID
            TimeoutStopSec=1
            [Install]
            WantedBy=multi-user.target
      - service: { name: deaf, uses: [/etc/deaf], on_change: reload, settle: 0s }
    checks:
      - http: { url: \"http://127.0.0.1:7200/\", contains: \"{{ deaf_text }}\", within: 3s }
      - command:
          name: loaded
          command: [sh, -c, '[ \"$(curl -sm 1 http://127.0.0.1:7200/)\" = \"$(cat /etc/deaf/conf)\" ]']
          within: 3s
";

#[test]
fn a_service_that_does_not_listen_any_more_is_started_anew() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    host.write_file("/usr/local/share/deaf.pl", DEAF);
    project.file("roles/deaf/role.yml", ROLE);
    project.file("playbooks/site.yml", "- hosts: all\n  become: true\n  roles: [deaf]\n");
    let apply = |text: &str| project.solti(&["apply", "inventory.yml", "-y", "-e", &format!("deaf_text={text}")]);
    let says = || host.read("curl -sm 2 http://127.0.0.1:7200/; true");
    apply("good").assert_status(0);
    assert_eq!(says(), "good");
    apply("better").assert_status(0);

    let run = apply("bad").assert_status(1).assert_stdout_has("deaf.service: started anew, with what was there before");
    let run = run.assert_stdout_has("no changes made").assert_lacks("is running as before");
    assert_eq!((says().as_str(), host.read("cat /etc/deaf/conf").as_str()), ("better", "better"), "{run}");
    apply("better").assert_status(0).assert_stdout_has("No changes");

    for how in ["worse", "fatal"] {
        let run = apply(how).assert_status(1).assert_lacks("is running as before").assert_lacks("started anew");
        run.assert_stdout_has("deaf.service is not as before, although its files are: deaf/run/");
        assert_eq!(host.read("cat /etc/deaf/conf"), "better");
        host.read(&format!("rm /etc/deaf.{how}"));
        apply("good").assert_status(0);
        apply("better").assert_status(0);
    }
    apply("good").assert_status(0);
    assert_eq!(says(), "good");
}
