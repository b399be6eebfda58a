//! A user of a host who wants more of it than is theirs, while root works in folders that they own.

mod locks;
mod moments;

use crate::support::{Background, Host, Hosts, Project, Suite, wait_until};

/// Exchanges whatever turns up in mallory's folders, and the folders themselves, for links to what is root's, as fast as it
/// goes. `$0 WHAT`: `staged`, `way` or `target`.
const ATTACK: &str = r#"use strict; use warnings FATAL => 'syntax';
my ($what, $home, $victim, $n) = ($ARGV[0], '/home/mallory', '/srv/victim', 0);
sub folders { my @all = ("$home/tree"); for (@all) { my $in = $_; opendir my $d, $in or next;
  push @all, map "$in/$_", grep !/^\.\.?$/ && !-l "$in/$_" && -d _, readdir $d; last if @all > 40 }
  (@all, "$home/.config/systemd/user") }
for (;;) {
  if ($what eq 'staged') {
    for my $in (folders()) {
      opendir my $d, $in or next;
      for (grep /^\.solti/, readdir $d) {
        $n++;
        next unless rename "$in/$_", "$home/seen/$n" or rename "$in/$_", "$in/seen-$n";
        if ($n % 3 == 0) { symlink "$victim/secret", "$in/$_" }
        elsif ($n % 3 == 1) { symlink $victim, "$in/$_" }
        else { mkdir "$in/$_"; symlink "$victim/secret", "$in/$_/$_" for qw(new was held view) }
      }
    }
  } elsif ($what eq 'way') {
    for ("$home/tree/conf", "$home/tree", "$home/tree/conf/deep", "$home/.config/systemd/user") {
      next unless rename $_, "$home/away";
      symlink $victim, $_; select undef, undef, undef, rand 0.02; unlink $_; rename "$home/away", $_;
    }
  } else {
    for my $in ("$home/tree/conf", "$home/tree/conf/deep") {
      for my $name (qw(app.conf set.conf link gone owned)) {
        rename "$in/$name", "$home/seen/x"; unlink "$in/$name"; symlink "$victim/$name", "$in/$name"; select undef, undef, undef, rand 0.01; unlink "$in/$name";
      }
    }
  }
}
"#;

/// Every kind that writes, in folders of mallory's.
const RESOURCES: &str = r#"
    - directory: { path: /home/mallory/tree/conf/deep/made, owner: mallory, mode: "0750" }
    - file: { path: /home/mallory/tree/conf/app.conf, content: "{{ word }}\n", owner: mallory, mode: "0640" }
    - file: { path: /home/mallory/tree/conf/deep/app.conf, content: "{{ word }}\n", validate: [test, -s, "%s"] }
    - config:
        dir: /home/mallory/tree/conf
        files: [{ content: "{{ word }}\n", dest: set.conf, owner: mallory }, { content: "{{ word }}\n", dest: deep/set.conf }]
        validate: [grep, -q, ., /home/mallory/tree/conf/set.conf]
    - directory: { path: /home/mallory/tree/conf/owned, owner: mallory, mode: "{{ mode }}" }
    - symlink: { path: /home/mallory/tree/conf/link, src: "{{ word }}" }
    - absent: { path: /home/mallory/tree/conf/gone, recursive: true }
    - unit: { name: m.service, user: mallory, content: "[Service]\nExecStart=true {{ word }}\n" }
"#;

fn playbook(resources: &str) -> String {
    format!(
        "- name: Hers\n  hosts: all\n  vars: {{ word: one, mode: \"0750\", ok: \"true\" }}\n  resources:{resources}    - command: {{ command: [\"{{{{ ok }}}}\"], unless: [\"false\"] }}\n"
    )
}

/// Everything below a folder: names, kinds, owners, modes, content.
fn tree(host: &Host, folder: &str) -> String {
    host.read(&format!(
        "cd {folder}; find . -printf '%p %y %m %U %G %l %n\\n' | sort; find . -type f | sort | xargs sha256sum"
    ))
}

