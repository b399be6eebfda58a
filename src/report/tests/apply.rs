//! Applies and checks, as a person reads them.

use super::*;
use crate::engine::event::ORPHANED;

fn apply() -> Vec<Event> {
    vec![
        started("apply", &["mon", "web1", "web2"]),
        planned("mon", &prometheus()),
        planned("web1", &prometheus()),
        planned("web2", &HostPlan::default()),
        step_done("mon", "prometheus", "config", 1, 412),
        step_done("web1", "prometheus", "config", 1, 12_000),
        step_done("mon", "prometheus", "run", 1, 1_200),
    ]
}

#[test]
fn apply_that_goes_well() {
    let mut events = apply();
    events.extend([
        step_done("web1", "prometheus", "run", 1, 75_000),
        done("mon", Outcome::Changed { changes: 2 }),
        done("web1", Outcome::Changed { changes: 2 }),
        done("web2", Outcome::Unchanged),
        finished(0),
    ]);
    let (out, err) = show(&events, LOOK, true);
    insta::assert_snapshot!(out, @"
    4 changes on 2 of 3 hosts

    mon, web1 (2 hosts)
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

    4 changes made on 2 of 3 hosts (0.8 s)
    ");
    insta::assert_snapshot!(err, @"

    Apply these 4 changes to 2 hosts? [y/N] y
    mon   prometheus/config  1 change    0.4 s
    web1  prometheus/config  1 change    12 s
    mon   prometheus/run     1 change    1.2 s
    web1  prometheus/run     1 change    1 min 15 s
    ");
}

/// Where the time goes, in a narrow terminal too: the longest parts first, and nothing of what took none.
#[test]
fn with_two_v_each_step_says_what_took_its_time() {
    let parts = [("checks", 420), ("commit", 90)].map(|(what, millis)| Timing { what, millis }).to_vec();
    let (host, role) = ("mon".to_owned(), "prometheus".to_owned());
    let mut events = apply();
    events.push(Event::RoleDone { host, role, parts, millis: 2_300 });
    let of = |width, verbose| show(&events, Look { width: Some(width), verbose, ..LOOK }, false).1;
    insta::assert_snapshot!(of(80, 2), @"
    mon   prometheus/config  1 change    0.4 s
                             settling 0.2 s, files 0.1 s, services 82 ms
    web1  prometheus/config  1 change    12 s
                             settling 6.0 s, files 4.0 s, services 2.4 s
    mon   prometheus/run     1 change    1.2 s
                             settling 0.6 s, files 0.4 s, services 0.2 s
    mon   prometheus         done        2.3 s
                             checks 0.4 s, commit 90 ms
    ");
    insta::assert_snapshot!(of(60, 2), @"
    mon   prometheus/config  1 change    0.4 s
                             settling 0.2 s, files 0.1 s,
                             services 82 ms
    web1  prometheus/config  1 change    12 s
                             settling 6.0 s, files 4.0 s,
                             services 2.4 s
    mon   prometheus/run     1 change    1.2 s
                             settling 0.6 s, files 0.4 s,
                             services 0.2 s
    mon   prometheus         done        2.3 s
                             checks 0.4 s, commit 90 ms
    ");
    assert!(!of(80, 1).contains("checks 0.4 s"));
}

#[test]
fn what_goes_as_a_whole_is_named_in_the_question() {
    let gone = |name: &str| ShownRole { play: ORPHANED.to_owned(), ..role(name, prometheus().roles.remove(0).steps) };
    let plan = |names: &[&str]| HostPlan { roles: names.iter().map(|name| gone(name)).collect(), notes: Vec::new() };
    let question = |plans: &[(&str, HostPlan)]| {
        let mut events = vec![started("apply", &["mon", "web1"])];
        events.extend(plans.iter().map(|(host, plan)| planned(host, plan)));
        show(&events, LOOK, true).1.trim().to_owned()
    };
    insta::assert_snapshot!(question(&[("mon", plan(&["influxdb", "loki"]))]), @"Apply these 4 changes to mon, and remove influxdb of mon, loki of mon? [y/N] y");
    insta::assert_snapshot!(question(&[("mon", plan(&["alloy", "loki"])), ("web1", plan(&["alloy"]))]), @"Apply these 6 changes to 2 hosts, and remove alloy of 2 hosts, loki of mon? [y/N] y");
}

#[test]
fn apply_that_fails_on_a_host() {
    let mut events = apply();
    events.extend([
        Event::Phase { host: "web1".to_owned(), phase: Phase::PuttingBack { role: "prometheus".to_owned() } },
        Event::Failed { host: "web1".to_owned(), failure: failure() },
        done("mon", Outcome::Changed { changes: 2 }),
        done("web1", Outcome::Failed { changes: 0 }),
        done("web2", Outcome::Unchanged),
        finished(1),
    ]);
    let look = Look { quiet: true, ..LOOK };
    insta::assert_snapshot!(show(&events, LOOK, false).1, @"
    mon   prometheus/config  1 change    0.4 s
    web1  prometheus/config  1 change    12 s
    mon   prometheus/run     1 change    1.2 s
    web1  prometheus         putting back what was there
    web1  prometheus/config  failed: the new configuration was refused
    ");
    insta::assert_snapshot!(show(&events, look, true).0, @"
    4 changes on 2 of 3 hosts

    Failed on 1 of 3 hosts; 2 changes made on 1 host, 1 not put back (0.8 s)

    web1
      failed prometheus/config/config:/etc/prometheus
        the new configuration was refused
        $ promtool check config /etc/prometheus/prometheus.yml (exit status 1)
        | Checking /etc/prometheus/prometheus.yml
        |   FAILED: parsing YAML file /etc/prometheus/prometheus.yml: yaml:
        | unmarshal errors: line 7: field x not found
        put back  /etc/prometheus/prometheus.yml
                  prometheus.service is running again
        stays     package prometheus
    ");
}

#[test]
fn a_check_that_failed_is_told_once() {
    let (up, ready) = ("prometheus/verify/http:up", "prometheus/verify/http:ready");
    let shown = |failure: Failure| {
        let mut events = vec![started("apply", &["mon"]), planned("mon", &prometheus())];
        events.extend([checked("mon", up, false, "500"), checked("mon", ready, false, "not asked: 500")]);
        events.push(Event::Failed { host: "mon".to_owned(), failure });
        events.extend([done("mon", Outcome::Failed { changes: 0 }), finished(1)]);
        show(&events, LOOK, false).0
    };
    let failure = Failure {
        place: up.to_owned(),
        message: "500".to_owned(),
        command: None,
        status: None,
        output: Vec::new(),
        stays: 0,
        ..failure()
    };
    insta::assert_snapshot!(shown(failure.clone()), @"
    Failed on mon; no changes made (0.8 s)

    mon
      failed  prometheus/verify/http:ready  not asked: 500

    mon
      failed prometheus/verify/http:up
        500
        put back  /etc/prometheus/prometheus.yml
                  prometheus.service is running again
        stays     package prometheus
    ");
    let alone = shown(Failure { restored: Vec::new(), left: Vec::new(), ..failure.clone() });
    insta::assert_snapshot!(alone, @"
    Failed on mon; no changes made (0.8 s)

    mon
      failed  prometheus/verify/http:up     500
      failed  prometheus/verify/http:ready  not asked: 500
    ");
    assert!(shown(Failure { restored: Vec::new(), ..failure }).contains("stays"));
}

#[test]
fn what_became_of_a_role_that_failed() {
    let answer = |failure: Failure, changes: usize| {
        let mut events = vec![started("apply", &["mon"]), planned("mon", &prometheus())];
        events.push(Event::Failed { host: "mon".to_owned(), failure });
        events.extend([done("mon", Outcome::Failed { changes }), finished(1)]);
        let text = show(&events, LOOK, false).0;
        let record: serde_json::Value = serde_json::from_str(&json::as_json(&events, false)).unwrap();
        let sum = &record["summary"];
        format!(
            "{}\n  made {}, stays {}, open {}",
            text.lines().next().unwrap(),
            sum["made"],
            sum["stays"],
            sum["open"]
        )
    };
    let failure = |stays, open| Failure { stays, open, ..failure() };
    let answers = [(0, false, 0), (1, false, 0), (2, false, 3), (0, true, 0), (1, true, 3)];
    let answers = answers.map(|(stays, open, changes)| answer(failure(stays, open), changes));
    insta::assert_snapshot!(answers.join("\n"), @"
    Failed on mon; no changes made (0.8 s)
      made 0, stays null, open null
    Failed on mon; 1 change not put back (0.8 s)
      made 1, stays 1, open null
    Failed on mon; 3 changes made on 1 host, 2 not put back (0.8 s)
      made 5, stays 2, open null
    Failed on mon; 1 host may be half done (0.8 s)
      made 0, stays null, open 1
    Failed on mon; 3 changes made on 1 host, 1 host may be half done (0.8 s)
      made 4, stays 1, open 1
    ");
}

#[test]
fn apply_that_is_declined_or_interrupted() {
    let skipped = |reason: &str| Outcome::Skipped { changes: 0, reason: reason.to_owned() };
    let mut events: Vec<Event> = apply().into_iter().take(4).collect();
    events.extend([
        done("mon", skipped("declined")),
        done("web1", skipped("declined")),
        done("web2", Outcome::Unchanged),
    ]);
    events.push(finished(5));
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"Nothing was done: declined");

    let mut events = apply();
    events.push(done("mon", Outcome::Changed { changes: 2 }));
    events.extend([done("web1", skipped("interrupted")), done("web2", Outcome::Unchanged), finished(130)]);
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    Interrupted: 2 changes made on 1 of 3 hosts; 1 skipped (0.8 s)

    web1  skipped  interrupted
    ");

    // what earlier roles have done there stays
    let mut events = apply();
    let reason = "another host failed, and the play says any_errors_fatal".to_owned();
    events.push(done("mon", Outcome::Skipped { changes: 1, reason }));
    events.extend([done("web1", Outcome::Failed { changes: 0 }), done("web2", Outcome::Unchanged), finished(1)]);
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    Failed on 1 of 3 hosts; 1 change made on 1 host, 1 skipped (0.8 s)

    mon  skipped  another host failed, and the play says any_errors_fatal
    ");
}

#[test]
fn verify() {
    let ready = "prometheus/verify/http:http://127.0.0.1:9090/-/ready";
    let mut events = vec![
        started("verify", &["mon", "web1", "web2"]),
        checked("web1", ready, true, "200 in 0.3 s"),
        checked(
            "web1",
            "loki/verify/http:http://127.0.0.1:3100/ready",
            false,
            "503 for 60 s:\nIngester not ready: waiting for 15s after being ready",
        ),
        checked("mon", ready, true, "200 in 0.1 s"),
        checked("mon", "prometheus/verify/command:up", true, "1"),
        done("mon", Outcome::Verified { checks: 2 }),
        done("web1", Outcome::Failed { changes: 0 }),
        done(
            "web2",
            Outcome::Unreachable { reason: "ssh: connect to host web2 port 22: Connection timed out".to_owned() },
        ),
        finished(1),
    ];
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    1 of 4 checks failed on 1 of 3 hosts; 1 unreachable (0.8 s)

    mon
      ok      prometheus/verify/http:http://127.0.0.1:9090/-/ready  200 in 0.1 s
      ok      prometheus/verify/command:up                          1

    web1
      ok      prometheus/verify/http:http://127.0.0.1:9090/-/ready  200 in 0.3 s
      failed  loki/verify/http:http://127.0.0.1:3100/ready
                503 for 60 s:
                Ingester not ready: waiting for 15s after being ready

    web2  unreachable  ssh: connect to host web2 port 22: Connection timed out
    ");

    events.truncate(2);
    events.extend([done("web1", Outcome::Verified { checks: 1 }), finished(0)]);
    insta::assert_snapshot!(show(&events, Look { quiet: true, ..LOOK }, false).0, @"1 check passed on 1 of 3 hosts (0.8 s)");
}

#[test]
fn colour_where_it_means_something() {
    let mut events = apply();
    events.push(Event::Failed { host: "mon".to_owned(), failure: failure() });
    events.extend([done("mon", Outcome::Failed { changes: 1 }), finished(1)]);
    let (out, _) = show(&events, Look { color: true, ..LOOK }, true);
    insta::assert_snapshot!(out.replace('\u{1b}', "^"), @"
    ^[1m4 changes on 2 of 3 hosts^[0m

    ^[1mmon, web1^[0m^[2m (2 hosts)^[0m
      prometheus/config
        ^[33m~^[0m config /etc/prometheus
          prometheus.yml
          ^[36m@@ -1,5 +1,5 @@^[0m
           global:
          ^[31m-  scrape_interval: 30s^[0m
          ^[32m+  scrape_interval: 15s^[0m
             external_labels:
               site: home
           scrape_configs:
      prometheus/run
        ^[33m~^[0m service prometheus: restart
          because /etc/prometheus/prometheus.yml changes

    ^[31mFailed on 1 of 3 hosts^[0m; 1 change made on 1 host, 1 not put back ^[2m(0.8 s)^[0m

    ^[1mmon^[0m
      ^[31mfailed^[0m prometheus/config/config:/etc/prometheus
        the new configuration was refused
        $ promtool check config /etc/prometheus/prometheus.yml^[2m (exit status 1)^[0m
        ^[2m|^[0m Checking /etc/prometheus/prometheus.yml
        ^[2m|^[0m   FAILED: parsing YAML file /etc/prometheus/prometheus.yml: yaml:
        ^[2m|^[0m unmarshal errors: line 7: field x not found
        ^[2mput back^[0m  /etc/prometheus/prometheus.yml
        ^[2m        ^[0m  prometheus.service is running again
        ^[2mstays   ^[0m  package prometheus
    ");
    assert!(!show(&events, LOOK, true).0.contains('\u{1b}'));
}
