//! What the reports say of one and the same run.

#![allow(clippy::unwrap_used)]

use super::github::Github;
use super::record::Record;
use super::text::Text;
use super::{Consumer, json, junit, markdown};
use crate::engine::event::CheckResult;
use crate::report::text::Look;
use crate::scenario::Step;
use crate::scenario::event::{Asked, Cell, Evidence, Failure, FilePlace, StepOutcome, TestEvent, Took, Verdict};
use jiff::{Timestamp, ToSpan as _};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cell(platform: &str) -> Cell {
    Cell { scenario: "loki".to_owned(), platform: platform.to_owned(), variant: None }
}

fn done(platform: &str, step: Step, seen: &str, failure: Option<Failure>) -> TestEvent {
    let verdict = if failure.is_some() { Verdict::Failed } else { Verdict::Passed };
    let result = |passed: bool, seen: &str| CheckResult {
        check: "loki/answers/http:is ready".to_owned(),
        passed,
        seen: seen.to_owned(),
        newest: None,
        millis: 40,
    };
    let checks = match step {
        Step::Verify => vec![
            Asked { host: "mon".to_owned(), result: result(true, "status 200") },
            Asked { host: "app".to_owned(), result: result(failure.is_none(), "port 3100 is <closed>") },
        ],
        _ => Vec::new(),
    };
    let text = if step == Step::Apply { "2 changes made".to_owned() } else { String::new() };
    let took = match step {
        Step::Apply => vec![Took { host: "mon".to_owned(), what: "loki/config".to_owned(), millis: 900 }],
        _ => Vec::new(),
    };
    let outcome = StepOutcome { verdict, seen: seen.to_owned(), failure, text, checks, took };
    TestEvent::StepDone { cell: cell(platform), step, outcome, millis: 1200 }
}

/// One that passed, one that failed.
fn run() -> Vec<TestEvent> {
    let failure = Failure {
        message: "1 of 2 failed: app: loki/answers/http:is ready: port 3100 is <closed>".to_owned(),
        details: vec![
            "app".to_owned(),
            "  failed  loki/answers/http:is ready".to_owned(),
            "::set-env name=PATH::/tmp ##[add-path]/tmp".to_owned(),
        ],
        at: FilePlace { file: "/srv/roles/loki/role.yml".to_owned(), line: Some(12) },
        // what a host prints must drive neither the runner nor break the XML
        evidence: vec![Evidence {
            title: "journal of app".to_owned(),
            text: "```\nended\u{1b}[31m \0\u{fffe}".to_owned(),
        }],
    };
    let over = |platform: &str, verdict, failed, kept: &[&str]| TestEvent::CellDone {
        cell: cell(platform),
        verdict,
        failed,
        kept: kept.iter().map(|command| (*command).to_owned()).collect(),
        millis: 3600,
    };
    vec![
        TestEvent::Started { cells: vec![cell("debian13"), cell("debian12")], jobs: 2 },
        TestEvent::Step { cell: cell("debian13"), step: Step::Apply },
        done("debian13", Step::Apply, "2 changes", None),
        TestEvent::Step { cell: cell("debian13"), step: Step::Verify },
        done("debian13", Step::Verify, "2 checks", None),
        over("debian13", Verdict::Passed, None, &["ssh root@10.0.0.1"]),
        TestEvent::Step { cell: cell("debian12"), step: Step::Apply },
        done("debian12", Step::Apply, "2 changes", None),
        done("debian12", Step::Verify, "", Some(failure)),
        over("debian12", Verdict::Failed, Some(Step::Verify), &[]),
        TestEvent::Finished { exit: 1, millis: 5000 },
    ]
}

fn shown(mut consumer: Box<dyn Consumer>) {
    run().iter().for_each(|event| consumer.event(event).unwrap());
}

fn record() -> Record {
    let mut record = Record::default();
    let mut at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    for event in run() {
        record.take_at(&event, at);
        at += 1.second();
    }
    record
}

#[test]
fn for_a_person() {
    let (out, err) = (Page::default(), Page::default());
    let look = Look { verbose: 1, ..Look::default() };
    shown(Box::new(Text::new((Box::new(out.clone()), look), (Box::new(err.clone()), look), None)));
    insta::assert_snapshot!(out.text());
    insta::assert_snapshot!(err.text());
}

#[test]
fn options_have_a_column() {
    let page = Page::default();
    let mut text = Text::new((Box::new(page.clone()), Look::default()), (Box::new(io::sink()), Look::default()), None);
    let with = |variant: &str| Cell { variant: Some(variant.to_owned()), ..cell("debian13") };
    let cells = vec![cell("debian13"), with("loki_backend=package")];
    text.event(&TestEvent::Started { cells: cells.clone(), jobs: 1 }).unwrap();
    for cell in cells {
        let (verdict, failed, kept, millis) = (Verdict::Passed, None, Vec::new(), 900);
        text.event(&TestEvent::CellDone { cell, verdict, failed, kept, millis }).unwrap();
    }
    text.event(&TestEvent::Finished { exit: 0, millis: 1000 }).unwrap();
    insta::assert_snapshot!(page.text(), @"
    2 scenario runs passed (1.0 s)

    scenario  platform  options               verdict  time
    loki      debian13                        ok       0.9 s
    loki      debian13  loki_backend=package  ok       0.9 s
    ");
}

#[test]
fn for_a_program() {
    let (document, lines) = (Page::default(), Page::default());
    shown(Box::new(json::Document::new(Box::new(document.clone()))));
    shown(Box::new(json::Lines::new(Box::new(lines.clone()))));
    insta::assert_snapshot!(document.text());
    insta::with_settings!({filters => [(r#""at":"[^"]+""#, r#""at":"(now)""#)]}, {
        insta::assert_snapshot!(lines.text());
    });
}

#[test]
fn as_junit() {
    let xml = junit::xml(&record()).unwrap();
    assert!(!xml.contains(['\u{1b}', '\0', '\u{fffe}']));
    insta::assert_snapshot!(xml);
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(markdown::text(&record()));
}

#[test]
fn for_github() {
    let out = Page::default();
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    let page = out.clone();
    shown(Box::new(Github::new(move || page.clone(), Look::default(), "t0ken".to_owned(), Some(summary.clone()))));
    insta::assert_snapshot!(out.text());
    assert!(std::fs::read_to_string(summary).unwrap().contains("| loki | debian12 | **failed: verify** |"));
}

/// Reads what was printed as the runner does.
#[test]
fn github_takes_no_commands_of_hosts() {
    let out = Page::default();
    let page = out.clone();
    shown(Box::new(Github::new(move || page.clone(), Look::default(), "t0ken".to_owned(), None)));
    let (mut taken, mut stopped) = (Vec::new(), false);
    let text = out.text();
    for line in text.lines() {
        match line.trim_start() {
            "::t0ken::" => stopped = false,
            _ if stopped => {}
            "::stop-commands::t0ken" => stopped = true,
            line if line.starts_with("::") || line.contains("##[") => taken.push(line),
            _ => {}
        }
    }
    let names: Vec<_> = taken.iter().map(|line| line.split([':', ' ']).nth(2).unwrap()).collect();
    assert_eq!(names, ["group", "endgroup", "error"], "{text}");
    assert!(!stopped && text.contains("::set-env"), "{text}");
}

#[test]
fn tokens_differ() {
    let tokens = [(); 2].map(|()| super::github::token().unwrap());
    assert!(tokens[0] != tokens[1] && tokens[0].len() == 32);
}
