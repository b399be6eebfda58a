//! Signals: what a check must say of one, how the time of the newest sample is read, and what its age comes to.

use super::checks::{NOW, check, errors, judge};
use crate::resource::check::CheckKind;
use crate::resource::check::{Check, Reply};
use insta::assert_snapshot;
use std::time::Duration;

/// A check of logs whose newest sample's time is what `newest` makes of a body.
fn newest(newest: &str, more: &str, body: &str) -> String {
    let text = format!("{{ url: \"http://a/\", signal: logs, max_age: 10m, newest: \"{newest}\"{more} }}");
    judge(&check(CheckKind::Http, &text), 0, 200, body)
}

#[test]
fn what_belongs_together() {
    assert_snapshot!(errors(CheckKind::Http, "{ url: a, signal: logs }"), @"
    error: `signal` needs `newest` and `max_age` beside it
     --> role.yml:1:11
      |
    1 | { url: a, signal: logs }
      |           ^^^^^^
      |
      = help: signal: a word (metrics), newest: an expression for the time of the newest sample, max_age: how old it may be (10m)
    ");
    assert_snapshot!(errors(CheckKind::Http, "{ url: a, newest: json.x, max_age: 1m }"), @"
    error: `newest` needs `signal` beside it
     --> role.yml:1:11
      |
    1 | { url: a, newest: json.x, max_age: 1m }
      |           ^^^^^^
      |
      = help: signal: a word (metrics), newest: an expression for the time of the newest sample, max_age: how old it may be (10m)
    ");
    assert_snapshot!(errors(CheckKind::Command, "{ command: a, signal: logs, newest: body }"), @"
    error: `signal` needs `max_age` beside it
     --> role.yml:1:15
      |
    1 | { command: a, signal: logs, newest: body }
      |               ^^^^^^
      |
      = help: signal: a word (metrics), newest: an expression for the time of the newest sample, max_age: how old it may be (10m)
    ");
    assert_snapshot!(errors(CheckKind::Http, "{ url: a, of: mon }"), @"
    error: `of` needs `signal` and `newest` and `max_age` beside it
     --> role.yml:1:11
      |
    1 | { url: a, of: mon }
      |           ^^
      |
      = help: signal: a word (metrics), newest: an expression for the time of the newest sample, max_age: how old it may be (10m)
    ");
    assert_snapshot!(errors(CheckKind::Http, "{ url: a, signal: All Logs, newest: body, max_age: soon }"), @"
    error: `All Logs` is no name of a signal
     --> role.yml:1:19
      |
    1 | { url: a, signal: All Logs, newest: body, max_age: soon }
      |                   ^^^^^^^^
      |
      = help: a short word in lower case: metrics, logs, traces

    error: this is no length of time
     --> role.yml:1:52
      |
    1 | { url: a, signal: All Logs, newest: body, max_age: soon }
      |                                                    ^^^^
      |
      = help: write it as 500ms, 30s, 5m, 1h or 2d
    ");
    assert_snapshot!(errors(CheckKind::Http, "{ url: a, signal: logs, newest: body, max_age: 0 }"), @"
    error: `max_age` must be longer than nothing
     --> role.yml:1:48
      |
    1 | { url: a, signal: logs, newest: body, max_age: 0 }
      |                                                ^
      |
      = help: max_age: 10m
    ");
    assert_snapshot!(errors(CheckKind::Port, "{ port: 1, signal: logs }"), @"
    error: unknown key `signal` in port
     --> role.yml:1:12
      |
    1 | { port: 1, signal: logs }
      |            ^^^^^^
      |
      = help: known here: within, port, host, state
    ");
}

#[test]
fn times_in_all_forms() {
    let ten_seconds_ago = NOW - 10;
    for time in [
        format!("{ten_seconds_ago}"),
        format!("{ten_seconds_ago}.250"),
        format!("{ten_seconds_ago}000"),
        format!("{ten_seconds_ago}000000"),
        format!("{ten_seconds_ago}000000000"),
        "'2025-12-31T23:59:50Z'".to_owned(),
        "'2025-12-31T23:59:50.000000001Z'".to_owned(),
        "'2026-01-01T01:59:50+02:00'".to_owned(),
    ] {
        let age = if time.contains(".250") || time.contains(".000000001") { 9 } else { 10 };
        let expected = format!("yes: status 200 ({age} s)");
        assert_eq!(newest(&time, "", ""), expected, "{time}");
        assert_eq!(newest("body", "", &time.replace('\'', "")), expected, "{time} as text");
    }
    for nothing in ["none", "''", "' '", "[] | max", "[] | first", "json.none", "0", "'0001-01-01T00:00:00Z'"] {
        assert_eq!(newest(nothing, "", "{\"some\": 1}"), "no: no sample", "{nothing}");
    }
    for (wrong, reason) in [
        ("'yesterday'", "no: `newest` comes to `yesterday`, which is no time"),
        ("[1767225590]", "no: `newest` comes to `[1767225590]`, which is no time"),
        ("true", "no: `newest` comes to `True`, which is no time"),
        ("'NaN'", "no: `newest` comes to `NaN`, which is no time"),
        ("'2025-12-31T23:59:50'", "no: `newest` comes to `2025-12-31T23:59:50`, which is no time"),
        ("1e30", "no: `newest` comes to `1000000000000000000000000000000.0`, which is no time"),
    ] {
        assert_eq!(newest(wrong, "", ""), reason, "{wrong}");
    }
    assert_snapshot!(newest("json.data.result", "", "no json"), @"no: json.data.result: `json.data` is undefined");
    assert_snapshot!(newest("nobody", "", ""), @"no: no sample");
    assert_snapshot!(newest("body |", "", ""), @"no: body |: syntax error in a template");
}

#[test]
fn an_age_is_judged() {
    let at = |seconds: i64| newest("json", "", &(NOW - seconds).to_string());
    assert_eq!(at(0), "yes: status 200 (0 s)");
    assert_eq!(at(600), "yes: status 200 (600 s)");
    assert_eq!(at(601), "no: the newest sample is older than 10m (601 s) (601 s)");
    // clocks differ
    assert_eq!([at(-1), at(-60)], ["yes: status 200 (0 s)", "yes: status 200 (0 s)"]);
    assert_eq!(at(-61), "no: the newest sample is 61 s in the future: clocks differ (-61 s)");
    let show = ", show: json.error";
    assert_eq!(newest("json.time", show, "{\"error\": \"refused\"}"), "no: no sample; seen: \"refused\"");
    // what else is wanted comes first
    let other = newest("json", ", contains: x", &NOW.to_string());
    assert_eq!(other, format!("no: `x` is not in the answer: {NOW}"));
    let text = "{ command: date, signal: logs, max_age: 1m, newest: body }";
    assert_eq!(judge(&check(CheckKind::Command, text), 0, 0, &format!("{NOW}\n")), "yes: exit status 0 (0 s)");
    assert_eq!(judge(&check(CheckKind::Command, text), 1, 0, &format!("{NOW}\n")), format!("no: exit status 1: {NOW}"));
}

#[test]
fn how_old_it_may_be() {
    for (written, seconds) in
        [("90", 90), ("90s", 90), ("1500ms", 1), ("1h30m", 5_400), ("1.5h", 5_400), ("2d", 172_800), ("1w", 604_800)]
    {
        let check = |age: i64| {
            let text = format!("{{ command: x, signal: logs, newest: body, max_age: {written} }}");
            judge(&check(CheckKind::Command, &text), 0, 0, &(NOW - age).to_string())
        };
        assert_eq!(check(seconds), format!("yes: exit status 0 ({seconds} s)"));
        let age = seconds + 1;
        assert_eq!(check(age), format!("no: the newest sample is older than {written} ({age} s) ({age} s)"));
    }
    for wrong in ["1", "1x", "h", "m5", "1h30", "-5s", "1.5", "0.0001s"] {
        let text = format!("{{ command: x, signal: logs, newest: body, max_age: '{wrong}' }}");
        let read = crate::resource::check::Check::parse(CheckKind::Command, &super::yaml(&text), None);
        assert_eq!(read.is_ok(), wrong == "1", "{wrong}");
    }
}

#[test]
fn one_try_takes_no_longer_than_there_is_time() {
    for (within, most) in [("100ms", 1), ("2s", 2), ("2500ms", 3), ("5m", 10)] {
        let http = check(CheckKind::Http, &format!("{{ url: a, within: {within} }}")).program();
        assert!(http.contains(&format!("--max-time {most} ")), "{http}");
        let command = check(CheckKind::Command, &format!("{{ command: x, within: {within} }}")).program();
        assert!(command.contains(&format!("timeout {most} ")), "{command}");
    }
}

#[test]
fn answers_of_services() {
    let loki = "json.data.result | map(attribute='values') | map('first') | map('first') | max";
    let streams = r#"{"status":"success","data":{"resultType":"streams","result":[
        {"stream":{"hostname":"app","unit":"cron"},"values":[["1767225580000000001","a line"]]},
        {"stream":{"hostname":"app"},"values":[["1767225590000000001","another"]]}]}}"#;
    assert_eq!(newest(loki, "", streams), "yes: status 200 (9 s)");
    let empty = r#"{"status":"success","data":{"resultType":"streams","result":[]}}"#;
    assert_eq!(newest(loki, "", empty), "no: no sample");

    let prometheus = "json.data.result | map(attribute='value') | map('last') | max";
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1767225600.1,"1767225595.123"]}]}}"#;
    assert_eq!(newest(prometheus, "", vector), "yes: status 200 (4 s)");
    assert_eq!(newest(prometheus, "", &empty.replace("streams", "vector")), "no: no sample");

    let influxdb = "body | from_csv | map(attribute='_time') | max";
    let annotated = "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string\r\n\
        #group,false,false,true,true,false,false,true,true,true\r\n#default,_result,,,,,,,,\r\n\
        ,result,table,_start,_stop,_time,_value,_field,_measurement,host\r\n\
        ,,0,2025-12-31T23:00:00Z,2026-01-01T00:00:00Z,2025-12-31T23:59:40Z,98.5,usage_idle,cpu,app\r\n\
        ,,0,2025-12-31T23:00:00Z,2026-01-01T00:00:00Z,2025-12-31T23:59:50Z,97,usage_idle,cpu,app\r\n\
        ,,1,2025-12-31T23:00:00Z,2026-01-01T00:00:00Z,2025-12-31T23:59:45Z,1.5,usage_user,cpu,app\r\n\r\n";
    assert_eq!(newest(influxdb, "", annotated), "yes: status 200 (10 s)");
    let plain: String = annotated.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
    assert_eq!(newest(influxdb, "", &plain), "yes: status 200 (10 s)");
    for empty in ["", "\r\n", ",result,table,_time\r\n\r\n"] {
        assert_eq!(newest(influxdb, "", empty), "no: no sample");
    }
}