#[test]
fn whoever_owns_a_folder_gains_nothing_by_what_root_does_in_it() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    project.file("playbooks/site.yml", &playbook(RESOURCES));
    host.read(
        "useradd -m mallory && cd /home/mallory
         runuser -u mallory -- mkdir -p tree/conf/deep tree/conf/gone/inner tree/conf/owned seen .config/systemd/user
         mkdir -p /srv/victim/gone/inner /srv/victim/deep /srv/victim/owned /srv/victim/user; chmod 700 /srv/victim/owned
         cd /srv/victim; for f in secret app.conf set.conf deep/app.conf deep/set.conf gone/inner/f owned/f m.service; do echo root >$f; chmod 600 $f; done
         ln -s root link; sysctl -qw fs.protected_hardlinks=0 || :",
    );
    host.write_file("/usr/local/share/attack.pl", ATTACK);
    let before = tree(host, "/srv/victim");
    let words = ["two", "three", "four", "five", "six", "seven"];
    for attack in [&["staged"][..], &["way"], &["target"], &["staged", "way", "target"]] {
        let attackers: Vec<Background> = attack
            .iter()
            .map(|what| {
                Background::spawn(host.command(&[
                    "runuser",
                    "-u",
                    "mallory",
                    "--",
                    "perl",
                    "/usr/local/share/attack.pl",
                    what,
                ]))
            })
            .collect();
        for (number, word) in words.iter().enumerate() {
            let mode = if number % 2 == 0 { "mode=\"0700\"" } else { "mode=\"0755\"" };
            // Every other run fails at its end, and is put back.
            let ok = if number % 2 == 0 { "ok=true" } else { "ok=false" };
            let word = format!("word={word}");
            let output = project.solti(&["apply", "inventory.yml", "-y", "-e", &word, "-e", mode, "-e", ok]);
            assert!([0, 1].contains(&output.status), "{attack:?}: {output}");
            assert!(!output.stdout.contains("could not be put back"), "{attack:?}: {output}");
            assert_eq!(tree(host, "/srv/victim"), before, "{attack:?}: {output}");
        }
        for attacker in &attackers {
            attacker.signal("KILL");
        }
        host.read("pkill -KILL -u mallory perl; rm -rf /home/mallory/tree /home/mallory/away /home/mallory/seen /home/mallory/.config/systemd/user
            runuser -u mallory -- mkdir -p /home/mallory/tree/conf/deep /home/mallory/tree/conf/gone/inner /home/mallory/tree/conf/owned /home/mallory/seen /home/mallory/.config/systemd/user");
        // Once she is at rest, it is done.
        project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
        assert_eq!(tree(host, "/srv/victim"), before);
        assert_eq!(host.read("find /home /srv -name '.solti*'"), "");
        assert_eq!(
            host.read("stat -c '%U %a' /home/mallory/tree/conf/app.conf /home/mallory/tree/conf/owned"),
            "mallory 640\nmallory 750"
        );
    }

    // What she has linked for herself works; what is somebody else's is left alone, and she cannot hold root's lock.
    host.read("cd /home/mallory; runuser -u mallory -- sh -c 'mv tree/conf other; ln -s ../other tree/conf'");
    project.solti(&["apply", "inventory.yml", "-y", "-e", "word=eight"]).assert_status(0);
    assert_eq!(host.read("cat /home/mallory/other/app.conf"), "eight");
    host.read("cd /home/mallory; runuser -u mallory -- ln -sfn /srv/victim tree/conf; chmod 755 /srv/victim");
    let said = "which is somebody else's";
    project.solti(&["apply", "inventory.yml", "-y", "-e", "word=nine"]).assert_status(1).assert_stdout_has(said);
    let lock = host.exec("runuser -u mallory -- flock -n /run/solti/lock true");
    assert_ne!(lock.status, 0, "{lock}");
    wait_until("the host to be left", || host.exec("flock -n /run/solti/lock true").status.eq(&0).then_some(()));
}
