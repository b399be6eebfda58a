//! What the stand-ins alone are asked: what the real programs know and they do not, they say, and never pass over.

use crate::program::{end_of, stand_in};
use crate::support::Output;
use std::fs;

fn asked(program: &str, file: &str, text: &str, words: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(file), text).unwrap();
    end_of(stand_in(program, folder.path(), &[]), words)
}

#[test]
fn what_they_do_not_know_they_say() {
    let alloy = asked("alloy", "a.alloy", "prometheus.relabel \"a\" { }\n", &["validate", "a.alloy"]).assert_status(3);
    alloy.assert_stderr_has("Error: a.alloy:1:1: the stand-in does not know `prometheus.relabel`\n");
    let telegraf = asked("telegraf", "a.conf", "[[inputs.docker]]\n", &["config", "check", "--config", "a.conf"]);
    telegraf.assert_status(3).assert_stderr_has("the stand-in does not know inputs.docker\n");
    asked("influxd", "none", "", &["upgrade"]).assert_status(3);
}

/// Images and packages say which release theirs is.
#[test]
fn each_passes_for_a_release() {
    for (program, words, release) in [
        ("loki", "--version", "loki, version 3.5.0 (branch: stand-in, revision: stand-in)\n"),
        ("telegraf", "--version", "Telegraf 1.38.4 (git: stand-in@stand-in)\n"),
        ("grafana", "server --version", "grafana version 12.3.1\n"),
        ("influxd", "version", "InfluxDB v2.7.11 (git: stand-in) build_date: 2026-01-01T00:00:00Z\n"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        assert_eq!(asked(program, "none", "", &words).assert_status(0).stdout, release);
    }
}