/// The whole of a check that asks InfluxDB for a host's newest point.
#[test]
fn a_check_of_influxdb() {
    let text = "
url: http://mon:8086/api/v2/query?org=home
headers: { Authorization: Token abc, Content-Type: application/vnd.flux, Accept: application/csv }
body: >-
  from(bucket: \"telegraf\") |> range(start: -1h) |> filter(fn: (r) => r.host == \"app\")
  |> last() |> keep(columns: [\"_time\"])
signal: metrics
newest: body | from_csv | map(attribute='_time') | max
max_age: 60s
within: 30s";
    let check = check(CheckKind::Http, text);
    let answer = ",result,table,_time\r\n,_result,0,2025-12-31T23:59:10Z\r\n,_result,0,2025-12-31T23:59:30Z\r\n\r\n";
    assert_eq!(judge(&check, 0, 200, answer), "yes: status 200 (30 s)");
    let unauthorized = r#"{"code":"unauthorized","message":"unauthorized access"}"#;
    let refused = format!("no: status 401 instead of 200: {unauthorized} (refused, and not asked again)");
    assert_eq!(judge(&check, 0, 401, unauthorized), refused);
}

#[test]
fn after_a_change_only_what_is_from_after_it_is_fresh() {
    let text = |fresh| format!("{{ command: date, signal: logs, max_age: 1h, newest: body, fresh: {fresh} }}");
    let [fresh, any] = [true, false].map(|fresh| check(CheckKind::Command, &text(fresh)));
    let after = |check: &Check, age: i64, seconds: u64| {
        let now = Some(jiff::Timestamp::from_second(NOW).unwrap());
        let reply = Reply { status: 0, http: 0, body: (NOW - age).to_string() };
        let verdict = check.after_change(check.judge(&reply, now), Duration::from_secs(seconds));
        (verdict.passed, verdict.seen)
    };
    let stale = |age: i64| (false, format!("the newest sample is from before the change ({age} s old)"));
    let ok = || (true, "exit status 0".to_owned());
    assert_eq!([after(&fresh, 60, 5), after(&fresh, 4, 5), after(&fresh, 3, 5)], [stale(60), stale(4), ok()]);
    assert_eq!(after(&any, 60, 5), ok());
    // what else is wrong is what is said
    assert_eq!(after(&fresh, 4000, 5), (false, "the newest sample is older than 1h (4000 s)".to_owned()));
}
