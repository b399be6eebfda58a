//! Diffs, as a person reads them.

use super::*;

#[test]
fn diff_of_one_host() {
    let events = [
        started("diff", &["mon"]),
        planned("mon", &prometheus()),
        done("mon", Outcome::Differs { changes: 2 }),
        finished(2),
    ];
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    2 changes on mon

    mon
      prometheus/config
        ~ config /etc/prometheus
          prometheus.yml
          @@ -1,5 +1,5 @@
           global:
          -  scrape_interval: 30s
          +  scrape_interval: 15s
             external_labels:
               site: home
           scrape_configs:
      prometheus/run
        ~ service prometheus: restart
          because /etc/prometheus/prometheus.yml changes
    ");
}

#[test]
fn diff_with_everything() {
    let events = [
        started("diff", &["web1"]),
        planned("web1", &telegraf()),
        done("web1", Outcome::Differs { changes: 10 }),
        finished(2),
    ];
    insta::assert_snapshot!(show(&events, LOOK, false).0, @r"
    10 changes on web1

    web1
      telegraf/install
        + package telegraf: install
          version  1.36.1
        + directory /etc/telegraf
          owner  telegraf
          mode   0750
      telegraf/config
        + file /etc/telegraf/long.conf
          +line 1
          +line 2
          +line 3
          +line 4
          +line 5
          +line 6
          +line 7
          +line 8
          +line 9
          +line 10
          +line 11
          +line 12
          +line 13
          +line 14
          +line 15
          +line 16
          +line 17
          +line 18
          +line 19
          +line 20
          +line 21
          +line 22
          +line 23
          +line 24
          +line 25
          +line 26
          +line 27
          +line 28
          +line 29
          +line 30
          +line 31
          +line 32
          +line 33
          +line 34
          +line 35
          +line 36
          +line 37
          +line 38
          +line 39
          +line 40
          … 20 more lines (-v shows all)
        ~ file /etc/telegraf/wide.conf
          @@ -1 +1 @@
          -…xxxxxxxxxxxxxxxxx = 1
          +…xxxxxxxxxxxxxxxxx = 2
        - file /etc/telegraf/old.conf
          2 lines
        ~ file /etc/telegraf/token
          mode   0644 -> 0600
          owner  root -> telegraf
          a secret; its content is not shown
        ~ file /etc/telegraf/escape.conf
          @@ -1 +1 @@
          -a\r
          +\u{1b}[2Ja
          \ No newline at end of file
        ~ file /etc/telegraf/logo
          binary, 1 byte -> 2 bytes
      telegraf/run
        ~ quadlet telegraf.container
          image  docker.io/library/telegraf:1.35.0-alpine
              -> docker.io/library/telegraf:1.36.1-alpine
        + service telegraf: start
          it is not running
          its digest is known after apply, because the image it will run with has
          not been pulled yet
      note: the role chrony left the playbook but is still on this host; --prune
            removes what it put there
    ");
}

#[test]
fn diff_of_many_hosts_in_groups() {
    let names: Vec<String> = (1..=20).map(|n| format!("web{n:02}.example.net")).collect();
    let mut events = vec![started("diff", &names.iter().map(String::as_str).collect::<Vec<_>>())];
    for (number, name) in names.iter().enumerate() {
        let outcome = match number {
            0..15 => {
                events.push(planned(name, &prometheus()));
                Outcome::Differs { changes: 2 }
            }
            15..19 => {
                events.push(planned(name, &HostPlan::default()));
                Outcome::Unchanged
            }
            _ => Outcome::Unreachable { reason: format!("ssh: connect to host {name} port 22: Connection refused") },
        };
        events.push(done(name, outcome));
    }
    events.push(finished(4));
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    30 changes on 15 of 20 hosts; 1 unreachable

    web01.example.net, web02.example.net, web03.example.net, web04.example.net,
    web05.example.net, web06.example.net, web07.example.net, web08.example.net,
    web09.example.net, web10.example.net, web11.example.net, web12.example.net,
    … 3 more (15 hosts)
      prometheus/config
        ~ config /etc/prometheus
          prometheus.yml
          @@ -1,5 +1,5 @@
           global:
          -  scrape_interval: 30s
          +  scrape_interval: 15s
             external_labels:
               site: home
           scrape_configs:
      prometheus/run
        ~ service prometheus: restart
          because /etc/prometheus/prometheus.yml changes

    web20.example.net  unreachable  ssh: connect to host web20.example.net port 22:
                                    Connection refused
    ");
}

#[test]
fn diff_without_changes() {
    let mut events = vec![started("diff", &["mon"]), planned("mon", &HostPlan::default())];
    events.extend([done("mon", Outcome::Unchanged), finished(0)]);
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"No changes: mon is as declared (0.8 s)");
}

#[test]
fn diff_in_which_no_host_answers() {
    let reason = || Outcome::Unreachable { reason: "ssh: Could not resolve hostname".to_owned() };
    let events = [started("diff", &["a", "b"]), done("a", reason()), done("b", reason()), finished(4)];
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    2 hosts unreachable (0.8 s)

    a  unreachable  ssh: Could not resolve hostname
    b  unreachable  ssh: Could not resolve hostname
    ");
}

#[test]
fn a_pipe_cuts_nothing() {
    let events = [started("diff", &["web1"]), planned("web1", &telegraf()), finished(2)];
    let (out, _) = show(&events, Look { width: None, verbose: 1, ..LOOK }, false);
    assert!(out.contains(&"x".repeat(120)) && out.contains("+line 60\n"), "{out}");
}
