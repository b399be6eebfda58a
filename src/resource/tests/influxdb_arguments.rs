//! What may be said of an InfluxDB, and what not.

use super::errors;
use super::influxdb::AT;
use insta::assert_snapshot;

#[test]
fn arguments_that_are_wrong() {
    assert_snapshot!(errors("influxdb_bucket: {name: a, url: h:8086, org: home, token: x, retention: 30 days}"), @"
    error: this is no URL
     --> role.yml:1:33
      |
    1 | influxdb_bucket: {name: a, url: h:8086, org: home, token: x, retention: 30 days}
      |                                 ^^^^^^
      |
      = help: http://127.0.0.1:8086

    error: this is no length of time
     --> role.yml:1:73
      |
    1 | influxdb_bucket: {name: a, url: h:8086, org: home, token: x, retention: 30 days}
      |                                                                         ^^^^^^^
      |
      = help: write it as 72h, 30d or 8w; 0 keeps all
    ");
    assert_snapshot!(errors(&format!("influxdb_bucket: {{name: a, {AT}, retention: 30m}}")), @"
    error: InfluxDB keeps points for at least 1h
     --> role.yml:1:87
      |
    1 | influxdb_bucket: {name: a, url: http://h:8086, org: home, token: operator, retention: 30m}
      |                                                                                       ^^^
    ");
    assert_snapshot!(
        errors(&format!("influxdb_tokens: {{{AT}, tokens: [{{name: a/b, read: [x]}}, {{name: a}}]}}")), @"
    error: `a/b` is no name of a token
     --> role.yml:1:83
      |
    1 | influxdb_tokens: {url: http://h:8086, org: home, token: operator, tokens: [{name: a/b, read: [x]}, {name: a}]}
      |                                                                                   ^^^ letters, digits, `_`, `-` and `.`

    error: a token that may do nothing
     --> role.yml:1:100
      |
    1 | influxdb_tokens: {url: http://h:8086, org: home, token: operator, tokens: [{name: a/b, read: [x]}, {name: a}]}
      |                                                                                                    ^^^^^^^^^
      |
      = help: read: [BUCKET], write: [BUCKET]
    ");
    assert_snapshot!(
        errors(&format!("influxdb_tokens: {{{AT}, tokens: [{{name: a, read: [x]}}, {{name: a, write: [x]}}]}}")), @"
    error: the token `a` is there twice
     --> role.yml:1:75
      |
    1 | ... home, token: operator, tokens: [{name: a, read: [x]}, {name: a, write: [x]}]}
      |                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn names_that_influxdb_does_not_take() {
    for name in ["_own", "a\"b", ""] {
        let text = format!("influxdb_bucket: {{name: '{name}', {AT}}}");
        assert!(errors(&text).contains(&format!("InfluxDB takes no bucket called `{name}`")), "{name}");
        let text = format!("influxdb_setup: {{{AT}, user: admin, password: long-enough, bucket: '{name}'}}");
        assert!(errors(&text).contains(&format!("InfluxDB takes no bucket called `{name}`")), "{name}");
    }
    let text = format!("influxdb_bucket: {{name: a, {}}}", AT.replace("org: home", "org: ' '"));
    assert!(errors(&text).contains("an organization has a name"));
}
