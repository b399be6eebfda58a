//! The newest samples, as a person reads them.

use super::super::text::Look;
use super::{LOOK, done, finished, show, started};
use crate::engine::event::{CheckResult, Event, Newest, Outcome};

/// The answer of a check on `host` about a signal of `of`.
fn signal(host: &str, check: &str, of: &str, signal: &str, age: Option<i64>, wrong: Option<&str>) -> Event {
    let newest = Newest { signal: signal.to_owned(), of: of.to_owned(), age_seconds: age };
    let seen = wrong.unwrap_or("status 200").to_owned();
    let result =
        CheckResult { check: check.to_owned(), passed: wrong.is_none(), seen, newest: Some(newest), millis: 300 };
    Event::Checked { host: host.to_owned(), result }
}

const LINE: &str = "alloy/answers/http:mon has a line of this host";

fn stack() -> Vec<Event> {
    let sample = |host: &str| format!("prometheus/run/http:has new metrics of {host}");
    vec![
        started("verify", &["mon", "app"]),
        signal("mon", LINE, "mon", "logs", Some(0), None),
        signal("mon", &sample("mon"), "mon", "metrics", Some(75), None),
        signal("mon", &sample("app"), "app", "metrics", Some(12), None),
        super::checked("mon", "loki/verify/http:is ready", true, "status 200"),
        signal("app", LINE, "app", "logs", Some(3), None),
    ]
}

