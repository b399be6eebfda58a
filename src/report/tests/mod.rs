#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What a person and a program read of a run, pinned: the runs that the tests tell.

mod actions;
mod apply;
mod diff;
mod json;
mod verify;

use super::text::Look;
use super::{Consumer, terminal::Terminal};
use crate::engine::event::{
    CheckResult, Event, Failure, HostPlan, Outcome, Phase, ShownChange, ShownDetail, ShownRole, ShownStep, Timing,
};
use crate::plan::change::{Action, Detail};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A place to write to, shared with the test.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|_| io::ErrorKind::Other)?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        self.0.lock().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

const LOOK: Look = Look { width: Some(80), color: false, verbose: 0, quiet: false };

/// Both outputs of a run on a terminal; with `ask`, the question is asked when all plans are out.
fn show(events: &[Event], look: Look, ask: bool) -> (String, String) {
    let (out, err) = (Paper::default(), Paper::default());
    let mut terminal = Terminal::new((Box::new(out.clone()), look), (Box::new(err.clone()), look), None);
    let last_plan = events.iter().rposition(|event| matches!(event, Event::Planned { .. }));
    for (number, event) in events.iter().enumerate() {
        terminal.event(event).unwrap();
        if ask && Some(number) == last_plan {
            let question = terminal.before_changes().unwrap();
            writeln!(err.clone(), "{question}y").unwrap();
        }
    }
    let (out, err) = (out.text(), err.text());
    if let Some(width) = look.width.filter(|_| !look.color) {
        for line in out.lines() {
            assert!(console::measure_text_width(line) <= width, "too wide: {line}");
            assert_eq!(line, line.trim_end(), "spaces at the end");
        }
    }
    (out, err)
}

fn started(command: &'static str, hosts: &[&str]) -> Event {
    Event::Started { command, hosts: hosts.iter().map(|&host| host.to_owned()).collect() }
}

fn planned(host: &str, plan: &HostPlan) -> Event {
    Event::Planned { host: host.to_owned(), plan: plan.clone() }
}

fn done(host: &str, outcome: Outcome) -> Event {
    Event::HostDone { host: host.to_owned(), outcome, exchanges: 3, millis: 420 }
}

fn step_done(host: &str, role: &str, step: &str, changes: usize, millis: u64) -> Event {
    let parts = [("files", millis / 3), ("daemon-reload", 20), ("services", millis / 5), ("settling", millis / 2)];
    let parts = parts.map(|(what, millis)| Timing { what, millis }).to_vec();
    Event::StepDone { host: host.to_owned(), role: role.to_owned(), step: step.to_owned(), changes, parts, millis }
}

fn finished(exit: u8) -> Event {
    Event::Finished { exit, millis: 840 }
}

fn change(resource: &str, action: Action, details: Vec<Detail>) -> ShownChange {
    let details = details.into_iter().map(ShownDetail::from).collect();
    ShownChange { resource: resource.to_owned(), action, details }
}

fn text(path: &str, old: Option<&str>, new: Option<&str>) -> Detail {
    Detail::Text {
        path: path.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
        hidden: false,
        secrets: Default::default(),
    }
}

fn step(name: &str, changes: Vec<ShownChange>) -> ShownStep {
    ShownStep { step: name.to_owned(), changes }
}

fn role(name: &str, steps: Vec<ShownStep>) -> ShownRole {
    ShownRole { role: name.to_owned(), play: "Monitoring".to_owned(), steps }
}

/// A changed configuration and the restart that it brings.
fn prometheus() -> HostPlan {
    let old =
        "global:\n  scrape_interval: 30s\n  external_labels:\n    site: home\nscrape_configs:\n  - job_name: node\n";
    let new = old.replace("30s", "15s");
    let config = "prometheus/config/config:/etc/prometheus";
    HostPlan {
        roles: vec![role(
            "prometheus",
            vec![
                step(
                    "config",
                    vec![change(
                        config,
                        Action::Update,
                        vec![text("/etc/prometheus/prometheus.yml", Some(old), Some(&new))],
                    )],
                ),
                step(
                    "run",
                    vec![change(
                        "prometheus/run/service:prometheus",
                        Action::Restart,
                        vec![Detail::note("because /etc/prometheus/prometheus.yml changes")],
                    )],
                ),
            ],
        )],
        notes: Vec::new(),
    }
}

