//! Users and groups.

use crate::both::Both;

#[test]
fn accounts_are_made_changed_and_repaired() {
    let both = Both::up();
    let first = r#"
- group: { name: metrics, gid: 4000 }
- group: { name: readers, system: true }
- user: { name: metrics, uid: 4001, group: metrics, groups: [readers], home: /var/lib/metrics, shell: /usr/sbin/nologin, comment: Metrics, system: true }
- group: { name: same }
- user: { name: same }
- file: { path: /opt/own, content: "x\n", owner: metrics, group: readers, mode: "0600" }
"#;
    both.declare(first);
    insta::assert_snapshot!(both.diff(), @r"
    12 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        + group metrics
          gid  4000
        + group readers (a system group)
        + user metrics (a system account)
          uid      4001
          group    metrics
          groups   readers
          home     /var/lib/metrics
          shell    /usr/sbin/nologin
          comment  Metrics
        + group same
        + user same
          group  same
        + file /opt/own (metrics:readers 0600)
          +x
    ");
    both.apply();
    let accounts = "getent passwd metrics same | cut -d: -f1,3- | sed 's/:100[0-9]:100[0-9]:/:n:n:/'; id -Gn metrics; id -gn same; \
                    getent group metrics; test $(getent group readers | cut -d: -f3) -lt 1000; stat -c %U:%G /opt/own; ls -d /home/same /var/lib/metrics 2>&1";
    insta::assert_snapshot!(both.hosts.host("old").exec(accounts).stdout, @r"
    metrics:4001:4000:Metrics:/var/lib/metrics:/usr/sbin/nologin
    same:4002:4001::/home/same:/bin/sh
    metrics readers
    same
    metrics:x:4000:
    metrics:readers
    ls: cannot access '/var/lib/metrics': No such file or directory
    /home/same
    ");
    assert_eq!(both.hosts.host("new").exec(accounts).stdout, both.hosts.host("old").exec(accounts).stdout);
    both.apply_changes_nothing();

    both.declare(
        &first
            .replace("gid: 4000", "gid: 4010")
            .replace("/usr/sbin/nologin", "/bin/sh")
            .replace("groups: [readers]", "groups: [readers, games]")
            .replace("comment: Metrics", "comment: All metrics"),
    );
    insta::assert_snapshot!(both.diff(), @r"
    4 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ group metrics
          gid  4000 -> 4010
        ~ user metrics
          shell    /usr/sbin/nologin -> /bin/sh
          comment  Metrics -> All metrics
          groups   readers -> readers, games
    ");
    both.apply();
    assert_eq!(
        both.read("getent passwd metrics | cut -d: -f3-; id -Gn metrics"),
        "4001:4010:All metrics:/var/lib/metrics:/bin/sh\nmetrics games readers"
    );

    // A group that the user got elsewhere stays; one that was taken away comes back.
    both.each(|host| drop(host.read("gpasswd -a metrics audio")));
    both.unchanged();
    both.repairs(
        "gpasswd -d metrics games; usermod -s /bin/false metrics",
        &["groups", "games", "shell", "/bin/false -> /bin/sh"],
    );
    assert_eq!(both.read("id -Gn metrics | tr ' ' '\\n' | sort | tr '\\n' ' '"), "audio games metrics readers ");
    both.repairs("userdel metrics", &["+ user metrics"]);
    assert_eq!(both.read("id -u metrics; stat -c %U /opt/own"), "4001\nmetrics");

    // A group that is neither there nor declared before is an error on the host's side, before anything is done.
    both.declare("- user: { name: other, group: nobody-has-this }");
    both.solti(&["diff"]).assert_status(1).assert_stdout_has("there is no group nobody-has-this on the host");

    // Accounts stay when they are no longer declared.
    both.declare("- file: { path: /opt/other, content: x }").apply();
    assert_eq!(both.read("id -u metrics; ls /opt"), "4001\nother");

    // What a step makes first is there for the rest of it, whatever the order; homes may have blanks in them.
    let fresh = r#"
- file: { path: /home/fresh/.env, content: "x\n", owner: fresh, group: fresh }
- file: { path: /srv/deep/er/own, content: "x\n" }
- directory: { path: /home/fresh, mode: "0711" }
- directory: { path: /srv/deep/er/inner }
- user: { name: fresh }
- user: { name: mate }
- group: { name: mate }
- user: { name: blank, uid: 4100, home: "/srv/my home", groups: "adm,games", create_home: true, system: true }
- file: { path: "/srv/my home/own", content: "x\n", owner: blank }
"#;
    both.declare(fresh).apply();
    let made = "stat -c '%U:%G %n' /home/fresh/.env /srv/deep/er/own '/srv/my home/own'; stat -c %a /home/fresh; id -gn mate; id -Gn blank";
    assert_eq!(
        both.read(made),
        "fresh:fresh /home/fresh/.env\nroot:root /srv/deep/er/own\nblank:root /srv/my home/own\n711\nmate\nblank adm games"
    );
    // Whoever has edited them may have left comments in the lists of subordinate ids.
    both.each(|host| drop(host.read("echo '# by hand: see the wiki' | tee -a /etc/subuid >>/etc/subgid")));
    let unit = "- unit: { name: his, user: blank, content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\" }\n- service: { name: his, user: blank, settle: 0s }\n";
    both.declare(&format!("{fresh}{unit}")).apply();
    let lists =
        "ls '/srv/my home/.config/systemd/user'; grep -h blank /etc/subuid /etc/subgid | cut -d: -f1,3 | sort -u";
    assert_eq!(both.read(lists), "his.service\nblank:65536");

    // What the host's tools would refuse is said before anything is done.
    both.declare("- user: { name: other, uid: 4100 }\n- group: { name: other, gid: 4010 }\n- user: { name: third, group: \"54321\" }");
    both.solti(&["diff"])
        .assert_status(1)
        .assert_stdout_has("the user blank has the uid 4100 on the host")
        .assert_stdout_has("the group metrics has the gid 4010 on the host")
        .assert_stdout_has("there is no group with the gid 54321 on the host");
}