#[test]
fn all_is_well() {
    let mut events = stack();
    events.push(finished(0));
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    All 5 checks passed on 2 hosts (0.8 s)

    host  signal   newest
    mon   logs     0 s ago         ok
    mon   metrics  1 min 15 s ago  ok
    app   logs     3 s ago         ok
    app   metrics  12 s ago        ok

    mon
      ok      loki/verify/http:is ready  status 200
    ");
    assert_eq!(show(&events, Look { quiet: true, ..LOOK }, false).0, "All 5 checks passed on 2 hosts (0.8 s)\n");
    insta::assert_snapshot!(show(&events, Look { verbose: 1, ..LOOK }, false).0, @"
    All 5 checks passed on 2 hosts (0.8 s)

    host  signal   newest
    mon   logs     0 s ago         ok
    mon   metrics  1 min 15 s ago  ok
    app   logs     3 s ago         ok
    app   metrics  12 s ago        ok

    mon
      ok      alloy/answers/http:mon has a line of this host  status 200
      ok      prometheus/run/http:has new metrics of mon      status 200
      ok      prometheus/run/http:has new metrics of app      status 200
      ok      loki/verify/http:is ready                       status 200

    app
      ok      alloy/answers/http:mon has a line of this host  status 200

    mon  0 exchanges, 0 ms
    app  0 exchanges, 0 ms
    ");
    insta::assert_snapshot!(show(&events, Look { color: true, ..LOOK }, false).0.replace('\u{1b}', "^"), @"
    ^[32mAll 5 checks passed on 2 hosts^[0m ^[2m(0.8 s)^[0m

    host  signal   newest
    mon   logs     0 s ago         ^[32mok^[0m
    mon   metrics  1 min 15 s ago  ^[32mok^[0m
    app   logs     3 s ago         ^[32mok^[0m
    app   metrics  12 s ago        ^[32mok^[0m

    ^[1mmon^[0m
      ^[32mok    ^[0m  loki/verify/http:is ready  status 200
    ");
}

#[test]
fn what_is_missing_says_why() {
    let mut events = stack();
    let refused = "curl: (7) Failed to connect to mon.example.org port 3100 after 1 ms: Could not connect to server";
    events[1] = signal("mon", LINE, "mon", "logs", None, Some(refused));
    events[3] = signal("mon", "prometheus/run/http:has new metrics of app", "app", "metrics", None, Some("no sample"));
    let old = "the newest sample is older than 10m (90000 s)";
    events[5] = signal("app", LINE, "app", "logs", Some(90_000), Some(old));
    events.extend([done("mon", Outcome::Failed { changes: 0 }), finished(1)]);
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    3 of 5 checks failed on 2 hosts (0.8 s)

    host  signal   newest
    mon   logs     none            failed  curl: (7) Failed to connect to mon.examp…
    mon   metrics  1 min 15 s ago  ok
    app   logs     1 d 1 h ago     failed  the newest sample is older than 10m (900…
    app   metrics  none            failed  no sample

    mon
      failed  alloy/answers/http:mon has a line of this host
                curl: (7) Failed to connect to mon.example.org port 3100 after 1 ms:
                Could not connect to server
      failed  prometheus/run/http:has new metrics of app      no sample
      ok      loki/verify/http:is ready                       status 200

    app
      failed  alloy/answers/http:mon has a line of this host
                the newest sample is older than 10m (90000 s)
    ");
    insta::assert_snapshot!(show(&events, Look { quiet: true, ..LOOK }, false).0, @"
    3 of 5 checks failed on 2 hosts (0.8 s)

    host  signal   newest
    mon   logs     none         failed  curl: (7) Failed to connect to mon.example.…
    app   logs     1 d 1 h ago  failed  the newest sample is older than 10m (90000 …
    app   metrics  none         failed  no sample

    mon
      failed  alloy/answers/http:mon has a line of this host
                curl: (7) Failed to connect to mon.example.org port 3100 after 1 ms:
                Could not connect to server
      failed  prometheus/run/http:has new metrics of app      no sample

    app
      failed  alloy/answers/http:mon has a line of this host
                the newest sample is older than 10m (90000 s)
    ");
}

#[test]
fn a_host_that_cannot_be_asked() {
    let mut events = stack();
    events.truncate(4);
    let unasked = |check: &str| super::checked("app", check, false, "the host could not be reached");
    events.push(signal("app", LINE, "app", "logs", None, Some("the host could not be reached")));
    events.push(unasked("alloy/answers/http:is ready"));
    events.push(done("app", Outcome::Unreachable { reason: "Connection timed out".to_owned() }));
    events.push(finished(4));
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    2 of 5 checks failed on 1 of 2 hosts; 1 unreachable (0.8 s)

    host  signal   newest
    mon   logs     0 s ago         ok
    mon   metrics  1 min 15 s ago  ok
    app   logs     none            failed  the host could not be reached
    app   metrics  12 s ago        ok

    app  unreachable  Connection timed out
    ");
}

#[test]
fn one_host_with_two_places_for_its_lines() {
    let other = "alloy/answers/http:http://logs.example.org:3100 has a line of this host";
    let ahead = "the newest sample is 75 s in the future: clocks differ";
    let events = [
        started("verify", &["app"]),
        signal("app", LINE, "app", "logs", Some(3), None),
        signal("app", other, "app", "logs", Some(-75), Some(ahead)),
        signal("app", "node/run/http:elsewhere", "not-in-the-run", "metrics", Some(4_000), None),
        finished(1),
    ];
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    1 of 3 checks failed on app (0.8 s)

    host            signal   newest
    app             logs     3 s ago           ok      mon has a line of this host
    app             logs     1 min 15 s ahead  failed  http://logs.example.org:3100…
    not-in-the-run  metrics  1 h 6 min ago     ok

    app
      failed  alloy/answers/http:http://logs.example.org:3100 has a line of this ho…
                the newest sample is 75 s in the future: clocks differ
    ");
    // a file has no width
    insta::assert_snapshot!(show(&events, Look { width: None, ..LOOK }, false).0, @"
    1 of 3 checks failed on app (0.8 s)

    host            signal   newest
    app             logs     3 s ago           ok      mon has a line of this host
    app             logs     1 min 15 s ahead  failed  http://logs.example.org:3100 has a line of this host: the newest sample is 75 s in the future: clocks differ
    not-in-the-run  metrics  1 h 6 min ago     ok

    app
      failed  alloy/answers/http:http://logs.example.org:3100 has a line of this host  the newest sample is 75 s in the future: clocks differ
    ");
}

#[test]
fn a_name_that_leaves_no_room() {
    let host = "collector-17.monitoring.internal.example.org";
    let events = [started("verify", &[host]), signal(host, LINE, host, "logs", None, Some("no sample")), finished(1)];
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    1 of 1 check failed on collector-17.monitoring.internal.example.org (0.8 s)

    host                                          signal  newest
    collector-17.monitoring.internal.example.org  logs    none    failed

    collector-17.monitoring.internal.example.org
      failed  alloy/answers/http:mon has a line of this host  no sample
    ");
}

#[test]
fn twenty_hosts() {
    let names: Vec<String> = (1..=20).map(|number| format!("web{number}")).collect();
    let mut events = vec![started("verify", &names.iter().map(String::as_str).collect::<Vec<_>>())];
    for (number, name) in names.iter().enumerate() {
        let wrong = (number == 6).then_some("no sample");
        let age = wrong.is_none().then_some(number as i64);
        events.push(signal("web1", &format!("prometheus/run/http:{name}"), name, "metrics", age, wrong));
        events.push(signal(name, LINE, name, "logs", Some(2), None));
        events.push(super::checked(name, "alloy/answers/http:is ready", true, "status 200"));
    }
    events.push(finished(1));
    insta::assert_snapshot!(show(&events, LOOK, false).0, @"
    1 of 60 checks failed on 1 of 20 hosts (0.8 s)

    host   signal   newest
    web1   logs     2 s ago   ok
    web1   metrics  0 s ago   ok
    web2   logs     2 s ago   ok
    web2   metrics  1 s ago   ok
    web3   logs     2 s ago   ok
    web3   metrics  2 s ago   ok
    web4   logs     2 s ago   ok
    web4   metrics  3 s ago   ok
    web5   logs     2 s ago   ok
    web5   metrics  4 s ago   ok
    web6   logs     2 s ago   ok
    web6   metrics  5 s ago   ok
    web7   logs     2 s ago   ok
    web7   metrics  none      failed  no sample
    web8   logs     2 s ago   ok
    web8   metrics  7 s ago   ok
    web9   logs     2 s ago   ok
    web9   metrics  8 s ago   ok
    web10  logs     2 s ago   ok
    web10  metrics  9 s ago   ok
    web11  logs     2 s ago   ok
    web11  metrics  10 s ago  ok
    web12  logs     2 s ago   ok
    web12  metrics  11 s ago  ok
    web13  logs     2 s ago   ok
    web13  metrics  12 s ago  ok
    web14  logs     2 s ago   ok
    web14  metrics  13 s ago  ok
    web15  logs     2 s ago   ok
    web15  metrics  14 s ago  ok
    web16  logs     2 s ago   ok
    web16  metrics  15 s ago  ok
    web17  logs     2 s ago   ok
    web17  metrics  16 s ago  ok
    web18  logs     2 s ago   ok
    web18  metrics  17 s ago  ok
    web19  logs     2 s ago   ok
    web19  metrics  18 s ago  ok
    web20  logs     2 s ago   ok
    web20  metrics  19 s ago  ok

    web2
      ok      alloy/answers/http:is ready  status 200

    web3
      ok      alloy/answers/http:is ready  status 200

    web4
      ok      alloy/answers/http:is ready  status 200

    web5
      ok      alloy/answers/http:is ready  status 200

    web6
      ok      alloy/answers/http:is ready  status 200

    web7
      ok      alloy/answers/http:is ready  status 200

    web8
      ok      alloy/answers/http:is ready  status 200

    web9
      ok      alloy/answers/http:is ready  status 200

    web10
      ok      alloy/answers/http:is ready  status 200

    web11
      ok      alloy/answers/http:is ready  status 200

    web12
      ok      alloy/answers/http:is ready  status 200

    web13
      ok      alloy/answers/http:is ready  status 200

    web14
      ok      alloy/answers/http:is ready  status 200

    web15
      ok      alloy/answers/http:is ready  status 200

    web16
      ok      alloy/answers/http:is ready  status 200

    web17
      ok      alloy/answers/http:is ready  status 200

    web18
      ok      alloy/answers/http:is ready  status 200

    web19
      ok      alloy/answers/http:is ready  status 200

    web20
      ok      alloy/answers/http:is ready  status 200

    web1
      ok      alloy/answers/http:is ready  status 200
      failed  prometheus/run/http:web7     no sample
    ");
}

#[test]
fn for_programs() {
    let events = [
        started("verify", &["app"]),
        signal("mon", "a/b/http:c", "app", "metrics", Some(12), None),
        signal("mon", "a/b/http:c", "app", "metrics", None, Some("no sample")),
    ];
    insta::with_settings!({ filters => vec![(r#""at":"[0-9T:.-]+Z""#, r#""at":"(time)""#)] }, {
        insta::assert_snapshot!(super::json::as_json(&events, true), @r#"
        {"format":1,"event":"started","command":"verify","hosts":["app"],"time":{"at":"(time)"}}
        {"format":1,"event":"checked","host":"mon","check":"a/b/http:c","passed":true,"seen":"status 200","signal":"metrics","of":"app","time":{"millis":300,"age_seconds":12,"at":"(time)"}}
        {"format":1,"event":"checked","host":"mon","check":"a/b/http:c","passed":false,"seen":"no sample","signal":"metrics","of":"app","time":{"millis":300,"age_seconds":null,"at":"(time)"}}
        "#);
    });
}