/// One of everything.
fn telegraf() -> HostPlan {
    let long: String = (1..=60).map(|n| format!("line {n}\n")).collect();
    let mut wide = "x".repeat(120);
    let before = format!("{wide} = 1\n");
    wide.push_str(" = 2\n");
    let values = |pairs: &[(&str, Option<&str>, Option<&str>)]| -> Vec<Detail> {
        pairs.iter().filter_map(|&(what, old, new)| Detail::value(what, old, new)).collect()
    };
    let hidden = Detail::Text {
        path: "/etc/telegraf/token".to_owned(),
        old: Some(String::new()),
        new: Some(String::new()),
        hidden: true,
        secrets: Default::default(),
    };
    let file = "telegraf/config/file:/etc/telegraf";
    HostPlan {
        roles: vec![role(
            "telegraf",
            vec![
                step(
                    "install",
                    vec![
                        change(
                            "telegraf/install/package:telegraf",
                            Action::Install,
                            values(&[("version", None, Some("1.36.1"))]),
                        ),
                        change(
                            "telegraf/install/directory:/etc/telegraf",
                            Action::Create,
                            values(&[("owner", None, Some("telegraf")), ("mode", None, Some("0750"))]),
                        ),
                    ],
                ),
                step(
                    "config",
                    vec![
                        change(
                            &format!("{file}/long.conf"),
                            Action::Create,
                            vec![text("/etc/telegraf/long.conf", None, Some(&long))],
                        ),
                        change(
                            &format!("{file}/wide.conf"),
                            Action::Update,
                            vec![text("/etc/telegraf/wide.conf", Some(&before), Some(&wide))],
                        ),
                        change(
                            &format!("{file}/old.conf"),
                            Action::Remove,
                            vec![text("/etc/telegraf/old.conf", Some("a\nb\n"), None)],
                        ),
                        change(&format!("{file}/token"), Action::Update, {
                            let mut details = values(&[
                                ("mode", Some("0644"), Some("0600")),
                                ("owner", Some("root"), Some("telegraf")),
                            ]);
                            details.push(hidden);
                            details
                        }),
                        change(
                            &format!("{file}/escape.conf"),
                            Action::Update,
                            vec![text("/etc/telegraf/escape.conf", Some("a\r\n"), Some("\u{1b}[2Ja"))],
                        ),
                        change(
                            &format!("{file}/logo"),
                            Action::Update,
                            vec![text("/etc/telegraf/logo", Some("\0"), Some("\0\0"))],
                        ),
                    ],
                ),
                step(
                    "run",
                    vec![
                        change(
                            "telegraf/run/quadlet:telegraf.container",
                            Action::Update,
                            values(&[(
                                "image",
                                Some("docker.io/library/telegraf:1.35.0-alpine"),
                                Some("docker.io/library/telegraf:1.36.1-alpine"),
                            )]),
                        ),
                        change(
                            "telegraf/run/service:telegraf",
                            Action::Start,
                            vec![
                                Detail::note("it is not running"),
                                Detail::note(
                                    "its digest is known after apply, because the image it will run with has not been pulled yet",
                                ),
                            ],
                        ),
                    ],
                ),
            ],
        )],
        notes: vec![
            "the role chrony left the playbook but is still on this host; --prune removes what it put there".to_owned(),
        ],
    }
}

fn failure() -> Failure {
    Failure {
        place: "prometheus/config/config:/etc/prometheus".to_owned(),
        message: "the new configuration was refused".to_owned(),
        command: Some("promtool check config /etc/prometheus/prometheus.yml".to_owned()),
        status: Some(1),
        output: vec![
            "Checking /etc/prometheus/prometheus.yml".to_owned(),
            "  FAILED: parsing YAML file /etc/prometheus/prometheus.yml: yaml: unmarshal errors: line 7: field x not found".to_owned(),
        ],
        restored: vec!["/etc/prometheus/prometheus.yml".to_owned(), "prometheus.service is running again".to_owned()],
        left: vec!["package prometheus".to_owned()],
        stays: 1,
        open: false,
    }
}

fn checked(host: &str, check: &str, passed: bool, seen: &str) -> Event {
    let result = CheckResult { check: check.to_owned(), passed, seen: seen.to_owned(), newest: None, millis: 300 };
    Event::Checked { host: host.to_owned(), result }
}
